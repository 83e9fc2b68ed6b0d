"""What a short call costs beside an epoch: `python bench/small_calls.py`, a few seconds.

Most is done with a network [784,30,10] in float32 and digits as a `Dataset` or, where a call takes one
image, as an array. The last lines show what is paid where there is next to nothing to compute: XOR with
[2,3,1], and epochs of 150 examples with [4,10,3], in mini-batches of 10. Times are the shortest of many.
"""

import argparse
import time

import numpy as np

import nncore as nn


def shortest(call, seconds):
    """The shortest time of a call, in microseconds, of those that fit in `seconds`; at least three."""
    best, calls, until = float("inf"), 0, time.perf_counter() + seconds
    while calls < 3 or time.perf_counter() < until:
        begin = time.perf_counter()
        call()
        best, calls = min(best, time.perf_counter() - begin), calls + 1
    return 1e6 * best


def digits(n):
    """n digits: those of the sample, over and over."""
    sample = nn.datasets.load_sample()[0]
    rows = np.resize(np.arange(len(sample)), n)
    return nn.datasets.Dataset(sample.images[rows], sample.labels[rows])


def calls(n_epoch, n_evaluation):
    """(what, call) for each line."""
    net = nn.Network([784, 30, 10], seed=0, dtype="float32")
    training, evaluation, ten = digits(n_epoch), digits(n_evaluation), digits(10)
    X, y = ten.to_float().reshape(10, 784), np.eye(10, dtype=np.float32)[ten.labels]
    x, target = X[0].reshape(784, 1).copy(), y[0].reshape(10, 1).copy()
    options = {"progress": False}
    yield f"epoch of {n_epoch}", lambda: net.SGD(training, 1, 10, 0.5, **options)
    yield "SGD on 10 examples", lambda: net.SGD(ten, 1, 10, 0.5, **options)
    yield "SGD on 10 examples, arrays", lambda: net.SGD((X, y), 1, 10, 0.5, **options)
    yield "backprop, one example", lambda: net.backprop(x, target)
    yield "backprop, 10 examples", lambda: net.backprop(X, y)
    yield "feedforward, one example", lambda: net.feedforward(x)
    yield "feedforward, 10 examples", lambda: net.feedforward(X)
    yield "predict, one example", lambda: net.predict(X[:1])
    yield f"predict {n_evaluation}", lambda: net.predict(evaluation)
    yield f"accuracy of {n_evaluation}", lambda: net.accuracy(evaluation)
    yield f"cost of {n_evaluation}", lambda: net.cost(evaluation)
    yield from tiny_calls(options)


def tiny_calls(options):
    """(what, call) for each line of a tiny network."""
    rng = np.random.default_rng(0)
    xor, X = nn.Network([2, 3, 1], seed=0), np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    yield "[2,3,1]: SGD on 4 examples", lambda: xor.SGD((X, y), 1, 4, 0.5, **options)
    yield "[2,3,1]: backprop, 4 examples", lambda: xor.backprop(X, y)
    yield "[2,3,1]: feedforward, one", lambda: xor.feedforward(X[1])
    flowers = nn.Network([4, 10, 3], seed=0)
    rows = rng.standard_normal((150, 4)).astype(np.float32)
    data = rows, np.eye(3, dtype=np.float32)[rng.integers(0, 3, 150)]
    yield "[4,10,3]: SGD, one epoch", lambda: flowers.SGD(data, 1, 10, 0.1, **options)
    yield "[4,10,3]: SGD, 100 epochs", lambda: flowers.SGD(data, 100, 10, 0.1, **options)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="for each line (default: .5)")
    parser.add_argument("--epoch", type=int, default=50_000, help="images of an epoch (default: 50,000)")
    parser.add_argument("--evaluation", type=int, default=10_000, help="images (default: 10,000)")
    options = parser.parse_args()
    epoch = None
    for what, call in calls(options.epoch, options.evaluation):
        microseconds = shortest(call, options.seconds)
        epoch = epoch or microseconds
        print(f"{what:30} {microseconds:12.1f} us   {microseconds / epoch:9.3%} of the epoch", flush=True)


if __name__ == "__main__":
    main()
