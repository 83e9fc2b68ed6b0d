"""Floats of every size, sign and kind, for functions of one number."""

import numpy as np


def patterns(dtype):
    """Sorted floats of a dtype, NaNs last; most are where the activation functions bend."""
    if dtype == "float32":
        every = np.arange(0, 2**32, 4093, dtype=np.uint64).astype(np.uint32).view(np.float32)  # a prime
        low, high = np.array([1e-4, 100], np.float32).view(np.int32)
        bent = np.arange(low, high, 401, dtype=np.int32).view(np.float32)
    else:
        rng = np.random.default_rng(0)
        every = rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
        bent = np.exp(rng.uniform(np.log(1e-9), np.log(750), 100_000))
    info = np.finfo(dtype)
    edges = [0.0, info.smallest_subnormal, info.smallest_normal, 1.0, 88.0, 709.0, info.max, np.inf]
    z = np.concatenate([every, bent, -bent, np.array(edges, dtype), -np.array(edges, dtype)])
    z[np.isnan(z)] = np.nan  # a quiet NaN: NumPy warns of signalling ones
    return np.sort(z)
