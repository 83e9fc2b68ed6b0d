"""The core's functions on arrays, as `nncore.functions` gives them: shapes, dtypes, and what is refused."""

import numpy as np
import pytest

import nncore as nn

FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (3, 0), (0, 3), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_keep_shape_and_dtype(activation, shape, dtype):
    z = np.asarray(np.random.default_rng(1).standard_normal(shape), dtype)
    before = z.tobytes()
    a = getattr(nn.functions, activation)(z)
    expected = FUNCTIONS[activation](np.atleast_1d(z).astype(float)).reshape(shape)
    assert a.shape == shape
    assert a.dtype == dtype
    np.testing.assert_allclose(
        a, expected, rtol=20 * np.finfo(dtype).eps
    )  # softmax: the exponent adds |z| eps
    assert z.tobytes() == before


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_functions_take_any_array(activation):
    z = np.random.default_rng(2).integers(-3, 4, (6, 8)).astype(np.float64)
    frozen = z.copy()
    frozen.flags.writeable = False
    forms = [
        z.tolist(),
        frozen,
        np.asfortranarray(z),
        *(z.astype(kind) for kind in ("int8", "float16", ">f8")),
    ]
    function = getattr(nn.functions, activation)
    for form in forms:
        a = function(form)
        assert a.dtype == np.float64
        np.testing.assert_array_equal(a, function(z))
    np.testing.assert_array_equal(function(z[::2, ::-2]), function(z[::2, ::-2].copy()))
    assert function(z.astype(">f4")).dtype == np.float32
    assert function(np.array([True, False])).dtype == np.float64


def test_feedforward_and_backprop_match_the_network():
    rng = np.random.default_rng(0)
    weights, biases = (
        [rng.standard_normal((4, 3)), rng.standard_normal((2, 4))],
        [rng.standard_normal(4), rng.standard_normal((2, 1))],
    )
    X, labels = rng.standard_normal((6, 3)), [0, 1, 1, 0, 1, 0]
    net = nn.Network([nn.Dense(4, "tanh"), nn.Dense(2, "tanh")], input_shape=(3,), dtype="float64")
    net.weights, net.biases = weights, [np.reshape(b, (-1, 1)) for b in biases]
    assert nn.functions.feedforward(weights, biases, X, "tanh").tobytes() == net.feedforward(X).tobytes()
    got, expected = nn.functions.backprop(weights, biases, X, labels, "tanh"), net.backprop(X, labels)
    for a, b in zip([*got[0], *got[1]], [*expected[0], *expected[1]], strict=True):
        assert a.tobytes() == b.tobytes()


def test_feedforward_and_backprop_keep_float32():
    w, b = [np.ones((2, 3), np.float32)], [np.zeros(2)]
    assert nn.functions.feedforward(w, b, [1, 2, 3]).dtype == np.float32
    assert nn.functions.backprop(w, b, [1, 2, 3], 0)[1][0].dtype == np.float32
    assert nn.functions.feedforward([[[1, 1, 1]]], [[0]], [1, 2, 3]).dtype == np.float64


def test_backprop_takes_a_cost():
    w, b = [np.zeros((2, 1))], [np.zeros(2)]
    np.testing.assert_array_equal(nn.functions.backprop(w, b, [1.0], 0)[0][0], [[-0.5], [0.5]])
    np.testing.assert_array_equal(
        nn.functions.backprop(w, b, [1.0], 0, cost="quadratic")[0][0], [[-0.125], [0.125]]
    )
    softmax, _ = nn.functions.backprop(w, b, [1.0], 0, cost="log-likelihood")
    np.testing.assert_array_equal(softmax[0], [[-0.5], [0.5]])


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([], [], "weights: a list of arrays"),
        ([[1.0, 2.0]], [[0.0]], "weights: a list of arrays"),
        (
            [np.zeros((2, 3)), np.zeros((1, 3))],
            [[0, 0], [0]],
            r"weights\[1\]: shape \(1, 2\) needed, got \(1, 3\)",
        ),
        ([np.zeros((2, 3))], [[0.0]], r"biases\[0\]: shape \(2, 1\) needed, got \(1, 1\)"),
        ([np.zeros((2, 3))], [], "biases: expected 1 arrays"),
        ([np.full((2, 3), np.nan)], [[0.0, 0.0]], "finite"),
        ([np.zeros((0, 3))], [[]], r"weights\[0\]: 1 neuron and 1 input or more needed, got shape \(0, 3\)"),
        ([np.zeros((3, 0))], [[0, 0, 0]], r"weights\[0\]: 1 neuron and 1 input"),
    ],
)
def test_errors_name_the_argument(weights, biases, message):
    with pytest.raises(ValueError, match=message):
        nn.functions.feedforward(weights, biases, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "relu", "softmax"])
@pytest.mark.parametrize("z", [None, "z", [None], [1j], [[1.0], ["a"]], object()])
def test_arguments_that_are_no_numbers_are_refused(function, z):
    with pytest.raises(TypeError, match="z: numbers needed"):
        getattr(nn.functions, function)(z)


@pytest.mark.parametrize("value", [np.array([["sigmoid"]] * 2), np.zeros((2, 3), "M8[s]"), ["quadratic"], 7])
@pytest.mark.parametrize(("call", "name"), [
    (lambda **named: nn.functions.feedforward([[[1.0]]], [[0.0]], [0.5], **named), "activation"),
    (lambda **named: nn.functions.backprop([[[1.0]]], [[0.0]], [0.5], [0.5], **named), "activation"),
    (lambda **named: nn.functions.backprop([[[1.0]]], [[0.0]], [0.5], [0.5], **named), "cost"),
])  # fmt: skip
def test_names_that_are_no_names_are_refused(call, name, value):
    """An array is compared number by number with a name, and so neither equal nor unequal to it."""
    with pytest.raises((ValueError, TypeError), match=f"^{name}: "):
        call(**{name: value})
