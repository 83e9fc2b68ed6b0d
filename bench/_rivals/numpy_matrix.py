"""NumPy, one matrix per mini-batch: everything allocated before, every result written in place."""

import numpy as np

from .workload import feedforward

LABEL = "NumPy, a matrix per mini-batch"
FORM = "float32, np.take and np.dot into buffers, weights (n_out, n_in)"
PACKAGES = ("numpy",)


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.X, self.Y = work, X, Y
        self.biases, self.weights = work.parameters()
        self.rng = np.random.default_rng(work.seed)
        self.prepare_update()

    def prepare_update(self):
        nabla_w = [np.empty_like(w) for w in self.weights]
        decay = np.float32(self.work.decay)

        def update(w, delta, a, layer):
            np.dot(delta.T, a, out=nabla_w[layer])
            if decay != 1:
                np.multiply(w, decay, out=w)
            np.subtract(w, nabla_w[layer], out=w)

        self.update = update

    def epoch(self):
        work, m, X, Y, update = self.work, self.work.mini_batch_size, self.X, self.Y, self.update
        biases, weights, last = self.biases, self.weights, len(self.weights)
        weights_T = [w.T for w in weights]
        a = [np.empty((m, size), np.float32) for size in work.sizes]
        delta = [np.empty((m, size), np.float32) for size in work.sizes]
        sigma_prime = [np.empty((m, size), np.float32) for size in work.sizes]
        y, ones = np.empty((m, work.sizes[-1]), np.float32), np.ones(m, np.float32)
        nabla_b, step = [np.empty_like(b) for b in biases], np.float32(work.step)

        order = self.rng.permutation(work.n)
        for k in range(0, work.n, m):
            rows = order[k : k + m]
            X.take(rows, 0, a[0], "clip")  # "clip" writes straight into the buffer
            Y.take(rows, 0, y, "clip")
            for layer in range(last):
                z = a[layer + 1]
                np.dot(a[layer], weights_T[layer], out=z)
                np.add(z, biases[layer], out=z)
                np.negative(z, out=z)  # sigmoid, in place
                np.exp(z, out=z)
                np.add(z, 1, out=z)
                np.reciprocal(z, out=z)
            d = delta[last]
            np.subtract(a[last], y, out=d)
            np.multiply(d, step, out=d)  # here, where it is small, and not in the gradients
            for layer in range(last - 1, -1, -1):
                if layer:
                    below, s = delta[layer], sigma_prime[layer]
                    np.dot(d, weights[layer], out=below)
                    np.subtract(1, a[layer], out=s)
                    np.multiply(s, a[layer], out=s)
                    np.multiply(below, s, out=below)
                update(weights[layer], d, a[layer], layer)
                np.dot(ones, d, out=nabla_b[layer])  # the sum over the mini-batch, faster than np.sum
                np.subtract(biases[layer], nabla_b[layer], out=biases[layer])
                if layer:
                    d = below

    def feedforward(self, X):
        return feedforward(self.biases, self.weights, X)
