"""`nncore.sklearn`: the estimators train as `Network` does, step as scikit-learn does, and fit its tools."""

import io
import math
import pickle
import re
import warnings

import numpy as np
import pytest
from sklearn import clone
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

import nncore as nn
from nncore.sklearn import NNClassifier, NNRegressor
from nncore.sklearn.split import split

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def blobs(n=120, n_in=4, k=3, seed=0):
    """k classes of Gaussian points."""
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    return rng.normal(0, 0.5, (n, n_in)) + rng.normal(0, 1, (k, n_in))[y], y


def curve(n=120, seed=0):
    X = np.random.default_rng(seed).uniform(-2, 2, (n, 1))
    return X, np.sin(2 * X[:, 0])


# fit is SGD


def by_hand(X, output, seed=3, dtype="float64", **options):
    return nn.Network(
        [nn.Dense(10, "relu"), output],
        input_shape=X.shape[1:],
        init="glorot",
        dtype=dtype,
        seed=seed,
        **options,
    )


def test_fit_of_classes_is_SGD_to_the_bit():
    X, y = blobs()
    net = by_hand(X, nn.Softmax(3))
    net.SGD((X, y), 20, 30, 0.001, 0.01 * 120 / 30, rule=nn.rules.Adam())
    words = np.array(["ant", "bee", "cat"])[y]
    fitted = NNClassifier((10,), alpha=0.01, batch_size=30, max_iter=20, random_state=3).fit(X, words)
    assert np.array_equal(fitted.network_.parameters, net.parameters)
    assert list(fitted.predict(X)) == list(fitted.classes_[net.predict(X)])


@pytest.mark.parametrize("threads", [1, 2])
def test_fit_of_weighted_numbers_is_SGD_to_the_bit(threads):
    X, y = curve()
    weights = np.random.default_rng(1).uniform(0, 3, len(X))
    net = by_hand(X, nn.Dense(1, "linear"), dtype="float32")
    lmbda = 0.1 * 120 / (40 * weights.mean())
    rule = nn.rules.Nesterov(0.8)
    net.SGD((X, y), 15, 40, 0.02, lmbda, rule=rule, weights=weights / weights.mean())
    options = {
        "solver": "sgd",
        "momentum": 0.8,
        "learning_rate_init": 0.02,
        "alpha": 0.1,
        "batch_size": 40,
        "max_iter": 15,
    }
    fitted = NNRegressor((10,), random_state=3, dtype="float32", threads=threads, **options)
    fitted.fit(X, y, sample_weight=weights)
    assert np.array_equal(fitted.network_.parameters, net.parameters)


def test_fit_by_lbfgs_is_minimize_to_the_bit():
    X, y = blobs(k=2)
    net = by_hand(X, nn.Dense(1, "sigmoid"))
    net.minimize((X, y), lmbda=0.5, maxiter=10)
    fitted = NNClassifier((10,), solver="lbfgs", alpha=0.5, max_iter=10, random_state=3).fit(X, y)
    assert fitted.n_iter_ == 10
    assert np.allclose(fitted.network_.parameters, net.parameters, rtol=1e-6)  # other options of L-BFGS


# a step is scikit-learn's


def from_scikit_learn(theirs, ours, X, y, sample_weight=None):
    """Fit both from the same first parameters; return the differences of all weights and biases."""
    options = {} if sample_weight is None else {"sample_weight": sample_weight}
    theirs.set_params(max_iter=1, warm_start=True).fit(X, y)
    rng = np.random.default_rng(5)
    first = [0.5 * rng.normal(size=array.shape) for array in (*theirs.intercepts_, *theirs.coefs_)]
    theirs.intercepts_ = [array.copy() for array in first[: len(theirs.intercepts_)]]
    theirs.coefs_ = [array.copy() for array in first[len(theirs.intercepts_) :]]
    theirs.t_, theirs.best_loss_ = 0, math.inf
    theirs.set_params(max_iter=ours.max_iter).fit(X, y, **options)
    given = iter(first)
    ours.set_params(init=lambda rng, shape, n_in: np.atleast_2d(next(given)).T.reshape(shape))
    ours.fit(X, y, **options)
    pairs = zip((*theirs.coefs_, *theirs.intercepts_), (*ours.coefs_, *ours.intercepts_), strict=True)
    return [float(np.abs(a - b).max()) for a, b in pairs]


STEPS = [
    {"solver": "sgd", "momentum": 0.0, "alpha": 0.5},
    {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False, "alpha": 0.5},
    {"solver": "sgd", "momentum": 0.9, "alpha": 0.1, "learning_rate": "invscaling", "power_t": 0.2},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
    {"solver": "lbfgs", "alpha": 0.3},
]


@pytest.mark.parametrize("options", STEPS, ids=str)
@pytest.mark.parametrize("kind", ["numbers", "two classes", "three classes", "labels"])
def test_steps_are_those_of_scikit_learn(kind, options):
    """Mini-batches of equal size in the given order: the decay of alpha, momentum, costs and schedules."""
    X, y = blobs(n=120, k=2 if kind == "two classes" else 3)
    if kind == "numbers":
        y = X.sum(axis=1)  # with several, scikit-learn's loss is a mean, and its gradient that of their sum
        if options["solver"] == "sgd":
            y = np.c_[y, X[:, 0]]
    elif kind == "labels":
        y = np.eye(3, dtype=int)[y] | np.eye(3, dtype=int)[0]
    common = dict(
        hidden_layer_sizes=(6, 5), activation="tanh", batch_size=30, shuffle=False, learning_rate_init=0.01,
        random_state=0, **options,
    )  # fmt: skip
    theirs, ours = (MLPRegressor, NNRegressor) if kind == "numbers" else (MLPClassifier, NNClassifier)
    differences = from_scikit_learn(theirs(**common), ours(max_iter=6, **common), X, y)
    assert max(differences) < (1e-6 if options["solver"] == "lbfgs" else 1e-12)


def test_steps_of_adam_are_those_of_scikit_learn_but_for_epsilon():
    """scikit-learn adds epsilon to the square root before the correction of its mean, the paper after it."""
    X, y = blobs()
    common = {
        "hidden_layer_sizes": (6,),
        "batch_size": 30,
        "shuffle": False,
        "random_state": 0,
        "epsilon": 1e-12,
    }
    differences = from_scikit_learn(MLPClassifier(**common), NNClassifier(max_iter=6, **common), X, y)
    assert max(differences) < 1e-7


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_step_with_weights_is_that_of_scikit_learn(solver):
    """All examples at once: the gradient and alpha are divided by the sum of the weights."""
    pytest.importorskip("sklearn", minversion="1.7", reason="MLPRegressor has no sample_weight")
    X, y = curve()
    weights = np.random.default_rng(1).uniform(0, 3, len(X))
    common = {
        "hidden_layer_sizes": (6,),
        "activation": "tanh",
        "batch_size": 120,
        "solver": solver,
        "alpha": 2.0,
    }
    theirs = MLPRegressor(shuffle=False, learning_rate_init=0.01, **common)
    ours = NNRegressor(shuffle=False, learning_rate_init=0.01, max_iter=6, **common)
    assert max(from_scikit_learn(theirs, ours, X, y, weights)) < (1e-6 if solver == "lbfgs" else 1e-12)


# classes, labels, numbers


def test_words_as_classes_and_probabilities():
    X, y = blobs()
    words = np.array(["ant", "bee", "cat"])[y]
    model = NNClassifier((10,), solver="lbfgs", random_state=0).fit(X, words)
    assert list(model.classes_) == ["ant", "bee", "cat"]
    assert model.score(X, words) > 0.95
    p = model.predict_proba(X)
    assert p.shape == (120, 3)
    assert np.allclose(p.sum(axis=1), 1)
    assert list(model.classes_[p.argmax(axis=1)]) == list(model.predict(X))
    assert np.allclose(model.predict_log_proba(X), np.log(p))
    assert (model.out_activation_, model.n_outputs_, model.n_layers_) == ("softmax", 3, 3)
    assert model.network_.cost_name == "log-likelihood"
    assert is_classifier(model)


def test_two_classes_have_one_output_and_one_class_has_one_answer():
    X, y = blobs(k=2)
    model = NNClassifier((5,), solver="lbfgs", random_state=0).fit(X, y == 1)
    assert (model.out_activation_, model.n_outputs_, model.coefs_[-1].shape) == ("logistic", 1, (5, 1))
    assert model.predict(X).dtype == bool
    assert np.allclose(model.predict_proba(X)[:, 1], model.network_.feedforward(X)[:, 0])
    alone = NNClassifier((5,), max_iter=2).fit(X, np.full(len(X), "only"))
    assert set(alone.predict(X)) == {"only"}
    assert np.array_equal(alone.predict_proba(X), np.ones((len(X), 1)))


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
@pytest.mark.parametrize("k", [2, 3])
def test_the_costs_of_the_book(cost, k):
    X, y = blobs(k=k)
    model = NNClassifier((10,), "sigmoid", solver="lbfgs", cost=cost, random_state=0).fit(X, y)
    assert model.network_.cost_name == cost
    assert model.out_activation_ == "logistic"
    assert model.n_outputs_ == (1 if k == 2 else 3)
    assert np.allclose(model.predict_proba(X).sum(axis=1), 1)
    assert model.score(X, y) > 0.95


def test_softmax_of_two_classes():
    X, y = blobs(k=2)
    model = NNClassifier((5,), cost="log-likelihood", solver="lbfgs", random_state=0).fit(X, y)
    assert (model.out_activation_, model.n_outputs_) == ("softmax", 2)
    assert model.score(X, y) > 0.95


def test_several_labels():
    X, y = blobs(k=3)
    labels = np.c_[y == 0, y != 1, X[:, 0] > 0].astype(int)
    model = NNClassifier((20,), solver="lbfgs", random_state=0).fit(X, labels)
    assert model.predict(X).shape == (120, 3)
    assert model.score(X, labels) > 0.9  # the share of rows that are right as a whole
    assert model.predict_proba(X).shape == (120, 3)
    assert model.out_activation_ == "logistic"
    assert list(model.classes_) == [0, 1, 2]


def test_several_targets():
    X, y = curve()
    both = np.c_[y, X[:, 0] ** 2]
    model = NNRegressor((20,), "tanh", solver="lbfgs", random_state=0).fit(X, both)
    assert model.predict(X).shape == (120, 2)
    assert model.score(X, both) > 0.99
    assert model.fit(X, y).predict(X).shape == (120,)
    assert is_regressor(model)


def test_dtypes():
    """float32 in, float32 out; a network of float32 answers in the dtype of X."""
    X, y = curve()
    small = X.astype(np.float32)
    assert NNRegressor((5,), max_iter=2).fit(X, y).network_.dtype == "float64"
    model = NNRegressor((5,), max_iter=2).fit(small, y)
    assert model.network_.dtype == "float32"
    assert (model.predict(small).dtype, model.predict(X).dtype) == (np.float32, np.float64)
    model = NNRegressor((5,), max_iter=2, dtype="float32").fit(X, y)
    assert model.network_.dtype == "float32"
    assert model.predict(X).dtype == np.float64


def test_bytes_are_numbers_here_and_said_to_be_far_from_scaled():
    X, y = blobs(n_in=20)
    pixels = np.clip(100 + 40 * X, 0, 255).astype(np.uint8)
    with pytest.warns(UserWarning, match=r"whole numbers up to .* X / 256"):
        of_bytes = NNClassifier((5,), max_iter=3, random_state=0).fit(pixels, y)
    with pytest.warns(UserWarning, match="Divide them"):
        of_reals = NNClassifier((5,), max_iter=3, random_state=0).fit(pixels.astype(float), y)
    assert np.array_equal(of_bytes.network_.parameters, of_reals.network_.parameters)
    assert np.array_equal(of_bytes.predict_proba(pixels), of_bytes.predict_proba(pixels.astype(float)))


def test_sparse_inputs_are_those_with_their_zeros(monkeypatch):
    sparse = pytest.importorskip("scipy.sparse")
    X, y = blobs()
    X[X < 0.3] = 0
    dense = NNClassifier((5,), max_iter=5, random_state=0).fit(X, y)
    model = NNClassifier((5,), max_iter=5, random_state=0).fit(sparse.csr_array(X), y)
    assert np.array_equal(model.network_.parameters, dense.network_.parameters)
    assert np.array_equal(model.predict_proba(sparse.csc_array(X)), dense.predict_proba(X))
    huge = sparse.csr_array(([1.0], ([0], [0])), shape=(1, 10**13))
    with pytest.raises(ValueError, match=r"this sparse matrix takes 80 TB"):
        model.fit(huge, [0])


# weights


def test_class_weight_multiplies_sample_weight():
    X, y = blobs()
    given = np.random.default_rng(0).uniform(0.5, 2, len(y))
    options = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0}
    of_class = NNClassifier(class_weight={0: 3.0, 2: 0.5}, **options).fit(X, y, sample_weight=given)
    product = NNClassifier(**options).fit(X, y, sample_weight=given * np.array([3.0, 1.0, 0.5])[y])
    assert np.array_equal(of_class.network_.parameters, product.network_.parameters)


def test_balanced_classes_have_equal_totals():
    y = blobs(n=300)[1]
    words = np.array(["a", "b", "c"])[np.where(y == 0, y, np.minimum(y, 1 + (np.arange(300) % 10 == 0)))]
    given = np.random.default_rng(0).uniform(0.5, 2, len(y))
    model = NNClassifier(class_weight="balanced")
    model.classes_, model._several_labels = np.unique(words), False
    weights = model._weights("sample_weight", given, np.searchsorted(model.classes_, words))
    totals = [weights[words == word].sum() for word in "abc"]
    assert np.allclose(totals, totals[0])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_unit_of_the_weights_changes_nothing_but_alpha(early_stopping):
    X, y = blobs()
    given = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    options = {
        "hidden_layer_sizes": (5,),
        "alpha": 0,
        "max_iter": 8,
        "random_state": 0,
        "early_stopping": early_stopping,
    }
    a, b = (NNClassifier(**options).fit(X, y, sample_weight=f * given) for f in (1.0, 1024.0))
    assert np.array_equal(a.network_.parameters, b.network_.parameters)


# going on, stopping


def test_partial_fit_goes_on_as_one_run_does():
    X, y = blobs()
    whole = NNClassifier((5,), max_iter=6, tol=0, n_iter_no_change=100, batch_size=20, random_state=0).fit(
        X, y
    )
    parts = clone(whole)
    for _ in range(6):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert np.array_equal(parts.network_.parameters, whole.network_.parameters)
    assert (parts.n_iter_, parts.t_, len(parts.loss_curve_)) == (1, 720, 6)
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_on_other_examples_with_other_weights():
    X, y = blobs()
    model = NNClassifier((5,), random_state=0, learning_rate_init=0.05)
    for epoch in range(10):
        for part in np.array_split(np.random.default_rng(epoch).permutation(len(y)), 4):
            weights = None if epoch % 2 else np.random.default_rng(epoch).uniform(size=len(part))
            model.partial_fit(X[part], y[part], weights, classes=np.arange(3))
    assert model.score(X, y) > 0.9
    steps = model.history_.steps[-1]
    assert steps == len(model.history_) == 40
    again = pickle.loads(pickle.dumps(model))
    again.partial_fit(X, y)
    model.partial_fit(X, y)
    assert np.array_equal(again.network_.parameters, model.network_.parameters)  # Adam's means, too


def test_partial_fit_is_there_for_its_solvers_alone():
    assert hasattr(NNClassifier(), "partial_fit")
    assert not hasattr(NNClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="first call of partial_fit needs all classes"):
        NNClassifier().partial_fit(*blobs())
    with pytest.raises(ValueError, match="cannot balance"):
        NNClassifier(class_weight="balanced").partial_fit(*blobs(), classes=[0, 1, 2])
    model = NNClassifier(max_iter=1).partial_fit(*blobs(), classes=[0, 1, 2, 3])
    assert model.n_outputs_ == 4
    with pytest.raises(ValueError, match=r"one of the classes .* got 7"):
        model.partial_fit(blobs()[0], np.full(120, 7))
    with pytest.raises(ValueError, match="those of the first call"):
        model.partial_fit(*blobs(), classes=[0, 1])


def test_partial_fit_after_another_solver_begins_with_its_rule():
    X, y = blobs()
    model = NNClassifier((5,), solver="lbfgs", max_iter=3, random_state=0).fit(X, y)
    for solver in ("adam", "sgd", "sgd"):
        model.set_params(solver=solver).partial_fit(X, y)
    assert (len(model.history_), len(model.loss_curve_)) == (2, 6)
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_one_weight_for_all_is_none():
    X, y = blobs()
    a, b = (NNClassifier((5,), alpha=0, max_iter=3, random_state=0).fit(X, y, w) for w in (None, 2.0))
    assert np.array_equal(a.network_.parameters, b.network_.parameters)


def test_warm_start_goes_on():
    X, y = blobs()
    model = NNClassifier((5,), warm_start=True, max_iter=3, random_state=0).fit(X, y)
    net, before = model.network_, model.network_.parameters.copy()
    model.fit(X, y)
    assert model.network_ is net
    assert not np.array_equal(net.parameters, before)
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (3, 6, 720)
    assert model.loss_curve_[3] < model.loss_curve_[2]
    with pytest.raises(ValueError, match="needs the classes of the fit before"):
        model.fit(X[y > 0], y[y > 0])
    with pytest.raises(ValueError, match="has other layers"):
        model.set_params(hidden_layer_sizes=(6,)).fit(X, y)
    assert model.set_params(warm_start=False).fit(X, y).network_.sizes == [4, 6, 3]


def test_a_fit_ends_without_progress():
    X, y = curve()
    model = NNRegressor((5,), tol=10, n_iter_no_change=3, random_state=0).fit(X, y)
    assert model.n_iter_ == 5  # the first epoch is an improvement on nothing; then 4 are more than 3
    assert model.history_.stopped == "the training loss did not improve by 10 in 3 epochs in a row"
    assert model.best_loss_ == min(model.loss_curve_)
    theirs = MLPRegressor(hidden_layer_sizes=(5,), tol=10, n_iter_no_change=3, random_state=0).fit(X, y)
    assert theirs.n_iter_ == model.n_iter_


def test_an_adaptive_rate_ends_when_it_is_tiny():
    X, y = curve()
    options = {
        "solver": "sgd",
        "learning_rate": "adaptive",
        "tol": 10,
        "n_iter_no_change": 1,
        "random_state": 0,
    }
    model = NNRegressor((5,), **options).fit(X, y)
    assert model.n_iter_ == MLPRegressor(hidden_layer_sizes=(5,), **options).fit(X, y).n_iter_
    assert model.history_.eta[-1] < 1e-6


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_early_stopping_keeps_the_best_epoch(solver):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 10)), rng.integers(2, size=200)  # nothing to learn but by heart
    model = NNClassifier((50,), solver=solver, early_stopping=True, learning_rate_init=0.01, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    scores = model.validation_scores_
    best = scores.index(max(scores))
    assert model.n_iter_ == len(scores) == best + 12  # 11 epochs after it are more than 10
    assert model.best_validation_score_ == scores[best]
    assert model.best_loss_ is None
    held_out = split(X, None, y, 0.1, 1)[1]
    assert len(held_out) == 20
    assert model.score(X[held_out], y[held_out]) == pytest.approx(scores[best])
    assert scores[-1] != scores[best]


def test_validation_curves_of_given_examples():
    X, y = curve(200)
    model = NNRegressor((10,), max_iter=20, alpha=1.0, random_state=0, learning_rate_init=0.01)
    model.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert model.n_iter_ == 20 == len(model.validation_scores_) == len(model.validation_loss_curve_)
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[150:], y[150:]))
    without_penalty = model.network_.cost((X[150:], y[150:]))
    assert model.validation_loss_curve_[-1] == pytest.approx(without_penalty, rel=1e-10)
    stopped = clone(model).set_params(early_stopping=True, tol=1.0)
    stopped.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert stopped.n_iter_ == 12  # all 150 were trained on, and these 50 stopped the run
    assert stopped.t_ == 12 * 150
    with pytest.raises(ValueError, match="both are needed"):
        model.fit(X, y, X_val=X)


def test_a_split_depends_on_what_examples_hold():
    X, y = blobs(n=200)
    weights = np.random.default_rng(0).integers(0, 4, 200)
    kept, held_out = split(X, weights, y, 0.2, 7)
    assert sorted([*kept, *held_out]) == list(range(200))
    for k in range(3):
        share = weights[held_out][y[held_out] == k].sum() / weights[y == k].sum()
        assert 0.15 < share < 0.25
    order = np.random.default_rng(1).permutation(200)
    _, shuffled = split(X[order], weights[order], y[order], 0.2, 7)
    assert set(order[shuffled]) == set(held_out)
    often = np.repeat(np.arange(200), weights)
    _, repeated = split(X[often], None, y[often], 0.2, 7)
    assert set(often[repeated]) == set(held_out) & set(often)
    assert not np.array_equal(split(X, weights, y, 0.2, 8)[1], held_out)


def test_a_split_of_few_different_examples():
    X = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (25, 1))
    y = X.sum(axis=1) == 1
    kept, held_out = split(X, None, y.astype(int), 0.1, 0)
    assert len(held_out) == 10
    assert len(np.unique(X[kept], axis=0)) == 4
    assert [len(part) for part in split(X[:2], None, None, 0.1, 0)] == [1, 1]


# layers and the rest of what MLPClassifier does not have


def test_layers_of_a_convolutional_network():
    train, _, test = nn.datasets.load_sample()
    X, y = train.to_float()[:600], train.labels[:600]
    model = NNClassifier(
        layers=[nn.Conv2D(4, 5, "relu"), nn.MaxPool2D(2), nn.Dense(20, "relu")],
        input_shape=(1, 28, 28), dropout=0.1, augment=nn.augment.Shift(1), dtype="float32", init="he",
        learning_rate_init=0.005, batch_size=20, max_iter=5, random_state=0,
    ).fit(X.reshape(600, -1), y)  # fmt: skip
    assert model.score(test.to_float().reshape(len(test), -1), test.labels) > 0.8
    assert [w.shape for w in model.coefs_] == [(4, 1, 5, 5), (576, 20), (20, 10)]
    assert [layer.dropout for layer in model.network_.layers] == [0, 0, 0, 0.1]
    assert clone(model).get_params()["layers"] == model.layers


def test_activation_and_dropout_of_each_layer():
    X, y = blobs()
    model = NNClassifier((6, 5), ["logistic", "linear"], dropout=[0.1, 0.2], max_iter=2).fit(X, y)
    assert model.network_.layers == (
        nn.Dense(6, "sigmoid"),
        nn.Dense(5, "linear", dropout=0.1),
        nn.Softmax(3, dropout=0.2),
    )
    assert NNClassifier((), max_iter=1).fit(X, y).network_.layers == (nn.Softmax(3),)
    assert NNClassifier(7, dropout=0.5, max_iter=1).fit(X, y).network_.layers[1].dropout == 0.5


def test_a_schedule_and_callbacks_of_nncore():
    X, y = blobs()
    seen = []
    model = NNClassifier(
        (5,), learning_rate=nn.schedules.Step(2), learning_rate_init=0.1, max_iter=6, random_state=0,
        callbacks=lambda net, history: seen.append(len(history)),
    ).fit(X, y)  # fmt: skip
    assert model.history_.eta[0] > model.history_.eta[-1]
    assert seen == [1, 2, 3, 4, 5, 6]
    assert len(model.history_.training_accuracy) == 6


def test_views_of_the_network_change_it():
    X, y = curve()
    model = NNRegressor((5,), max_iter=2).fit(X, y)
    assert model.coefs_[0].shape == (1, 5)
    assert model.intercepts_[0].shape == (5,)
    model.coefs_[1][:] = 0
    model.intercepts_[1][:] = 7
    assert np.array_equal(model.predict(X), np.full(120, 7.0))


def test_verbose_prints_a_line_for_each_epoch(capsys):
    X, y = blobs()
    NNClassifier((5,), max_iter=2, verbose=True, early_stopping=True).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub("[0-9.]+", "#", line) for line in lines] == [
        "Iteration #, loss = #",
        "Validation score: #",
    ] * 2


def test_warnings_of_runs_that_have_not_converged():
    X, y = blobs()
    for solver in ("adam", "sgd", "lbfgs"):
        with pytest.warns(ConvergenceWarning, match="max_iter"):
            NNClassifier((5,), solver=solver, max_iter=2).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNRegressor((), solver="lbfgs", alpha=0.1).fit(*curve())
        NNRegressor((5,), tol=10, n_iter_no_change=3).fit(*curve())


def test_one_row_is_answered_as_many_are():
    """Rows take a short way past scikit-learn's checks; what those refuse is refused all the same."""
    X, y = blobs()
    model = NNClassifier((5,), max_iter=5, random_state=0).fit(X, y)
    p = model.predict_proba(X)
    for form in (X[:1], X[:1].tolist(), X[:1].astype(np.float32), np.asfortranarray(X[:1])):
        assert np.allclose(model.predict_proba(form), p[:1], rtol=1e-6)
    for bad, said in [
        (np.full((1, 4), np.nan), "Input X contains NaN"),
        (np.full((1, 4), np.inf), "Input X contains infinity"),
        (X[0], "Expected 2D array"),
        (X[:, :3], "expecting 4 features"),
        (X[:0], "minimum of 1 is required"),
    ]:
        with pytest.raises(ValueError, match=said):
            model.predict(bad)
    with pytest.raises(NotFittedError):
        clone(model).predict(X)


def test_a_fit_that_fails_leaves_no_network():
    X, y = curve()
    model = NNRegressor((5,), max_iter=2).fit(X, y)
    with pytest.raises(nn.DivergenceError, match="parameters left the finite numbers") as caught:
        model.set_params(solver="sgd", learning_rate_init=1e300).fit(X, y)
    assert "eta is the parameter learning_rate_init" in caught.value.__notes__[0]
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_seeds():
    X, y = blobs()
    fits = [NNClassifier((5,), max_iter=2, random_state=s).fit(X, y).network_ for s in (4, 4, 5)]
    assert fits[0].seed == 4
    assert np.array_equal(fits[0].parameters, fits[1].parameters)
    assert not np.array_equal(fits[0].parameters, fits[2].parameters)
    generators = [NNClassifier((5,), max_iter=2, random_state=np.random.RandomState(4)) for _ in range(2)]
    assert len({model.fit(X, y).network_.seed for model in generators}) == 1
    assert len({generators[0].fit(X, y).network_.seed for _ in range(2)}) == 2


BAD = [
    ({"solver": "newton"}, "solver: one of adam, sgd, lbfgs"),
    ({"alpha": -1}, "alpha: a number needed that is at least 0"),
    ({"learning_rate": "fast"}, "learning_rate: one of constant"),
    ({"learning_rate_init": 0}, "learning_rate_init: a number above 0"),
    ({"batch_size": 0}, "batch_size: at least 1"),
    ({"momentum": 1.5, "solver": "sgd"}, "momentum: a number from 0 to 1"),
    ({"beta_1": 1.0}, "beta_1: a number needed"),
    ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes: at least 1"),
    ({"activation": "softplus"}, "activation: one of identity, logistic"),
    ({"activation": ["relu", "tanh"]}, "activation: 1 values needed, one for each hidden layer; got 2"),
    ({"dropout": 1.0}, "dropout: a number needed"),
    ({"dropout": 0.5, "solver": "lbfgs"}, 'dropout: it goes with solver="adam"'),
    ({"augment": nn.augment.Shift(1), "solver": "lbfgs"}, "augment: images are distorted by"),
    ({"layers": [nn.Softmax(3)]}, "leave the output layer out"),
    ({"layers": [30]}, r"layers\[0\]: a layer"),
    ({"input_shape": (1, 3, 3)}, "has 9 inputs, and X has 4 columns"),
    ({"dtype": "float16"}, "dtype: one of float32, float64"),
    ({"cost": "hinge"}, "cost: one of quadratic"),
    ({"class_weight": {0: -1.0}}, "class_weight: numbers of at least 0"),
    ({"n_iter_no_change": 0}, "n_iter_no_change: at least 1"),
    ({"validation_fraction": 1.0}, "validation_fraction: a number needed"),
    ({"early_stopping": "yes"}, "early_stopping: True or False"),
    ({"verbose": "yes"}, "verbose: a whole number"),
    ({"input_shape": 3}, "has 3 inputs, and X has 4 columns"),
]


@pytest.mark.parametrize(("parameters", "said"), BAD, ids=lambda value: str(value)[:40])
def test_a_bad_parameter_is_named(parameters, said):
    X, y = blobs()
    with pytest.raises((ValueError, TypeError), match=said):
        NNClassifier(**({"hidden_layer_sizes": (5,), "max_iter": 1} | parameters)).fit(X, y)


def test_bad_answers_are_named():
    X, y = blobs()
    with pytest.raises(ValueError, match="columns of 0 and 1"):
        NNClassifier(max_iter=1).fit(X, np.where(np.eye(3)[y] > 0, 1, -1))
    with pytest.raises(ValueError, match="sample_weight: numbers of at least 0"):
        NNClassifier(max_iter=1).fit(X, y, sample_weight=-np.ones(120))
    with pytest.raises(ValueError, match="loss: squared_error needed"):
        NNRegressor(loss="poisson", max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match="several labels, cost"):
        NNClassifier(cost="log-likelihood", max_iter=1).fit(X, np.eye(3)[y])


def test_masks_do_not_fall_in_silence():
    X, y = blobs()
    for estimator, answers in ((NNClassifier(3), y), (NNRegressor(3), X[:, 0])):
        with pytest.raises(ValueError, match=r"^X: some of its values are masked.*filled\(0\)"):
            estimator.fit(np.ma.masked_greater(X, 0), answers)
        with pytest.raises(
            ValueError, match=r"^the answers y: some of its values are masked.*leave those out"
        ):
            estimator.fit(X, np.ma.masked_greater(answers, 0))
        estimator.fit(np.ma.masked_greater(X, X.max()), answers)  # nothing is masked


def test_a_run_that_a_large_learning_rate_spoils_is_said_to_learn_nothing():
    train = nn.datasets.load_sample()[0][:2000]
    X = train.images.reshape(2000, -1) / 256
    spoilt = NNClassifier(30, solver="sgd", activation="logistic", learning_rate_init=100.0, max_iter=5)
    with pytest.warns(nn.NotLearningWarning, match="eta = 100 is about .* times too high"):
        spoilt.fit(X, train.labels)


def test_what_messages_advise_works():
    """The remedy of each message, on the very data that brings it."""
    X, y = blobs()
    labels = np.c_[y == 0, y > 0].astype(int)

    def refused(model, *data, said, **given):
        with pytest.raises((ValueError, TypeError, AttributeError), match=said):
            model.fit(*data, **given)
        return model

    one = refused(
        NNClassifier((3,), early_stopping=True, max_iter=1), X[:1], y[:1], said="early_stopping=False"
    )
    one.set_params(early_stopping=False).fit(X[:1], y[:1])
    with pytest.raises(AttributeError, match="partial_fit") as caught:
        NNClassifier(solver="lbfgs").partial_fit(X, y, classes=[0, 1, 2])
    solvers = re.findall(r'solver="(\w+)"', str(caught.value.__cause__ or caught.value))
    assert solvers == ["adam", "sgd"]
    for solver in solvers:
        NNClassifier((3,), solver=solver).partial_fit(X, y, classes=[0, 1, 2])
    warm = NNClassifier((3,), warm_start=True, max_iter=1).fit(X, y)
    refused(warm, X[y > 0], y[y > 0], said="partial_fit takes some of them").partial_fit(X[y > 0], y[y > 0])
    refused(warm.set_params(hidden_layer_sizes=(4,)), X, y, said=r"set_params\(warm_start=False\)")
    warm.set_params(warm_start=False).fit(X, y)
    several = NNClassifier((3,), cost="log-likelihood", max_iter=1)
    refused(several, X, labels, said='cost="cross-entropy" or "quadratic" needed')
    for cost in ("cross-entropy", "quadratic"):
        several.set_params(cost=cost).fit(X, labels)
    weighted = refused(
        NNClassifier((3,), class_weight="balanced", max_iter=1), X, labels, said="sample_weight takes"
    )
    weighted.set_params(class_weight=None).fit(X, labels, sample_weight=np.arange(120.0))
    for name, value in (("dropout", 0.5), ("augment", nn.augment.Shift(1))):
        model = NNClassifier((3,), solver="lbfgs", max_iter=1, **{name: value})
        refused(model, X, y, said='solver="adam"').set_params(solver="adam").fit(X, y)
        model.set_params(solver="sgd").fit(X, y)
        model.set_params(solver="lbfgs", **{name: type(value)() if name == "dropout" else None}).fit(X, y)
    for wrong in ([30], [nn.Dense(5), nn.Softmax(3)]):
        model = refused(
            NNClassifier(layers=wrong, max_iter=1), X, y, said=r"nn.Dense\(30\)|leave the output layer"
        )
        model.set_params(layers=[nn.Dense(30)] if wrong == [30] else wrong[:-1]).fit(X, y)
    counts = np.round(np.exp(X[:, 0]))
    model = refused(
        NNRegressor((3,), loss="poisson", max_iter=1), X, counts, said="TransformedTargetRegressor"
    )
    from sklearn.compose import TransformedTargetRegressor

    logarithms = model.set_params(loss="squared_error")
    TransformedTargetRegressor(logarithms, func=np.log1p, inverse_func=np.expm1).fit(X, counts).predict(X)


# scikit-learn's tools


def test_it_works_in_pickles_and_joblib():
    joblib = pytest.importorskip("joblib")
    X, y = blobs()
    model = NNClassifier((5,), max_iter=3, random_state=0).fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    for again in (pickle.loads(pickle.dumps(model)), joblib.load(file)):
        assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
        assert again.history_.training_cost == model.history_.training_cost


def test_a_search_in_a_pipeline_on_two_processes():
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = blobs()
    pipeline = make_pipeline(
        StandardScaler(), NNClassifier(max_iter=20, learning_rate_init=0.05, random_state=0)
    )
    grid = {"nnclassifier__hidden_layer_sizes": [(3,), (6,)], "nnclassifier__alpha": [0.0, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, y)
    alone = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_score_ > 0.9
    assert np.array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert cross_val_score(search.best_estimator_, X, y, cv=3).mean() > 0.9


def test_probabilities_are_calibrated():
    from sklearn.calibration import CalibratedClassifierCV

    X, y = blobs()
    model = CalibratedClassifierCV(NNClassifier((5,), solver="lbfgs", random_state=0), cv=2).fit(X, y)
    assert model.score(X, y) > 0.9


def test_weights_are_routed():
    import sklearn
    from sklearn.model_selection import cross_validate
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = blobs()
    rows = []

    class Recording(NNClassifier):
        def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
            rows.append(sample_weight)
            return super().fit(X, y, sample_weight)

    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            Recording((3,), max_iter=2)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        weights = np.arange(1.0, 121.0)
        cross_validate(make_pipeline(scaler, model), X, y, params={"sample_weight": weights}, cv=2)
    assert [len(row) for row in rows] == [60, 60]
    assert set(rows[0]) | set(rows[1]) == set(weights)


def test_data_frames_and_set_output():
    pandas = pytest.importorskip("pandas")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = blobs()
    frame = pandas.DataFrame(X, columns=list("abcd"))
    names = pandas.Series(np.array(["x", "y", "z"])[y], dtype="category")
    model = NNClassifier((5,), max_iter=5, random_state=0).fit(
        frame, names, sample_weight=pandas.Series(y + 1.0)
    )
    assert list(model.feature_names_in_) == list("abcd")
    assert list(model.classes_) == ["x", "y", "z"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])
    with pytest.warns(UserWarning, match="valid feature names"):
        answers = model.predict(X)
    assert list(answers) == list(model.predict(frame))
    pipeline = make_pipeline(StandardScaler(), NNClassifier((5,), max_iter=5)).set_output(transform="pandas")
    pipeline.fit(frame, names)
    assert list(pipeline[-1].feature_names_in_) == list("abcd")


def test_callbacks_of_scikit_learn():
    """Those of 1.9 and later, which are experimental."""
    callback = pytest.importorskip("sklearn.callback")
    X, y = blobs()
    calls = []

    class Recorder:
        def setup(self, estimator, context):
            calls.append("setup")

        def teardown(self, estimator, context):
            calls.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            calls.append(f"begin {context.task_name}")

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            calls.append((context.task_name, fitted_estimator.score(X, y)))
            return calls.count("begin epoch") == 3

    model = NNClassifier((5,), max_iter=9, random_state=0).set_callbacks(Recorder()).fit(X, y)
    assert model.n_iter_ == 3
    assert model.history_.stopped == "a callback ended the run"
    assert [call for call in calls if isinstance(call, str)] == [
        "setup", "begin fit", "begin epoch", "begin epoch", "begin epoch", "teardown",
    ]  # fmt: skip
    assert [call[0] for call in calls if not isinstance(call, str)] == ["epoch"] * 3 + ["fit"]
    assert calls[-2][1] == model.score(X, y)
    monitor = callback.ScoringMonitor(scoring="accuracy") if hasattr(callback, "ScoringMonitor") else None
    for solver in ("adam", "lbfgs"):
        NNClassifier((5,), solver=solver, max_iter=4, random_state=0).set_callbacks(monitor).fit(X, y)


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch):
    import importlib
    import sys

    for name in [name for name in sys.modules if name.startswith("nncore.sklearn")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        importlib.import_module("nncore.sklearn")
