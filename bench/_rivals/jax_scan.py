"""JAX: all epochs of a measurement are one compiled call, a lax.scan over their mini-batches."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from .workload import feedforward

LABEL = "JAX, jit and scan"
FORM = "lax.scan over all mini-batches, donated buffers; shuffled by NumPy; both layouts of weights tried"
PACKAGES = ("jax", "jaxlib")
ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}
PRIMES = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a, "relu": lambda a: a > 0}
OUTPUTS = {"sigmoid": jax.nn.sigmoid, "softmax": jax.nn.softmax, "linear": lambda z: z}


def takes(work):
    return not work.filters


def gradients(work, parameters, x, y, scale, input_major):
    """`scale` times the sum of the gradients, by hand: XLA makes no better code from jax.grad."""
    a = [x]
    for l, (b, w) in enumerate(parameters):
        z = a[-1] @ (w if input_major else w.T) + b
        a.append((OUTPUTS[work.output] if l == len(parameters) - 1 else ACTIVATIONS[work.activation])(z))
    delta, nablas = (a[-1] - y) * scale, []
    for l in reversed(range(len(parameters))):
        w = parameters[l][1]
        nablas.insert(0, (delta.sum(0), a[l].T @ delta if input_major else delta.T @ a[l]))
        if l:
            delta = (delta @ (w.T if input_major else w)) * PRIMES[work.activation](a[l])
    return nablas


def start(work, parameters):
    """The state of the rule: parameters, and for Adam v, s and the number of steps."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return (
        (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), 0.0)
        if work.rule == "adam"
        else parameters
    )


def updated(work, state, gradient, decay):
    """The state after a step; `gradient(parameters, scale)` gives the scaled sum of the gradients.

    decay is an argument of the compiled function: where it is known to be 1, XLA's code is 10 % slower.
    """
    if work.rule == "sgd":
        nablas = gradient(state, work.step)
        pairs = zip(state, nablas, strict=True)
        return [(b - nabla_b, w * decay - nabla_w) for (b, w), (nabla_b, nabla_w) in pairs]
    parameters, v, s, t = state
    nablas, t = gradient(parameters, 1 / work.mini_batch_size), t + 1
    v = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g, v, nablas)
    s = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, s, nablas)
    step, root = work.eta / (1 - 0.9**t), 1 / jnp.sqrt(1 - 0.999**t)
    moved = jax.tree.map(lambda p, v, s: p - step * v / (jnp.sqrt(s) * root + 1e-8), parameters, v, s)
    return moved, v, s, t


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.X, self.Y = work, jnp.asarray(X), jnp.asarray(Y)
        seconds = {}
        for input_major in (False, True):  # which is faster depends on the mini-batch: both are tried
            self.begin(input_major)
            self.epochs(1)
            begin = time.perf_counter()
            self.epochs(1)
            seconds[input_major] = time.perf_counter() - begin
        self.begin(min(seconds, key=seconds.get))
        self.note = f"weights {'(n_in, n_out)' if self.input_major else '(n_out, n_in)'}"

    def begin(self, input_major):
        self.input_major, self.compiled = input_major, {}
        self.rng = np.random.default_rng(self.work.seed)
        biases, weights = self.work.parameters()
        weights = [w.T.copy() if input_major else w for w in weights]
        parameters = [(jnp.array(b), jnp.array(w)) for b, w in zip(biases, weights, strict=True)]
        self.state = jax.tree.map(jnp.asarray, start(self.work, parameters))

    def train(self, state, order, X, Y, decay):
        work = self.work

        def body(state, rows):
            x, y = (X, Y) if work.full_batch else (X[rows], Y[rows])
            return updated(
                work, state, lambda p, scale: gradients(work, p, x, y, scale, self.input_major), decay
            ), None

        return jax.lax.scan(body, state, order)[0]

    def epochs(self, count, shuffle=True):
        work = self.work
        if work.full_batch:
            order = np.zeros(count, np.int32)  # nothing is chosen
        else:
            order = np.concatenate([work.order(self.rng, shuffle) for _ in range(count)]).astype(np.int32)
        arguments = self.state, jnp.asarray(order), self.X, self.Y, jnp.float32(work.decay)
        if count not in self.compiled:
            self.compiled[count] = jax.jit(self.train, donate_argnums=0).lower(*arguments).compile()
        self.state = jax.block_until_ready(self.compiled[count](*arguments))
        return len(order)

    def feedforward(self, X):
        parameters = self.state[0] if self.work.rule == "adam" else self.state
        biases, weights = [[np.asarray(p) for p in kind] for kind in zip(*parameters, strict=True)]
        return feedforward(self.work, biases, [w.T if self.input_major else w for w in weights], X)
