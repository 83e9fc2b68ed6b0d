"""The entry points of the core stay in their arrays, and their errors name the argument."""

import copy
import math
import pickle
import signal
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.entry import program_of, train_with
from support.layout import numbers_in_a_line
from support.limits import MOST_ROWS
from support.memory import Guarded, read_only, unaligned
from support.processes import run_python, start_python

from nncore import targets

SIZES = st.integers(1, 70)
ROWS = st.integers(1, 33) | st.just(MOST_ROWS + 3)


@pytest.fixture
def program(kernels):
    """Three inputs, a hidden layer of four, two outputs."""
    return program_of(kernels, 3, (4, "tanh"), (2, "sigmoid"), cost="cross-entropy")


@pytest.fixture
def arrays(kernels, program):
    """Arrays that fit the program, by name."""
    rng = np.random.default_rng(0)

    def reals(*shape):
        return rng.standard_normal(shape).astype(kernels.dtype)

    return {
        "parameters": reals(program.size),
        "inputs": reals(5, 3),
        "labels": np.array([0, 1, 1, 0, 1], np.intp),
        "order": np.arange(5, dtype=np.intp),
        "out": reals(5, 2),
        "nabla": reals(program.size),
    }


def call_all(kernels, program, **arrays):
    """Call every entry point with these arrays."""
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    kernels.feedforward(program, arrays["parameters"], data, arrays["out"])
    kernels.evaluate(program, arrays["parameters"], data)
    kernels.backprop(program, arrays["parameters"], data, arrays["nabla"])
    train_with(kernels, program, arrays["parameters"], data, arrays["order"])


def test_the_arrays_of_these_tests_are_accepted(kernels, program, arrays):
    before = arrays["parameters"].copy()
    call_all(kernels, program, **arrays)
    assert (arrays["parameters"] != before).any()
    assert np.isfinite(arrays["parameters"]).all()


# Every array that an entry point writes to, or reads, stands between margins that must stay as they are. What
# it read there would be a NaN, or -1.


@given(m=ROWS, n=SIZES, activation=st.sampled_from(["sigmoid", "tanh", "relu", "linear", "softmax"]))
def test_activate_stays_in_its_array(kernels, m, n, activation):
    z = Guarded(np.random.default_rng(n).standard_normal((m, n)).astype(kernels.dtype))
    kernels.activate(activation, z.array)
    assert z.intact()


@given(
    n_in=SIZES,
    n=SIZES,
    n_out=SIZES,
    m=ROWS,
    mini_batch_size=st.integers(1, 40),
    mu=st.sampled_from([0.0, 0.5]),
)
def test_entry_points_stay_in_their_arrays(kernels, n_in, n, n_out, m, mini_batch_size, mu):
    rng = np.random.default_rng([n_in, n, n_out, m])
    program = program_of(kernels, n_in, (n, "relu"), (n_out, "softmax"))
    parameters, nabla, state = (
        Guarded((rng.standard_normal(program.size) / 10).astype(kernels.dtype)) for _ in range(3)
    )
    state.array[:] = 0
    images = Guarded(rng.integers(0, 256, (m, n_in), dtype=np.uint8))
    inputs = Guarded((images.array / 256).astype(kernels.dtype))
    labels = Guarded(rng.integers(0, n_out, m))
    targets = Guarded(np.eye(n_out, dtype=kernels.dtype)[labels.array])
    weights = Guarded(rng.random(m).astype(kernels.dtype))
    order = Guarded(rng.permutation(m))
    out = Guarded(np.full((m, n_out), np.nan, kernels.dtype))
    arrays = [parameters, nabla, state, images, inputs, labels, targets, weights, order, out]
    constant = [images, inputs, labels, targets, weights, order]
    before = [array.array.tobytes() for array in constant]

    from_bytes = kernels.Data(images.array, None, labels.array, None, 1 / 256, weights.array)
    from_reals = kernels.Data(None, inputs.array, None, targets.array, 1, weights.array)
    outputs = []
    for data in (from_bytes, from_reals):
        kernels.feedforward(program, parameters.array, data, out.array)
        value = kernels.evaluate(program, parameters.array, data)
        nabla.array[:] = np.nan
        kernels.backprop(program, parameters.array, data, nabla.array)
        outputs.append((out.array.tobytes(), value, nabla.array.tobytes()))
        assert np.isfinite(out.array).all()
        assert np.isfinite(nabla.array).all()
    assert outputs[0] == outputs[1]  # the same examples, and nothing from the margins
    for data, sparse in ((from_bytes, False), (from_bytes, True), (from_reals, False), (from_reals, True)):
        assert not sparse or data.list_entries()
        rule = {"eta": 0.01, "lmbda_over_n": 0.01, "momentum": mu}
        train_with(kernels, program, parameters.array, data, order.array, rule, mini_batch_size, state.array)
    assert np.isfinite(parameters.array).all()
    assert all(array.intact() for array in arrays)
    assert [array.array.tobytes() for array in constant] == before


@given(n=st.integers(0, 300))
def test_shuffle_stays_in_its_array(kernels, n):
    order = Guarded(np.zeros(n, np.intp))
    kernels.shuffle(order.array, n, 1)
    assert order.intact()


@given(blocks=st.integers(1, 9))
def test_triad(kernels, blocks):
    n = blocks * 64 // np.dtype(kernels.dtype).itemsize
    rng = np.random.default_rng(blocks)
    a, b, c = (Guarded(rng.integers(-100, 100, n).astype(kernels.dtype)) for _ in range(3))
    kernels.triad(a.array, b.array, c.array)
    np.testing.assert_array_equal(c.array, a.array + 0.5 * b.array)
    assert a.intact()
    assert b.intact()
    assert c.intact()
    for wrong in (a.array[:-1], a.array[:0]):
        with pytest.raises(ValueError, match="one length"):
            kernels.triad(wrong, wrong, c.array)


# The pages before and behind each array are closed, so that a read outside it, even one that changes nothing,
# ends the process. Arrays stand once at the end of their pages and once at the start.
FENCED = """
import importlib
import numpy as np
from nncore import targets
from support.entry import program_of, train_with
from support.memory import FencedPages

pages = FencedPages()
for target in targets.targets_supported():
    for dtype, suffix in targets.SUFFIX.items():
        kernels = importlib.import_module(f"nncore._kernels_{target}_{suffix}")
        rng = np.random.default_rng(0)
        for at_end in (True, False):
            for n_in, n, n_out, m in [
                (1, 1, 1, 1), (3, 17, 2, 5), (33, 16, 10, 7), (65, 70, 9, 4), (100, 5, 129, 1),
            ]:
                def fenced(array):
                    return pages.copy(array, at_end)
                def reals(*shape):
                    return fenced(rng.standard_normal(shape).astype(dtype))
                program = program_of(kernels, n_in, (n, "sigmoid"), (n_out, "softmax"))
                parameters, nabla, state = reals(program.size), reals(program.size), reals(program.size)
                images = fenced(rng.integers(0, 256, (m, n_in), dtype=np.uint8))
                labels = fenced(rng.integers(0, n_out, m))
                order = fenced(rng.permutation(m))
                for data in (
                    kernels.Data(images, None, labels, None, 1 / 256),
                    kernels.Data(None, reals(m, n_in), None, reals(m, n_out)),
                    kernels.Data(None, reals(m, n_in), None, reals(m, n_out), 1, reals(m)),
                ):
                    data.list_entries()
                    kernels.feedforward(program, parameters, data, reals(m, n_out))
                    kernels.evaluate(program, parameters, data)
                    kernels.backprop(program, parameters, data, nabla)
                    for mu in (0.0, 0.5):
                        rule = {"eta": 0.01, "momentum": mu}
                        train_with(kernels, program, parameters, data, order, rule, 3, state)
                for activation in ("sigmoid", "tanh", "relu", "linear", "softmax"):
                    kernels.activate(activation, reals(m, n))
                kernels.shuffle(order, 1, 2)
print("stayed inside", pages.count, "arrays")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect is called as Linux has it")
def test_entry_points_read_nothing_outside_their_arrays():
    assert "stayed inside" in run_python(FENCED)
    beside = FENCED + "import ctypes; ctypes.string_at(images.ctypes.data - 1, 1)"
    assert start_python(beside).returncode == -signal.SIGSEGV  # the pages beside are closed


def shifted_by_a_number(array):
    """A copy that starts one number behind the start of a cache line."""
    lines = numbers_in_a_line(array.dtype)
    memory = np.zeros(array.size + 2 * lines, array.dtype)
    start = -memory.ctypes.data % 64 // memory.itemsize + 1
    copy = memory[start : start + array.size].reshape(array.shape)
    copy[...] = array
    return copy


def test_arrays_need_not_be_aligned_to_a_register(kernels, program, arrays):
    aligned = {name: array.copy() for name, array in arrays.items()}
    shifted = {name: shifted_by_a_number(array) for name, array in arrays.items()}
    call_all(kernels, program, **aligned)
    call_all(kernels, program, **shifted)
    for name in arrays:
        assert aligned[name].tobytes() == shifted[name].tobytes()


@pytest.mark.parametrize("name", ["parameters", "inputs", "labels", "order", "out", "nabla"])
def test_numbers_at_an_odd_address_are_refused(kernels, program, arrays, name):
    """A compiler may assume that there are none: what reads them is undefined."""
    arrays[name] = unaligned(arrays[name])
    with pytest.raises(ValueError, match=f"^{name}: an array of aligned numbers needed"):
        call_all(kernels, program, **arrays)
    arrays[name] = np.require(arrays[name], requirements="A")  # as the message says
    call_all(kernels, program, **arrays)


STRUCTURED = """
import importlib, sys
import numpy as np
kernels = importlib.import_module(sys.argv[1])
first = np.dtype(kernels.dtype if sys.argv[2] != "labels" else np.intp)
program = kernels.Program(3, "quadratic")
program.add_dense(2)
program.complete()
for second in ("u1", "i4", "f8", "O", ("f4", (2,)), [("a", "f4"), ("b", "i2")]):
    for align in (False, True):
        fields = {"names": ["first", "second"], "formats": [first, second]}
        dtype = np.dtype(fields, align=align)
        shapes = {"parameters": program.size, "inputs": (5, 3), "labels": 5, "out": (5, 2)}
        given = {name: np.zeros(shape, np.intp if name == "labels" else kernels.dtype)
                 for name, shape in shapes.items()}
        given[sys.argv[2]] = np.zeros(given[sys.argv[2]].shape, dtype)
        try:
            data = kernels.Data(None, given["inputs"], given["labels"])
            kernels.feedforward(program, given["parameters"], data, given["out"])
        except ValueError as error:
            print(error)
"""


@pytest.mark.parametrize("name", ["parameters", "inputs", "labels", "out"])
def test_a_structured_array_is_refused(kernels, name):
    """Also if its first field is a number of the kind that is needed, which Cython's check does not bear."""
    said = run_python(STRUCTURED, kernels.__name__, name).splitlines()
    assert len(said) == 12
    assert all("Buffer" in line or "dimension" in line for line in said)


READ = ["inputs", "labels", "order"]
WRITTEN = ["parameters", "out", "nabla"]


@pytest.mark.parametrize("name", READ)
def test_arrays_that_are_only_read_may_be_read_only(kernels, program, arrays, name):
    arrays[name] = read_only(arrays[name])
    call_all(kernels, program, **arrays)


@pytest.mark.parametrize("name", WRITTEN)
def test_arrays_that_are_written_may_not_be_read_only(kernels, program, arrays, name):
    before = arrays[name].tobytes()
    arrays[name] = read_only(arrays[name])
    with pytest.raises(ValueError, match="read-only"):
        call_all(kernels, program, **arrays)
    assert arrays[name].tobytes() == before


WRONG = {
    "None": lambda a: None,
    "a list": lambda a: a.tolist(),
    "a number": lambda a: 5,
    "text": lambda a: "inputs",
    "another dtype": lambda a: a.astype("int32" if a.dtype.kind == "i" else "float16"),
    "the other float": lambda a: a.astype("float32" if a.dtype == "float64" else "float64"),
    "the other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "one dimension more": lambda a: a[None],
    "no dimension": lambda a: a.ravel()[:1].reshape(()),
    "one number less": lambda a: a[:-1],
    "one number more": lambda a: np.concatenate([a, a[:1]]),
    "nothing": lambda a: a[:0],
    "numbers apart": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: a[::-1],
}


ALLOWED = [
    ("order", "one number less"),
    ("order", "one number more"),
    ("order", "nothing"),
    ("labels", "None"),
]
CASES = [(name, wrong) for name in [*READ, *WRITTEN] for wrong in WRONG if (name, wrong) not in ALLOWED]


@pytest.mark.parametrize(("name", "wrong"), CASES)
def test_a_wrong_array_is_refused(kernels, program, arrays, name, wrong):
    arrays[name] = WRONG[wrong](arrays[name])
    with pytest.raises((ValueError, TypeError)) as error:
        call_all(kernels, program, **arrays)
    assert len(str(error.value)) > 10  # a sentence


@pytest.mark.parametrize("name", ["inputs", "out"])
def test_arrays_in_Fortran_order_are_refused(kernels, program, arrays, name):
    arrays[name] = np.asfortranarray(arrays[name])
    with pytest.raises(ValueError, match="contiguous"):
        call_all(kernels, program, **arrays)


def test_entry_points_of_single_equations_check_shapes(kernels):
    lanes = numbers_in_a_line(kernels.dtype)

    def zeros(*shape):
        return np.zeros(shape, kernels.dtype)

    equations = {  # three examples, five neurons before, two registers of neurons
        kernels.weighted_input: (zeros(3, 5), zeros(5, 2 * lanes), zeros(2 * lanes), zeros(3, 2 * lanes)),
        kernels.weight_gradient: (zeros(3, 5), zeros(3, 2 * lanes), zeros(5, 2 * lanes)),
        lambda *arrays: kernels.hidden_delta("tanh", *arrays): (
            zeros(3, 2 * lanes), zeros(5, 2 * lanes), zeros(3, lanes), zeros(3, lanes)),
    }  # fmt: skip
    for call, arrays in equations.items():
        call(*arrays)
        for i, array in enumerate(arrays):
            wrongs = [None, array[:0], array[None], np.concatenate([array] * 4), array.astype("float16")]
            wrongs += [array[..., :columns].copy() for columns in (0, array.shape[-1] - 1)]
            wrongs += [array[:-1]] * (len(array) != 5)  # a_prev may have more columns than w has rows
            for wrong in wrongs:
                with pytest.raises((ValueError, TypeError)):
                    call(*arrays[:i], wrong, *arrays[i + 1 :])


def test_data_is_checked(kernels, arrays):
    X, labels = arrays["inputs"], arrays["labels"]
    for wrong, message in [
        ({}, "one of them is needed"),
        ({"images": np.zeros((5, 3), np.uint8), "inputs": X}, "one of them is needed"),
        ({"inputs": X[:0]}, "holds no example"),
        ({"inputs": X[:, :0].copy()}, "holds no example"),
        ({"images": np.zeros((0, 3), np.uint8)}, "holds no example"),
        ({"inputs": X, "labels": labels[:4]}, "4 of them for 5"),
        ({"inputs": X, "labels": labels[:0]}, "0 of them for 5"),
        ({"inputs": X, "targets": X[:4]}, "for 5 inputs"),
        ({"inputs": X, "weights": X[:4, 0].copy()}, "weights: 4 of them for 5 inputs"),
        ({"inputs": X, "targets": X[:, :0].copy()}, "for 5 inputs"),
        ({"images": np.zeros((5, 3), np.int8)}, "mismatch"),
        ({"images": np.zeros(15, np.uint8)}, "dimensions"),
    ]:
        with pytest.raises(ValueError, match=message):
            kernels.Data(**wrong)
    assert len(kernels.Data(inputs=X)) == 5


def test_data_keeps_its_memory_alive(kernels, program, arrays):
    expected = arrays["out"].copy()
    kernels.feedforward(program, arrays["parameters"], kernels.Data(None, arrays["inputs"]), expected)
    data = kernels.Data(None, arrays["inputs"].copy())
    rubbish = [np.full((5, 3), np.nan, kernels.dtype) for _ in range(100)]
    kernels.feedforward(program, arrays["parameters"], data, arrays["out"])
    assert arrays["out"].tobytes() == expected.tobytes()
    assert len(rubbish) == 100


def test_examples_must_fit_the_network(kernels, program, arrays):
    X, labels = arrays["inputs"], arrays["labels"]
    for data, message in [
        (kernels.Data(None, X[:, :2].copy(), labels), "3 inputs, the examples 2"),
        (kernels.Data(None, X), "2 outputs, the examples 0"),
        (kernels.Data(None, X, None, X), "2 outputs, the examples 3"),
        (kernels.Data(None, X, np.array([0, 1, 2, 0, 0])), "0 to 1 needed, got 2 at 2"),
        (kernels.Data(None, X, np.array([0, 1, 0, -1, 0])), "0 to 1 needed, got -1 at 3"),
    ]:
        for call in (
            lambda data: kernels.evaluate(program, arrays["parameters"], data),
            lambda data: kernels.backprop(program, arrays["parameters"], data, arrays["nabla"]),
            lambda data: train_with(kernels, program, arrays["parameters"], data, arrays["order"]),
        ):
            with pytest.raises(ValueError, match=message):
                call(data)


@pytest.mark.parametrize("index", [5, -1, 2**62, -(2**63)])
def test_indices_outside_the_examples_are_refused(kernels, program, arrays, index):
    before = arrays["parameters"].tobytes()
    arrays["order"][3] = index
    with pytest.raises(ValueError, match=f"0 to 4 needed, got {index} at 3"):
        call_all(kernels, program, **arrays)
    assert arrays["parameters"].tobytes() == before


@pytest.mark.parametrize("mini_batch_size", [0, -1, -(2**63)])
def test_a_mini_batch_needs_an_example(kernels, program, arrays, mini_batch_size):
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    with pytest.raises(ValueError, match=f"at least 1 needed, got {mini_batch_size}"):
        train_with(
            kernels, program, arrays["parameters"], data, arrays["order"], mini_batch_size=mini_batch_size
        )


def test_momentum_needs_a_state_as_long_as_the_parameters(kernels, program, arrays):
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    rule = {"eta": 0.1, "momentum": 0.5}
    for state in (None, arrays["nabla"][:-1], arrays["nabla"][:0]):
        with pytest.raises(ValueError, match="reals needed"):
            train_with(kernels, program, arrays["parameters"], data, arrays["order"], rule, state=state)


def test_an_empty_order_changes_nothing(kernels, program, arrays):
    before = arrays["parameters"].tobytes()
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    train_with(kernels, program, arrays["parameters"], data, arrays["order"][:0])
    assert arrays["parameters"].tobytes() == before


def test_activate_takes_empty_arrays(kernels):
    for shape in [(0, 0), (0, 3), (3, 0)]:
        kernels.activate("softmax", np.zeros(shape, kernels.dtype))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([3], "the output layer must be fully connected"),
        ([0, 1], "0 inputs do not fit"),
        ([-1, 1], "-1 inputs do not fit"),
        ([1, 0], "0 neurons: 1 or more needed"),
        ([2**40, 2**20], "does not fit a memory"),
        ([1, 2**70], "does not fit a memory"),
        ([2**62, 2**62], "do not fit a memory"),
        ([2**20, 2**19, 2**19, 2**19], "does not fit a memory"),
    ],
)
def test_a_program_of_wrong_sizes_is_refused(kernels, sizes, message):
    with pytest.raises(ValueError, match=message):
        program_of(kernels, sizes[0], *((n, "relu") for n in sizes[1:]), cost="quadratic")


HUGE = [
    2**24,
    2**31,
    2**32 + 1,
    2**40,
    2**60 + 1,
    2**62,
    2**63 - 1,
]  # products of two or three overflow 64 bits


@pytest.mark.parametrize("huge", HUGE)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_sizes_whose_product_overflows_are_refused(kernels, huge, position):
    """Each factor is bounded before they are multiplied."""
    for rest in ((16, 13), (huge, 13), (huge, huge)):
        shape = (*rest[:position], huge, *rest[position:])
        if position or max(rest) == huge:  # 2^24 channels of 16 x 13 are many, but they are images
            for elastic in (None, (8.0, 4.0)):
                with pytest.raises(ValueError, match=r"shape: images of .* are not distorted"):
                    kernels.Augmentation(shape, [("rotate", 0.1)], elastic)
        if math.prod(shape) > 2**40:
            with pytest.raises(ValueError, match="inputs do not fit a memory"):
                kernels.Program(shape, "quadratic")
    for kernel_size in ((huge, 2**40), (2**40, huge), (huge, huge)):
        program = kernels.Program((1, 4, 4), "quadratic")
        program.add_convolution(2, (2, 2), same=True)
        with pytest.raises(ValueError, match="does not fit a memory"):
            program.add_convolution(1, kernel_size, same=True)
        with pytest.raises(ValueError, match="do not fit maps of 4 x 4"):
            program.add_pooling(kernel_size)


def test_an_elastic_distortion_of_a_large_image_is_refused(kernels):
    """Its two matrices, of width and of height squared, would take seconds and gigabytes."""
    kernels.Augmentation((1, 3, 100_000), [("rotate", 0.1)])
    for shape in ((1, 3, 100_000), (1, 100_000, 3)):
        with pytest.raises(ValueError, match="too large for elastic distortions"):
            kernels.Augmentation(shape, elastic=(8.0, 4.0))


@pytest.mark.parametrize("position", [2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_position_is_counted_modulo_2_to_the_64(kernels, arrays, position):
    """So that the masks of an epoch follow each other, whatever the position of its first example is."""
    program = program_of(kernels, 3, (4, "tanh"), (2, "sigmoid", 0.5), cost="cross-entropy")
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    order, rule = arrays["order"], kernels.Rule("sgd", 0.5)
    start = np.random.default_rng(0).standard_normal(program.size).astype(kernels.dtype)
    whole, parts = start.copy(), start.copy()
    kernels.train(program, whole, data, order, 1, rule, key=(1, 2, position))
    for i in range(len(order)):
        key = (1, 2, (position + i) % 2**64)
        kernels.train(program, parts, data, order[i : i + 1], 1, rule, key=key)
    assert whole.tobytes() == parts.tobytes()
    assert whole.tobytes() != start.tobytes()


def test_a_number_of_steps_that_cannot_be_counted_is_refused(kernels, program, arrays):
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    arguments = (program, arrays["parameters"], data, arrays["order"], 2, kernels.Rule("sgd", 0.1))
    for step in (-1, 2**53 + 1, 2**63 - 1):
        with pytest.raises(ValueError, match=f"step: 0 to {2**53} needed, got {step}"):
            kernels.Epoch(*arguments, state=(None, step))


@pytest.mark.parametrize("shape", [(), (1,), (1, 2), (1, 2, 3, 4)])
def test_a_shape_with_another_number_of_axes_is_refused(kernels, shape):
    with pytest.raises(ValueError, match="unpack"):
        kernels.Program(shape, "quadratic")
    with pytest.raises(ValueError, match="unpack"):
        kernels.Augmentation(shape)


@pytest.mark.parametrize(
    "sizes", [[[()], 1], [[[]], 1], [None, 1], ["3", 1], [1, None], [1, "2"], [1, 1.5], [(1, 2.5, 3), 1]]
)
def test_a_program_of_something_else_is_refused(kernels, sizes):
    with pytest.raises(TypeError):
        program_of(kernels, sizes[0], (sizes[1], "relu"), cost="quadratic")


def test_an_incomplete_program_is_refused(kernels, arrays):
    program = kernels.Program(3, "quadratic")
    program.add_dense(2)
    with pytest.raises(ValueError, match=r"not complete: call complete\(\)"):
        kernels.feedforward(
            program, arrays["parameters"], kernels.Data(None, arrays["inputs"]), arrays["out"]
        )
    program.complete()
    with pytest.raises(ValueError, match="no layer can be added"):
        program.add_dense(2)


@pytest.mark.parametrize(
    "call",
    [
        lambda kernels: kernels.activate("sigmoids", np.zeros((1, 1), kernels.dtype)),
        lambda kernels: kernels.Program(1, "quadratic").add_dense(1, activation="sigmoids"),
        lambda kernels: kernels.Program((1, 3, 3), "quadratic").add_convolution(
            1, (1, 1), activation="sigmoids"
        ),
        lambda kernels: kernels.Program(1, "sigmoids"),
        lambda kernels: kernels.Rule("sigmoids", 0.1),
        lambda kernels: kernels.hidden_delta("sigmoids", *[np.zeros((1, 16), kernels.dtype)] * 4),
    ],
)
def test_unknown_names_are_refused(kernels, call):
    with pytest.raises(ValueError, match="sigmoids"):
        call(kernels)


def test_none_is_refused_everywhere(kernels, program, arrays):
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    parameters, nabla, out = arrays["parameters"], arrays["nabla"], arrays["out"]
    for call, arguments in [
        (kernels.feedforward, (program, parameters, data, out)),
        (kernels.evaluate, (program, parameters, data)),
        (kernels.backprop, (program, parameters, data, nabla)),
        (kernels.activate, ("tanh", out)),
        (kernels.shuffle, (arrays["order"], 1, 2)),
    ]:
        call(*arguments)
        for i in range(len(arguments)):
            with pytest.raises(TypeError):
                call(*arguments[:i], None, *arguments[i + 1 :])


def test_a_program_of_other_kernels_is_refused(kernels, arrays, variant):
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    others = [(target, kernels.dtype) for target in targets.targets_supported() if target != kernels.target]
    others += [(kernels.target, dtype) for dtype in targets.SUFFIX if dtype != kernels.dtype]
    for other in others:
        program = program_of(variant(*other), 3, (2, "tanh"), cost="quadratic")
        with pytest.raises(TypeError):
            kernels.evaluate(program, arrays["parameters"], data)


def test_programs_and_data_are_made_whole(kernels, program, arrays):
    data = kernels.Data(None, arrays["inputs"])
    with pytest.raises(TypeError):
        kernels.Program.__new__(kernels.Program)
    with pytest.raises(ValueError, match="one of them is needed"):
        kernels.Data.__new__(kernels.Data)
    for thing in (program, data):
        with pytest.raises(TypeError):
            copy.copy(thing)
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    offsets = program.offsets()
    program.__init__(1, "quadratic")  # changes nothing: __cinit__ did everything
    assert program.offsets() == offsets


def test_the_layout(kernels):
    """w (n_prev, stride), and behind it b (stride,); a stride is whole cache lines."""
    lanes = numbers_in_a_line(kernels.dtype)
    program = program_of(kernels, 3, (lanes, "tanh"), (lanes + 1, "sigmoid"), cost="quadratic")
    first, second = 4 * lanes, (lanes + 1) * 2 * lanes
    assert program.offsets() == [(0, 3 * lanes, lanes), (first, first + lanes * 2 * lanes, 2 * lanes)]
    assert program.size == first + second


def test_training_releases_the_GIL(kernels, sample):
    """While one thread trains in one call, the other counts."""
    digits = sample[0]
    program = program_of(kernels, 784, (100, "sigmoid"), (10, "softmax"))
    parameters = np.zeros(program.size, kernels.dtype)
    data = kernels.Data(digits.images.reshape(-1, 784), None, digits.labels.astype(np.intp), None, 1 / 256)
    order = np.tile(np.arange(len(digits), dtype=np.intp), 2)
    thread = threading.Thread(target=train_with, args=(kernels, program, parameters, data, order, None, 10))
    counted = 0
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)
        counted += 1
    assert counted > 5  # fifty or more; one or two if the GIL were held
    assert (parameters != 0).any()


def test_kernels_have_their_names_and_widths(kernels):
    assert kernels.__name__ == f"nncore._kernels_{kernels.target}_{targets.SUFFIX[kernels.dtype]}"
    assert set(kernels.cpu_targets()) <= {"avx2", "avx512"}
    assert kernels.slow_avx512() in (0, 1)
    itemsize = np.dtype(kernels.dtype).itemsize
    bytes_in_a_register = {"plain": itemsize, "base": 16, "avx2": 32, "avx512": 64, "neon": 16}
    assert kernels.peak(1000) == 2 * 12 * bytes_in_a_register[kernels.target] // itemsize * 1000
    assert kernels.peak(0) == 0


@pytest.mark.parametrize("threads", [0, -1, 257, 2**31, 2**61, 2**62, 2**62 + 2**61, 2**63 - 1, -(2**63)])
def test_no_number_of_threads_overflows(kernels, program, arrays, threads):
    """Blocks of examples are counted for the threads before these are refused."""
    data = kernels.Data(None, arrays["inputs"], arrays["labels"])
    for call in (
        lambda: kernels.feedforward(program, arrays["parameters"], data, arrays["out"], threads),
        lambda: kernels.evaluate(program, arrays["parameters"], data, None, threads),
        lambda: data.list_entries(1.0, threads),
        lambda: train_with_threads(kernels, program, arrays, data, threads),
    ):
        with pytest.raises(ValueError, match=f"threads: 1 to 256 needed, got {threads}"):
            call()


def train_with_threads(kernels, program, arrays, data, threads):
    rule = kernels.Rule("sgd", 0.1)
    kernels.train(program, arrays["parameters"], data, arrays["order"], 2, rule, threads=threads)


def test_a_gradient_holds_no_old_memory(kernels):
    """The parameters of a layer begin at whole registers: what lies between them is 0 in a gradient."""
    program = kernels.Program((1, 6, 6), "quadratic")
    program.add_convolution(3, (3, 2))
    program.add_dense(2)
    program.complete()
    used = np.zeros(program.size, bool)
    (w, b, stride), (w2, b2, stride2) = program.offsets()
    for first, count in ((w, 6 * stride), (b, stride), (w2, 60 * stride2), (b2, stride2)):
        used[first : first + count] = True
    assert not used.all(), "there is nothing between the layers"
    rng = np.random.default_rng(0)
    data = kernels.Data(None, rng.random((4, 36)).astype(kernels.dtype), np.array([0, 1, 1, 0]))
    parameters = rng.random(program.size).astype(kernels.dtype)
    for _ in range(20):
        rubbish = [np.full(program.size, np.nan, kernels.dtype) for _ in range(3)]
        del rubbish  # what malloc gives next
        nabla = np.full(program.size, 7, kernels.dtype)
        kernels.backprop(program, parameters, data, nabla)
        assert not nabla[~used].any()
