"""One step as matrices: the examples of a mini-batch are the rows, and NumPy has the loops."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step(w1, b1, w2, b2, x, y, eta):
    """Change w1 (30, 784), b1 (30,), w2 (10, 30), b2 (10,) by one step over x (m, 784), y (m, 10)."""
    m = len(x)
    a1 = sigmoid(x @ w1.T + b1)  # (m, 30)
    a2 = sigmoid(a1 @ w2.T + b2)  # (m, 10)
    delta2 = a2 - y  # BP1 (m, 10)
    delta1 = delta2 @ w2 * a1 * (1 - a1)  # BP2 (m, 30)
    b2 -= eta / m * delta2.sum(axis=0)  # BP3 (10,)
    w2 -= eta / m * (delta2.T @ a1)  # BP4 (10, 30)
    b1 -= eta / m * delta1.sum(axis=0)  # BP3 (30,)
    w1 -= eta / m * (delta1.T @ x)  # BP4 (30, 784)
