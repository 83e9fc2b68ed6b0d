"""Bad arguments are refused with a sentence that names the argument, and nothing is changed."""

import numpy as np
import pytest
from support.refusal import refused

import nncore as nn

X, LABELS = np.random.default_rng(0).random((5, 3)), np.array([0, 1, 1, 0, 1])


@pytest.fixture
def net():
    return nn.Network([3, 4, 2], seed=0)


# ---- the constructor


@pytest.mark.parametrize(
    ("error", "layers"),
    [
        (TypeError, None),
        (TypeError, 784),
        (TypeError, "784, 10"),
        (TypeError, b"\x10\x01"),
        (ValueError, []),
        (ValueError, [784]),
        (ValueError, [784, 0]),
        (ValueError, [0, 10]),
        (ValueError, [784, -30, 10]),
        (TypeError, [784, 30.0, 10]),
        (TypeError, [784, 30.5, 10]),
        (TypeError, ["784", "10"]),
        (TypeError, [784, None]),
        (TypeError, [784, [30], 10]),
        (ValueError, [784, True]),
        (ValueError, [784, 2**64]),
        (ValueError, [2**31, 2**31]),
        (TypeError, np.array([3.0, 2.0])),
        (TypeError, [3, nn.Dense(2)]),
        (TypeError, [nn.Dense]),
        (TypeError, [3, nn.Softmax]),
    ],
)
def test_layers(error, layers):
    refused(error, "layers", lambda: nn.Network(layers))


@pytest.mark.parametrize(
    ("error", "input_shape"),
    [
        (ValueError, None),
        (ValueError, ()),
        (ValueError, (0,)),
        (ValueError, (-3,)),
        (ValueError, (28, 28)),
        (ValueError, (1, 1, 28, 28)),
        (TypeError, 3.0),
        (TypeError, "3"),
        (TypeError, (3.0,)),
        (TypeError, (None,)),
        (ValueError, True),
        (ValueError, (2**64,)),
    ],
)
def test_input_shape(error, input_shape):
    refused(error, "input_shape", lambda: nn.Network([nn.Dense(2)], input_shape=input_shape))


def test_sizes_that_multiply_past_all_memory():
    refused(ValueError, "layers", lambda: nn.Network([nn.Dense(2)], input_shape=(2**32, 2**32, 1)))


def test_an_input_shape_is_for_layers_only():
    refused(ValueError, "input_shape", lambda: nn.Network([3, 2], input_shape=(3,)))


def test_whole_numbers_of_any_kind_are_sizes():
    for layers in (
        (3, 2),
        np.array([3, 2]),
        [np.int64(3), np.uint8(2)],
        (n for n in (3, 2)),
        range(3, 1, -1),
    ):
        assert nn.Network(layers).sizes == [3, 2]
    for shape in (3, (3,), [3], np.array([3]), np.int64(3), (3, 1, 1)):
        assert nn.Network([nn.Dense(2)], input_shape=shape).sizes == [3, 2]


@pytest.mark.parametrize("cost", ["hinge", "", "Quadratic", 3, b"quadratic", ["quadratic"]])
def test_cost(cost):
    refused(ValueError, "cost", lambda: nn.Network([3, 2], cost=cost))


@pytest.mark.parametrize(
    ("layer", "cost", "remedy"),
    [
        (nn.Softmax(2), "quadratic", "use cost='log-likelihood', or Dense"),
        (nn.Softmax(2), "cross-entropy", "use cost='log-likelihood'"),
        (nn.Dense(2, "tanh"), "cross-entropy", "use cost='quadratic', or a sigmoid output"),
        (nn.Dense(2, "linear"), "cross-entropy", "use cost='quadratic'"),
        (nn.Dense(2), "log-likelihood", r"end with Softmax(n), or use cost='cross-entropy'"),
        (nn.Dense(2, "relu"), "log-likelihood", r"end with Softmax(n), or use cost='quadratic'"),
    ],
)
def test_refused_pairs_name_a_remedy(layer, cost, remedy):
    message = refused(ValueError, "cost", lambda: nn.Network([layer], input_shape=3, cost=cost))
    assert remedy in message


def test_softmax_must_be_the_last_layer():
    refused(
        ValueError, "layers[1]", lambda: nn.Network([nn.Dense(2), nn.Softmax(2), nn.Dense(2)], input_shape=3)
    )


@pytest.mark.parametrize(
    "dtype", ["float16", "int32", "double32", None, 3, "", int, complex, np.longdouble, [4]]
)
def test_dtype(dtype):
    refused(ValueError, "dtype", lambda: nn.Network([2, 1], dtype=dtype))


@pytest.mark.parametrize(
    ("error", "seed"),
    [
        (ValueError, -1),
        (ValueError, 2**64),
        (TypeError, 1.0),
        (TypeError, "1"),
        (TypeError, [1]),
        (ValueError, True),
        (TypeError, np.random.default_rng(0)),
    ],
)
def test_seed(error, seed):
    refused(error, "seed", lambda: nn.Network([2, 1], seed=seed))


@pytest.mark.parametrize("init", ["Scaled", "", None, 3, ["scaled"]])
def test_init(init):
    refused(ValueError, "init", lambda: nn.Network([2, 1], init=init))


@pytest.mark.parametrize(
    ("error", "drawn"),
    [
        (ValueError, lambda rng, shape, n_in: np.zeros((*shape[::-1], 2))),
        (ValueError, lambda rng, shape, n_in: np.full(shape, np.nan)),
        (ValueError, lambda rng, shape, n_in: 0.0),
        (TypeError, lambda rng, shape, n_in: None),
        (TypeError, lambda rng, shape, n_in: np.zeros(shape, complex)),
    ],
)
def test_an_init_of_other_arrays_is_refused(error, drawn):
    refused(error, "biases[0]", lambda: nn.Network([3, 2], init=drawn))


# ---- numbers of SGD and cost


COUNTS = [
    (ValueError, -1),
    (TypeError, 1.0),
    (TypeError, "3"),
    (TypeError, None),
    (ValueError, True),
    (TypeError, [3]),
    (ValueError, 2**63),
    (ValueError, 2**70),
    (TypeError, np.float32(3)),
]
REALS = [
    (TypeError, None),
    (TypeError, "much"),
    (TypeError, "0.1"),
    (TypeError, [0.1]),
    (TypeError, 1j),
    (TypeError, {}),
    (ValueError, np.nan),
    (ValueError, np.inf),
    (ValueError, -np.inf),
    (ValueError, -0.1),
    (TypeError, np.array([0.1, 0.2])),
]


@pytest.mark.parametrize(("error", "value"), COUNTS)
def test_counts(net, error, value):
    refused(error, "epochs", lambda: net.SGD((X, LABELS), value, 2, 0.1))
    refused(error, "mini_batch_size", lambda: net.SGD((X, LABELS), 1, value, 0.1))


def test_an_empty_mini_batch_is_refused(net):
    refused(ValueError, "mini_batch_size", lambda: net.SGD((X, LABELS), 1, 0, 0.1))


def test_counts_of_any_kind(net):
    net.SGD((X, LABELS), np.int64(1), np.uint8(2), 0.1)
    net.SGD((X, LABELS), 1, 2**62, 0.1)  # larger than the set: all of it
    assert net.epochs_trained == 2


@pytest.mark.parametrize(("error", "value"), REALS)
def test_reals(net, error, value):
    before = net.parameters.tobytes()
    refused(error, "eta", lambda: net.SGD((X, LABELS), 1, 2, value))
    refused(error, "lmbda", lambda: net.SGD((X, LABELS), 1, 2, 0.1, value))
    refused(error, "lmbda", lambda: net.cost((X, LABELS), value))
    assert net.parameters.tobytes() == before


def test_reals_of_any_kind(net):
    for eta in (1, np.float32(0.5), np.array(0.5), 0):
        net.SGD((X, LABELS), 1, 2, eta)


def test_a_huge_eta_is_a_divergence(net):
    before = net.parameters.tobytes()
    with pytest.raises(nn.DivergenceError):
        net.SGD((X, LABELS), 1, 2, 1e300)
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize(
    ("error", "monitor"),
    [
        (ValueError, "accuracy"),
        (ValueError, ["evaluation_cost"]),  # without evaluation_data
        (ValueError, ("training_cost", "seconds")),
        (ValueError, [None]),
    ],
)
def test_monitor(net, error, monitor):
    refused(error, "monitor", lambda: net.SGD((X, LABELS), 1, 2, 0.1, monitor=monitor))


@pytest.mark.parametrize(
    ("error", "order"),
    [
        (TypeError, None),
        (TypeError, 5),
        (TypeError, [0.0, 1.0]),
        (TypeError, [[0, 1], [2, 3]]),
        (TypeError, "01234"),
        (TypeError, [True, False]),
        (ValueError, [0, 1, 2, 3, 5]),
        (ValueError, [0, 1, 2, 3, -1]),
        (ValueError, np.array([2**63], np.uint64)),
    ],
)
def test_orders_that_a_function_gives(net, error, order):
    before = net.parameters.tobytes()
    refused(error, "shuffle", lambda: net.SGD((X, LABELS), 1, 2, 0.1, shuffle=lambda epoch, n: order))
    assert net.parameters.tobytes() == before
    net.SGD((X, LABELS), 1, 2, 0.1)  # not left locked


def test_an_order_may_be_changed_after_it_was_returned(net):
    """It is copied: what the caller does to it later, even from another thread, the kernels do not see."""
    order = np.arange(5)
    checked = nn.network._validation.order(order, 5)
    assert not np.shares_memory(order, checked)
