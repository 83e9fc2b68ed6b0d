"""An Epoch serves for all epochs of a training: it begins again, and goes back to what it has kept."""

import numpy as np
import pytest
from support.entry import program_of
from support.memory import Guarded

RULES = {  # with the vectors that each remembers
    "sgd": ({"eta": 0.1}, 0),
    "L2": ({"eta": 0.1, "lmbda_over_n": 0.05}, 0),
    "L1": ({"eta": 0.1, "l1_over_n": 0.01}, 0),
    "momentum": ({"eta": 0.1, "momentum": 0.5, "lmbda_over_n": 0.01}, 1),
    "nesterov": ({"kind": "nesterov", "eta": 0.1, "momentum": 0.5}, 1),
    "adam": ({"kind": "adam", "eta": 0.01, "momentum": 0.9}, 2),
}


def a_training(kernels, vectors, dropout=0.0, n=23, n_in=20):
    """(program, parameters, data, state), and the order of the examples in three epochs."""
    rng = np.random.default_rng(0)
    program = program_of(kernels, n_in, (9, "tanh"), (3, "sigmoid", dropout), cost="cross-entropy")
    parameters = Guarded((rng.standard_normal(program.size) / 5).astype(kernels.dtype))
    inputs = rng.random((n, n_in)).astype(kernels.dtype)
    inputs[rng.random(inputs.shape) < 0.8] = 0
    data = kernels.Data(None, inputs, rng.integers(0, 3, n))
    state = Guarded(np.zeros(vectors * program.size, kernels.dtype)) if vectors else None
    return program, parameters, data, state, [rng.permutation(n)[:size] for size in (n, n, 11)]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("mini_batch_size", [4, 100])
def test_epochs_in_one_memory_have_the_bits_of_epochs_of_their_own(kernels, name, sparse, mini_batch_size):
    numbers, vectors = RULES[name]
    ends = []
    for again in (False, True):
        program, parameters, data, state, orders = a_training(kernels, vectors, dropout=0.3)
        if sparse:
            assert data.list_entries(0.5)
        epoch, steps = None, 0
        for i, order in enumerate(orders):
            rule = kernels.Rule(**({"kind": "sgd"} | numbers | {"eta": numbers["eta"] / (i + 1)}))
            named = {"state": (state and state.array, steps), "key": (1, i, 0)}
            if again and epoch is not None:
                epoch.begin(order, rule, **named)
            else:
                epoch = kernels.Epoch(program, parameters.array, data, order, mini_batch_size, rule, **named)
            epoch.train(8)
            assert epoch.train(len(order)) == len(order)
            steps += -(-len(order) // mini_batch_size)
        ends.append((parameters.array.tobytes(), state and state.array.tobytes()))
        assert parameters.intact()
        assert state is None or state.intact()
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", RULES)
def test_restore_goes_back_to_what_was_kept(kernels, name):
    numbers, vectors = RULES[name]
    program, parameters, data, state, orders = a_training(kernels, vectors)
    data.list_entries(0.5)
    rule = kernels.Rule(**({"kind": "sgd"} | numbers))
    named = {"state": (state and state.array, 0)}
    epoch = kernels.Epoch(program, parameters.array, data, orders[0], 4, rule, **named)
    with pytest.raises(ValueError, match=r"call keep\(\) first"):
        epoch.restore()
    for order in orders:
        before = parameters.array.copy(), state and state.array.copy()
        epoch.begin(order, rule, **named)
        epoch.keep()
        epoch.train(8)
        assert (parameters.array != before[0]).any()
        epoch.restore()
        np.testing.assert_array_equal(parameters.array, before[0])
        if state is not None:
            np.testing.assert_array_equal(state.array, before[1])
        epoch.begin(order, rule, **named)
        epoch.train(len(order))


def test_an_order_that_is_refused_leaves_nothing_to_train(kernels):
    program, parameters, data, _, orders = a_training(kernels, 0)
    rule = kernels.Rule("sgd", 0.1)
    epoch = kernels.Epoch(program, parameters.array, data, orders[0], 4, rule)
    before = parameters.array.copy()
    for wrong, message in (
        (np.array([0, 23]), "0 to 22 needed, got 23 at 1"),
        (np.array([-1]), "got -1 at 0"),
    ):
        with pytest.raises(ValueError, match=message):
            epoch.begin(wrong, rule)
        assert epoch.train(10) == 0
    with pytest.raises(ValueError, match="state: 2 times"):
        epoch.begin(orders[0], kernels.Rule("adam", 0.1), state=(parameters.array, 0))
    np.testing.assert_array_equal(parameters.array, before)
    epoch.begin(orders[0], rule)
    assert epoch.train(23) == 23
    assert (parameters.array != before).any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_parameter_that_is_not_finite_is_found_wherever_it_is(kernels, value):
    program, parameters, data, _, orders = a_training(kernels, 0)
    epoch = kernels.Epoch(program, parameters.array, data, orders[0], 4, kernels.Rule("sgd", 0.1))
    parameters.array[:] = np.finfo(kernels.dtype).max  # whose sum is not finite
    assert epoch.is_finite()
    for i in range(program.size):
        parameters.array[i] = value
        assert not epoch.is_finite()
        parameters.array[i] = 0
