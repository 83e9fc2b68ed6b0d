"""A `Case` draws the parts of a call: networks, data and single arguments, right ones and wrong ones."""

import contextlib
import inspect
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import values

import nncore as nn

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
LAYER_NAMES = ("n", "filters", "kernel_size", "size", "dropout", "weight_eta_factor", "activation", "padding")


@dataclass
class Call:
    """A call that is about to be made, and what it may touch."""

    function: Any
    arguments: tuple = ()
    named: dict = field(default_factory=dict)
    net: Any = None  # the network whose parameters a refusal must leave alone
    names: tuple = ()  # what a refusal may name besides the arguments of the function
    own: bool = True  # whether a result must be finite and the same the second time

    def argument_names(self):
        """The names that a refusal may name."""
        try:
            function = self.function.__init__ if isinstance(self.function, type) else self.function
            names = set(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            names = set()
        return {
            word
            for name in (*names, self.function.__name__, *self.names, *self.named)
            for word in re.findall(r"\w+", str(name))
        }


class Case:
    """It draws from a random generator; `sane` says whether all that it has drawn is right."""

    folder = Path(tempfile.gettempdir())  # the driver puts a folder of its own in its place

    def __init__(self, rng):
        self.rng, self.sane = rng, True
        self.wrong_share = rng.choice((0, 0.05, 0.2, 0.5))

    def chance(self, share):
        return self.rng.random() < share

    def is_wrong(self):
        """Decide whether the next argument is wrong."""
        wrong = self.chance(self.wrong_share)
        self.sane &= not wrong
        return wrong

    def arg(self, right, small=False):
        """An argument: a right value, or one that `right` draws; or any value."""
        if self.is_wrong():
            return values.wrong(self.rng, small)
        return right() if callable(right) else right

    def one(self, *choices):
        return self.arg(lambda: self.rng.choice(choices))

    def options(self, share=0.3, **makers):
        """Some of these named arguments."""
        return {name: maker() for name, maker in makers.items() if self.chance(share)}

    def numbers(self, *shape):
        """Numbers from 0 to 1."""
        return np.random.default_rng(self.rng.randrange(10**6)).random(shape)

    def array(self, right):
        """An array in any form; or a wrong one."""
        if self.is_wrong():
            way = self.rng.random()
            return values.wrong(self.rng) if way < 0.3 else values.wrong_array(self.rng, np.shape(right))
        return values.form(self.rng, right)

    # ------------------------------------------------------------------------------------------- networks

    def layers(self):
        """(layers, what else makes the network), with right values alone."""
        rng = self.rng
        if self.chance(0.5):
            return [rng.randint(1, 6) for _ in range(rng.randint(2, 4))], {}
        shape = (rng.randint(1, 6),)
        layers = []
        if self.chance(0.5):
            shape = (rng.randint(1, 2), rng.randint(3, 6), rng.randint(3, 6))
            padding = rng.choice(("valid", "same"))
            layers.append(nn.Conv2D(rng.randint(1, 3), rng.randint(1, 3), rng.choice(ACTIVATIONS), padding))
            if self.chance(0.5):
                layers.append(nn.MaxPool2D(1))
        if self.chance(0.5):
            layers.append(nn.Dense(rng.randint(1, 20), rng.choice(ACTIVATIONS), rng.choice((0, 0, 0.5))))
        if self.chance(0.5):
            layers.append(nn.Softmax(rng.randint(2, 5)))
        else:
            layers.append(nn.Dense(rng.randint(1, 5), rng.choice(ACTIVATIONS)))
        return layers, {"input_shape": shape}

    def network(self):
        """A small network, sometimes a trained one."""
        layers, named = self.layers()
        if not named and self.chance(0.5):
            named["cost"] = self.rng.choice(("quadratic", "cross-entropy"))
        if not named and layers[-1] > 1 and self.chance(0.3):
            named["cost"] = "log-likelihood"
        dtype = self.rng.choice(("float32", "float64"))
        net = nn.Network(layers, seed=self.rng.randrange(1000), dtype=dtype, **named)
        if self.chance(0.15):
            X, y = self.examples(net, self.rng.randint(2, 8))
            X = X * 10.0 ** (self.rng.choice((0, 0, -150, 150, 300)) if dtype == "float64" else 0)
            rule = self.rng.choice(("sgd", "adam", "nesterov"))
            keep_best = self.chance(0.5)
            with contextlib.suppress(nn.DivergenceError):
                net.SGD((X, y), 1, 2, 0.01, rule=rule, evaluation_data=(X, y), keep_best=keep_best)
        return net

    def examples(self, net, n):
        """(X, y) of plain arrays that the network can learn."""
        rng, n_out, cost = self.rng, net.sizes[-1], net.cost_name
        X = self.numbers(n, net.sizes[0]).astype(net.dtype)
        if n_out > 1 and self.chance(0.5):
            return X, np.arange(n) * rng.randint(1, 7) % n_out
        y = self.numbers(n, n_out)
        if cost == "log-likelihood":
            y /= y.sum(axis=1, keepdims=True)
        elif cost == "cross-entropy" and self.chance(0.5):
            y = np.rint(y)
        return X, y.astype(net.dtype)

    def inputs(self, net):
        """Inputs for a network: rows, one example, a column, images, a Dataset; or wrong ones."""
        n, n_in, way = self.rng.choice((1, 2, 3, 7, 40)), net.sizes[0], self.rng.randrange(7)
        if way == 0 and not self.is_wrong():
            pixels = (self.numbers(n, n_in) * 255).astype(np.uint8)
            return nn.Dataset(pixels, np.zeros(n, int))
        X = self.numbers(n, n_in).astype(self.rng.choice((net.dtype, "float64", "float32")))
        if way == 1:
            X = X[0] if n_in > 1 else X
        elif way == 2 and n_in > 1:
            X = X[0].reshape(-1, 1)
        elif way == 3:
            X = X.reshape(n, *net.input_shape)
        elif way == 4:
            X = (X * 255).astype(np.uint8)
        return self.array(X)

    def data(self, net, n=None):
        """Examples in any form: arrays, pairs, a generator, a Dataset; or wrong ones."""
        n = n or self.rng.choice((1, 2, 3, 5, 8, 40))
        X, y = self.examples(net, n)
        way = self.rng.randrange(10)
        if self.chance(self.wrong_share / 3):
            self.sane = False
            return values.wrong(self.rng)
        if way == 0:
            return [(x.reshape(-1, 1), self.answer(net, each)) for x, each in zip(X, y, strict=True)]
        if way == 1:
            return zip(X, y, strict=True)
        if way == 2 and y.ndim == 1:
            return nn.Dataset((X * 255).astype(np.uint8), y)
        if way == 3:
            self.sane &= n != 2  # a list of two lists may be refused: it can be read in two ways
            return [self.array(X), self.array(y)]
        if way == 4:
            return self.array(X), self.array(y), *[values.wrong(self.rng)] * self.is_wrong()
        return self.array(X), self.array(y)

    def answer(self, net, y):
        """The answer of one of the book's pairs."""
        y = int(y) if np.ndim(y) == 0 else y.reshape(-1, 1)
        return self.arg(lambda: y)
