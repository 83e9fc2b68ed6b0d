"""The network of chapter 6: convolution with pooling, fully connected and softmax layers, dropout.

    from nncore.book import network3
    from nncore.book.network3 import Network, ConvPoolLayer, FullyConnectedLayer, SoftmaxLayer

    training_data, validation_data, test_data = network3.load_data_shared()
    mini_batch_size = 10
    net = Network([
        ConvPoolLayer(image_shape=(mini_batch_size, 1, 28, 28),
                      filter_shape=(20, 1, 5, 5),
                      poolsize=(2, 2)),
        FullyConnectedLayer(n_in=20*12*12, n_out=100),
        SoftmaxLayer(n_in=100, n_out=10)], mini_batch_size)
    net.SGD(training_data, 60, mini_batch_size, 0.1, validation_data, test_data)

The module has the book's names, prints its lines and follows network3's own rules; underneath is an
`nncore.Network`, whose other methods are there, too (`accuracy` on any data, `predict`, `save`,
`activations`). An `nncore.Network` can follow each of these rules as well:

- The examples keep their order: ``shuffle=False``.
- An incomplete mini-batch at the end is left out: ``drop_last=True``.
- L2 is divided by the number of mini-batches: ``lmbda * n / (n // m)``, which is m times the book's lmbda.
- Initial weights from N(0, 1/n_out) and biases from N(0, 1), or 0 for softmax: assigned to ``weights`` and
  ``biases``.
- Dropout without scaling in training: ``dropout=p, weight_eta_factor=(1 - p)**2`` and weights times 1 - p;
  see below.
- Pooling before the activation: this gives the same numbers, since every activation here is monotone.
- The test accuracy at the best validation epoch: a callback; or ``keep_best=True``, and then `accuracy`.

**Dropout.** Let m be the mask of zeros and ones, and q = 1 - p. A layer of network3 computes z = w (m a) + b
in training and z = q w a + b afterwards. A layer of nncore computes z = W (m a) / q + b in training and
z = W a + b afterwards. These are the same functions if W = q w. By the chain rule dC/dw = q dC/dW, so
multiplying a step of network3 by q gives

    w <- w - eta (dC/dw + lmbda' w)    ->    W <- W - eta (q^2 dC/dW + lmbda' W).

The gradient of the weights is multiplied by q^2, which `weight_eta_factor` does; their decay and the step of
the biases are not. The same holds with momentum, since velocities are sums of such steps. A network trained
here therefore equals network3's up to rounding; `params` returns and accepts its weights as network3 has
them, w = W/q.

**Differences from Theano.** Theano's convolution flips the filters; `params` has them flipped, too. If
activations in a pooling window are equal, only the first gets the gradient here; in Theano all of them did.
As in Theano, the masks come from a generator with a fixed seed, but it is another generator.
"""

from __future__ import annotations

import functools
import math
import sys
import warnings
from collections.abc import Callable, Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _hints, _validation
from nncore.book import hints, network3_own
from nncore.book.expand_mnist import expand
from nncore.book.listings import plain, sigmoid
from nncore.book.network3_layers import (
    BookInterface,
    BookLayer,
    ConvPoolLayer,
    FullyConnectedLayer,
    ReLU,
    SoftmaxLayer,
    linear,
    tanh,
)
from nncore.choices import DType
from nncore.datasets import Dataset, load_mnist
from nncore.formats import npz
from nncore.layers import Layer

__all__ = [
    "ConvPoolLayer",
    "FullyConnectedLayer",
    "Network",
    "ReLU",
    "SoftmaxLayer",
    "linear",
    "load",
    "load_data_shared",
    "sigmoid",
    "size",
    "tanh",
]

EXPANDED = "mnist_expanded.pkl.gz"  # what the book's expand_mnist writes
# What to type in place of the book's names, for which Theano was needed.
NETWORK = {
    "test_mb_predictions": "net.predict(test_data[i * m : (i + 1) * m])  # or after SGD",
    **dict.fromkeys(("x", "y", "output", "output_dropout"), "net.feedforward(X)"),
}
MODULE = {
    **dict.fromkeys(
        ("theano", "T", "shared", "conv", "downsample"), "nothing of it is needed: data are arrays"
    ),
    "GPU": "nothing to set: nncore runs on the CPU",
    **dict.fromkeys(("softmax", "relu"), "nn.functions.softmax(z), network3.ReLU(z)"),
    "dropout_layer": "FullyConnectedLayer(n_in, n_out, p_dropout=0.5)",
}
SEED = 0  # of the dropout masks; fixed, as in the book


class Shared(np.ndarray):
    """An array with the methods of Theano's shared variables that read it."""

    def get_value(self, borrow: bool = False) -> NDArray[Any]:
        """Return the array."""
        return self.view(np.ndarray)

    eval = get_value

    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Refuse: the array is a copy."""
        raise AttributeError(
            "set_value: params are copies. Assign all of them: params = net.params; params[0] = w; "
            "net.params = params"
        )


class Network(network3_own.OwnActivations):
    """A network as chapter 6 builds it.

    Parameters
    ----------
    layers : list
        Layers `ConvPoolLayer` and `FullyConnectedLayer`, and a `SoftmaxLayer` at the end.
    mini_batch_size : int
        The number of examples in a step; it belongs to the network, as in the book.
    dtype : {"float32", "float64"}
        The book's experiments ran in float32, on a GPU.

    Attributes
    ----------
    mini_batch_size : int
    layers
        The layers of the `nncore.Network`, in which a `ConvPoolLayer` is two.

    Examples
    --------
    >>> import nncore as nn
    >>> np.random.seed(1)
    >>> net = Network([
    ...     ConvPoolLayer(image_shape=(10, 1, 28, 28), filter_shape=(4, 1, 5, 5), poolsize=(2, 2)),
    ...     SoftmaxLayer(n_in=4*12*12, n_out=10)], 10)
    >>> training_data, validation_data, test_data = nn.datasets.load_sample()
    >>> net.SGD(training_data, 2, 10, 0.1, validation_data, test_data)  # doctest: +ELLIPSIS
    Training mini-batch number 0
    Epoch 0: validation accuracy ...%
    This is the best validation accuracy to date.
    The corresponding test accuracy is ...%
    Training mini-batch number 1000
    Epoch 1: validation accuracy ...%
    This is the best validation accuracy to date.
    The corresponding test accuracy is ...%
    Finished training network.
    Best validation accuracy of ...% obtained at iteration 1599
    Corresponding test accuracy of ...%
    """

    _evaluation_data = "validation_data"
    _Interface = BookInterface

    def __init__(self, layers: Iterable[Any], mini_batch_size: int, dtype: DType = "float32") -> None:
        given = _validation.listed("layers", layers, "a list of network3's layers")
        if not given:
            raise ValueError("layers: at least one needed, got none")
        for layer in given:
            if not isinstance(layer, BookLayer):
                raise TypeError(
                    f"layers: a list of network3's layers needed, got {given!r:.80}; sizes are n_in and "
                    "n_out of each: [FullyConnectedLayer(784, 30), SoftmaxLayer(30, 10)]. "
                    "network2.Network takes a list of sizes"
                )
        if not isinstance(given[-1], SoftmaxLayer):
            raise ValueError(
                f"layers: network3's cost needs a SoftmaxLayer at the end, got {type(given[-1]).__name__}: "
                f"put SoftmaxLayer(n_in={getattr(given[-1], 'n_in', 100)}, "
                f"n_out={getattr(given[-1], 'n_out', 10)}) there"
            )
        self.mini_batch_size: int = _validation.integer("mini_batch_size", mini_batch_size, 1)
        self._own = {}
        shape = given[0].shape_before
        super().__init__(
            [layer for each in given for layer in each.layers],
            input_shape=shape,
            cost="log-likelihood",
            init="zeros",
            dtype=dtype,
            seed=SEED,
        )
        first = 0  # the index of the layer's first one in self.layers
        for i, layer in enumerate(given):
            layer.check_unchanged(f"layers[{i}]")
            before = self.shapes[first]
            if layer.shape_before != (before if len(layer.shape_before) == 3 else (math.prod(before),)):
                raise ValueError(
                    f"layers[{i}]: its input has shape {layer.shape_before}, but the layer before gives "
                    f"{before}, which is {math.prod(before)} numbers"
                )
            image_shape = getattr(layer, "image_shape", (self.mini_batch_size,))
            if image_shape[0] != self.mini_batch_size:
                raise ValueError(
                    f"layers[{i}]: image_shape must begin with the mini-batch size, {self.mini_batch_size}; "
                    f"got {image_shape}"
                )
            first += len(layer.layers)
            if layer.own is not None:
                self._own[first - 1] = layer.own, network3_own.derivative(layer.own)
        self.params = [array for layer in given for array in layer.first_params]

    @property
    def params(self) -> list[NDArray[Any]]:
        """Copies of the weights and biases of each layer in turn, as network3 has them; assigning sets them.

        For a convolution they are (filters, maps, height, width), flipped as in Theano, and (filters,). For
        other layers they are (n_in, n_out), for inputs that dropout does not scale in training, and (n_out,).
        """
        params: list[NDArray[Any]] = []
        for layer, w, b in self._layers_with_parameters():
            params += [(_turned(w) / (1 - layer.dropout)).view(Shared), b[:, 0].copy().view(Shared)]
        return params

    @params.setter
    def params(self, values: Iterable[Any]) -> None:
        listed = _validation.listed("params", values, "a list of arrays, w and b of each layer,")
        given = [_validation.numeric(f"params[{i}]", value) for i, value in enumerate(listed)]
        if len(given) != 2 * len(self.weights):
            raise ValueError(
                f"params: {2 * len(self.weights)} arrays needed, w and b of each layer; got {len(given)}"
            )
        weights, biases = [], []
        for (layer, old_w, _), w, b in zip(
            self._layers_with_parameters(), given[::2], given[1::2], strict=True
        ):
            if w.shape != _turned(old_w).shape or b.shape != (len(old_w),):
                raise ValueError(
                    f"params: w {_turned(old_w).shape} and b {(len(old_w),)} needed for {layer}, "
                    f"got {w.shape} and {b.shape}"
                )
            weights.append((1 - layer.dropout) * _turned(w))
            biases.append(b.reshape(-1, 1))
        self.weights, self.biases = weights, biases

    def _layers_with_parameters(self) -> Iterable[tuple[Layer, NDArray[Any], NDArray[Any]]]:
        layers = [layer for layer in self.layers if not isinstance(layer, nncore.MaxPool2D)]
        return zip(layers, self.weights, self.biases, strict=True)

    def SGD(  # type: ignore[override]
        self,
        training_data: Any,
        epochs: int = _hints.NEEDED,
        mini_batch_size: int = _hints.NEEDED,
        eta: float = _hints.NEEDED,
        validation_data: Any = _hints.NEEDED,
        test_data: Any = _hints.NEEDED,
        lmbda: float = 0.0,
        **options: Any,
    ) -> None:
        """Train by mini-batch stochastic gradient descent, in the order of the data, and print the progress.

        Parameters
        ----------
        training_data, validation_data, test_data : Dataset, or pair of arrays
            An incomplete mini-batch at the end of each is left out.
        epochs : int
            The number of passes over the training data.
        mini_batch_size : int
            The mini-batch size of the network.
        eta : float
            The learning rate.
        lmbda : float
            L2 regularisation, divided by the number of mini-batches: lmbda/2 (sum of w^2) / (n // m).
        **options
            Other arguments of `nncore.Network.SGD`, such as ``stop``, ``schedule``, ``momentum``,
            ``callbacks``, ``weights`` and ``class_weight``. Their evaluation data is the validation data.

        Notes
        -----
        `history` holds the `nncore.History` of the run. The number of a mini-batch is printed about a
        twentieth of a second late.

        Warns
        -----
        RuntimeWarning
            The weights are no longer finite. The network is as it was before that epoch. The book's program
            went on with NaN.
        """
        hints.check(
            "network3",
            (name for name in options if name in hints.ARGUMENTS["network3"]),
            epochs=epochs,
            mini_batch_size=mini_batch_size,
            eta=eta,
            validation_data=validation_data,
            test_data=test_data,
        )
        m = self.mini_batch_size
        if mini_batch_size != m:
            raise ValueError(
                f"mini_batch_size: {m} needed, with which the network was made; got {mini_batch_size}"
            )
        validation_data = _whole_mini_batches("validation_data", validation_data, m)
        test_data = _whole_mini_batches("test_data", test_data, m)
        test = self._data("test_data", test_data)
        self.test_mb_predictions: Callable[[int], NDArray[np.intp]] = functools.partial(
            self._predictions, test_data
        )
        training_data = plain(training_data)
        n = self._examples("training_data", training_data).n
        mini_batches = n // m
        images = 0
        best: tuple[float, int, float] | None = None  # validation accuracy, iteration, test accuracy

        def begun(more: int) -> None:
            """Print the number of every 1,000th mini-batch that has begun."""
            nonlocal images
            before, images = images, images + more
            for number in range(-(-before // (1000 * m)) * 1000, -(-images // m), 1000):
                print(f"Training mini-batch number {number}")

        def report(net: Any = None, history: nncore.History | None = None) -> None:
            nonlocal best
            if history is None:
                accuracy = self._cost_and_accuracy(self._data("validation_data", validation_data))[1]
            else:
                accuracy = history.evaluation_accuracy[-1]
            epoch = images // (mini_batches * m) - 1
            print(f"Epoch {epoch}: validation accuracy {accuracy:.2%}")
            if best is None or accuracy >= best[0]:
                print("This is the best validation accuracy to date.")
                best = accuracy, images // m - 1, self._cost_and_accuracy(test)[1]
                print(f"The corresponding test accuracy is {best[2]:.2%}")

        if self._own:
            decay = lmbda / max(mini_batches, 1)
            self._own_SGD(training_data, epochs, m, eta, decay, SEED, options, begun, report)
            _finish(best)
            return
        options.setdefault("shuffle", False)
        callbacks, monitored = options.pop("callbacks", ()), options.pop("monitor", None) or ()
        monitored = (monitored,) if isinstance(monitored, str) else monitored
        fixed: dict[str, Any] = {
            "evaluation_data": validation_data,
            "callbacks": [report, *((callbacks,) if callable(callbacks) else callbacks)],
            "monitor": ("evaluation_cost", "evaluation_accuracy", *monitored),
            "drop_last": True,
            "progress": begun,
        }
        if refused := set(fixed) & set(options):
            raise TypeError(
                f"{', '.join(sorted(refused))}: network3 sets this itself; nncore.Network.SGD accepts it"
            )
        try:
            super().SGD(training_data, epochs, m, eta, lmbda * n / max(mini_batches, 1), **fixed, **options)
        except nncore.DivergenceError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        _finish(best)

    def _predictions(self, test_data: Any, i: int) -> NDArray[np.intp]:
        """Return the classes that the network predicts for mini-batch i of the test data."""
        m = self.mini_batch_size
        X = test_data[0] if isinstance(test_data, tuple) else test_data
        classes: NDArray[np.intp] = self.predict(X[i * m : (i + 1) * m])
        return classes

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.NETWORK | NETWORK)

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if self._own:
            self._core_alone("save, copy")
        description, arrays = super()._state()
        return description | {"mini_batch_size": self.mini_batch_size}, arrays

    @classmethod
    def _from_state(cls, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        net = super()._from_state(description, arrays)
        net.mini_batch_size = _validation.integer("mini_batch_size", description["mini_batch_size"], 1)
        net._own = {}
        return net


def _finish(best: tuple[float, int, float] | None) -> None:
    """Print the last lines of a run: the best validation accuracy, its iteration, and the test accuracy."""
    print("Finished training network.")
    if best is not None:
        print(f"Best validation accuracy of {best[0]:.2%} obtained at iteration {best[1]}")
        print(f"Corresponding test accuracy of {best[2]:.2%}")


def size(data: Any) -> int:
    """Return the number of examples in a Dataset or in a pair of arrays (X, y).

    Examples
    --------
    >>> train, validation, test = nncore.datasets.load_sample()
    >>> size(train)
    8000
    """
    return len(data[1]) if isinstance(data, (tuple, list)) else len(data)


def load(filename: str | PathLike[str]) -> Network:
    """Read a network that `save` wrote. (`nncore.load` reads it, too, as an `nncore.Network`.)

    Raises
    ------
    ValueError
        The file is something else, or is damaged.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> net = Network([FullyConnectedLayer(4, 3), SoftmaxLayer(3, 2)], 10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(pathlib.Path(folder, "net.npz"))
    ...     load(pathlib.Path(folder, "net.npz")).sizes
    [4, 3, 2]
    """
    nncore.load(filename)  # refuses a damaged file
    description, arrays = npz.read(filename)
    if "mini_batch_size" not in description:
        raise ValueError(f"{filename}: network3 did not save it; nncore.load reads it")
    try:
        return Network._from_state(description, arrays)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{filename}: not a network that network3 saved ({error})") from error


def load_data_shared(filename: str | PathLike[str] = "../data/mnist.pkl.gz") -> list[Dataset]:
    """Return the training, validation and test data of MNIST.

    Parameters
    ----------
    filename : str or path
        The book's file, or a folder with the files of MNIST. If it does not exist, MNIST is found as
        `nncore.datasets.load_mnist` finds it. For "mnist_expanded.pkl.gz" the training images are then
        expanded by `nncore.book.expand_mnist.expand`: 250,000 in all.

    Returns
    -------
    list of Dataset
        Theano's shared variables are not needed: the images are bytes.

    Raises
    ------
    FileNotFoundError
        The file does not exist, and its name is not one of the book's two.

    Examples
    --------
    >>> training_data, validation_data, test_data = load_data_shared()  # doctest: +SKIP
    >>> size(training_data)  # doctest: +SKIP
    50000
    """
    path = _validation.path(filename)
    if path.exists():
        return list(load_mnist(path))
    training, validation, test = load_mnist()
    if path.name == EXPANDED:
        training = expand(training)
    elif path.name != "mnist.pkl.gz":
        raise FileNotFoundError(f"filename: {filename} does not exist")
    return [training, validation, test]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise _hints.error(f"module {__name__!r}", name, sys.modules[__name__], MODULE)


def _turned(w: NDArray[Any]) -> NDArray[Any]:
    """Return weights of nncore as network3 has them, or weights of network3 as nncore has them."""
    return w[:, :, ::-1, ::-1] if w.ndim == 4 else w.T


def _whole_mini_batches(name: str, data: Any, m: int) -> Any:
    """Return the data without an incomplete mini-batch at its end."""
    data = plain(data)
    pair = isinstance(data, tuple)
    n = len(data[1]) if pair else len(data)
    if n < m:
        raise ValueError(f"{name}: at least {m} examples needed, one mini-batch; got {n}")
    whole = n - n % m
    return tuple(part[:whole] for part in data) if pair else data[:whole]
