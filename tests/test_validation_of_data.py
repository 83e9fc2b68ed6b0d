"""Bad examples are refused with a sentence that names the argument, and nothing is changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.refusal import refused

import nncore as nn
from nncore import _validation

X, LABELS = np.random.default_rng(0).random((5, 3)), np.array([0, 1, 1, 0, 1])


@pytest.fixture
def net():
    return nn.Network([3, 4, 2], seed=0)


# ---- X


BAD_X = [
    (TypeError, None),
    (TypeError, "digits"),
    (TypeError, b"digits"),
    (TypeError, object()),
    (TypeError, {"x": 1}),
    (TypeError, {1.0, 2.0, 3.0}),
    (TypeError, iter([1.0, 2.0, 3.0])),
    (TypeError, [None] * 3),
    (TypeError, [["a", "b", "c"]]),
    (TypeError, np.zeros((5, 3), complex)),
    (TypeError, np.zeros((5, 3), object)),
    (TypeError, np.zeros((5, 3), "M8[s]")),
    (TypeError, np.zeros(5, [("x", float), ("y", float)])),
    (ValueError, 5.0),
    (ValueError, []),
    (ValueError, [[]]),
    (ValueError, [1.0, 2.0]),
    (ValueError, [1.0, 2.0, 3.0, 4.0]),
    (ValueError, [[1.0, 2.0, 3.0], [1.0, 2.0]]),
    (ValueError, np.zeros((3, 5))),
    (ValueError, np.zeros((5, 4))),
    (ValueError, np.zeros((5, 2, 2))),
    (ValueError, np.zeros((0, 3))),
    (ValueError, np.zeros((5, 0))),
    (ValueError, np.zeros((5, 3, 0))),
    (ValueError, np.array([[0, 0, 0], [0, np.nan, 0]])),
    (ValueError, np.array([[0, 0, 0], [0, np.inf, 0]])),
    (ValueError, np.array([[0, 0, 0], [0, -np.inf, np.inf]])),
    (ValueError, np.array([[0, 0, 0], [0, 1e39, 0]])),  # infinite as float32
]


@pytest.mark.parametrize(("error", "x"), BAD_X)
@pytest.mark.parametrize("method", ["feedforward", "predict"])
def test_X(net, method, error, x):
    refused(error, "X", lambda: getattr(net, method)(x))


@pytest.mark.parametrize(("error", "x"), BAD_X)
def test_X_of_a_pair(net, error, x):
    before = net.parameters.tobytes()
    refused(error, "training_data, x", lambda: net.SGD((x, LABELS), 1, 2, 0.1))
    refused(error, "data, x", lambda: net.cost((x, LABELS)))
    refused(error, "data, x", lambda: net.accuracy((x, LABELS)))
    refused(error, "(X, y), x", lambda: net.backprop(x, LABELS))
    refused(error, "evaluation_data, x", lambda: net.SGD((X, LABELS), 1, 2, 0.1, evaluation_data=(x, LABELS)))
    assert net.parameters.tobytes() == before


def test_a_bad_number_is_named_with_its_row(net):
    x = np.zeros((5, 3))
    x[3, 1] = np.nan
    assert "got nan in row 3" in refused(ValueError, "X", lambda: net.feedforward(x))
    x[3, 1] = -np.inf
    assert "got -inf in row 3" in refused(ValueError, "X", lambda: net.feedforward(x))


def test_shapes_are_named(net):
    message = refused(ValueError, "X", lambda: net.feedforward(np.zeros((5, 4))))
    assert message == "X: one example (3,) or rows (n, 3) needed, got shape (5, 4)"


# ---- y


BAD_Y = [
    (TypeError, None),
    (TypeError, "01101"),
    (TypeError, ["0", "1", "1", "0", "1"]),
    (TypeError, [None] * 5),
    (TypeError, np.zeros(5, object)),
    (TypeError, np.zeros(5, complex)),
    (TypeError, {"y": 1}),
    (ValueError, []),
    (ValueError, 1),
    (ValueError, [0, 1, 1, 0]),
    (ValueError, [0, 1, 1, 0, 1, 1]),
    (ValueError, [0, 1, 1, 0, 2]),
    (ValueError, [0, 1, 1, 0, -1]),
    (ValueError, [0, 1, 1, 0, 0.5]),
    (ValueError, [0, 1, 1, 0, np.nan]),
    (ValueError, [0, 1, 1, 0, np.inf]),
    (ValueError, [0, 1, 1, 0, 1e300]),
    (ValueError, np.array([0, 1, 1, 0, 2**63], np.uint64)),
    (ValueError, np.zeros((2, 5))),
    (ValueError, np.zeros((5, 3))),
    (ValueError, np.zeros((5, 2, 2))),
    (ValueError, np.zeros((5, 0))),
    (ValueError, np.zeros(10)),
    (ValueError, np.full((5, 2), np.nan)),
    (ValueError, np.full((5, 2), 1e39)),
    (ValueError, [[1, 0], [0, 1], [1, 0], [0, 1], [1]]),
]


@pytest.mark.parametrize(("error", "y"), BAD_Y)
def test_y(net, error, y):
    before = net.parameters.tobytes()
    refused(error, "training_data, y", lambda: net.SGD((X, y), 1, 2, 0.1))
    refused(error, "data, y", lambda: net.cost((X, y)))
    refused(error, "data, y", lambda: net.accuracy((X, y)))
    refused(error, "data" if y is None else "(X, y), y", lambda: net.backprop(X, y))
    refused(error, "evaluation_data, y", lambda: net.SGD((X, LABELS), 1, 2, 0.1, evaluation_data=(X, y)))
    assert net.parameters.tobytes() == before
    assert net.history is None


def test_a_wrong_label_is_named_with_its_row():
    net = nn.Network([3, 10])
    y = np.array([3, 9, 0, 12, 1])
    message = refused(ValueError, "data, y", lambda: net.cost((X, y)))
    assert message == (
        "data, y: 10 classes need labels 0 to 9, got 12 at row 3; for 13 classes the output layer is "
        "nn.Dense(13): make it nn.Network([nn.Dense(13)], input_shape=(3,))"
    )


def test_labels_that_came_as_text_are_recognised(net):
    message = refused(TypeError, "data, y", lambda: net.cost((X, ["0", "1", "1", "0", "1"])))
    assert "np.asarray(y).astype(int)" in message
    assert "astype" not in refused(TypeError, "data, y", lambda: net.cost((X, [None] * 5)))


# ---- data as a whole


@pytest.mark.parametrize(
    ("error", "data"),
    [
        (TypeError, None),
        (TypeError, 5),
        (TypeError, "mnist"),
        (TypeError, {"x": X, "y": LABELS}),
        (TypeError, object()),
        (TypeError, X),
        (TypeError, (X,)),
        (TypeError, (X, LABELS, LABELS)),
        (TypeError, [X[0], X[1], X[2]]),
        (TypeError, [(X[0],)]),
        (TypeError, [(X[0], 1, 2)]),
        (TypeError, [(X[0], 1), 5]),
        (TypeError, [(X[0], 1), None]),
        (TypeError, [(X[0], 1), {0: X[0], 1: 1}]),
        (TypeError, [(X[0], None)]),
        (TypeError, [(None, 1)]),
        (TypeError, [("abc", 1)]),
        (ValueError, []),
        (ValueError, ()),
        (ValueError, zip((), (), strict=True)),
        (ValueError, (pair for pair in ())),
        (ValueError, [(X[0], 1), (X[0][:2], 1)]),
        (ValueError, [(X[0], 1), (X[0], [0, 1])]),
        (ValueError, [(X[0], 1), (X[0], 2)]),
        (ValueError, [(X[0], [1, 0, 0])]),
        (ValueError, [(X[0], [])]),
        (ValueError, [(X[0] * np.nan, 1)]),
        (ValueError, [(X[0] * 1e39, 1)]),
        (ValueError, nn.Dataset(np.zeros((0, 3), np.uint8), np.zeros(0, int))),
        (ValueError, nn.Dataset(np.zeros((4, 2), np.uint8), [0, 1, 0, 1])),
        (ValueError, nn.Dataset(np.zeros((4, 3), np.uint8), [0, 1, 0, 2])),
    ],
)
def test_data(net, error, data):
    before = net.parameters.tobytes()
    refused(error, "training_data", lambda: net.SGD(data, 1, 2, 0.1))
    assert net.parameters.tobytes() == before


def test_a_zip_that_was_used_up_is_recognised(net):
    pairs = zip(X, LABELS, strict=True)
    net.SGD(pairs, 1, 2, 0.1)
    message = refused(ValueError, "training_data", lambda: net.SGD(pairs, 1, 2, 0.1))
    assert "a zip or generator that was used before is empty" in message


def test_errors_of_an_iterator_are_passed_on(net):
    def pairs():
        yield X[0], 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        net.SGD(pairs(), 1, 2, 0.1)
    net.SGD((X, LABELS), 1, 2, 0.1)


# ---- anything at all


ANYTHING = st.one_of(
    hnp.arrays(
        st.one_of(
            hnp.boolean_dtypes(),
            hnp.integer_dtypes(),
            hnp.unsigned_integer_dtypes(),
            hnp.floating_dtypes(),
            hnp.complex_number_dtypes(),
            hnp.unicode_string_dtypes(max_len=3),
        ),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6),
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda children: st.lists(children, max_size=5) | st.tuples(children, children),
        max_leaves=12,
    ),
)


@settings(max_examples=150)
@given(x=ANYTHING, y=ANYTHING)
def test_any_data_is_accepted_or_refused(x, y):
    """Either finite numbers come out, or ValueError or TypeError; never a warning, another error, a crash."""
    net = nn.Network([3, 4, 2], seed=0)
    for call in (
        lambda: net.feedforward(x),
        lambda: net.cost((x, y)),
        lambda: net.backprop(x, y)[1][0],
        lambda: net.cost(x),
        lambda: net.cost([(x, y), (X[0], 1)]),
    ):
        try:
            assert np.isfinite(call()).all()
        except (ValueError, TypeError) as error:
            assert len(str(error)) > 10  # noqa: PT017  the error may come, and then is a sentence


# ---- checked examples

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 3), dtype=np.uint8)
FORMS = {
    "dataset": nn.Dataset(IMAGES, LABELS),
    "bytes": (IMAGES, LABELS),
    "reals and targets": (X, np.eye(2)[LABELS]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "indices", [slice(2), slice(None, None, 2), [3, 0, 3], np.array([True, False, False, True, True])]
)
def test_a_subset_of_examples_has_their_costs(net, form, indices):
    net = net.copy("float64")
    examples = net._examples("data", FORMS[form])
    costs = np.array([net.cost(examples.subset([i])) for i in range(5)])  # checked examples are data, too
    subset = examples.subset(indices)
    assert subset.n == len(costs[indices])
    np.testing.assert_allclose(net.cost(subset), costs[indices].mean(), rtol=1e-12)
    assert np.ptp(costs) > 0
    assert net.cost(examples) == net.cost(FORMS[form])
    np.testing.assert_array_equal(subset.y, examples.y[indices])


def test_checked_examples_serve_a_network_of_another_dtype(net):
    examples = net._examples("data", (X, LABELS))
    wide = net.copy("float64")
    assert wide.cost(examples) == wide.cost((X.astype(np.float32), LABELS))


def test_datasets_and_pairs_are_told_apart():
    dataset, pair = FORMS["dataset"], FORMS["bytes"]
    columns = [(x.reshape(3, 1), label) for x, label in zip(X, LABELS, strict=True)]
    assert [_validation.is_dataset(data) for data in (dataset, pair, columns, X)] == [
        True,
        False,
        False,
        False,
    ]
    assert [_validation.is_pair(data) for data in (dataset, pair, list(pair), columns[:2], X)] == [
        False, True, True, False, False]  # fmt: skip
