"""A `Workbench` is what the screens of one connection share; a `Stock` is what all connections begin with."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import _answers, _validation
from nncore.layers import Conv2D, MaxPool2D

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.datasets import Dataset
    from nncore.network import Network
    from nncore.play.digits import Digits

SIDE = 28
CLASSES = 10
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}")
LONGEST_NAME = 80
LARGEST_WHOLE = 1 << 53  # JavaScript's numbers are exact so far
KINDS: dict[type, str] = {Conv2D: "convolution", MaxPool2D: "pooling"}


class Stock:
    """A Stock has the network that every connection begins with, and the bundled digits.

    Without a network it trains one, in a thread of its own: the page can load meanwhile.

    Parameters
    ----------
    net : Network, optional
        It is copied for each connection, and never changed.
    name : str
        What the network is called: the name of its file.
    """

    def __init__(self, net: Network | None = None, name: str = "") -> None:
        self._net, self._name = net, name
        self._error: BaseException | None = None
        self._ready = threading.Event()
        threading.Thread(target=self._prepare, name="nncore-play-default", daemon=True).start()

    def _prepare(self) -> None:
        """Load the digits, and train the default network if there is no other."""
        try:
            self._data = nncore.datasets.load_sample()
            if self._net is None:
                self._net = default_network(self._data[0])
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    def workbench(self) -> Workbench:
        """Return a new Workbench, with a copy of the network, as soon as there is one."""
        self._ready.wait()
        if self._error is not None:
            raise self._error
        assert self._net is not None
        return Workbench(self._net.copy(), self._name, self._data)


def default_network(training: Dataset) -> Network:
    """Train the network that is open if no other is: 30 hidden neurons, 40 epochs, about a second."""
    net = nncore.Network([SIDE * SIDE, 30, CLASSES], cost="cross-entropy", seed=1)
    net.SGD(training, epochs=40, mini_batch_size=10, eta=0.25, lmbda=4.0, progress=False)
    return net


class Workbench:
    """A Workbench holds the network that is open, and the data.

    Attributes
    ----------
    net : Network
        Screens do not change it: what trains, trains a copy.
    name : str
        What it is called; "" for the default network.
    training, validation, test : Dataset
        The bundled digits, or those that a notebook gives.
    digits : Digits or None
        What screens that train networks of their own train them on; None: what `digits_at_hand` returns.
    examples : ndarray of int
        The indices of 20 of the test digits, two of each class in order.
    """

    net: Network
    name: str
    training: Dataset
    validation: Dataset
    test: Dataset
    digits: Digits | None

    def __init__(
        self,
        net: Network,
        name: str,
        data: tuple[Dataset, Dataset, Dataset],
        digits: Digits | None = None,
    ) -> None:
        self.net, self.name, self.digits = net, name, digits
        self.training, self.validation, self.test = data
        self._exact: tuple[Network, Network] | None = None

    @property
    def title(self) -> str:
        """What the page calls the network, such as "digits.npz, 784-30-10"."""
        return ", ".join(filter(None, (self.name, layers_in_short(self.net))))

    @property
    def exact(self) -> Network:
        """The same network in float64, for what is computed by NumPy."""
        known = self._exact
        if known is None or known[0] is not self.net:
            known = self._exact = self.net, self.net.copy("float64")
        return known[1]

    @cached_property
    def examples(self) -> NDArray[np.intp]:
        labels = self.test.labels
        return np.concatenate([np.flatnonzero(labels == digit)[:2] for digit in range(CLASSES)])

    def open(self, name: str, data: bytes | bytearray | memoryview) -> dict[str, Any]:
        """Open the network in the bytes of a file; return its `description`.

        The readers take files, so the bytes are written to one, in a new folder that only this user can
        read, and which is removed at once. Of the name only a plain suffix is used.

        Raises
        ------
        ValueError
            They are no network; the message says what they are. The network that was open stays open.
        """
        name = shown_name(name)
        suffix = PurePath(name).suffix
        with tempfile.TemporaryDirectory(prefix="nncore-play-") as folder:
            path = Path(folder, "network" + (suffix.lower() if SUFFIX.fullmatch(suffix) else ""))
            path.write_bytes(data)
            try:
                net = nncore.load(path)
            except (ValueError, OSError) as error:
                raise ValueError(str(error).replace(os.fspath(path), name)) from error
        self.net, self.name = net, name
        return self.description()

    def outputs(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs of the core for rows of inputs, as `Network.feedforward` does.

        No warning is given where inputs are unlike those of the training: a page shows what it draws.
        """
        net = self.net
        X, _, _ = _validation.rows("pixels", rows, net._interface, None)
        data = net._kernels.Data(None, X)
        out = np.empty((len(X), net.sizes[-1]), X.dtype)
        net._kernels.feedforward(net._program, net.parameters, data, out, net._threads_for(len(X)))
        return out

    def accuracy(self) -> float | None:
        """Return the share of the test digits that the network reads correctly; None if it reads none."""
        net = self.net
        if not self.reads_digits:
            return None
        data = net._prepare(net._examples("test", self.test))
        return net._cost_and_accuracy(data, needs_cost=False)[1]

    @property
    def reads_digits(self) -> bool:
        """Whether the network takes 28 x 28 pixels and answers one of ten digits."""
        net = self.net
        known = class_names(net)
        return (
            net.sizes[0] == SIDE * SIDE
            and net.sizes[-1] == CLASSES
            and _answers.kind_of_answers(net) == _validation.CLASSES
            and (known is None or known == [str(digit) for digit in range(CLASSES)])
        )

    def description(self) -> dict[str, Any]:
        """Return what the page says of the network, fit for JSON.

        ``input.images`` is (height, width), (channels, height, width) or None; ``draws`` says whether a
        drawing of 28 x 28 pixels fits, and ``sentence`` what to know where it does not. The seed is text,
        as it may be beyond what JavaScript can count.
        """
        net = self.net
        names = class_names(net)
        images = None if len(net.input_shape) == 1 else list(net.input_shape)
        draws = net.sizes[0] == SIDE * SIDE
        if draws:
            images = [SIDE, SIDE]
        shape = " x ".join(map(str, net.input_shape))
        return {
            "title": self.title,
            "name": self.name,
            "sizes": net.sizes,
            "input": {"shape": list(net.input_shape), "images": images},
            "draws": draws,
            "sentence": "" if draws else f"The network takes {shape} numbers; a drawing has 28 x 28.",
            "layers": [described_layer(net, l) for l in range(len(net.layers))],
            "parameters": sum(array.size for array in (*net.weights, *net.biases)),
            "cost": net.cost_name,
            "dtype": net.dtype,
            "seed": str(net.seed),
            "epochs_trained": min(net.epochs_trained, LARGEST_WHOLE),
            "answers": _answers.kind_of_answers(net),
            "classes": names or [str(k) for k in range(net.sizes[-1])],
            "training": [
                {
                    "data": str(run.data),
                    "settings": str(run.settings),
                    "epochs": min(run.epochs, LARGEST_WHOLE),
                }
                for run in net.training_record
            ],
            "accuracy": self.accuracy(),
            "n_test": len(self.test),
        }


def class_names(net: Network) -> list[str] | None:
    """Return the names of the classes, if the network was trained on data that have some for each output."""
    known = net.training_record.data
    if known is None or known.class_names is None or len(known.class_names) != net.sizes[-1]:
        return None
    return list(known.class_names)


def layers_in_short(net: Network) -> str:
    """Return "784-30-10", or with feature maps "28x28, Conv2D(20, 5) relu, ...".

    >>> layers_in_short(nncore.Network([784, 30, 10]))
    '784-30-10'
    """
    if any(isinstance(layer, (Conv2D, MaxPool2D)) for layer in net.layers):
        shape = " x ".join(map(str, net.input_shape))
        return ", ".join([shape, *(layer.short() for layer in net.layers)])
    return "-".join(map(str, net.sizes))


def described_layer(net: Network, l: int) -> dict[str, Any]:
    """Return what the page says of ``net.layers[l]``.

    ``shape`` is that of its activations, ``weight_shape`` that of its weights (None of a pooling layer), and
    ``size`` the (height, width) of a filter or of a pooling window (None of a dense layer).
    """
    layer = net.layers[l]
    size = getattr(layer, "kernel_size", None) if isinstance(layer, Conv2D) else None
    if isinstance(layer, MaxPool2D):
        size = layer.size
    shape = layer.weight_shape(net.shapes[l])
    return {
        "kind": KINDS.get(type(layer), "dense"),
        "shape": list(net.shapes[l + 1]),
        "before": list(net.shapes[l]),
        "weight_shape": None if shape is None else list(shape),
        "activation": layer.activation,
        "size": None if size is None else list(size),
        "padding": layer.padding if isinstance(layer, Conv2D) else None,
        "dropout": layer.dropout,
        "text": layer.short(),
    }


def shown_name(name: Any) -> str:
    """Return the name of a file as messages show it: its last part, on one line, and not too long."""
    if not isinstance(name, str):
        raise TypeError(f"name: text needed, got {name!r:.60}")
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(letter if letter.isprintable() else " " for letter in last).strip()
    return plain if len(plain) <= LONGEST_NAME else f"...{plain[-LONGEST_NAME + 3 :]}"
