"""JAX for chapter 6: a whole epoch is one compiled call, a lax.scan over its mini-batches, with jax.grad."""

import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

LABEL = "JAX, jit and scan"
FORM = "lax.scan over the epoch, jax.grad, donated buffers; both forms of a convolution tried at the start"
PACKAGES = ("jax", "jaxlib")
ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}


def by_lax(a, w):
    """a (m, height, width, channels), w (filters, channels, height, width)."""
    z = lax.conv_general_dilated(a.transpose(0, 3, 1, 2), w, (1, 1), "VALID")
    return z.transpose(0, 2, 3, 1)


def as_product(a, w):
    """All windows side by side, and one product: XLA's own convolution is slow backwards."""
    filters, channels, height, width = w.shape
    rows, columns = a.shape[1] - height + 1, a.shape[2] - width + 1
    places = [a[:, t : t + rows, c : c + columns] for t in range(height) for c in range(width)]
    windows = jnp.stack(places, axis=3).reshape(-1, height * width * channels)
    return (windows @ w.transpose(2, 3, 1, 0).reshape(-1, filters)).reshape(len(a), rows, columns, filters)


def pooled(z):
    """The largest of each 2 x 2; lax.reduce_window is slower."""
    m, height, width, filters = z.shape
    return z.reshape(m, height // 2, 2, width // 2, 2, filters).max((2, 4))


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.X, self.Y = work, jnp.asarray(X.reshape(-1, 28, 28, 1)), jnp.asarray(Y)
        self.rng = np.random.default_rng(work.seed)
        seconds = {}
        for convolution in (as_product, by_lax):
            self.compile(convolution)
            self.epoch()
            start = time.perf_counter()
            self.epoch()
            seconds[convolution] = time.perf_counter() - start
        self.compile(min(seconds, key=seconds.get))
        told = ", ".join(f"{form.__name__} {1e6 * s / work.n:.0f}" for form, s in seconds.items())
        self.note += f"; us an image in a trial: {told}; {self.convolution.__name__} stayed"

    def compile(self, convolution):
        biases, weights = self.work.parameters()
        self.parameters = [(jnp.array(b), jnp.array(w)) for b, w in zip(biases, weights, strict=True)]
        self.key, self.convolution = jax.random.key(self.work.seed, impl="unsafe_rbg"), convolution
        start = time.perf_counter()
        self.compiled = jax.jit(self.train, donate_argnums=0).lower(*self.arguments()).compile()
        self.note = f"compiled in {time.perf_counter() - start:.1f} s, not counted"

    def outputs(self, parameters, a, key=None):
        """z of the output layer; with a key, inputs are dropped out."""
        for l, (b, w) in enumerate(parameters):
            if w.ndim == 4:
                a = ACTIVATIONS[self.work.activation](pooled(self.convolution(a, w)) + b)
                continue
            if a.ndim == 4:
                a = a.transpose(0, 3, 1, 2).reshape(len(a), -1)
            if key is not None and self.work.dropout:
                keep = 1 - self.work.dropout
                a = a * jax.random.bernoulli(jax.random.fold_in(key, l), keep, a.shape) / keep
            z = a @ w.T + b
            a = ACTIVATIONS[self.work.activation](z)
        return z

    def train(self, parameters, order, keys, X, Y, decay):
        def cost(parameters, rows, key):
            z = self.outputs(parameters, X[rows], key)
            return -(Y[rows] * jax.nn.log_softmax(z)).sum() * self.work.step

        def body(parameters, mini_batch):
            nablas = jax.grad(cost)(parameters, *mini_batch)
            both = zip(parameters, nablas, strict=True)
            return [(b - nabla_b, w * decay - nabla_w) for (b, w), (nabla_b, nabla_w) in both], None

        return lax.scan(body, parameters, (order, keys))[0]

    def arguments(self):
        order = self.rng.permutation(np.arange(self.work.n, dtype=np.int32))
        mini_batches = jnp.asarray(order.reshape(-1, self.work.mini_batch_size))
        self.key, key = jax.random.split(self.key)
        keys = jax.random.split(key, len(mini_batches))
        return self.parameters, mini_batches, keys, self.X, self.Y, jnp.float32(self.work.decay)

    def epoch(self):
        self.parameters = jax.block_until_ready(self.compiled(*self.arguments()))

    def feedforward(self, X):
        forward = jax.jit(self.outputs)
        parts = X.reshape(-1, 28, 28, 1)
        outputs = [forward(self.parameters, parts[k : k + 100]) for k in range(0, len(X), 100)]
        return np.asarray(jax.nn.softmax(jnp.concatenate(outputs)))
