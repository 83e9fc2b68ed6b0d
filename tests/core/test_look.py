"""What the core says of the numbers in an array is what NumPy says; it reads nothing outside the array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import Guarded

ROWS, COLUMNS = st.integers(1, 40), st.integers(1, 70)
STRANGE = st.sampled_from([np.nan, np.inf, -np.inf])


def some_reals(kernels, m, n, seed):
    rng = np.random.default_rng([m, n, seed])
    return (rng.standard_normal((m, n)) * 10.0 ** rng.integers(-3, 4)).astype(kernels.dtype)


@given(m=ROWS, n=COLUMNS, seed=st.integers(0, 9))
def test_range_and_squares(kernels, m, n, seed):
    rows = Guarded(some_reals(kernels, m, n, seed))
    low, high, squares = kernels.range_and_squares(rows.array)
    assert (low, high) == (rows.array.min(), rows.array.max())
    exact = np.square(rows.array, dtype=np.float64).sum()
    # 32 squares at the most are added in a lane; then the lanes of all blocks, and the rest, in doubles:
    # fewer than 120 roundings, of half an eps each.
    assert squares == pytest.approx(exact, rel=64 * float(np.finfo(kernels.dtype).eps))
    assert rows.intact()


@given(m=ROWS, n=COLUMNS, value=STRANGE, data=st.data())
def test_the_squares_show_a_number_that_is_not_finite(kernels, m, n, value, data):
    rows = some_reals(kernels, m, n, 0)
    rows[data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, n - 1))] = value
    assert not np.isfinite(kernels.range_and_squares(rows)[2])


@given(m=ROWS, n=COLUMNS, seed=st.integers(0, 9))
def test_zeros_and_ones(kernels, m, n, seed):
    rng, dtype = np.random.default_rng([m, n, seed]), np.dtype(kernels.dtype).type
    rows = Guarded(np.eye(n, dtype=dtype)[rng.integers(0, n, m)])
    assert kernels.zeros_and_ones(rows.array) == (True, True)
    k, i = rng.integers(m), rng.integers(n)
    rows.array[k, i] = 1 - rows.array[k, i]
    assert kernels.zeros_and_ones(rows.array) == (True, False)
    for value in (0.5, -1, 2, np.nan, np.inf, np.nextafter(dtype(1), dtype(0))):
        rows.array[k, i] = value
        assert kernels.zeros_and_ones(rows.array) == (False, False)
    assert rows.intact()


@given(n=ROWS, most=st.integers(1, 9), wrong=st.sampled_from([-1, 9, -(2**63), 2**63 - 1]), data=st.data())
def test_labels_below(kernels, n, most, wrong, data):
    labels = Guarded(np.random.default_rng(n).integers(0, most, n))
    assert kernels.labels_below(labels.array, most)
    assert not kernels.labels_below(labels.array, labels.array.max())
    labels.array[data.draw(st.integers(0, n - 1))] = wrong
    assert not kernels.labels_below(labels.array, most)
    assert labels.intact()


def test_minus_zero_is_zero(kernels):
    assert kernels.zeros_and_ones(np.array([[-0.0, 1]], kernels.dtype)) == (True, True)


def test_an_array_without_numbers_has_no_range(kernels):
    for shape in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match="holds no number"):
            kernels.range_and_squares(np.zeros(shape, kernels.dtype))
        assert kernels.zeros_and_ones(np.zeros(shape, kernels.dtype)) in ((True, True), (True, False))


@pytest.mark.parametrize("wrong", [None, np.zeros(3), np.zeros((2, 3), np.int32), np.zeros((4, 6))[:, ::2]])
def test_other_arrays_are_refused(kernels, wrong):
    for look in (kernels.range_and_squares, kernels.zeros_and_ones, lambda y: kernels.labels_below(y, 3)):
        with pytest.raises((TypeError, ValueError)):
            look(wrong)
