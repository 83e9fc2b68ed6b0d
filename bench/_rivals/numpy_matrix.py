"""NumPy, one matrix per mini-batch: everything allocated before, every result written in place."""

import numpy as np

from .workload import feedforward

LABEL = "NumPy, a matrix per mini-batch"
FORM = "float32, np.take and np.dot into buffers, weights (n_out, n_in)"
PACKAGES = ("numpy",)


def takes(work):
    return not work.filters


def sigmoid(z):
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=z)


def softmax(z):
    np.subtract(z, z.max(axis=1, keepdims=True), out=z)
    np.exp(z, out=z)
    np.divide(z, z.sum(axis=1, keepdims=True), out=z)


ACTIVATE = {  # in place
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": lambda z: np.tanh(z, out=z),
    "relu": lambda z: np.maximum(z, 0, out=z),
    "linear": lambda z: None,
}


def times_sigmoid_prime(delta, a, buffer):
    np.subtract(1, a, out=buffer)
    np.multiply(buffer, a, out=buffer)
    np.multiply(delta, buffer, out=delta)


def times_tanh_prime(delta, a, buffer):
    np.multiply(a, a, out=buffer)
    np.subtract(1, buffer, out=buffer)
    np.multiply(delta, buffer, out=delta)


def times_relu_prime(delta, a, buffer):
    np.multiply(delta, a > 0, out=delta)


TIMES_PRIME = {"sigmoid": times_sigmoid_prime, "tanh": times_tanh_prime, "relu": times_relu_prime}


class Descent:
    """Plain gradient descent: delta is scaled by the step, so that it is small where it is scaled."""

    def __init__(self, work, parameters):
        self.decay, self.scale = np.float32(work.decay), np.float32(work.step)
        self.nablas = [np.empty_like(p) for p in parameters]

    def next_step(self):
        pass

    def update(self, p, nabla, which):
        if self.decay != 1 and p.ndim == 2:
            np.multiply(p, self.decay, out=p)
        np.subtract(p, nabla, out=p)


class Adam:
    """Adam, in place."""

    def __init__(self, work, parameters):
        self.eta, self.scale, self.t = work.eta, np.float32(1 / work.mini_batch_size), 0
        self.v, self.s = [[np.zeros_like(p) for p in parameters] for _ in range(2)]
        self.nablas, self.buffers = [[np.empty_like(p) for p in parameters] for _ in range(2)]

    def next_step(self):
        self.t += 1
        self.step = np.float32(self.eta / (1 - 0.9**self.t))
        self.root = np.float32(1 / np.sqrt(1 - 0.999**self.t))

    def update(self, p, nabla, which):
        v, s, buffer = self.v[which], self.s[which], self.buffers[which]
        np.multiply(v, np.float32(0.9), out=v)
        np.multiply(nabla, np.float32(0.1), out=buffer)
        np.add(v, buffer, out=v)
        np.multiply(s, np.float32(0.999), out=s)
        np.multiply(nabla, nabla, out=nabla)
        np.multiply(nabla, np.float32(0.001), out=nabla)
        np.add(s, nabla, out=s)
        np.sqrt(s, out=buffer)
        np.multiply(buffer, self.root, out=buffer)
        np.add(buffer, np.float32(1e-8), out=buffer)
        np.divide(v, buffer, out=buffer)
        np.multiply(buffer, self.step, out=buffer)
        np.subtract(p, buffer, out=p)


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.X, self.Y = work, X, Y
        self.biases, self.weights = work.parameters()
        self.rng = np.random.default_rng(work.seed)
        self.rule = (Adam if work.rule == "adam" else Descent)(work, [*self.weights, *self.biases])

    def epochs(self, count, shuffle=True):
        work, m = self.work, self.work.mini_batch_size
        buffers = [[np.empty((m, size), np.float32) for size in work.sizes] for _ in range(3)]
        y, ones = np.empty((m, work.sizes[-1]), np.float32), np.ones(m, np.float32)
        steps = 0
        for _ in range(count):
            for rows in work.order(self.rng, shuffle):
                self.mini_batch(rows, *buffers, y, ones)
                steps += 1
        return steps

    def mini_batch(self, rows, a, delta, buffers, y, ones):
        work, weights, biases, rule, last = self.work, self.weights, self.biases, self.rule, len(self.weights)
        if work.full_batch:
            a, y = [self.X, *a[1:]], self.Y
        else:
            self.X.take(rows, 0, a[0], "clip")  # "clip" writes straight into the buffer
            self.Y.take(rows, 0, y, "clip")
        for layer in range(last):
            z = a[layer + 1]
            np.dot(a[layer], weights[layer].T, out=z)
            np.add(z, biases[layer], out=z)
            ACTIVATE[work.activation if layer < last - 1 else work.output](z)
        rule.next_step()
        np.subtract(a[last], y, out=delta[last])
        np.multiply(delta[last], rule.scale, out=delta[last])  # here, where it is small
        for layer in range(last - 1, -1, -1):
            d = delta[layer + 1]
            if layer:
                np.dot(d, weights[layer], out=delta[layer])
                TIMES_PRIME[work.activation](delta[layer], a[layer], buffers[layer])
            nabla_w, nabla_b = rule.nablas[layer], rule.nablas[last + layer]
            np.dot(d.T, a[layer], out=nabla_w)
            np.dot(ones, d, out=nabla_b)  # the sum over the mini-batch, faster than np.sum
            rule.update(weights[layer], nabla_w, layer)
            rule.update(biases[layer], nabla_b, last + layer)

    def feedforward(self, X):
        return feedforward(self.work, self.biases, self.weights, X)
