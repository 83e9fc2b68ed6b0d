"""A `Workload` says what every contestant trains; `ROWS` has those of the table, by name.

The outputs are sigmoids with cross-entropy, softmax with log-likelihood, or linear with the quadratic cost:
in all three the error of the output layer is a - y. With filters the network is one of chapter 6:
convolutions of 5 x 5, each pooled by 2 x 2, then fully connected layers.
"""

import dataclasses
import math

import numpy as np

COSTS = {"sigmoid": "cross-entropy", "softmax": "log-likelihood", "linear": "quadratic"}


@dataclasses.dataclass(frozen=True)
class Workload:
    """An epoch is the first `n` examples in mini-batches of one size, which divides n: none is short.

    `sizes` are those of the input and of the fully connected layers. The rule "sgd" is the book's, with
    w <- (1 - eta lmbda / n) w - (eta / m) nabla_w, where biases do not decay; "adam" has its usual numbers.
    """

    sizes: tuple[int, ...]
    n: int
    mini_batch_size: int
    eta: float = 0.5
    lmbda: float = 0.0
    filters: tuple[int, ...] = ()
    activation: str = "sigmoid"  # of all layers but the output
    output: str = "sigmoid"
    rule: str = "sgd"
    dropout: float = 0.0  # of the inputs of every fully connected layer
    data: str = "digits"  # or "random"
    threads: int | None = 1
    seed: int = 0

    @property
    def cost(self):
        return COSTS[self.output]

    @property
    def n_mini_batches(self):
        return self.n // self.mini_batch_size

    @property
    def full_batch(self):
        return self.n == self.mini_batch_size

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

    @property
    def operations(self):
        """Additions and multiplications of an epoch that a dense first layer and its convolutions need.

        Forward, BP2 (not to the inputs) and BP4. Backwards a convolution needs one place of each window.
        """
        total, side = 0, 28
        for l, shape in enumerate(self.shapes):
            forward = backward = 2 * math.prod(shape)
            if len(shape) == 4:
                places = (side - 4) ** 2
                forward, backward, side = forward * places, backward * places // 4, (side - 4) // 2
            total += forward + backward * (2 if l else 1)
        return total * self.n

    @property
    def first_layer_operations(self):
        """Those of the first layer, if it is dense: nncore leaves out the inputs that are zero."""
        return 0 if self.filters else 4 * math.prod(self.shapes[0]) * self.n

    def parameters(self):
        """Biases `(n_out,)` and weights, scaled as in chapter 3: the same for everyone."""
        rng = np.random.default_rng(self.seed)
        biases = [rng.standard_normal(s[0], np.float32) for s in self.shapes]
        fans = [np.float32(math.sqrt(math.prod(s[1:]))) for s in self.shapes]
        return biases, [
            rng.standard_normal(s, np.float32) / f for s, f in zip(self.shapes, fans, strict=True)
        ]

    def examples(self, images, labels):
        """X `(n, n_in)` and one row of targets for each, float32: of the digits given, or random."""
        if self.data == "digits":
            X = images[: self.n].reshape(self.n, -1).astype(np.float32) / 256
            return X, np.eye(10, dtype=np.float32)[labels[: self.n]]
        rng = np.random.default_rng(self.seed)
        X = rng.standard_normal((self.n, self.sizes[0]), np.float32)
        seen = X @ rng.standard_normal((self.sizes[0], self.sizes[-1]), np.float32)
        return X, np.eye(self.sizes[-1], dtype=np.float32)[seen.argmax(axis=1)]

    def order(self, rng, shuffle=True):
        """The rows of an epoch's mini-batches: one row of the result for each."""
        order = rng.permutation(self.n) if shuffle else np.arange(self.n)
        return order.reshape(-1, self.mini_batch_size)

    def mean_cost(self, a, Y):
        """The mean cost of the outputs a, in float64."""
        a = np.asarray(a, np.float64)
        if self.output == "linear":
            return float(((a - Y) ** 2).sum() / 2 / len(Y))
        a = np.clip(a, 1e-12, 1 - 1e-12)
        costs = -(Y * np.log(a)) - ((1 - Y) * np.log(1 - a) if self.output == "sigmoid" else 0)
        return float(costs.sum() / len(Y))


def activate(name, z):
    """An activation, in NumPy: for contestants without a forward pass of their own."""
    if name == "sigmoid":
        return 1.0 / (1.0 + np.exp(-np.clip(z, -80.0, 80.0)))
    if name == "softmax":
        shifted = np.exp(z - z.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)
    return {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "linear": lambda z: z}[name](z)


def feedforward(work, biases, weights, X):
    """The output layer for the rows of X, in NumPy."""
    for l, (b, w) in enumerate(zip(biases, weights, strict=True)):
        X = activate(work.activation if l < len(weights) - 1 else work.output, X @ w.T + b)
    return X


def rows(name, mini_batches, **common):
    """A row of the table for each size of a mini-batch; n is cut to a multiple of it."""
    for m in mini_batches:
        fields = common | {"n": common["n"] // m * m, "mini_batch_size": m}
        if "eta" not in fields:
            fields["eta"] = min(0.05 * m, 1.0)
        yield f"{name}@{m}", Workload(**fields)


RELU = {"activation": "relu", "output": "softmax"}
BATCHES = (10, 100, 128)
CHAPTER_6 = {"n": 10_000, "output": "softmax"}
WIDE = (784, 2500, 2000, 1500, 1000, 500, 10)
# Learning rates are small where rounding would grow: with ten times those of 6.6 and of LeNet-5, and five
# times that of 784-800-800-10, costs after an epoch differed by 2 to 8 % between contestants.
ROWS = dict(
    (
        *rows("784-30-10", BATCHES, sizes=(784, 30, 10), n=50_000),
        *rows("784-100-10", (10,), sizes=(784, 100, 10), n=50_000),
        *rows("784-100-10", (100, 128), sizes=(784, 100, 10), n=20_000),
        *rows("784-800-10", (100,), sizes=(784, 800, 10), n=10_000, eta=0.1, **RELU),
        *rows("784-800-800-10", (128,), sizes=(784, 800, 800, 10), n=10_000, eta=0.02, **RELU),
        *rows("784-2500-2000-1500-1000-500-10", (100,), sizes=WIDE, n=1_000, eta=0.1),
        *rows("100-200-200-5", (32,), sizes=(100, 200, 200, 5), n=5_000, eta=0.05, data="random", **RELU),
        *rows("4-10-3", (10,), sizes=(4, 10, 3), n=150, eta=0.1, data="random"),
        *rows(
            "4-32-16-4",
            (10_000,),
            sizes=(4, 32, 16, 4),
            n=10_000,
            eta=0.001,
            activation="tanh",
            output="linear",
            rule="adam",
            data="random",
        ),
        *rows("6.2", (10, 128), filters=(20,), sizes=(784, 100, 10), eta=0.1, **CHAPTER_6),
        *rows(
            "6.6",
            (10, 128),
            filters=(20, 40),
            sizes=(784, 100, 10),
            eta=0.003,
            activation="relu",
            **CHAPTER_6,
        ),
        *rows(
            "6.10",
            (10, 128),
            filters=(20, 40),
            sizes=(784, 1000, 1000, 10),
            eta=0.01,
            activation="relu",
            dropout=0.5,
            **CHAPTER_6,
        ),
        *rows(
            "LeNet-5",
            (32,),
            filters=(6, 16),
            sizes=(784, 120, 84, 10),
            n=10_000,
            eta=0.0001,
            rule="adam",
            **RELU,
        ),
    )
)
CALLS = ("784-30-10@10", "784-100-10@10", "4-10-3@10")  # rows where calls of SGD(epochs=1) are measured too


def from_json(fields):
    """The workload of `dataclasses.asdict`, after JSON made lists of its tuples."""
    return Workload(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    )
