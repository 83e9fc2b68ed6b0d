"""JAX: a whole epoch is one compiled call, a lax.scan over its mini-batches."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from .workload import feedforward

LABEL = "JAX, jit and scan"
FORM = "lax.scan over the epoch, donated buffers; shuffled by NumPy, which is faster at it"
PACKAGES = ("jax", "jaxlib")


def mini_batch_step(parameters, x, y, step, decay, input_major):
    """The gradients by hand: XLA makes no better code from jax.grad. Weights (n_in, n_out) when input_major.

    decay is an argument of the compiled function: where it is known to be 1, XLA's code is 10 % slower.
    """
    a = [x]
    for b, w in parameters:
        a.append(jax.nn.sigmoid(a[-1] @ (w if input_major else w.T) + b))
    delta, updated = (a[-1] - y) * step, []
    for layer in reversed(range(len(parameters))):
        b, w = parameters[layer]
        nabla_w = a[layer].T @ delta if input_major else delta.T @ a[layer]
        updated.insert(0, (b - delta.sum(0), w * decay - nabla_w))
        if layer:
            delta = (delta @ (w.T if input_major else w)) * a[layer] * (1 - a[layer])
    return updated


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.X, self.Y = work, jnp.asarray(X), jnp.asarray(Y)
        self.rng = np.random.default_rng(work.seed)
        seconds = {}
        for input_major in (False, True):  # which is faster depends on the mini-batch: both are tried
            self.compile(input_major)
            self.epoch()
            start = time.perf_counter()
            self.epoch()
            seconds[input_major] = time.perf_counter() - start
        self.compile(min(seconds, key=seconds.get))

    def compile(self, input_major):
        def train_epoch(parameters, order, X, Y, decay):
            def body(parameters, rows):
                return mini_batch_step(parameters, X[rows], Y[rows], self.work.step, decay, input_major), None

            return jax.lax.scan(body, parameters, order)[0]

        biases, weights = self.work.parameters()
        weights = [w.T.copy() if input_major else w for w in weights]
        self.parameters = [(jnp.array(b), jnp.array(w)) for b, w in zip(biases, weights, strict=True)]
        self.input_major = input_major
        start = time.perf_counter()
        self.compiled = jax.jit(train_epoch, donate_argnums=0).lower(*self.arguments()).compile()
        self.note = f"compiled in {time.perf_counter() - start:.1f} s, not counted"

    def arguments(self):
        order = jnp.asarray(self.rng.permutation(np.arange(self.work.n, dtype=np.int32)))
        mini_batches = order.reshape(-1, self.work.mini_batch_size)
        return self.parameters, mini_batches, self.X, self.Y, jnp.float32(self.work.decay)

    def epoch(self):
        self.parameters = jax.block_until_ready(self.compiled(*self.arguments()))

    def feedforward(self, X):
        biases, weights = [[np.asarray(p) for p in kind] for kind in zip(*self.parameters, strict=True)]
        return feedforward(biases, [w.T if self.input_major else w for w in weights], X)
