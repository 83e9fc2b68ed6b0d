"""The network: one flat buffer of parameters, and the methods that a reader of the book types."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nncore import _hints, _validation, targets
from nncore._parameters import LayerArrays, initialise
from nncore.layers import Conv2D, Dense, Layer, MaxPool2D, Softmax
from nncore.training import minimize, monitoring, sgd
from nncore.training.history import History

SHARED = 50_000_000  # parameters times examples, from which on the cores share the work of `feedforward`,
PART = 500  # examples at a time

RENAMED = {"eta_scale": "weight_eta_factor"}  # fields of layers in the files of earlier versions


class Network:
    """A feedforward network that learns by stochastic gradient descent (the book's chapters 1 to 3).

    Parameters
    ----------
    layers : sequence
        The book's list of sizes, the input first: ``[784, 30, 10]``; or layers, with `input_shape`.
    cost : {"quadratic", "cross-entropy", "log-likelihood"}, optional
        By default what goes with the output layer: linear quadratic, sigmoid cross-entropy, softmax
        log-likelihood. With a list of sizes and "log-likelihood" the output layer is softmax.
    init : {"scaled", "large", "he", "zeros"} or callable, optional
        How weights are drawn: "scaled" N(0, 1)/sqrt(n_in), biases N(0, 1) (chapter 3, the default); "large"
        N(0, 1) for both (chapter 1); "he" N(0, 1) sqrt(2/n_in), biases 0; "zeros". A callable is called as
        ``init(rng, shape, n_in)``, for the biases (shape (n_out, 1)) of all layers and then for the weights
        (n_out, n_in).
    dtype : {"float32", "float64"}, optional
        Of parameters and arithmetic. "float32" is twice as fast.
    seed : int, optional
        Rules the first parameters and the order of training: one seed, one result. By default drawn from the
        system, and kept in `seed`.
    input_shape : tuple of int, optional
        (n,) or (channels, height, width), with layers.

    Attributes
    ----------
    weights, biases : sequence of ndarray
        Live views, (n_out, n_in) and (n_out, 1) for each layer after the input; assigning copies in. Of a
        convolution (filters, channels, height, width) and (filters, 1); pooling has none, and no place here.
    parameters : ndarray
        The one flat buffer behind them, in the core's order, padded with zeros that must stay zeros.
    shapes : list of tuple
        Of the activations of each layer, the input's first: (n,) or (channels, height, width).
    sizes : list of int
        Neurons in each layer, the input first.
    history : History or None
        Of the training so far or last.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, epochs=5, mini_batch_size=10, eta=0.5, lmbda=1.0)
    >>> net.accuracy(test) > 0.85
    True
    """

    def __init__(
        self,
        layers: Iterable[Any],
        *,
        cost: str | None = None,
        init: str | Callable[..., Any] = "scaled",
        dtype: Any = "float32",
        seed: int | None = None,
        input_shape: Any = None,
    ) -> None:
        seed = _validation.seed(seed)
        self._allocate(*_validation.network(layers, cost, input_shape), _validation.dtype(dtype), seed)
        initialise(self._weights, self._biases, init, seed)

    def _allocate(
        self,
        shapes: list[tuple[int, ...]],
        layers: tuple[Layer, ...],
        cost_name: str,
        dtype: str,
        seed: int,
    ) -> None:
        """Set up a network that was never trained, with parameters that are all zero."""
        self.shapes, self.layers, self.cost_name, self.dtype, self.seed = (
            shapes,
            layers,
            cost_name,
            dtype,
            seed,
        )
        self.input_shape = shapes[0]
        self.sizes = [math.prod(shape) for shape in shapes]
        self.num_layers = len(self.sizes)
        self.epochs_trained = 0
        self.history: History | None = None
        self._kernels = targets.kernels(dtype)
        self._program = self._kernels.Program(
            [layer.for_program(shape) for layer, shape in zip(layers, shapes, strict=False)], cost_name
        )
        self._parameters = targets.aligned_zeros(self._program.size, dtype)
        weights, biases = self._layer_views(self._parameters)
        self._weights, self._biases = LayerArrays("weights", weights), LayerArrays("biases", biases)
        self._in_use = threading.Lock()

    def _layer_views(self, buffer: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The weights and biases, or their gradients, that lie in a buffer as the core lays them out."""
        shapes = [layer.weight_shape(shape) for layer, shape in zip(self.layers, self.shapes, strict=False)]
        weights, biases = [], []
        for (w, b, stride), shape in zip(self._program.places(), filter(None, shapes), strict=True):
            n, channels, *kernel = shape
            rows = buffer[w : w + math.prod(shape[1:]) * stride].reshape(*kernel, channels, stride)[..., :n]
            weights.append(np.moveaxis(rows, (-1, -2), (0, 1)))
            biases.append(buffer[b : b + n].reshape(n, 1))
        return weights, biases

    @property
    def parameters(self) -> np.ndarray:
        return self._parameters

    @parameters.setter
    def parameters(self, values: Any) -> None:
        checked = _validation.parameters("parameters", values, self._parameters.shape, self.dtype)
        self._parameters[...] = checked

    @property
    def weights(self) -> LayerArrays:
        return self._weights

    @weights.setter
    def weights(self, values: Iterable[Any]) -> None:
        self._weights.assign(values)

    @property
    def biases(self) -> LayerArrays:
        return self._biases

    @biases.setter
    def biases(self, values: Iterable[Any]) -> None:
        self._biases.assign(values)

    def _examples(self, name: str, data: Any) -> _validation.Examples:
        """A user's examples, checked."""
        return _validation.examples(name, data, self.sizes[0], self.sizes[-1], self.dtype)

    def _data(self, name: str, data: Any) -> Any:
        """A user's examples as the kernels read them."""
        return self._prepare(self._examples(name, data))

    def _prepare(self, given: _validation.Examples) -> Any:
        """Checked examples as the kernels read them."""
        return self._kernels.Data(given.images, given.inputs, given.labels, given.targets, given.scale)

    def feedforward(self, X: Any) -> np.ndarray:
        """Activations of the output layer.

        Parameters
        ----------
        X : array_like or Dataset
            One example, (n_in,) or the book's column (n_in, 1) or an image (28, 28), or rows (m, n_in),
            (m, 28, 28).

        Returns
        -------
        ndarray
            (n_out,), (n_out, 1) for a column, or (m, n_out).

        Examples
        --------
        >>> import nncore as nn
        >>> nn.Network([2, 3, 1], seed=0).feedforward([[0, 1], [1, 0]]).shape
        (2, 1)
        """
        out, single, column = self._outputs(X)
        if column:
            return out.reshape(-1, 1)
        return out[0] if single else out

    def _outputs(self, X: Any) -> tuple[np.ndarray, bool, bool]:
        """(outputs (m, n_out), whether X is one example, whether it is the book's column)."""
        array, single, column = _validation.unchecked_rows("X", X, self.sizes[0], self.dtype)
        out = np.empty((len(array), self.sizes[-1]), self.dtype)
        if len(array) * self._program.size < SHARED:
            self._answer(array, _validation.scale(X), out)
            return out, single, column
        import concurrent.futures

        def answer(first: int) -> None:
            part = slice(first, first + PART)
            self._answer(array[part], _validation.scale(X), out[part], first)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # each row is answered alone
            list(pool.map(answer, range(0, len(array), PART)))
        return out, single, column

    def _answer(self, rows: np.ndarray, scale: float, out: np.ndarray, first: int = 0) -> None:
        """The outputs for rows (m, n_in), from number `first` of the user's on, into out."""
        if rows.dtype == np.uint8:
            data = self._kernels.Data(rows, None, None, None, scale)
        else:
            _validation.check_finite("X", rows, first)
            data = self._kernels.Data(None, rows)
        self._kernels.feedforward(self._program, self.parameters, data, out)

    def predict(self, X: Any) -> Any:
        """The class of each example: where the largest output stands; of one output, whether it is above 1/2.

        Parameters
        ----------
        X : array_like or Dataset
            As for `feedforward`.

        Returns
        -------
        int or ndarray of int
            One label, or (m,) labels.
        """
        out, single, _ = self._outputs(X)
        labels = (out[:, 0] > 0.5).astype(np.intp) if self.sizes[-1] == 1 else out.argmax(axis=1)
        return int(labels[0]) if single else labels

    def backprop(self, X: Any, y: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Gradients of the cost, summed over the examples given (chapter 2: BP1 to BP4).

        Parameters
        ----------
        X : array_like
            Rows (m, n_in), or one example.
        y : array_like
            Labels (m,) or targets (m, n_out).

        Returns
        -------
        nabla_b, nabla_w : list of ndarray
            For each layer, in the shapes of `biases` and `weights`.

        Examples
        --------
        >>> import nncore as nn
        >>> nabla_b, nabla_w = nn.Network([2, 3, 1], seed=0).backprop([[0, 1], [1, 0]], [1, 0])
        >>> [nabla.shape for nabla in nabla_w]
        [(3, 2), (1, 3)]
        """
        nabla = targets.aligned_zeros(self._program.size, self.dtype)
        self._kernels.backprop(self._program, self.parameters, self._data("(X, y)", (X, y)), nabla)
        nabla_w, nabla_b = self._layer_views(nabla)
        return nabla_b, nabla_w

    def trace(self, x: Any, y: Any = None) -> Any:
        """Every z, a, delta and gradient of one example, with its equation; see `nncore.trace`.

        Parameters
        ----------
        x : array_like
            One example.
        y : int or array_like, optional
            Its label or target; without it the trace stops at the output.
        """
        from nncore.insight.trace import trace

        return trace(self, x, y)

    def activations(self, X: Any) -> list[np.ndarray]:
        """The activations of every layer, feature maps as (channels, height, width); see
        `nncore.insight.trace.activations`.

        Parameters
        ----------
        X : array_like or Dataset
            One example or rows, as for `feedforward`.
        """
        from nncore.insight.trace import activations

        return activations(self, X)

    def _cost_and_accuracy(
        self, data: Any, lmbda: float = 0.0, l1: float = 0.0, threads: int = 1
    ) -> tuple[float, float]:
        """(cost, accuracy) of examples that `data` prepared, in one pass; `threads` as in `SGD`."""
        total, correct = self._kernels.evaluate(self._program, self.parameters, data, threads=threads)
        penalty = lmbda / 2 * sum(float(np.vdot(w, w)) for w in self._weights) if lmbda else 0.0
        penalty += l1 * sum(float(np.abs(w).sum()) for w in self._weights) if l1 else 0.0
        return (total + penalty) / len(data), correct / len(data)

    def cost(self, data: Any, lmbda: float = 0.0, l1: float = 0.0) -> float:
        """The book's C: the mean cost over the data, plus the penalties of L2 and L1.

        These are lmbda/(2n) times the sum of the squared weights, and l1/n times that of their magnitudes.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        lmbda, l1 : float
            n in the penalties is the number of examples given here, as in the book's network2.
        """
        lmbda, l1 = _validation.real("lmbda", lmbda, least=0), _validation.real("l1", l1, least=0)
        return self._cost_and_accuracy(self._data("data", data), lmbda, l1)[0]

    def accuracy(self, data: Any) -> float:
        """The fraction of the examples that `predict` answers as the data does (targets: at their largest).

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)

        Raises
        ------
        ValueError
            The targets are numbers, not classes.
        """
        given = self._examples("data", data)
        if reason := monitoring.reason_without_accuracy(self, given):
            raise ValueError(f"data: there is no accuracy: {reason}; `cost` says how close the outputs are")
        return self._cost_and_accuracy(self._prepare(given))[1]

    SGD = sgd.SGD
    minimize = minimize.minimize
    learning_speeds = monitoring.learning_speeds

    def save(self, path: Any) -> None:
        """Write the network to an .npz file that `nncore.load` reads, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            A crash while writing leaves an older file of that name as it was.
        """
        from nncore.formats import npz  # a tenth of the time that `import nncore` takes

        npz.write(path, *self._state())

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        description = {
            "layers": [{"type": type(layer).__name__, **vars(layer)} for layer in self.layers],
            "input_shape": list(self.input_shape),
            "cost": self.cost_name,
            "dtype": self.dtype,
            "seed": self.seed,
            "epochs_trained": self.epochs_trained,
        }
        arrays = {f"biases_{l}": np.ascontiguousarray(b) for l, b in enumerate(self._biases)}
        arrays |= {f"weights_{l}": np.ascontiguousarray(w) for l, w in enumerate(self._weights)}
        return description, arrays

    @classmethod
    def _from_state(cls, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """The network that `_state` described, of this very class. A subclass with attributes of its own
        extends both."""
        kinds = {"Dense": Dense, "Softmax": Softmax, "Conv2D": Conv2D, "MaxPool2D": MaxPool2D}
        layers = []
        for fields in description["layers"]:
            kind = kinds[_validation.one_of("type of a layer", fields.get("type"), tuple(kinds))]
            layers.append(
                kind(**{RENAMED.get(key, key): value for key, value in fields.items() if key != "type"})
            )
        shape = tuple(_validation.integer("input_shape", n, 1) for n in description["input_shape"])
        after, l = shape, 0
        for layer in layers:  # before memory is taken for what a file claims
            if needed := layer.weight_shape(after):
                if (found := arrays[f"weights_{l}"].shape) != needed:
                    raise ValueError(f"weights_{l}: shape {needed} needed, got {found}")
                l += 1
            after = layer.shape_after(after)
        checked = _validation.network(layers, description["cost"], shape)
        net = cls.__new__(cls)  # without __init__: a subclass's may take other arguments, or draw numbers
        net._allocate(
            *checked, _validation.dtype(description["dtype"]), _validation.seed(description["seed"])
        )
        net.epochs_trained = _validation.integer("epochs_trained", description["epochs_trained"], 0)
        net.biases = [arrays[f"biases_{l}"] for l in range(len(net.biases))]
        net.weights = [arrays[f"weights_{l}"] for l in range(len(net.weights))]
        return net

    def copy(self, dtype: Any = None) -> Self:
        """An independent network with the same layers, cost, parameters, seed and number of epochs trained.

        Training the copy leaves this network as it is. From the same data, both train on alike.

        Parameters
        ----------
        dtype : {"float32", "float64"}, optional
            The dtype of the copy; by default that of this network.

        Returns
        -------
        Network

        Examples
        --------
        >>> import nncore as nn
        >>> net = nn.Network([2, 1], seed=0)
        >>> wide = net.copy("float64")
        >>> wide.dtype, bool((wide.weights[0] == net.weights[0]).all())
        ('float64', True)
        """
        description, arrays = self._state()
        if dtype is not None:
            description["dtype"] = _validation.dtype(dtype)
        return self._from_state(description, arrays)

    def summary(self) -> None:
        """Print each layer, the shape of its activations and the number of its parameters.

        Examples
        --------
        >>> import nncore as nn
        >>> layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
        >>> nn.Network(layers, input_shape=(1, 28, 28)).summary()  # doctest: +NORMALIZE_WHITESPACE
        layer                                              activations   parameters
        input                                              (1, 28, 28)
        Conv2D(filters=20, kernel_size=(5, 5),
               activation='sigmoid', padding='valid')      (20, 24, 24)         520
        MaxPool2D(size=(2, 2))                             (20, 12, 12)           0
        Softmax(n=10, activation='softmax', dropout=0.0)   (10,)              28810
        total                                                                 29330
        """
        rows = [("layer", "activations", "parameters"), ("input", str(self.input_shape), "")]
        total = 0
        for layer, before, after in zip(self.layers, self.shapes, self.shapes[1:], strict=False):
            shape = layer.weight_shape(before)
            count = math.prod(shape) + shape[0] if shape else 0
            rows.append((str(layer), str(after), str(count)))
            total += count
        rows.append(("total", "", str(total)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print("{:{}}  {:{}}  {:>{}}".format(*chain(*zip(row, widths, strict=True))).rstrip())

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.NETWORK)

    def __reduce__(self):  # for copy and pickle
        return type(self)._from_state, self._state()

    def __repr__(self) -> str:
        activations = ", ".join(layer.activation for layer in self.layers)
        return f"<Network {self.sizes}, {activations}; {self.cost_name} cost, {self.dtype}>"


def load(path: Any) -> Network:
    """Read a network that `Network.save` wrote.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        The file is not one of ours, or damaged. It is only read as numbers: nothing in it can run.
    """
    from nncore.formats import npz

    description, arrays = npz.read(path)
    if "networks" in description:
        raise ValueError(f"{path}: an ensemble, not one network: nn.Ensemble.load reads it")
    try:
        return Network._from_state(description, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as reason:
        raise ValueError(f"{path}: not a network that nncore saved ({reason})") from reason
