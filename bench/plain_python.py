"""The book's network without NumPy: chapter 1's training, chapter 2's backpropagation, over lists of numbers.

What Python alone can do, as a baseline of the benchmarks. `weights[l][j][k]` and `biases[l][j]`; sigmoid
neurons, cross-entropy cost.
"""

import math
import random


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z)) if z > -700.0 else 0.0


def dot(u, v):
    return sum(map(float.__mul__, u, v))


class Network:
    """Takes its first weights and biases from another network's arrays."""

    def __init__(self, weights, biases):
        self.weights = [[list(map(float, row)) for row in w] for w in weights]
        self.biases = [[float(b_j) for [b_j] in b] for b in biases]

    def activations(self, x):
        """The a of every layer, from the input on: `a_j = sigmoid(sum_k w_jk a_k + b_j)`."""
        activations = [x]
        for w, b in zip(self.weights, self.biases, strict=True):
            a = activations[-1]
            activations.append([sigmoid(dot(w_j, a) + b_j) for w_j, b_j in zip(w, b, strict=True)])
        return activations

    def feedforward(self, x):
        return self.activations(x)[-1]

    def backprop(self, X, Y):
        """(nabla_b, nabla_w), summed over the examples."""
        nabla_b = [[0.0] * len(b) for b in self.biases]
        nabla_w = [[[0.0] * len(w_j) for w_j in w] for w in self.weights]
        for x, y in zip(X, Y, strict=True):
            activations = self.activations(x)
            delta = [a_j - y_j for a_j, y_j in zip(activations[-1], y, strict=True)]  # BP1
            for layer in reversed(range(len(self.weights))):
                a = activations[layer]
                for j, delta_j in enumerate(delta):
                    nabla_b[layer][j] += delta_j  # BP3
                    row = nabla_w[layer][j]
                    row[:] = [n_jk + delta_j * a_k for n_jk, a_k in zip(row, a, strict=True)]  # BP4
                if layer > 0:
                    columns = zip(*self.weights[layer], strict=True)
                    delta = [
                        dot(w_k, delta) * a_k * (1.0 - a_k)  # BP2
                        for w_k, a_k in zip(columns, a, strict=True)
                    ]
        return nabla_b, nabla_w

    def SGD(self, X, Y, mini_batch_size, eta):
        """One epoch."""
        order = list(range(len(X)))
        random.shuffle(order)
        for start in range(0, len(order), mini_batch_size):
            rows = order[start : start + mini_batch_size]
            nabla_b, nabla_w = self.backprop([X[i] for i in rows], [Y[i] for i in rows])
            step = eta / len(rows)
            for b, nabla in zip(self.biases, nabla_b, strict=True):
                b[:] = [b_j - step * n_j for b_j, n_j in zip(b, nabla, strict=True)]
            for w, nabla in zip(self.weights, nabla_w, strict=True):
                w[:] = [
                    [w_jk - step * n_jk for w_jk, n_jk in zip(w_j, n_j, strict=True)]
                    for w_j, n_j in zip(w, nabla, strict=True)
                ]
