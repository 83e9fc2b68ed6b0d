"""Targets are checked against the output layer and the cost, and each remedy that a message names works."""

import re
import warnings

import numpy as np
import pytest
from support.advice import array_in, network_in
from support.refusal import refused

import nncore as nn

X = np.random.default_rng(0).random((12, 3))
UNIT = np.eye(3)[np.arange(12) % 3]


def every_use(net, y):
    """Everything that takes targets, as (name of the argument, call)."""
    return [
        ("training_data, y", lambda: net.SGD((X, y), 1, 4, 0.1)),
        ("evaluation_data, y", lambda: net.SGD((X, y_that_fits(net)), 1, 4, 0.1, evaluation_data=(X, y))),
        ("training_data, y", lambda: net.minimize((X, y), maxiter=2)),
        ("data, y", lambda: net.cost((X, y))),
        ("data, y", lambda: net.accuracy((X, y))),
        ("data, y", lambda: net.learning_speeds((X, y))),
        ("(X, y), y", lambda: net.backprop(X, y)),
        ("(x, y), y", lambda: net.trace(X[0], y[0])),
        ("(X, y), y", lambda: nn.check_gradients(net, X, y)),
        ("data, y", lambda: nn.find_eta(net, (X, y))),
        ("data, y", lambda: nn.diagnose(net, (X, y))),
    ]


def y_that_fits(net):
    return np.eye(net.sizes[-1])[np.zeros(12, int)]


REFUSED = {
    "numbers for the cross-entropy": ([3, 4, 1], 1 + 2 * X[:, :1]),
    "numbers for several sigmoids": ([3, 4, 2], 1 + 2 * X[:, :2]),
    "numbers for softmax": ([3, nn.Softmax(2)], 5 - 9 * X[:, :2]),
    "several labels for softmax": ([3, nn.Softmax(3)], 1.0 * (UNIT + np.roll(UNIT, 1, axis=1))),
}


def network(layers):
    if isinstance(layers[-1], int):
        return nn.Network(layers, seed=0)
    return nn.Network(layers[1:], input_shape=(layers[0],), seed=0)


@pytest.mark.parametrize("kind", REFUSED)
def test_targets_that_the_cost_cannot_take_are_refused_everywhere(kind):
    layers, y = REFUSED[kind]
    net = network(layers)
    before = net.parameters.copy()
    for name, use in every_use(net, y):
        message = refused(ValueError, name, use)
    np.testing.assert_array_equal(net.parameters[np.isfinite(before)], before[np.isfinite(before)])
    better = network_in(message)
    better.SGD((X, y), 3, 4, 0.05)
    assert better.cost((X, y)) >= 0


@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic"])
def test_labels_of_many_classes_for_one_output(cost):
    y = np.arange(12) % 3
    net = nn.Network([3, 4, 1], cost=cost, seed=0)
    message = refused(ValueError, "training_data, y", lambda: net.SGD((X, y), 1, 4, 0.1))
    assert "got the labels 0 to 2" in message
    better = network_in(message)
    better.SGD((X, y), 2, 4, 0.1)
    assert set(better.predict(X)) <= {0, 1, 2}


@pytest.mark.parametrize("pair", [(-1, 1), (1, 2)])
def test_two_classes_that_are_not_0_and_1(pair):
    y = np.array(pair)[np.arange(12) % 2]
    net = nn.Network([3, 4, 1], seed=0)
    message = refused(ValueError, "training_data, y", lambda: net.SGD((X, y), 1, 4, 0.1))
    y = array_in(message, y=y)
    assert sorted(set(y.tolist())) == [0, 1]
    net.SGD((X, y), 1, 4, 0.1)


def test_labels_beyond_the_outputs_name_the_layer():
    message = refused(ValueError, "data, y", lambda: nn.Network([3, 2], seed=0).cost((X, np.arange(12) % 4)))
    network_in(message).SGD((X, np.arange(12) % 4), 1, 4, 0.1)


def test_shares_that_do_not_sum_to_1():
    net = nn.Network([nn.Softmax(3)], input_shape=(3,), seed=0)
    message = refused(ValueError, "data, y", lambda: net.cost((X, 1 + X)))
    y = np.asarray(1 + X, float)
    assert "y /= y.sum(axis=1, keepdims=True)" in message
    y /= y.sum(axis=1, keepdims=True)
    net.SGD((X, y), 1, 4, 0.1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("of", [np.float16, np.float32, np.float64])
def test_shares_may_be_rounded(dtype, of):
    net = nn.Network([nn.Softmax(3)], input_shape=(3,), seed=0, dtype=dtype)
    shares = (X / X.sum(axis=1, keepdims=True)).astype(of)
    assert net.cost((X, shares)) > 0
    refused(ValueError, "data, y", lambda: net.cost((X, shares * 1.01)))


def test_values_that_are_not_numbers():
    net = nn.Network([3, 4, 3], seed=0)
    for given in (X.astype(str), X.astype(object)):
        message = refused(TypeError, "X: numbers needed", lambda given=given: net.predict(given))
        code = re.search(r"np\.asarray\(X\)\.astype\(float\)", message)[0]
        np.testing.assert_array_equal(net.predict(eval(code, {"np": np, "X": given})), net.predict(X))
    masked = np.ma.masked_less(X, 0.1)
    assert "filled(0)" in refused(ValueError, "X", lambda: net.predict(masked))
    net.predict(masked.filled(0))
    net.predict(np.ma.masked_less(X, -1))  # nothing is masked
    message = refused(TypeError, "data, y", lambda: net.cost((X, ["0", "2", "1"] * 4)))
    net.cost((X, eval("np.asarray(y).astype(int)", {"np": np, "y": ["0", "2", "1"] * 4})))
    assert "np.asarray(y).astype(int)" in message
    assert "astype" not in refused(TypeError, "X", lambda: net.predict([[None] * 3]))
    assert "too large for a float" in refused(TypeError, "X", lambda: net.predict([[10**400, 0, 1]]))


@pytest.mark.parametrize("form", [list, tuple, lambda rows: [list(rows[:1]), list(rows[1:2])]])
def test_masked_inputs_in_a_list_are_refused_as_in_an_array(form):
    net = nn.Network([3, 4, 3], seed=0)
    masked = np.ma.masked_less(X, 0.1)
    rows = [row for row in masked if np.ma.is_masked(row)][:1] + list(masked)[:1]
    assert "filled(0) of each" in refused(ValueError, "X", lambda: net.predict(form(rows)))
    net.predict([each.filled(0) for each in rows])
    net.predict(form(list(np.ma.masked_less(X, -1)[:2])))  # nothing is masked


def test_masked_targets_in_a_list_are_left_out():
    net = nn.Network([3, 4, 3], seed=0)
    y = list(np.ma.masked_array(UNIT, np.arange(36).reshape(12, 3) == 4))
    message = refused(ValueError, "training_data, y", lambda: net.SGD((X, y), 1, 4, 0.1))
    names = {"np": np, "X": list(X), "y": y}
    exec(message.partition("leave those out: ")[2], names)
    assert len(names["X"]) == len(names["y"]) == 11
    net.SGD((names["X"], names["y"]), 1, 4, 0.1)


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    refused((ValueError, TypeError), "X", lambda: nn.Network([3, 2], seed=0).predict(endless))


@pytest.mark.parametrize("words", [["cat", "dog", "cat"], [["cat"], ["dog"], ["cat"]], ["7", "0", "7"]])
@pytest.mark.parametrize("form", [list, iter])
def test_words_as_labels_of_pairs(words, form):
    net = nn.Network([3, 4, 8], seed=0)
    pairs = list(zip(X, words, strict=False))
    message = refused(TypeError, "training_data, y", lambda: net.SGD(form(pairs), 1, 1, 0.1))
    names = {"np": np, "training_data": form([(x, np.ravel(word)[0]) for x, word in pairs])}
    exec(re.search(r"text: (.*)|words: (.*?)\. Later", message).group(1, 2)["7" not in words], names)
    assert [int(y) for _, y in names["training_data"]] == ([7, 0, 7] if "7" in words else [0, 1, 0])
    net.SGD(names["training_data"], 1, 1, 0.1)


def test_one_word_as_a_label():
    net = nn.Network([3, 4, 3], seed=0)
    for use in (lambda: net.trace(X[0], "dog"), lambda: net.backprop(X[0], "dog")):
        message = refused(TypeError, "", use)
        names = {"np": np, "y": ["dog", "cat", "cow"]}
        exec(re.search(r"names, y = .*?\)", message)[0], names)
        y = eval(re.search(r"list\(names\)\.index\(y\)", message)[0], names | {"y": "dog"})
        assert y == 2
        net.trace(X[0], y)


def test_words_as_labels():
    words = np.array(["setosa", "virginica", "versicolor"])[np.arange(12) % 3]
    net = nn.Network([3, 4, 3], seed=0)
    y = array_in(refused(TypeError, "training_data, y", lambda: net.SGD((X, words), 1, 4, 0.1)), y=words)
    net.SGD((X, y), 1, 4, 0.1)
    assert sorted(set(y.tolist())) == [0, 1, 2]


@pytest.mark.parametrize(
    ("activation", "y", "better"),
    [
        ("sigmoid", [[-1], [1]], "tanh"),
        ("sigmoid", [[5.5], [7]], "linear"),
        ("tanh", [[1.5], [0.5]], "linear"),
        ("relu", [[-0.5], [2]], "linear"),
    ],
)
def test_numbers_that_the_output_cannot_reach_give_a_warning(activation, y, better):
    net = nn.Network([nn.Dense(4), nn.Dense(1, activation)], cost="quadratic", input_shape=(3,), seed=0)
    with pytest.warns(UserWarning, match="it cannot reach them") as caught:
        net.SGD((X[:2], y), 1, 1, 0.1)
    assert caught[0].filename == __file__
    advised = network_in(str(caught[0].message))
    assert advised.layers[-1].activation == better
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        advised.SGD((X[:2], y), 1, 1, 0.1)


def test_softmax_of_one_is_refused():
    for make in (
        lambda: nn.Network([nn.Softmax(1)], input_shape=(3,)),
        lambda: nn.Network([3, 1], cost="log-likelihood"),
    ):
        assert "nn.Dense(1)" in refused(ValueError, "layers", make)


def test_the_books_targets_go_on_unchanged():
    xor = ([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cost in ("quadratic", "cross-entropy"):
            nn.Network([2, 4, 1], cost=cost, seed=0).SGD(xor, 1, 1, 0.1)
            nn.Network([3, 4, 3], cost=cost, seed=0).SGD((X, UNIT), 1, 4, 0.1)
            nn.Network([3, 4, 3], cost=cost, seed=0).SGD((X, X), 1, 4, 0.1)  # an autoencoder
        nn.Network([nn.Dense(3, "tanh")], input_shape=(3,), seed=0).SGD((X, 2 * UNIT - 1), 1, 4, 0.1)
        nn.Network([nn.Dense(1, "linear")], input_shape=(3,), seed=0).SGD((X, -3 * X[:, 0]), 1, 4, 0.01)


# ---- predict answers in kind


def trained(layers, y):
    net = nn.Network(layers, input_shape=(3,), seed=0)
    net.SGD((X, y), 1, 4, 0.01)
    return net


def test_predict_answers_numbers_to_numbers():
    net = trained([nn.Dense(1, "linear")], 2 + X[:, 0])
    np.testing.assert_array_equal(net.predict(X), net.feedforward(X)[:, 0])
    assert type(net.predict(X[0])) is float
    two = trained([nn.Dense(2, "linear")], 2 + X[:, :2])
    np.testing.assert_array_equal(two.predict(X), two.feedforward(X))
    assert two.predict(X[0]).shape == (2,)
    message = refused(ValueError, "data: there is no accuracy", lambda: net.accuracy((X, 2 + X[:, 0])))
    assert "`cost`" in message


def test_predict_answers_several_labels():
    y = (X > 0.5).astype(int)
    net = trained([nn.Dense(3)], y)
    np.testing.assert_array_equal(net.predict(X), net.feedforward(X) > 0.5)
    assert net.predict(X).dtype == np.intp
    message = refused(ValueError, "data: there is no accuracy", lambda: net.accuracy((X, y)))
    assert "(net.predict(X) == y).mean()" in message
    assert 0 <= (net.predict(X) == y).mean() <= 1


def test_predict_answers_classes():
    for y in (np.arange(12) % 3, UNIT, 2 * UNIT - 1, 0.1 + 0.8 * UNIT):
        net = trained([nn.Dense(3, "tanh")], y)
        np.testing.assert_array_equal(net.predict(X), net.feedforward(X).argmax(axis=1))
        assert type(net.predict(X[0])) is int
        assert 0 <= net.accuracy((X, y)) <= 1


def test_without_a_record_the_output_layer_decides():
    assert nn.Network([3, 1], seed=0).predict(X).dtype == np.intp
    assert nn.Network([nn.Softmax(3)], input_shape=(3,)).predict(X).shape == (12,)
    assert nn.Network([nn.Dense(1, "linear")], input_shape=(3,)).predict(X).dtype == np.float32


def test_an_ensemble_answers_in_kind():
    numbers = nn.Ensemble(trained([nn.Dense(2, "linear")], 2 + X[:, :2]) for _ in range(3))
    np.testing.assert_allclose(numbers.predict(X), numbers.feedforward(X))
    several = nn.Ensemble(trained([nn.Dense(3)], (X > 0.5).astype(int)) for _ in range(3))
    assert several.predict(X).shape == (12, 3)
    np.testing.assert_array_equal(several.predict(X), several[0].predict(X))


def test_labels_that_begin_with_1_are_moved():
    net = nn.Network([nn.Softmax(3)], input_shape=(3,), seed=0)
    y = np.array([1, 2, 3, 1, 2])
    text = refused(ValueError, "training_data, y", lambda: net.SGD((X[:5], y), 1, 1, 0.1))
    assert "names, y = np.unique(y, return_inverse=True)" in text
    names, y = np.unique(y, return_inverse=True)
    assert list(names[y]) == [1, 2, 3, 1, 2]
    net.SGD((X[:5], y), 1, 1, 0.1)


@pytest.mark.parametrize(("y", "kind"), [(X[:6, :2] * 5, "numbers"), (X[:6, :2] > 0.5, "several labels")])
def test_an_accuracy_of_what_was_not_trained_for_is_told_so(y, kind):
    output = nn.Dense(2, "linear" if kind == "numbers" else "sigmoid")
    net = nn.Network([output], input_shape=(3,), seed=0)
    net.SGD((X[:6], np.asarray(y, float)), 1, 2, 0.01)
    labels = np.array([0, 1, 0, 1, 1, 0])
    wanted = (net.feedforward(X[:6]).argmax(axis=1) == labels).mean()
    for of in (net, nn.Ensemble([net])):
        with pytest.warns(UserWarning, match=f"trained on {kind}, and `predict` answers those"):
            assert of.accuracy((X[:6], labels)) == pytest.approx(wanted)
