"""One step as matrices: the examples of a mini-batch are the rows, and NumPy has the loops."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step(w1, b1, w2, b2, x, y, eta):
    """Change w1 (784, 30), b1 (30,), w2 (30, 10), b2 (10,) by one step over x (m, 784), y (m, 10)."""
    m = len(x)
    a1 = sigmoid(x @ w1 + b1)  # (m, 30)
    a2 = sigmoid(a1 @ w2 + b2)  # (m, 10)
    delta2 = a2 - y  # BP1 (m, 10)
    delta1 = delta2 @ w2.T * a1 * (1 - a1)  # BP2 (m, 30)
    b2 -= eta / m * delta2.sum(axis=0)  # BP3
    w2 -= eta / m * (a1.T @ delta2)  # BP4 (30, 10)
    b1 -= eta / m * delta1.sum(axis=0)  # BP3
    w1 -= eta / m * (x.T @ delta1)  # BP4 (784, 30)
