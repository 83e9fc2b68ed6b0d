"""The logarithm of costs: how exact it is over all floats from 0 on."""

import numpy as np
import pytest
from support.patterns import patterns

LOG_ULPS = 4  # the bound that activations.pxd derives; measured: 2.1 in float32, 2.0 in float64


def numbers(dtype):
    """Floats from 0 to 2^100, and near the powers of two and their neighbours, where the exponent changes."""
    x = patterns(dtype)
    powers = 2.0 ** np.arange(-30, 31)
    near = np.concatenate([powers * (1 + k * np.finfo(dtype).eps) for k in range(-3, 4)])
    x = np.concatenate([x[(x >= 0) & (x < 2.0**100)], near, near - 1]).astype(dtype)
    x = np.sort(x[x >= 0])
    return np.pad(x, (0, -len(x) % 16), mode="edge")


def test_within_the_bound_everywhere(kernels):
    longer = np.float64 if kernels.dtype == "float32" else np.longdouble
    if np.finfo(longer).nmant < np.finfo(kernels.dtype).nmant + 8:
        pytest.skip("NumPy's longdouble is float64 here: nothing to compare float64 with")
    x = numbers(kernels.dtype)
    result = x.copy()
    kernels.log1p(result)
    expected = np.log1p(x.astype(longer))
    apart = np.abs(result - expected) / np.spacing(expected.astype(kernels.dtype)).astype(longer)
    worst = apart.argmax()
    assert apart[worst] <= LOG_ULPS, f"log1p({x[worst]!r}) = {result[worst]!r}"
    assert apart[worst] > 0.5  # otherwise the test would compare the kernels with themselves


def test_it_rises_and_keeps_small_numbers(kernels):
    x = numbers(kernels.dtype)
    result = x.copy()
    kernels.log1p(result)
    assert result[0] == x[0] == 0
    assert (np.diff(result) >= -LOG_ULPS * np.spacing(result[1:])).all()
    small = x < np.finfo(kernels.dtype).eps
    assert (np.abs(result[small] - x[small]) <= LOG_ULPS * np.spacing(x[small])).all()  # x - x^2/2: x, nearly


def test_nan_stays_nan(kernels):
    x = np.ones(16, kernels.dtype)
    x[5] = np.nan
    kernels.log1p(x)
    np.testing.assert_array_equal(np.isnan(x), np.arange(16) == 5)


def test_values_known_by_hand(kernels):
    x = np.zeros(16, kernels.dtype)
    x[:4] = [1, 3, 7, np.e - 1]
    kernels.log1p(x)
    expected = [np.log(2), 2 * np.log(2), 3 * np.log(2), 1]
    np.testing.assert_allclose(x[:4], expected, rtol=2 * np.finfo(kernels.dtype).eps)


def test_targets_of_one_group_give_the_same_bits(kernels_of_same_bits):
    results = []
    for kernels in kernels_of_same_bits:
        x = numbers(kernels.dtype)
        kernels.log1p(x)
        results.append(x.tobytes())
    assert len(set(results)) == 1


def test_whole_registers_are_needed(kernels):
    if kernels.target == "plain":
        pytest.skip("its registers hold one number")
    with pytest.raises(ValueError, match="multiple of"):
        kernels.log1p(np.zeros(1, kernels.dtype))
