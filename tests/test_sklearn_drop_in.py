"""Code that scikit-learn documents for its MLP runs with the name of the class changed.

The tests follow five examples of scikit-learn's gallery, and its user guide, in few lines. Each runs with
both classes, and asserts the same of both.
"""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_circles, make_classification, make_moons
from sklearn.inspection import partial_dependence
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

import nncore as nn
from nncore.sklearn import NNClassifier, NNRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
each_classifier = pytest.mark.parametrize("Classifier", [MLPClassifier, NNClassifier])
each_regressor = pytest.mark.parametrize("Regressor", [MLPRegressor, NNRegressor])


@each_classifier
def test_user_guide(Classifier):
    """The first lines of "Neural network models (supervised)", and those on several labels."""
    X = [[0.0, 0.0], [1.0, 1.0]]
    options = {"solver": "lbfgs", "alpha": 1e-5, "hidden_layer_sizes": (5, 2), "random_state": 1}
    clf = Classifier(**options).fit(X, [0, 1])
    assert clf.predict([[2.0, 2.0], [-1.0, -2.0]]).tolist() == [1, 0]
    assert [coef.shape for coef in clf.coefs_] == [(2, 5), (5, 2), (2, 1)]
    assert clf.predict_proba([[2.0, 2.0], [1.0, 2.0]]).shape == (2, 2)
    options["hidden_layer_sizes"] = (15,)
    clf = Classifier(**options).fit(X, [[0, 1], [1, 1]])
    assert clf.predict([[1.0, 2.0]]).tolist() == [[1, 1]]
    assert clf.predict([[0.0, 0.0]]).tolist() == [[0, 1]]


STRATEGIES = {  # of the learning rate, with the loss that each comes to on the circles
    "constant": {"learning_rate": "constant", "momentum": 0, "learning_rate_init": 0.2},
    "constant, momentum": {"learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": False},
    "constant, Nesterov": {"learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": True},
    "invscaling": {"learning_rate": "invscaling", "momentum": 0},
    "adaptive": {"learning_rate": "adaptive", "momentum": 0.9},
}


@each_classifier
def test_compare_stochastic_learning_strategies(Classifier):
    """plot_mlp_training_curves: five strategies and Adam, on iris, circles and moons."""
    data = [
        load_iris(return_X_y=True),
        make_circles(noise=0.2, factor=0.5, random_state=1),
        make_moons(noise=0.3, random_state=0),
    ]
    for X, y in data:
        X = MinMaxScaler().fit_transform(X)
        last = {}
        for name, strategy in STRATEGIES.items():
            options = {"learning_rate_init": 0.2} | strategy
            mlp = Classifier(random_state=0, max_iter=80, solver="sgd", **options).fit(X, y)
            assert len(mlp.loss_curve_) == mlp.n_iter_ <= 80
            assert mlp.loss_ == mlp.loss_curve_[-1] <= mlp.loss_curve_[0]
            last[name] = mlp.loss_
        adam = Classifier(random_state=0, max_iter=80, solver="adam", learning_rate_init=0.01).fit(X, y)
        assert adam.score(X, y) > 0.75
        assert last["invscaling"] == max(last.values())
        assert last["constant, Nesterov"] < last["constant"]


@each_classifier
def test_varying_regularisation(Classifier):
    """plot_mlp_alpha: a larger alpha makes smoother boundaries."""
    X, y = make_classification(
        n_features=2, n_redundant=0, n_informative=2, random_state=0, n_clusters_per_class=1
    )
    X = X + 2 * np.random.RandomState(2).uniform(size=X.shape)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=42)
    sizes = []
    for alpha in (0.1, 1.0, 5.0):  # with 10, most networks of both kinds end with weights of 0
        model = make_pipeline(
            StandardScaler(),
            Classifier(
                solver="lbfgs", alpha=alpha, random_state=1, max_iter=300, early_stopping=False,
                hidden_layer_sizes=[10, 10],
            ),
        ).fit(X_train, y_train)  # fmt: skip
        assert model.score(X_test, y_test) > 0.8
        assert model.predict_proba(X_test)[:, 1].shape == (40,)
        sizes.append(sum(float((w**2).sum()) for w in model[-1].coefs_))
    assert sizes[0] > sizes[1] > sizes[2]


@each_classifier
def test_weights_of_digits(Classifier, capsys):
    """plot_mnist_filters: a few epochs of SGD on digits, and the weights of hidden neurons as pictures."""
    train, _, test = nn.datasets.load_sample()
    X, y = train.to_float()[:2000].reshape(2000, -1), train.labels[:2000]
    mlp = Classifier(
        hidden_layer_sizes=(40,), max_iter=8, alpha=1e-4, solver="sgd", verbose=10, random_state=1,
        learning_rate_init=0.2,
    )  # fmt: skip
    mlp.fit(X, y)
    assert len(capsys.readouterr().out.splitlines()) >= 8
    assert mlp.score(X, y) > 0.95
    assert mlp.score(test.to_float().reshape(len(test), -1), test.labels) > 0.85
    assert [coef.reshape(28, 28).shape for coef in mlp.coefs_[0].T[:2]] == [(28, 28)] * 2
    assert (mlp.n_layers_, mlp.n_outputs_, mlp.out_activation_) == (3, 10, "softmax")
    assert mlp.intercepts_[0].shape == (40,)


@each_classifier
def test_classifier_comparison(Classifier):
    """plot_classifier_comparison: strong regularisation, many iterations, scaled inputs."""
    for X, y in (make_moons(noise=0.3, random_state=0), make_circles(noise=0.2, factor=0.5, random_state=1)):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=42)
        clf = make_pipeline(StandardScaler(), Classifier(alpha=1, max_iter=1000, random_state=42))
        assert clf.fit(X_train, y_train).score(X_test, y_test) > 0.8


@each_regressor
def test_partial_dependence(Regressor):
    """plot_partial_dependence: numbers, early stopping, quantiles as inputs; and what one input does."""
    rng = np.random.default_rng(0)
    X = rng.gamma(2.0, size=(800, 4))
    y = np.log1p(X[:, 0]) - 0.3 * X[:, 1] + 0.05 * rng.normal(size=800)
    y -= y.mean()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.1, random_state=0)
    model = make_pipeline(
        QuantileTransformer(n_quantiles=100),
        Regressor(hidden_layer_sizes=(30, 15), learning_rate_init=0.01, early_stopping=True, random_state=0),
    ).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.9
    assert model[-1].best_validation_score_ == max(model[-1].validation_scores_) > 0.9
    rising, falling = (partial_dependence(model, X_train, [k], grid_resolution=10).average[0] for k in (0, 1))
    assert rising[-1] > rising[0]
    assert falling[-1] < falling[0]
