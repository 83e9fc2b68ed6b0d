"""Call the entry points of the core with arrays between closed pages: one byte outside of them is a crash.

    python tests/fuzz/entry_points.py --calls 500000         a long round, with a new seed
    python tests/fuzz/entry_points.py --seed 7 --only 4711   one call again, with its traceback

Programs of all kinds of layers and data of all forms are drawn at random, for each of the kernels that this
machine runs; some of the arrays and numbers are wrong. An entry point must do its work, or refuse by a
ValueError, TypeError, OverflowError or MemoryError with a sentence. It must not write to what it only reads;
and what it computes must not depend on the place of its arrays in their pages, nor on the number of threads.
Calls are made in batches, each in a process of its own with limits (see `batches.py`).
"""

import contextlib
import importlib
import os
import random
import signal
import sys
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
import values  # noqa: E402
from batches import Driver  # noqa: E402
from support.memory import FencedPages  # noqa: E402

from nncore import targets  # noqa: E402

REFUSALS = (ValueError, TypeError, OverflowError, MemoryError, BufferError)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear", "softmax")
COSTS = ("quadratic", "cross-entropy", "log-likelihood")
DISTORTIONS = ("shift", "straight shift", "rotate", "scale", "skew")
HUGE = (2**31, 2**32, 2**40, 2**53, 2**60, 2**62, 2**63 - 1)
WRONG_NUMBERS = (*HUGE, 2**63, 2**64, 10**30, -1, -(2**63), 0, 1.5, float("nan"), float("inf"), None, "1")


class Session:
    """It draws a program, data and calls; with the same seed it draws the same."""

    def __init__(self, seed, i, at_end=None):
        self.rng = rng = random.Random(f"{seed}-{i}")
        self.numbers = np.random.default_rng(rng.randrange(2**32))
        self.wrong_share = rng.choice((0, 0, 0.03, 0.15))
        self.name = rng.choice(
            [f"_kernels_{t}_{s}" for t in targets.targets_supported() for s in ("f32", "f64")]
        )
        self.kernels = importlib.import_module(f"nncore.{self.name}")
        chosen = rng.random() < 0.5
        self.at_end = chosen if at_end is None else at_end
        self.pages, self.written, self.said, self.read = FencedPages(), [], [], []

    # ------------------------------------------------------------------------------------------------ values

    def number(self, right):
        """A number; or a wrong one."""
        if self.rng.random() >= self.wrong_share:
            return right
        return self.rng.choice((*WRONG_NUMBERS, right + 1 if type(right) is int else right))

    def fenced(self, array, written=False):
        """The array between closed pages; or a wrong one."""
        if self.rng.random() < self.wrong_share:
            array = values.wrong_array(self.rng, array.shape) if self.rng.random() < 0.4 else array
            if not isinstance(array, np.ndarray) or array.dtype.hasobject:
                return array
            if self.rng.random() < 0.7:
                shape = values.other_shape(self.rng, array.shape)
                array = np.resize(array, shape) if array.size else np.zeros(shape, array.dtype)
        if not array.size:
            return array
        copy = self.pages.copy(array, self.at_end)
        if written:
            self.written.append(copy)
        elif self.rng.random() < 0.3:
            copy.flags.writeable = False
        if not written:
            self.read.append((copy, copy.tobytes()))
        return copy

    def reals(self, *shape, written=False):
        numbers = self.numbers.standard_normal(shape)
        if self.rng.random() < 0.3:
            numbers[self.numbers.random(shape) < 0.8] = 0
        return self.fenced(numbers.astype(self.kernels.dtype), written)

    def size(self):
        """A number of neurons or inputs, around the sizes of registers and blocks more often than not."""
        return self.rng.choice(
            (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, self.rng.randint(1, 130))
        )

    # -------------------------------------------------------------------------------------- programs and data

    def program(self):
        """A complete program, and the shape of its input."""
        rng = self.rng
        maps = rng.random() < 0.4
        shape = (rng.randint(1, 3), rng.randint(1, 12), rng.randint(1, 12)) if maps else self.size()
        given = tuple(map(self.number, shape)) if maps else self.number(shape)
        program = self.kernels.Program(given, rng.choice(COSTS))
        height, width = shape[1:] if maps else (1, 1)
        for _ in range(rng.randint(1, 2) if maps else 0):
            same = rng.random() < 0.4
            kernel = (rng.randint(1, height), rng.randint(1, width))
            program.add_convolution(
                self.number(rng.choice((1, 2, 5, 8, 9))), tuple(map(self.number, kernel)), same=same,
                activation=rng.choice(ACTIVATIONS[:4]),
            )  # fmt: skip
            if not same:
                height, width = height - kernel[0] + 1, width - kernel[1] + 1
            if rng.random() < 0.5:
                window = (rng.randint(1, height), rng.randint(1, width))
                program.add_pooling(tuple(map(self.number, window)))
                height, width = height // window[0], width // window[1]
        for _ in range(rng.randint(0, 2)):
            dropout = self.number(rng.choice((0.0, 0.0, 0.5)))
            program.add_dense(
                self.number(self.size()), activation=rng.choice(ACTIVATIONS[:4]), dropout=dropout
            )
        n_out = self.size()
        program.add_dense(
            self.number(n_out), activation=rng.choice(ACTIVATIONS), weight_eta_factor=self.number(1.0)
        )
        if rng.random() >= self.wrong_share / 4:
            program.complete()
        return program, shape if maps else (1, 1, shape), n_out

    def data(self, shape, n_out):
        """(Data, the number of its examples)."""
        n = self.rng.choice((1, 2, 3, 5, 8, 17, 33, self.rng.randint(1, 100)))
        n_in = shape[0] * shape[1] * shape[2]
        answers = self.rng.randrange(3)
        labels = self.fenced(self.numbers.integers(0, n_out, n)) if answers == 1 else None
        wanted = self.reals(n, n_out) if answers == 2 else None
        if self.rng.random() < 0.5:
            pixels = self.numbers.integers(0, 256, (n, n_in), dtype=np.uint8)
            pixels[self.numbers.random(pixels.shape) < self.rng.choice((0, 0.9))] = 0
            data = self.kernels.Data(self.fenced(pixels), None, labels, wanted, self.number(1 / 256))
        else:
            data = self.kernels.Data(None, self.reals(n, n_in), labels, wanted)
        if self.rng.random() < 0.5:
            data.list_entries(self.number(1.0), self.number(self.threads()))
        return data, n

    def threads(self):
        return self.rng.choice((1, 1, 1, 2, 3))

    def key(self):
        return tuple(self.number(self.rng.choice((0, 1, 2**31, 2**63 - 1))) for _ in range(3))

    # ------------------------------------------------------------------------------------------------- calls

    def run(self, report):
        """Make some calls; `report(what)` says which is about to be made."""
        rng, kernels = self.rng, self.kernels
        way = rng.randrange(13)
        if way == 0:
            report("activate")
            kernels.activate(rng.choice(ACTIVATIONS), self.reals(self.size(), self.size(), written=True))
            return
        if way == 1:
            report("shuffle")
            order = self.fenced(np.zeros(self.size(), np.intp), written=True)
            kernels.shuffle(order, self.number(3), self.number(5))
            return
        if way == 2:
            self.single_equation(report)
            return
        if way == 3:
            self.images(report)
            return
        if way == 12:
            report("look")
            rows = self.reals(self.size(), self.size())
            self.said.append((kernels.range_and_squares(rows), kernels.zeros_and_ones(rows)))
            labels = self.fenced(self.numbers.integers(0, 3, self.size()))
            self.said.append(kernels.labels_below(labels, self.number(3)))
            return
        report("Program")
        program, shape, n_out = self.program()
        report("Data")
        data, n = self.data(shape, n_out)
        parameters = self.reals(program.size or 5, written=True)
        masks = None if rng.random() < 0.5 else self.key()[:2]
        threads = self.number(self.threads())
        if way in (4, 5):
            report("feedforward")
            kernels.feedforward(program, parameters, data, self.reals(n, n_out, written=True), threads)
        elif way == 6:
            report("evaluate")
            self.said.append(
                kernels.evaluate(program, parameters, data, masks, threads, cost=rng.random() < 0.5)
            )
        elif way == 7:
            report("backprop")
            nabla = self.reals(program.size or 5, written=True)
            kernels.backprop(program, parameters, data, nabla, masks, threads)
        elif way == 8:
            report("layer_pass")
            what = rng.choice(("forward", "BP2", "BP3, BP4"))
            kernels.layer_pass(program, parameters, data, self.number(rng.randrange(3)), what, 1)
        else:
            self.train(report, program, parameters, data, n, shape)

    def train(self, report, program, parameters, data, n, shape):
        """An epoch, in one slice or in several."""
        rng, kernels = self.rng, self.kernels
        report("Rule")
        kind = rng.choice(("sgd", "sgd", "nesterov", "adam"))
        rule = kernels.Rule(
            kind, self.number(0.1), self.number(rng.choice((0.0, 0.1))), self.number(rng.choice((0.0, 0.01))),
            self.number(rng.choice((0.0, 0.5))),
        )  # fmt: skip
        order = (
            self.numbers.integers(0, n, self.size()) if rng.random() < 0.5 else self.numbers.permutation(n)
        )
        order = self.fenced(order)
        state = self.reals(rule.states * program.size, written=True) if rule.states and program.size else None
        if state is not None and isinstance(state, np.ndarray) and kind == "adam":
            np.abs(state, out=state)
        augmentation = None
        if rng.random() < 0.2:
            report("Augmentation")
            augmentation = self.augmentation(shape)
        report("Epoch")
        mini_batch = self.number(rng.choice((1, 2, 3, 7, 10, 100)))
        epoch = kernels.Epoch(
            program, parameters, data, order, mini_batch, rule, state=(state, self.number(0)), key=self.key(),
            augmentation=augmentation,
        )  # fmt: skip
        self.slices(report, epoch, order)
        report("keep, begin")
        epoch.keep()
        order = self.fenced(self.numbers.integers(0, n, self.size()))
        epoch.begin(order, rule, state=(state, self.number(0)), key=self.key())
        self.slices(report, epoch, order)
        report("restore")
        self.said.append(epoch.is_finite())
        epoch.restore()

    def slices(self, report, epoch, order):
        """An epoch, in slices."""
        report("train")
        for end in (self.rng.choice((1, 3, 5)), len(order), len(order)):
            self.said.append(epoch.train(self.number(int(end)), self.number(self.threads())))

    def augmentation(self, shape):
        rng = self.rng
        affine = [
            (rng.choice(DISTORTIONS), self.number(rng.choice((0, 1, 0.3)))) for _ in range(rng.randint(0, 3))
        ]
        elastic = None if rng.random() < 0.5 else (self.number(3.0), self.number(2.0))
        return self.kernels.Augmentation(tuple(map(self.number, shape)), affine, elastic)

    def images(self, report):
        """Distorted images."""
        report("Augmentation")
        shape = (self.rng.randint(1, 2), self.rng.randint(1, 20), self.rng.randint(1, 20))
        augmentation = self.augmentation(shape)
        report("augment")
        data, n = self.data(shape, 3)
        out = self.reals(n, shape[0] * shape[1] * shape[2], written=True)
        self.kernels.augment(augmentation, data, out, *self.key())

    def single_equation(self, report):
        """The products of one layer, and the logarithm."""
        rng, kernels = self.rng, self.kernels
        line = 64 // np.dtype(kernels.dtype).itemsize
        m, n_prev, stride = self.size(), self.size(), line * rng.randint(1, 4)
        before = -(-n_prev // line) * line
        what = rng.choice(("weighted_input", "weight_gradient", "hidden_delta", "log1p", "triad"))
        report(what)
        if what == "weighted_input":
            arrays = self.reals(m, n_prev), self.reals(n_prev, stride), self.reals(stride)
            kernels.weighted_input(*arrays, self.reals(m, stride, written=True))
        elif what == "weight_gradient":
            arrays = self.reals(m, n_prev), self.reals(m, stride)
            kernels.weight_gradient(*arrays, self.reals(n_prev, stride, written=True))
        elif what == "hidden_delta":
            arrays = self.reals(m, stride), self.reals(n_prev, stride), self.reals(m, before)
            kernels.hidden_delta(rng.choice(ACTIVATIONS[:4]), *arrays, self.reals(m, before, written=True))
        elif what == "log1p":
            kernels.log1p(self.fenced(np.abs(self.reals(line * rng.randint(0, 5))), written=True))
        else:
            kernels.triad(self.reals(stride), self.reals(stride), self.reals(stride, written=True))

    def outcome(self):
        """(what it was about to do, its error, the bits of what it wrote, whether it wrote elsewhere)."""
        said = []
        error = None
        try:
            with np.errstate(all="ignore"):
                self.run(said.append)
        except REFUSALS as refusal:
            error = refusal
        bits = [array.tobytes() for array in self.written], repr(self.said)
        changed = any(array.tobytes() != before for array, before in self.read)
        return said[-1], error, bits, changed


def faults_of(seed, i):
    """Make the calls i of a seed, twice, at both ends of their pages: {entry point: what was wrong}."""
    first = Session(seed, i, at_end=True)
    what, error, bits, changed = first.outcome()
    if changed:
        return {what: f"{first.name}: it wrote to an array that it only reads"}
    if error is not None and len(str(error)) < 15:
        return {what: f"{first.name}: not a sentence: {error!r}"}
    _, again, bits_again, _ = Session(seed, i, at_end=False).outcome()
    if repr(error)[:60] != repr(again)[:60]:
        return {what: f"{first.name}: at first {error!r}, and then {again!r}"}
    if error is None and bits != bits_again:
        return {what: f"{first.name}: other bits for arrays in other places"}
    return {}


def beside(i):
    """Read the byte behind an array."""
    import ctypes

    array = FencedPages().copy(np.zeros(3), at_end=True)
    ctypes.string_at(array.ctypes.data + array.nbytes, 1)
    return {}


PLANTS = {
    "byte outside": lambda seed, i: beside(i),
    "crash": lambda seed, i: os.kill(os.getpid(), signal.SIGSEGV),
}


@contextlib.contextmanager
def check(planted):
    """Give a function that makes the calls i of a seed and returns {entry point: what is wrong}."""
    for i in range(100):  # what is imported at first use
        faults_of(0, i)
    yield PLANTS[planted] if planted else faults_of


def again(seed, i):
    """Make the calls again in this process, and print what happens."""
    session = Session(seed, i)
    print(session.name)
    try:
        session.run(print)
        print(session.said)
    except Exception:
        traceback.print_exc()
    print(faults_of(seed, i) or "no fault")


DRIVER = Driver(__file__, __doc__.split("\n", 1)[0], "calls", check, again, tuple(PLANTS), batch=10_000)

if __name__ == "__main__":
    DRIVER.main()
