"""Somebody who does not scale is told which column, and in which range; what the warning says to do helps.

Five of the sets are in scikit-learn. The others are drawn here, in the units of public ones: penguins, a
credit card's balance, counts of words in letters, cars, concrete, house prices.
"""

import re
import warnings

import numpy as np
import pytest
from sklearn import datasets

import nncore as nn
from nncore.insight import scale

BUNDLED = ("iris", "wine", "breast_cancer", "digits", "diabetes")


def drawn(name):
    """(X, y) of a set with the columns, and the targets, of a public one."""
    rng = np.random.default_rng(0)
    if name == "penguins":
        y = rng.integers(0, 3, 340)
        size = np.array([[38.8, 18.3, 190, 3700], [48.8, 18.4, 196, 3733], [47.5, 15.0, 217, 5076]])[y]
        return np.c_[size + rng.normal(0, [2.7, 1.1, 6, 450], (340, 4)), rng.integers(0, 2, 340)], y
    if name == "credit":
        X = np.c_[rng.uniform(0, 2600, 4000), rng.uniform(800, 73_000, 4000), rng.integers(0, 2, 4000)]
        return X, (X[:, 0] + rng.normal(0, 150, 4000) > 2200).astype(int)
    if name == "letters":
        X = rng.exponential(1, (2000, 6)) ** 2 * [300, 0.08, 0.3, 0.1, 0.1, 0.1]
        return X, (X[:, 2] + 4 * X[:, 1] + X[:, 0] / 1000 > 1.2).astype(int)
    if name == "cars":
        X = np.c_[
            rng.integers(3, 9, 390),
            rng.normal([194, 104, 2977, 15.5, 76], [104, 38, 849, 2.8, 3.7], (390, 5)),
        ]
        return X, 23 - X[:, 3] / 200 + 0.7 * (X[:, 5] - 76) + rng.normal(0, 2, 390)
    if name == "concrete":
        X = rng.uniform([100, 0, 120, 0, 800, 600], [540, 360, 247, 32, 1145, 992], (1000, 6))
        return X, 36 + (X[:, 0] - 280) / 8 - (X[:, 2] - 181) / 6 + rng.normal(0, 4, 1000)
    if name == "densities":  # a column that is nearly the same in all rows, and tells everything
        X = np.c_[rng.normal(0, 2, (800, 2)), rng.normal(0.9967, 0.0019, 800)]
        return X, (X[:, 2] > 0.9967).astype(int)
    X = np.c_[
        rng.lognormal(9.2, 0.5, 2000),
        rng.integers(1900, 2010, 2000),
        rng.normal(1500, 500, 2000),
        np.full(2000, 7),
    ]
    return X, 180_000 + 110 * (X[:, 2] - 1500) + 600 * (X[:, 1] - 1955) + 4 * (X[:, 0] - 10_000)


DRAWN = ("penguins", "credit", "letters", "cars", "concrete", "densities", "houses")


def loaded(name):
    return getattr(datasets, f"load_{name}")(return_X_y=True) if name in BUNDLED else drawn(name)


def is_regression(y):
    return y.dtype.kind == "f"


def network(X, y, **options):
    output = nn.Dense(1, "linear") if is_regression(y) else nn.Softmax(int(y.max()) + 1)
    return nn.Network([nn.Dense(30), output], input_shape=X.shape[1:], seed=0, **options)


def sgd(net, X, y, epochs=30):
    """The warnings of a run as a newcomer writes it; it may diverge."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            net.SGD((X, y), epochs, 10, 0.05 if is_regression(y) else 0.5)
        except nn.DivergenceError:
            assert not np.isnan(net.parameters).any()
    assert all(each.filename == __file__ for each in caught)
    return [str(each.message) for each in caught]


def carried_out(said, X, y):
    """X and y after the code in the messages."""
    names = {"X": X, "y": y, "np": np}
    for message in said:
        code = re.search(r"(mean, std = .*? / std)\. Test", message) or re.search(
            r"(y_mean, .*? / y_std)\. net", message
        )
        if code:
            exec(code[1], names)
        else:
            names["X"] = eval(re.search(r"Divide them: (X / \d+)\.", message)[1], names)
    return names["X"], names["y"]


def quality(net, X, y):
    """The accuracy, or R^2."""
    return 1 - 2 * net.cost((X, y)) / y.var() if is_regression(y) else net.accuracy((X, y))


def column(X, y, message):
    """The values of the column that a message names."""
    found = re.match(r"training_data: (?:Input (\d+)|The targets)", message)
    return y if found[1] is None else X[:, int(found[1])]


GOOD = {"credit": 0.93, "diabetes": 0.45, "letters": 0.85, "cars": 0.75, "concrete": 0.7, "houses": 0.9}


@pytest.mark.parametrize("name", BUNDLED + DRAWN)
def test_the_columns_that_are_not_scaled_are_named_and_the_lines_that_scale_them_help(name):
    X, y = loaded(name)
    said = sgd(network(X, y), X, y)
    assert len(said) == 1 + is_regression(y)
    for message in said:
        found = re.search(r"go(?:es)? from (\S+) to (\S+) \(mean (\S+), standard deviation (\S+)\)", message)
        if found:  # what it says of the column is so
            values = column(X, y, message)
            measured = [values.min(), values.max(), values.mean(), values.std()]
            assert [float(number) for number in found.groups()] == pytest.approx(measured, rel=0.01)
    X, y = carried_out(said, X, y)
    net = network(X, y)
    assert sgd(net, X, y) == []
    assert quality(net, X, y) > GOOD.get(name, 0.95)
    assert not {"inputs not scaled", "targets not scaled"} & set(nn.diagnose(net, (X, y)).names)


def test_the_answers_come_back_in_the_old_units():
    X, y = drawn("houses")
    said = sgd(network(X, y), X, y)
    names = {"X": X, "y": y, "np": np}
    for pattern in (r"(mean, std = .*?)\. Test data", r"(y_mean, y_std = .*?)\. net"):
        exec(re.search(pattern, " ".join(said))[1], names)
    net = network(names["X"], names["y"])
    net.SGD((names["X"], names["y"]), 30, 10, 0.05)
    prices = eval(re.search(r"(net\.feedforward\(X\) .*?) are then", said[1])[1], names | {"net": net})
    assert np.abs(prices[:, 0] - y).mean() < 0.2 * y.std()
    house = (X[:1] - names["mean"]) / names["std"]  # one that comes later
    assert net.feedforward(house) == pytest.approx(net.feedforward(names["X"][:1]))


def test_a_relu_output_is_told_to_divide():
    X, y = drawn("houses")
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9)
    layers = [nn.Dense(30, "tanh"), nn.Dense(1, "relu")]
    net = nn.Network(layers, input_shape=(4,), init="glorot", seed=0)
    (message,) = sgd(net, X, y, 1)
    names = {"y": y, "X": X, "np": np}
    exec(re.search(r"(y_max = .*?)\. net", message)[1], names)
    net = nn.Network(layers, input_shape=(4,), init="glorot", seed=0)
    net.biases[-1][:] = 0.5
    assert sgd(net, X, names["y"]) == []
    prices = eval(re.search(r"(net\.feedforward.*?) are then", message)[1], names | {"net": net})
    assert np.abs(prices[:, 0] - y).mean() < 0.2 * y.std()


@pytest.mark.parametrize("low", [-501, -250, 0])
def test_scaling_for_a_relu_output_works_for_every_sign(low):
    x = np.linspace(0, 1, 30).reshape(-1, 1)
    y = np.c_[low + 500 * x, 0 * x]  # a column of zeros, too
    net = nn.Network([nn.Dense(3), nn.Dense(2, "relu")], input_shape=(1,), seed=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.SGD((x, y), 1, 10, 1e-6)
    names = {"np": np, "y": y, "net": net, "X": x}
    said = str(caught[-1].message)
    exec(re.search(r"about -1 to 1: (.*?)\. net\.", said)[1], names)
    assert np.abs(names["y"]).max() <= 2
    assert np.corrcoef(names["y"][:, 0], y[:, 0])[0, 1] > 0.999  # no sign has turned
    answers = names["y"] * names["y_max"] if low == 0 else names["y"] * names["y_std"] + names["y_mean"]
    np.testing.assert_allclose(answers, y, atol=1e-6)


# ---- where it is said, and how often


def test_it_is_said_once_for_a_network():
    X, y = loaded("wine")
    net = network(X, y)
    assert len(sgd(net, X, y, 1)) == 1
    assert sgd(net, X, y, 1) == []


@pytest.mark.parametrize("call", ["find_eta", "minimize", "diverges", "not learned"])
def test_every_tool_says_the_same(call):
    X, y = loaded("diabetes") if call == "diverges" else loaded("wine")
    net = network(X, y)
    (said, *_) = sgd(net.copy(), X, y, 1)
    said = said.removeprefix("training_data: ")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if call == "diverges":
            with pytest.raises(nn.DivergenceError) as error:
                net.SGD((X, y), 5, 10, 1e9)
            assert said in str(error.value)
        elif call == "find_eta":
            nn.find_eta([13, 5, 3], (X, y), epochs=1)
        elif call == "minimize":
            net.minimize((X, y), maxiter=1)
        else:
            net.SGD((X, y), 20, 10, 3.0, monitor="training_accuracy")
            assert caught[-1].category is nn.NotLearningWarning
    messages = [str(each.message) for each in caught]
    assert said in messages[0]
    assert all("Scale " in message for message in messages)


# ---- what is scaled is not spoken of


def examples(X, y=None):
    y = np.zeros(len(X), int) if y is None else y
    net = nn.Network([nn.Dense(1, "linear")], input_shape=np.shape(X)[1:], cost="quadratic")
    return net._examples("data", (X, np.asarray(y, float)))


def one_far_value(rng):
    X = rng.standard_normal((20_000, 4))
    X[777, 2] = 3000.0
    return (X - X.mean(axis=0)) / X.std(axis=0)


SCALED = {
    "uniform": lambda rng: rng.uniform(0, 1, (200, 5)),
    "one small column of 0 to 1": lambda rng: rng.uniform(0, 1, (50, 1)),
    "one hot": lambda rng: np.eye(1000)[rng.integers(0, 1000, 3000)],
    "rows of length 1": lambda rng: (lambda X: X / np.linalg.norm(X, axis=1)[:, None])(
        rng.random((300, 5000)) * (rng.random((300, 5000)) < 0.01)
    ),
    "one value far away": one_far_value,
    "rare words": lambda rng: np.c_[rng.standard_normal((5000, 3)), rng.random((5000, 3)) < 0.001],
    "pixels": lambda rng: datasets.load_digits().data / 16,
    "standardised pixels": lambda rng: (lambda X: (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9))(
        datasets.load_digits().data
    ),
    "-2 pi to 2 pi": lambda rng: np.linspace(-2 * np.pi, 2 * np.pi, 100)[:, None],
    "a bias": lambda rng: np.c_[np.ones(100), rng.standard_normal((100, 2))],
}


@pytest.mark.parametrize("name", SCALED)
def test_scaled_inputs_are_not_spoken_of(name):
    assert scale.bad_inputs(examples(SCALED[name](np.random.default_rng(0)))) is None


@pytest.mark.parametrize("name", BUNDLED + DRAWN)
@pytest.mark.parametrize("how", ["mean and deviation", "lowest and highest"])
def test_every_set_is_quiet_once_it_is_scaled(name, how):
    X, y = loaded(name)
    low, width = (
        (X.mean(axis=0), X.std(axis=0)) if how == "mean and deviation" else (X.min(axis=0), np.ptp(X, axis=0))
    )
    X = (X - low) / np.where(np.ptp(X, axis=0) > 0, width, 1)
    targets = (y - y.mean()) / y.std()
    assert scale.bad_inputs(examples(X)) is None
    assert scale.bad_targets(examples(X, targets)) is None


def test_bytes_are_not_spoken_of(sample, recwarn):
    nn.Network([784, 10], seed=0).SGD(sample[0][:100], 1, 10, 0.1)
    assert not recwarn.list


def test_a_constant_column_far_away_is_named_and_its_later_values_do_no_harm():
    X = np.c_[np.random.default_rng(0).standard_normal((100, 2)), np.full(100, 7.1)]
    y = (X[:, 0] > 0).astype(int)
    (message,) = sgd(network(X, y), X, y)
    assert "Input 2 is 7.1 for every example." in message
    names = {"X": X, "np": np}
    exec(re.search(r"(mean, std = .*?)\. Test data", message)[1], names)
    later = (np.array([[0.0, 0.0, 8.1]]) - names["mean"]) / names["std"]
    assert np.abs(later).max() < 2


def test_a_table_of_bytes_is_told_that_bytes_are_pixels():
    """Read as byte/256, the numbers 0 to 10 are next to nothing."""
    X = np.random.default_rng(0).integers(0, 11, (300, 4)).astype(np.uint8)
    y = (X[:, 0] > 5).astype(int)
    net = nn.Network([4, 8, 2], seed=0)
    with pytest.warns(
        UserWarning, match=r"within 0\.039 of 0 .*those of a table are (X\.astype\(float\))\."
    ) as caught:
        net.SGD((X, y), 1, 10, 0.5)
    (warning,) = caught
    assert "divided twice" not in str(warning.message)
    names = {"X": X.astype(float), "np": np}
    exec(re.search(r"(mean, std = .*?)\. Test data", str(warning.message))[1], names)
    net = nn.Network([4, 8, 2], seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.SGD((names["X"], y), 20, 10, 0.5)
    assert net.accuracy((names["X"], y)) > 0.95
