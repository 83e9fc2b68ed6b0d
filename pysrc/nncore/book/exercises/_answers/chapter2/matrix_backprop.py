"""Compute backpropagation for all examples of a mini-batch at once, with a matrix whose columns are the
examples. (Chapter 2, "The code for backpropagation": the problem on a fully matrix-based approach.)
"""

import argparse
import time

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
m = 10
X, Y = train.to_float()[:m].T.astype(float), np.eye(10)[train.labels[:m]].T  # a column for each example
net = nn.Network([784, 30, 10], cost="quadratic", dtype="float64", seed=0)
weights, biases = [np.ascontiguousarray(w) for w in net.weights], list(net.biases)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backprop(x, y):
    """Return (nabla_b, nabla_w), summed over the columns of x. The code is that for one example."""
    a = [x]
    for w, b in zip(weights, biases, strict=True):
        a.append(sigmoid(w @ a[-1] + b))  # b is added to each column
    nabla_b, nabla_w = [], []
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    for l in range(len(weights) - 1, -1, -1):
        nabla_b.insert(0, delta.sum(axis=1, keepdims=True))
        nabla_w.insert(0, delta @ a[l].T)  # the product sums over the examples
        if l:
            delta = (weights[l].T @ delta) * a[l] * (1 - a[l])
    return nabla_b, nabla_w


def one_by_one(X, Y):
    """Return the same sums by the book's loop over the mini-batch."""
    nabla_b, nabla_w = [np.zeros(b.shape) for b in biases], [np.zeros(w.shape) for w in weights]
    for i in range(X.shape[1]):
        delta_nabla_b, delta_nabla_w = backprop(X[:, i : i + 1], Y[:, i : i + 1])
        nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b, strict=True)]
        nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w, strict=True)]
    return nabla_b, nabla_w


def seconds(run):
    """Return the time of the shortest of many calls."""
    took = []
    for _ in range(100):
        start = time.perf_counter()
        run(X, Y)
        took.append(time.perf_counter() - start)
    return min(took)


pairs = zip(backprop(X, Y)[1], one_by_one(X, Y)[1], net.backprop(X.T, Y.T)[1], strict=True)
apart = max(max(abs(matrix - loop).max(), abs(matrix - ours).max()) for matrix, loop, ours in pairs)
ratio = seconds(one_by_one) / seconds(backprop)
print(
    f"The gradients are equal, and equal to those of net.backprop, to {apart:.0e}.\n"
    f"A mini-batch of {m} as one matrix is {ratio:.1f} times as fast as one by one: the products sum\n"
    "over the examples, and nabla_w is written once instead of ten times."
)


def check():
    assert apart < 1e-14
    assert ratio > 1.5  # the book says about two; here the sums of the loop cost time, too
