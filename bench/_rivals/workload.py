"""The work that every contestant does: sigmoid layers, cross-entropy cost, plain SGD with L2, in float32."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Workload:
    """An epoch of `n` examples in mini-batches of one size, which divides n: no form needs a short last one.

    The step is the book's: w <- (1 - eta lmbda / n) w - (eta / m) nabla_w, and the biases do not decay.
    """

    sizes: tuple[int, ...]
    n: int
    mini_batch_size: int
    eta: float
    lmbda: float
    threads: int
    seed: int = 0

    @property
    def name(self):
        return f"[{','.join(map(str, self.sizes))}], mini-batch {self.mini_batch_size}"

    @property
    def step(self):
        return self.eta / self.mini_batch_size

    @property
    def decay(self):
        return 1.0 - self.eta * self.lmbda / self.n

    def parameters(self):
        """Biases `(n_out,)` and weights `(n_out, n_in)`, scaled as in chapter 3: the same for everyone."""
        rng = np.random.default_rng(self.seed)
        biases = [rng.standard_normal(n_out, np.float32) for n_out in self.sizes[1:]]
        shapes = zip(self.sizes[1:], self.sizes, strict=False)
        return biases, [rng.standard_normal(s, np.float32) / np.float32(np.sqrt(s[1])) for s in shapes]


def feedforward(biases, weights, X):
    """The output layer for the rows of X, in NumPy: for contestants without a forward pass of their own."""
    for b, w in zip(biases, weights, strict=True):
        X = 1.0 / (1.0 + np.exp(-np.clip(X @ w.T + b, -80.0, 80.0)))
    return X
