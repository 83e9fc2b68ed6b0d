"""The work that every contestant does, plain SGD with L2 in float32, and the networks that it is done for.

Without filters: sigmoid layers and cross-entropy, as in chapter 3. With filters: chapter 6's convolutions of
5 x 5, each pooled by 2 x 2, then fully connected layers, softmax and log-likelihood.
"""

import dataclasses
import math

import numpy as np

CHAPTER_6 = {  # the book's experiments, by the numbers of `nncore book`
    "6.2": {"filters": (20,), "sizes": (784, 100, 10), "eta": 0.1},
    "6.6": {"filters": (20, 40), "sizes": (784, 100, 10), "activation": "relu", "eta": 0.03},
    "6.10": {
        "filters": (20, 40),
        "sizes": (784, 1000, 1000, 10),
        "activation": "relu",
        "dropout": 0.5,
        "eta": 0.01,
    },
}


@dataclasses.dataclass(frozen=True)
class Workload:
    """An epoch of the first `n` images in mini-batches of one size, which divides n: none is short.

    `sizes` are those of the input and of the fully connected layers.

    The step is the book's: w <- (1 - eta lmbda / n) w - (eta / m) nabla_w, and the biases do not decay.
    """

    sizes: tuple[int, ...]
    n: int
    mini_batch_size: int
    eta: float
    lmbda: float
    threads: int
    filters: tuple[int, ...] = ()
    activation: str = "sigmoid"  # of all layers but the output
    dropout: float = 0.0  # of the inputs of every fully connected layer
    seed: int = 0

    @property
    def name(self):
        convolutions = f"convolutions {'-'.join(map(str, self.filters))}, " * bool(self.filters)
        sizes = self.sizes[1:] if self.filters else self.sizes
        dropout = f", dropout {self.dropout:g}" * bool(self.dropout)
        hidden = f", {self.activation}" * bool(self.filters)
        return (
            f"{convolutions}[{','.join(map(str, sizes))}]{hidden}{dropout}, mini-batch {self.mini_batch_size}"
        )

    @property
    def cost(self):
        return "log-likelihood" if self.filters else "cross-entropy"

    @property
    def step(self):
        return self.eta / self.mini_batch_size

    @property
    def decay(self):
        return 1.0 - self.eta * self.lmbda / self.n

    @property
    def shapes(self):
        """Of the weights: (filters, channels, 5, 5), then (n_out, n_in)."""
        maps, side, shapes = 1, 28, []
        for filters in self.filters:
            shapes.append((filters, maps, 5, 5))
            maps, side = filters, (side - 4) // 2
        sizes = [maps * side * side if self.filters else self.sizes[0], *self.sizes[1:]]
        return shapes + list(zip(sizes[1:], sizes, strict=False))

    def parameters(self):
        """Biases `(n_out,)` and weights, scaled as in chapter 3: the same for everyone."""
        rng = np.random.default_rng(self.seed)
        biases = [rng.standard_normal(s[0], np.float32) for s in self.shapes]
        fans = [np.float32(math.sqrt(math.prod(s[1:]))) for s in self.shapes]
        return biases, [
            rng.standard_normal(s, np.float32) / f for s, f in zip(self.shapes, fans, strict=True)
        ]


def feedforward(biases, weights, X):
    """The output layer for the rows of X, in NumPy: for contestants without a forward pass of their own."""
    for b, w in zip(biases, weights, strict=True):
        X = 1.0 / (1.0 + np.exp(-np.clip(X @ w.T + b, -80.0, 80.0)))
    return X
