"""JAX for chapter 6: a whole epoch is one compiled call, a lax.scan over its mini-batches, with jax.grad."""

import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .jax_scan import start, updated

LABEL = "JAX, jit and scan"
FORM = "lax.scan over the epoch, jax.grad, donated buffers; both forms of a convolution tried at the start"
PACKAGES = ("jax", "jaxlib")
ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}
TRIED = 500  # images, to choose the form by


def takes(work):
    return bool(work.filters)


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
        seconds, few = {}, max(2, TRIED // work.mini_batch_size)
        for convolution in (as_product, by_lax):
            self.begin(convolution)
            self.steps(few)
            begin = time.perf_counter()
            self.steps(few)
            seconds[convolution] = time.perf_counter() - begin
        self.begin(min(seconds, key=seconds.get))
        trained = min(few * work.mini_batch_size, work.n)
        told = ", ".join(f"{form.__name__} {1e6 * s / trained:.0f}" for form, s in seconds.items())
        self.note = f"us an image in a trial: {told}; {self.convolution.__name__} stayed"

    def begin(self, convolution):
        self.convolution, self.compiled = convolution, {}
        self.rng = np.random.default_rng(self.work.seed)
        biases, weights = self.work.parameters()
        parameters = [(jnp.array(b), jnp.array(w)) for b, w in zip(biases, weights, strict=True)]
        self.state = jax.tree.map(jnp.asarray, start(self.work, parameters))
        self.key = jax.random.key(self.work.seed, impl="unsafe_rbg")

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

    def train(self, state, order, keys, X, Y, decay):
        def body(state, mini_batch):
            rows, key = mini_batch

            def cost(parameters, scale):
                z = self.outputs(parameters, X[rows], key)
                return -(Y[rows] * jax.nn.log_softmax(z)).sum() * scale

            return updated(self.work, state, jax.grad(cost), decay), None

        return lax.scan(body, state, (order, keys))[0]

    def epochs(self, count, shuffle=True):
        return sum(self.steps(shuffle=shuffle) for _ in range(count))

    def steps(self, most=None, shuffle=True):
        """Train an epoch, or its first mini-batches."""
        order = jnp.asarray(self.work.order(self.rng, shuffle)[:most].astype(np.int32))
        self.key, key = jax.random.split(self.key)
        keys = jax.random.split(key, len(order))
        arguments = self.state, order, keys, self.X, self.Y, jnp.float32(self.work.decay)
        if len(order) not in self.compiled:
            self.compiled[len(order)] = jax.jit(self.train, donate_argnums=0).lower(*arguments).compile()
        self.state = jax.block_until_ready(self.compiled[len(order)](*arguments))
        return len(order)

    def feedforward(self, X):
        forward = jax.jit(self.outputs)
        parameters = self.state[0] if self.work.rule == "adam" else self.state
        parts = X.reshape(-1, 28, 28, 1)
        outputs = [forward(parameters, parts[k : k + 100]) for k in range(0, len(X), 100)]
        return np.asarray(jax.nn.softmax(jnp.concatenate(outputs)))
