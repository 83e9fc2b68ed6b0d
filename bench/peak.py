"""How near the kernels come to what the machine can do: `python bench/peak.py`, half a minute, one core.

The yardsticks are measured in the same run, by the same build: multiply-adds between registers (the peak) and a
stream of a + 0.5 b through each level of memory. Each kernel of the dense layer is then given as a share of the
peak, counting what is computed, padding included: of [784, 30, 10] 32 of 32 columns, of [784, 100, 10] 112.
"""

import argparse
import time

import numpy as np

from nncore import native

MINI_BATCHES = (1, 10, 100)
NETS = ((784, 30), (784, 100), (1000, 1000))


def best(run, repeat, seconds=0.25):
    """The shortest time of one of `repeat` in a call, in seconds."""
    shortest, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        run(repeat)
        shortest = min(shortest, time.perf_counter() - start)
    return shortest / repeat


def matrix(rows, columns, dtype, scale):
    """A matrix that starts on a cache line."""
    values = native.aligned_zeros(rows * columns, dtype).reshape(rows, columns)
    values[...] = np.random.default_rng(0).standard_normal((rows, columns)) * scale
    return values


def bandwidth(kernels, nbytes):
    """Bytes a second of c = a + 0.5 b, for three arrays of nbytes together."""
    n = nbytes // 3 // 64 * 64 // np.dtype(kernels.dtype).itemsize
    a, b, c = (native.aligned_zeros(n, kernels.dtype) for _ in range(3))

    def run(repeat):
        for _ in range(repeat):
            kernels.triad(a, b, c)

    return 3 * a.nbytes / best(run, max(1, 10_000_000 // nbytes))


def shares(kernels, peak):
    """(what, GFLOP/s, share of the peak) of the three products of a dense layer."""
    lanes = 64 // np.dtype(kernels.dtype).itemsize  # rows are padded to whole cache lines
    for n_prev, n in NETS:
        stride = -(-n // lanes) * lanes
        stride_prev = -(-n_prev // lanes) * lanes
        w, b = matrix(n_prev, stride, kernels.dtype, 0.03), native.aligned_zeros(stride, kernels.dtype)
        for m in MINI_BATCHES:
            a_prev = matrix(m, stride_prev, kernels.dtype, 1.0)
            z, delta = matrix(m, stride, kernels.dtype, 1.0), matrix(m, stride, kernels.dtype, 1e-6)
            delta_prev = np.empty_like(a_prev)
            operations = 2 * m * n_prev * stride
            repeat = max(1, int(2e8 / operations))
            for what, run in (
                ("forward", lambda r: kernels.weighted_input(a_prev, w, b, z, r)),
                ("BP4 + update", lambda r: kernels.weight_gradient(a_prev, delta, w, 0.9999, r)),
                ("BP2", lambda r: kernels.hidden_delta("sigmoid", delta, w, a_prev, delta_prev, r)),
            ):
                rate = operations / best(run, repeat)
                yield f"{n_prev}-{n}, mini-batch {m}", what, rate / 1e9, rate / peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    dtype = parser.parse_args().dtype
    kernels = native.kernels(dtype)
    peak = native.peak(dtype, seconds=1.0)
    print(f"{native.cpu()}; target {kernels.target}, {dtype}, one core")
    print(f"peak {peak / 1e9:.1f} GFLOP/s")
    for level, nbytes in (("256 KB", 256 << 10), ("4 MB", 4 << 20), ("256 MB", 256 << 20)):
        print(f"bandwidth over {level:>6}: {bandwidth(kernels, nbytes) / 1e9:6.1f} GB/s")
    for net, what, rate, share in shares(kernels, peak):
        print(f"{net:26} {what:14} {rate:7.1f} GFLOP/s  {share:4.0%} of the peak")


if __name__ == "__main__":
    main()
