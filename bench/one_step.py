"""Time a training step of [784, 30, 10] in the five ways of docs/how-to/one-step.md and in nncore.

    python bench/one_step.py

Every way takes the same steps over the bundled digits: mini-batches of 10 in the order of memory,
cross-entropy cost, eta 0.5. The ways take turns; the table shows the fastest round of each. A multiply-add
counts as two operations. The peak is measured in the same run, by one_step.c's `multiply_adds`.
"""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's products use one core, as the other ways do
import numpy as np

import nncore as nn
from nncore import targets

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "one_step"))
import compiled
import loops
import matrices

ETA, M = 0.5, 10
LIMITS = {
    "loops": "the interpreter: about 80 ns for each number",
    "matrices": "products of a library for large matrices; temporary arrays",
    "tiles": "multiply-adds, four in five of them by a zero",
    "nonzero": "loads and stores of rows of w1",
    "two cores": "the meeting; the output layer is computed twice",
    "nncore, one core": "loads and stores of rows of w1",
}


def digits():
    """Return the training digits, X (8000, 784), Y (8000, 10), and the parameters of a new network."""
    train, _, _ = nn.datasets.load_sample()
    net = nn.Network([784, 30, 10], seed=0)
    X = train.images.reshape(len(train), -1) / np.float32(256)
    Y = np.eye(10, dtype=np.float32)[train.labels]
    w1, w2 = (w.copy() for w in net.weights)
    b1, b2 = (b[:, 0].copy() for b in net.biases)
    return train, X, Y, (w1, b1, w2, b2)


def seconds_of(call, steps):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) / steps


def ways(train, X, Y, parameters, loop_steps=2):
    """A function for each way; it takes some steps and returns the seconds of one."""
    w1, b1, w2, b2 = parameters
    batches = [(X[i : i + M], Y[i : i + M]) for i in range(0, len(X), M)]
    lists = [[w1.tolist(), w2.tolist()], [b1.tolist(), b2.tolist()]]
    pairs = [list(zip(x.tolist(), y.tolist(), strict=True)) for x, y in batches[:loop_steps]]
    arrays = [array.copy() for array in parameters]

    def run_loops():
        for mini_batch in pairs:
            loops.step(*lists, mini_batch, ETA)

    def run_matrices():
        for x, y in batches:
            matrices.step(*arrays, x, y, ETA)

    def nncore_step():
        net = nn.Network([784, 30, 10], seed=0)
        history = net.SGD(train, 5, M, ETA, shuffle=False, threads=1)
        return min(history.seconds) / len(batches)

    found = {
        "loops": lambda: seconds_of(run_loops, len(pairs)),
        "matrices": lambda: seconds_of(run_matrices, len(batches)),
    }
    if compiled.compiler():
        for name in ("tiles", "nonzero", "two cores"):
            native = compiled.Compiled(*parameters, X, Y)
            version = name.replace(" ", "_")
            found[name] = lambda native=native, version=version: seconds_of(
                lambda: native.train(version, ETA), native.steps
            )
    return {**found, "nncore, one core": nncore_step}


def peak(rounds=2_000_000):
    """Operations a second of one core: a multiply-add of 8 numbers is 16."""
    lib = compiled.library()
    return max(12 * 16 / seconds_of(lambda: lib.multiply_adds(rounds), rounds) for _ in range(5))


def operations(X):
    """Operations of a step over all inputs, and over the non-zero ones alone."""
    later = M * 30 * 10 * 3
    return 2 * (2 * M * 784 * 30 + later), 2 * (2 * np.count_nonzero(X) / len(X) * M * 30 + later)


def cpu_name():
    names = Path("/proc/cpuinfo")
    lines = names.read_text().splitlines() if names.exists() else []
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30, help="how often each way is timed")
    rounds = parser.parse_args().rounds
    train, X, Y, parameters = digits()
    runs = ways(train, X, Y, parameters)
    best = dict.fromkeys(runs, np.inf)
    for _ in range(rounds):
        for name, run in runs.items():
            best[name] = min(best[name], run())
    every, few = operations(X)
    fastest = peak() if compiled.compiler() else np.nan
    print(f"{cpu_name()}, {os.cpu_count()} cores; nncore's target: {targets.target()[0]}")
    print(f"{time.strftime('%Y-%m-%d')}; peak of one core: {fastest / 1e9:.0f} GFLOP/s")
    print(f"{np.count_nonzero(X) / X.size:.0%} of the pixels are not 0")
    if hasattr(os, "getloadavg"):
        print(f"load average: {os.getloadavg()[0]:.1f}")
    print("\n| way | microseconds a step | times as fast as the way before | share of peak | limited by |")
    print("| --- | ---: | ---: | ---: | --- |")
    before = None
    for name, seconds in best.items():
        work = every if name in ("loops", "matrices", "tiles") else few
        ratio = f"{before / seconds:.1f}" if before else ""
        share = f"{work / seconds / fastest:.2%}"
        print(f"| {name} | {seconds * 1e6:,.1f} | {ratio} | {share} | {LIMITS[name]} |")
        before = seconds


if __name__ == "__main__":
    main()
