"""How near the kernels come to what the machine can do: `python bench/peak.py`, half a minute, one core.

The yardsticks are measured in the same run, by the same build: multiply-adds between registers (the peak) and
a stream of a + 0.5 b through each level of memory. Each kernel of the dense layer is then given as a share of
the peak, counting what is computed, padding included: 32 columns for 30 neurons, 112 for 100. Of convolutions
only what is needed counts: no padding, and backwards one place of each window.
"""

import argparse
import functools
import time

import numpy as np

import nncore as nn
from nncore import targets
from nncore.cli import info

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
    values = targets.aligned_zeros(rows * columns, dtype).reshape(rows, columns)
    values[...] = np.random.default_rng(0).standard_normal((rows, columns)) * scale
    return values


def bandwidth(kernels, nbytes):
    """Bytes a second of c = a + 0.5 b, for three arrays of nbytes together."""
    n = nbytes // 3 // 64 * 64 // np.dtype(kernels.dtype).itemsize
    a, b, c = (targets.aligned_zeros(n, kernels.dtype) for _ in range(3))
    a[:] = b[:] = c[:] = 1.0  # memory that nobody wrote to is not there yet

    def run(repeat):
        for _ in range(repeat):
            kernels.triad(a, b, c)

    return 3 * a.nbytes / best(run, max(1, 10_000_000 // nbytes))


def products(kernels, m, n_prev, stride):
    """(what, run): the three products of a dense layer for a mini-batch of m."""
    lanes = 64 // np.dtype(kernels.dtype).itemsize
    w, b = matrix(n_prev, stride, kernels.dtype, 0.03), targets.aligned_zeros(stride, kernels.dtype)
    a_prev = matrix(m, -(-n_prev // lanes) * lanes, kernels.dtype, 1.0)
    z, delta = matrix(m, stride, kernels.dtype, 1.0), matrix(m, stride, kernels.dtype, 1e-6)
    delta_prev = np.empty_like(a_prev)
    yield "forward", lambda repeat: kernels.weighted_input(a_prev, w, b, z, repeat)
    yield "BP4 + update", lambda repeat: kernels.weight_gradient(a_prev, delta, w, 0.9999, repeat)
    yield "BP2", lambda repeat: kernels.hidden_delta("sigmoid", delta, w, a_prev, delta_prev, repeat)


def shares(kernels, peak):
    """(where, what, GFLOP/s, share of the peak) of each product."""
    lanes = 64 // np.dtype(kernels.dtype).itemsize  # rows are padded to whole cache lines
    for n_prev, n in NETS:
        stride = -(-n // lanes) * lanes
        for m in MINI_BATCHES:
            operations = 2 * m * n_prev * stride
            for what, run in products(kernels, m, n_prev, stride):
                rate = operations / best(run, max(1, int(2e8 / operations)))
                yield f"{n_prev}-{n}, mini-batch {m}", what, rate / 1e9, rate / peak


def layer_shares(net, X, peak, layers=None):
    """(where, what, GFLOP/s, share of the peak) of the layers with parameters, for a mini-batch of images."""
    data = net._data("X", (X, np.arange(len(X)) % 10))
    for l, w in enumerate(net.weights[:layers]):
        where = f"{'convolution' if w.ndim == 4 else 'dense'} {l + 1}"
        for what in ("forward", "BP2", "BP3, BP4")[:: 1 if l else 2]:  # there is no delta before the first
            run = functools.partial(net._kernels.layer_pass, net._program, net.parameters, data, l, what)
            operations = run(1)
            repeat = 1 + int(2e8 / operations)
            seconds = best(lambda _, run=run, n=repeat: run(n), 1) - best(lambda _, run=run: run(0), 1)
            rate = operations * repeat / seconds  # without the pass that comes first
            yield where, what, rate / 1e9, rate / peak


def convolution_shares(dtype, peak):
    """(where, what, GFLOP/s, share of the peak), on digits, whose blank rows are left out, and without."""
    layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Conv2D(40, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), dtype=dtype, seed=0)
    digits = nn.datasets.load_sample()[0][:10].to_float()
    for name, X in ("digits", digits), ("no blanks", digits + np.float32(0.01)):
        for where, *measured in layer_shares(net, X, peak, layers=2):
            yield f"{where}, {name}", *measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    dtype = parser.parse_args().dtype
    kernels = targets.kernels(dtype)
    peak = info.peak(dtype, seconds=1.0)
    print(f"{targets.cpu()}; target {kernels.target}, {dtype}, one core")
    print(f"peak {peak / 1e9:.1f} GFLOP/s")
    for level, nbytes in (("256 KB", 256 << 10), ("4 MB", 4 << 20), ("256 MB", 256 << 20)):
        print(f"bandwidth over {level:>6}: {bandwidth(kernels, nbytes) / 1e9:6.1f} GB/s")
    for net, what, rate, share in shares(kernels, peak):
        print(f"{net:26} {what:14} {rate:7.1f} GFLOP/s  {share:4.0%} of the peak")
    for where, what, rate, share in convolution_shares(dtype, peak):
        print(f"{where:26} {what:14} {rate:7.1f} GFLOP/s  {share:4.0%} of the peak")


if __name__ == "__main__":
    main()
