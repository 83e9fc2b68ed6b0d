"""`Network` holds the parameters of a network, and has the methods that a reader of the book calls."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np

from nncore import (
    _answers,
    _exchange,
    _hints,
    _own_methods,
    _persistence,
    _summary,
    _validation,
    choices,
    targets,
)
from nncore._cores import cores_available
from nncore._parameters import LayerArrays, find_places, initialise, views
from nncore.layers import Layer
from nncore.training import minimize, monitoring, sgd
from nncore.training.history import History
from nncore.training.training_record import TrainingRecord

MOST_THREADS = 256  # the core takes no more
THREAD_REPAYS = 50_000_000  # multiplications, a millisecond or two: less work than that repays no thread


class Network:
    """A feedforward network learns by stochastic gradient descent (the book's chapters 1 to 3, and 6).

    Parameters
    ----------
    layers : sequence
        The book's list of sizes, the input first: ``[784, 30, 10]``. Or layers, such as `Dense`, and then
        `input_shape` is needed.
    cost : {"quadratic", "cross-entropy", "log-likelihood"}, optional
        The default depends on the output layer: "cross-entropy" for sigmoid, "log-likelihood" for softmax,
        "quadratic" for any other. With a list of sizes and "log-likelihood", the output layer is softmax.
    init : {"scaled", "large", "he", "glorot", "zeros"} or callable, optional
        How the first weights and biases are drawn. "scaled", the default of chapter 3: weights from
        N(0, 1)/sqrt(n_in), biases from N(0, 1). "large", as in chapter 1: both from N(0, 1). "he": weights
        from N(0, 1) sqrt(2/n_in), biases 0. "glorot", smaller, for small data sets: weights between -r and r,
        with r = sqrt(6/(n_in + n_out)), biases 0. "zeros": all 0. A function is called as ``init(rng, shape,
        n_in)``, first for the biases (n_out, 1) of each layer, and then for the weights (n_out, n_in) of
        each; it returns an array of that shape.
    dtype : {"float32", "float64"}, optional
        The type of the parameters and of the arithmetic. "float32", the default, is twice as fast.
    seed : int, optional
        Decides the first parameters, the order of the examples in training, dropout and distortions: the
        same seed gives the same result. By default the system draws one, which `seed` then holds.
    input_shape : tuple of int, optional
        The shape of one example, (n,) or (channels, height, width). It is needed with layers, and only then.
    activation : {"sigmoid", "tanh", "relu", "linear"}, optional
        The activation of the hidden layers, with a list of sizes; by default "sigmoid". The output layer does
        not change. A layer has an activation of its own.

    Attributes
    ----------
    weights, biases : sequence of ndarray
        One array for each layer after the input that has parameters: weights (n_out, n_in) and biases
        (n_out, 1); for a convolution (filters, channels, height, width) and (filters, 1). The arrays are
        live views: ``net.weights[0][3, 5] = 0`` changes the network. Assigning copies values in.
    parameters : ndarray
        The flat buffer that holds all of them, in the core's order, padded with zeros that must stay zero.
    shapes : list of tuple
        The shape of the activations of each layer, the input first: (n,) or (channels, height, width).
    sizes : list of int
        The number of neurons in each layer, the input first.
    history : History or None
        What was measured in the last training.
    training_record : TrainingRecord
        What the network was trained on and how.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, epochs=5, mini_batch_size=10, eta=0.5, lmbda=1.0)
    >>> net.accuracy(test) > 0.85
    True
    """

    shapes: list[tuple[int, ...]]
    layers: tuple[Layer, ...]
    cost_name: choices.Cost
    dtype: choices.DType
    seed: int
    input_shape: tuple[int, ...]
    sizes: list[int]
    num_layers: int
    _written: Mapping[str, Any]  # the methods that a reader may have replaced, as nncore has them
    _change_is_said = False
    _Interface = _validation.Interface
    _evaluation_data = "evaluation_data"  # what SGD's argument is called
    _SGD_is_general = True  # whether it takes what this class's does

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("nncore."):
            cls._written = _own_methods.written(cls, cls._written)

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        if cls.__init__ is Network.__init__:
            _hints.check_arguments("Network", named)
        return super().__new__(cls)

    def __init__(
        self,
        layers: Iterable[Any],
        *,
        cost: choices.Cost | None = None,
        init: choices.Init | Callable[..., Any] = "scaled",
        dtype: choices.DType | np.dtype[Any] | type = "float32",
        seed: int | None = None,
        input_shape: Any = None,
        activation: choices.Activation | None = None,
    ) -> None:
        seed = _validation.seed(seed)
        described = _validation.network(layers, cost, input_shape, activation)
        _validation.check_output(described[1])
        _validation.warn_of_axes(described[0][0], described[1])
        self._allocate(*described, _validation.dtype(dtype), seed)
        initialise(self._weights, self._biases, init, seed)

    def _allocate(
        self,
        shapes: list[tuple[int, ...]],
        layers: tuple[Layer, ...],
        cost_name: choices.Cost,
        dtype: choices.DType,
        seed: int,
    ) -> None:
        """Set up a network that was never trained, with parameters that are all zero."""
        _validation.check_memory(layers, shapes, dtype)
        self.shapes, self.layers, self.cost_name = shapes, layers, cost_name
        self.dtype, self.seed = dtype, seed
        self.input_shape = shapes[0]
        self.sizes = [math.prod(shape) for shape in shapes]
        self.num_layers = len(self.sizes)
        self.epochs_trained = 0
        self.history: History | None = None
        self._record = TrainingRecord()
        self._interface = self._Interface(shapes[0], layers, self.sizes[-1], cost_name, dtype, self.sizes[-2])
        self._kernels = targets.kernels(dtype)
        self._program = self._kernels.Program(shapes[0] if len(shapes[0]) == 3 else shapes[0][0], cost_name)
        for l, layer in enumerate(layers):
            try:
                layer.add_to(self._program)
            except ValueError as reason:
                raise ValueError(f"layers[{l}]: {reason}") from None
        self._program.complete()
        self._places = find_places(layers, shapes, self._program.offsets())
        self._multiplications = sum(  # for one example
            math.prod(shape) * math.prod(after[1:])
            for layer, before, after in zip(layers, shapes, shapes[1:], strict=False)
            if (shape := layer.weight_shape(before))
        )
        self._parameters = targets.aligned_zeros(self._program.size, dtype)
        weights, biases = self._layer_views(self._parameters)
        self._weights, self._biases = LayerArrays("weights", weights), LayerArrays("biases", biases)
        self._in_use: dict[int, threading.Lock] = {}  # of each process: see training.run.exclusive

    def _layer_views(self, buffer: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return views of the weights and of the biases (or of their gradients) in a buffer that is laid out
        as the core does it."""
        return views(buffer, self._places)

    @property
    def parameters(self) -> np.ndarray:
        """This flat buffer holds all weights and biases."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: Any) -> None:
        checked = _validation.parameters("parameters", values, self._parameters.shape, self.dtype)
        self._parameters[...] = checked

    @property
    def weights(self) -> LayerArrays:
        """The arrays are live views of the weights of each layer."""
        return self._weights

    @weights.setter
    def weights(self, values: Iterable[Any]) -> None:
        self._weights.assign(values)

    @property
    def biases(self) -> LayerArrays:
        """The arrays are live views of the biases of each layer."""
        return self._biases

    @biases.setter
    def biases(self, values: Iterable[Any]) -> None:
        self._biases.assign(values)

    @property
    def training_record(self) -> TrainingRecord:
        """What the network was trained on and how: see `nncore.training.training_record`."""
        return self._record

    @property
    def _usual(self) -> _validation.UsualInputs | None:
        """What the inputs of the last training looked like."""
        return self._record.usual

    @property
    def _usual_to_train_on(self) -> _validation.UsualInputs | None:
        """What the inputs of the next training are compared with; their names may be others."""
        usual = self._record.usual
        return None if usual is None else usual.to_train_on()

    def _examples(
        self, name: str, data: Any, *, one: bool = False, usual: _validation.UsualInputs | None = None
    ) -> _validation.Examples:
        """Check what a user passed as examples; compare their inputs with the `usual` ones."""
        return _validation.examples(name, data, self._interface, one=one, usual=usual)

    def _data(self, name: str, data: Any, weights: Any = None, *, one: bool = False) -> Any:
        """Check what a user passed as examples, and convert it to what the kernels read."""
        given = self._examples(name, data, one=one, usual=self._usual)
        return self._prepare(_validation.weighted(given, weights, dtype=self.dtype))

    def _prepare(self, given: _validation.Examples) -> Any:
        """Convert checked examples to what the kernels read."""
        return self._kernels.Data(
            given.images, given.inputs, given.labels, given.targets, given.scale, given.weights
        )

    def _core_alone(self, name: str, trains: bool = False) -> None:
        """Warn of the reader's own methods that a method ignores, since it computes or trains with the core.

        The book's modules refuse it where something is not the core's: their networks may have a cost, an
        activation or methods of a reader.
        """
        self._ignores(name, "backprop", "feedforward", *(_own_methods.NAMES if trains else ()))

    def _ignores(self, name: str, *methods: str) -> None:
        """Say, once, that the method `name` ignores these methods, if they are the reader's own."""
        own = _own_methods.changed(self, self._written).intersection(methods)
        if own and not self._change_is_said:
            self._change_is_said = True
            _own_methods.warn(self, name, own)

    def _check_savable(self) -> None:
        """Refuse a file that would forget a part of the network; the book's modules extend this, too."""

    def feedforward(self, X: Any) -> np.ndarray:
        """Return the activations of the output layer (chapter 1).

        Parameters
        ----------
        X : array_like or Dataset
            One example: (n_in,), the book's column (n_in, 1), or an image such as (28, 28). Or m examples:
            (m, n_in) or (m, 28, 28). Bytes (uint8) are pixels: the network sees byte/256. Other numbers are
            used as they are. Inputs quite unlike those of the training, on another scale for example, give a
            warning.

        Returns
        -------
        ndarray
            (n_out,) for one example, (n_out, 1) for a column, (m, n_out) for m examples.

        Notes
        -----
        Where the work takes more than a millisecond or two, several threads share the examples, at most as
        many as the process has cores. Each row is computed on its own, so the result does not depend on
        them.

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
        """Return (outputs (m, n_out), whether X is one example, whether it is the book's column)."""
        net = self._interface
        array, single, column = _validation.rows("X", X, net, self._record.usual)
        out = np.empty((len(array), net.n_out), net.reals)
        if array.dtype == out.dtype:
            data = self._kernels.Data(None, array)
        else:
            data = self._kernels.Data(array, None, None, None, _validation.BYTE)
        self._kernels.feedforward(self._program, self._parameters, data, out, self._threads_for(len(array)))
        return out, single, column

    def _threads_for(self, n: int) -> int:
        """Return how many threads share the answers to n examples: as many as the work repays, and no more
        than the process may use."""
        most = n * self._multiplications // THREAD_REPAYS
        return 1 if most <= 1 else min(most, cores_available(), MOST_THREADS)

    def predict(self, X: Any) -> Any:
        """Return, for each example, an answer of the kind that the targets of the training were.

        ==============  =====================================================================  =============
        the targets     the answer for one example                                             for m examples
        ==============  =====================================================================  =============
        classes         the class, an int: the number of the output neuron with the largest    (m,) int
                        activation; for one output, 1 if it is above 1/2, and 0 otherwise
        numbers         the activations of the output layer; for one output, a float           (m, n_out), or
                                                                                               (m,)
        several labels  for each output neuron 1 if its activation is above 1/2, 0 otherwise   (m, n_out) int
        ==============  =====================================================================  =============

        Parameters
        ----------
        X : array_like or Dataset
            As for `feedforward`.

        Returns
        -------
        int, float or ndarray

        Notes
        -----
        ``net.training_record.data.targets`` says what the targets were. Labels, unit vectors, the numbers 0
        and 1 for one output, and shares of 1 are classes; rows of zeros and ones that are not all unit
        vectors are several labels; anything else is numbers. A network without such a record (never trained,
        or read from a file of an earlier version) answers classes if its output layer is sigmoid or softmax,
        and otherwise numbers.

        Examples
        --------
        >>> import nncore as nn
        >>> X, y = [[0.0], [0.5], [1.0]], [5.0, 6.0, 7.0]
        >>> net = nn.Network([nn.Dense(1, "linear")], input_shape=(1,), seed=0)
        >>> history = net.minimize((X, y))
        >>> net.predict(X).round(2)
        array([5., 6., 7.], dtype=float32)
        """
        self._ignores("predict", "feedforward")
        out, single, _ = self._outputs(X)
        answers = _answers.answers(out, _answers.kind_of_answers(self))
        if not single:
            return answers
        return answers[0] if answers.ndim > 1 else answers[0].item()

    def backprop(
        self, X: Any, y: Any = None, *, weights: Any = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the gradient of the cost, summed over the given examples (chapter 2: BP1 to BP4).

        Parameters
        ----------
        X : array_like, or Dataset, pair of arrays, or the book's list of (x, y)
            Rows (m, n_in), or one example; or data with their labels, without a y.
        y : array_like, optional
            Labels (m,) or targets (m, n_out).
        weights : array_like (m,), optional
            The gradient of each example is multiplied by its weight: see `SGD`.

        Returns
        -------
        nabla_b, nabla_w : list of ndarray
            One array for each layer that has parameters, in the shapes of `biases` and `weights`.

        Examples
        --------
        >>> import nncore as nn
        >>> nabla_b, nabla_w = nn.Network([2, 3, 1], seed=0).backprop([[0, 1], [1, 0]], [1, 0])
        >>> [nabla.shape for nabla in nabla_w]
        [(3, 2), (1, 3)]
        """
        name, given = ("data", X) if y is None else ("(X, y)", (X, y))
        data = self._data(name, given, weights, one=True)
        nabla = np.empty_like(self._parameters)
        self._kernels.backprop(self._program, self._parameters, data, nabla)
        nabla_w, nabla_b = self._layer_views(nabla)
        return nabla_b, nabla_w

    def trace(self, x: Any, y: Any = None) -> Any:
        """Return every z, a, delta and gradient for one example, with its equation: see `nncore.trace`.

        Parameters
        ----------
        x : array_like, pair (x, y), or Dataset
            One example; a pair and a Dataset have its y, too.
        y : int or array_like, optional
            Its label or target. Without it the trace ends at the output, and has no delta or gradient.
        """
        from nncore.insight.trace import trace

        return trace(self, x, y)

    def activations(self, X: Any) -> list[np.ndarray]:
        """Return the activations of every layer: see `nncore.insight.trace.activations`.

        Parameters
        ----------
        X : array_like or Dataset
            One example or rows, as for `feedforward`.

        Returns
        -------
        list of ndarray
            One array for each of `layers`; feature maps have the shape (channels, height, width).
        """
        from nncore.insight.trace import activations

        return activations(self, X)

    def _cost_and_accuracy(
        self,
        data: Any,
        lmbda: float = 0.0,
        l1: float = 0.0,
        threads: int | None = None,
        needs_cost: bool = True,
    ) -> tuple[float, float]:
        """Return (cost, accuracy) on examples that `_prepare` converted, from one pass over them.

        By default as many threads share them as the work repays. If the cost is not needed it is NaN.
        """
        threads = self._threads_for(len(data)) if threads is None else threads
        total, correct = self._kernels.evaluate(
            self._program, self.parameters, data, threads=threads, cost=needs_cost
        )
        n = data.total_weight or math.nan  # of some examples, the sum may be 0
        if not needs_cost:
            return math.nan, correct / n
        penalty = lmbda / 2 * sum(float(np.vdot(w, w)) for w in self._weights) if lmbda else 0.0
        penalty += l1 * sum(float(np.abs(w).sum()) for w in self._weights) if l1 else 0.0
        return (total + penalty) / n, correct / n

    def cost(self, data: Any, lmbda: float = 0.0, l1: float = 0.0, *, weights: Any = None) -> float:
        """Return the book's C: the mean cost over the data, plus the penalties of L2 and L1 (chapter 3).

        The penalties are lmbda/(2n) times the sum of the squared weights, and l1/n times the sum of their
        magnitudes.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        lmbda, l1 : float
            The strengths of the penalties. As in the book's network2, n is the number of examples in `data`.
        weights : array_like (n,), optional
            How much each example counts: the mean is a weighted one, and n is the sum of the weights. So the
            cost is that of data in which each example is repeated as often as its weight says.

        Examples
        --------
        >>> import nncore as nn
        >>> net = nn.Network([2, 3, 1], seed=0)
        >>> twice = net.cost(([[0, 1], [1, 0], [1, 0]], [1, 0, 0]))
        >>> abs(net.cost(([[0, 1], [1, 0]], [1, 0]), weights=[1, 2]) - twice) < 1e-9
        True
        """
        self._ignores("cost", "feedforward")
        lmbda, l1 = _validation.real("lmbda", lmbda, least=0), _validation.real("l1", l1, least=0)
        return self._cost_and_accuracy(self._data("data", data, weights), lmbda, l1)[0]

    def accuracy(self, data: Any, *, weights: Any = None) -> float:
        """Return the fraction of the examples for which the network gives the class that the data gives.

        Where the data holds targets (n, n_out), the class is the index of the largest.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        weights : array_like (n,), optional
            How much each example counts: the weights of the right answers are divided by those of all.

        Raises
        ------
        ValueError
            The targets are not classes, but numbers or several labels. The message says what to use.
        """
        self._ignores("accuracy", "feedforward")
        given = self._examples("data", data, usual=self._usual)
        if reason := monitoring.reason_without_accuracy(given):
            raise ValueError(f"data: there is no accuracy: {reason}")
        _answers.warn_of_other_answers(self)
        given = _validation.weighted(given, weights, dtype=self.dtype)
        return self._cost_and_accuracy(self._prepare(given), needs_cost=False)[1]

    SGD = sgd.SGD
    # Final, so that type checkers take the signatures of these functions; a subclass may replace them
    minimize: Final = minimize.minimize
    learning_speeds: Final = monitoring.learning_speeds

    def save(
        self,
        path: Any,
        *,
        label: bool = False,
        dtype: Literal["float16", "float32", "float64"] | None = None,
    ) -> None:
        """Write the network to a file, in the format that its name says.

        ===============  ================================================================================
        .npz, and names  nncore's own format. It keeps what training needs to go on, too: the history, the
        of no format     memory of the update rule and the seed. After ``net = nn.load(path)``,
                         ``net.SGD(..., resume=net.history)`` gives the same parameters, to the bit, as a
                         run without a pause
        .json            the book's network2: sizes, weights, biases and cost of sigmoid layers
        .onnx            ONNX, for onnxruntime, browsers, phones and most other libraries; needs onnx
        .safetensors     arrays for PyTorch and its relatives; needs safetensors
        .html            a page that shows the network, for any browser: see `save_html`
        .c               a C99 function ``NAME_predict``, after the name of the file; it needs nothing
        ===============  ================================================================================

        `nncore.load` reads all but .c. Names of other formats, such as net.h5, are refused.

        Parameters
        ----------
        path : str or path-like
            The file is written whole or not at all: a crash leaves an older file of this name as it was.
        label : bool
            Adds the output ``label`` to an ONNX file: what `predict` answers.
        dtype : {"float16", "float32", "float64"}, optional
            The numbers in a file of another library. By default float32 in ONNX, since runtimes have no
            convolution of float64; float16, or on request float32, in a page; and otherwise those of the
            network.

        Raises
        ------
        ValueError
            The name promises another format; or the parameters are not finite; or the name ends in .json, and
            the network has other layers or another cost than network2 knows.
        ImportError
            The library that the format needs is missing.

        Notes
        -----
        After a run with momentum an .npz file is twice as large as the parameters, after one with Adam three
        times; ``SGD(keep_best=True)`` adds the parameters of the best epoch, and of the last. To keep the
        parameters alone, set ``net.history = None`` first.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import nncore as nn
        >>> net = nn.Network([2, 3, 1], seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(pathlib.Path(folder, "xor.c"))
        ...     "void xor_predict(const float *x, float *y)" in pathlib.Path(folder, "xor.c").read_text()
        True
        """
        self._check_savable()
        _exchange.save(self, path, label=label, dtype=dtype)

    def save_html(
        self,
        path: Any,
        *,
        dtype: Literal["float16", "float32"] = "float16",
        title: str | None = None,
        test_data: Any = None,
    ) -> None:
        """Write the network as a page: one HTML file that any browser shows, from a disk and on a phone, too.

        Who opens the page draws a digit, or sets the inputs of another network, and sees the activations of
        every layer, the outputs, some test images with the network's answers, and how it was trained. The
        page needs nothing from outside: a policy inside it forbids the browser to load anything. It computes
        in JavaScript, with sums in float64: its outputs are within 1e-6 of the exact ones.

        The page is a file of the network, too: `nncore.load` reads it.

        Parameters
        ----------
        path : str or path-like
            A name that ends in .html. The file is written whole or not at all.
        dtype : {"float16", "float32"}
            The numbers in the page. float16 has 11 significant bits, half the bytes, and as a rule the same
            answers; small numbers are rounded to 2^-13 of the power of two above the largest of their layer.
            The network that is read from the page has these rounded parameters.
        title : str, optional
            The title of the page; by default the name of the file and the sizes.
        test_data : Dataset or pair of arrays, optional
            What accuracy is measured on; images of 28 x 28 pixels are shown, too. By default, for a network
            that reads digits, the 1,000 test digits that ship with nncore.

        Raises
        ------
        ValueError
            The name does not end in .html; or the parameters are not finite, or too large for float16.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import nncore as nn
        >>> net = nn.Network([784, 30, 10], seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "digits.html")
        ...     net.save_html(path)
        ...     nn.load(path).sizes
        [784, 30, 10]
        """
        self._core_alone("save_html")
        self._check_savable()
        _exchange.save_html(self, path, dtype=dtype, title=title, test_data=test_data)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return the weights and biases under the names of PyTorch's state dict, as arrays of their own.

        They are those of the ``nn.Sequential`` that `torch_code` prints: "0.weight" (n_out, n_in) or
        (filters, channels, height, width), "0.bias" (n_out,), and so on.

        Examples
        --------
        >>> import nncore as nn
        >>> {name: a.shape for name, a in nn.Network([2, 3, 1], seed=0).state_dict().items()}
        {'0.weight': (3, 2), '0.bias': (3,), '2.weight': (1, 3), '2.bias': (1,)}
        """
        from nncore.formats import state_dict

        self._core_alone("state_dict")
        return state_dict.state_dict(_exchange.parts_of(self))

    def torch_code(self) -> None:
        """Print PyTorch code that makes the same network, an ``nn.Sequential``, with these parameters.

        Examples
        --------
        >>> import nncore as nn
        >>> nn.Network([nn.Dense(3, "tanh"), nn.Softmax(2)], input_shape=(4,), seed=0).torch_code()
        import torch
        from torch import nn
        <BLANKLINE>
        model = nn.Sequential(
            nn.Linear(4, 3),
            nn.Tanh(),
            nn.Linear(3, 2),
            nn.Softmax(dim=1),
        )
        model.load_state_dict({name: torch.from_numpy(array) for name, array in net.state_dict().items()})
        model.eval()  # dropout leaves out nothing
        """
        from nncore.formats import state_dict

        self._core_alone("torch_code")
        print(state_dict.code(_exchange.parts_of(self)))

    @classmethod
    def from_state_dict(
        cls,
        state_dict: Mapping[str, Any],
        *,
        activations: Iterable[Literal["sigmoid", "tanh", "relu", "linear", "softmax"]] | None = None,
        layers: Iterable[Layer] | None = None,
        input_shape: Iterable[int] | None = None,
        cost: Literal["quadratic", "cross-entropy", "log-likelihood"] | None = None,
    ) -> Network:
        """Make a network of the weights and biases in PyTorch's state dict, or in one from another library.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            NumPy arrays, or tensors in the memory of the CPU: what ``model.state_dict()``,
            ``torch.load(path, weights_only=True)`` or ``safetensors.numpy.load_file(path)`` gives. Names end
            in ".weight" and ".bias"; a layer without biases gets zeros.
        activations : sequence of str, optional
            One for each layer, "sigmoid", "tanh", "relu", "linear" or, for the output, "softmax". A state
            dict does not hold them.
        layers, input_shape : optional
            In place of `activations`, all layers, as `Network` takes them: a state dict does not say where
            pooling stands, and how large the images are.
        cost : {"quadratic", "cross-entropy", "log-likelihood"}, optional
            As for `Network`.

        Returns
        -------
        Network
            Of float64 if the arrays are, and otherwise of float32.

        Examples
        --------
        >>> import nncore as nn
        >>> net = nn.Network([2, 3, 1], seed=0)
        >>> same = nn.Network.from_state_dict(net.state_dict(), activations=["sigmoid", "sigmoid"])
        >>> bool((same.parameters == net.parameters).all())
        True
        """
        return Network._from_state(
            *_exchange.from_state_dict(
                state_dict, activations=activations, layers=layers, input_shape=input_shape, cost=cost
            )
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return everything that is kept of the network: see `nncore._persistence`."""
        return _persistence.describe(self)

    @classmethod
    def _from_state(cls, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Return the network that `_state` described, of this very class, without calling its constructor.

        A subclass that keeps more than a Network extends both methods.
        """
        net = cls.__new__(cls)
        net._allocate(*_persistence.read_architecture(description, arrays))
        _persistence.restore(net, description, arrays)
        return net

    def copy(self, dtype: choices.DType | np.dtype[Any] | type | None = None) -> Self:
        """Return an independent network with the same layers, cost, parameters, seed and history.

        The copy shares nothing with this network: training one leaves the other, and its `history`, as they
        are. Trained further on the same data, both get the same parameters. `copy.deepcopy` and pickling
        give the same.

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
        try:
            return self._from_state(description, arrays)
        except ValueError as reason:  # a number is too large for float32
            raise ValueError(f"dtype: {reason}") from None

    def summary(self) -> None:
        """Print a table of the layers, the shapes of their activations and the numbers of their parameters.

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
        print(_summary.table(self))

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.NETWORK)

    def __reduce__(self) -> tuple[Any, ...]:  # for copy and pickle
        return type(self)._from_state, self._state()

    def __repr__(self) -> str:
        return _summary.described(self)


Network._written = _own_methods.written(Network, _own_methods.NAMES)


def load(path: Any) -> Network:
    """Read a network that `Network.save` wrote, as a page, too, the book's network2 (JSON), or an ONNX file.

    Parameters
    ----------
    path : str or path-like
        An ONNX file may be another library's, if its network is a chain of layers that nncore has. It needs
        the library onnx, and a safetensors file the library safetensors.

    Returns
    -------
    Network
        From JSON, of dtype float64: no digit is lost.

    Raises
    ------
    ValueError
        The file holds something else, or it is damaged; the message says what the file is, and which
        function reads it. Only numbers are read: nothing in it can run.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nncore as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.Network([2, 3, 1], seed=0).save(pathlib.Path(folder, "xor.npz"))
    ...     nn.load(pathlib.Path(folder, "xor.npz")).sizes
    [2, 3, 1]
    """
    from nncore.formats import npz

    if (found := _persistence.load_book_json(path)) is not None:
        sizes, weights, biases, cost = found
        net = Network(sizes, cost=cost, init="zeros", dtype="float64")
        net.weights, net.biases = weights, biases
        return net
    description, arrays = _exchange.load(path) or npz.read(path)
    if "networks" in description:
        raise ValueError(f"{path}: it holds an ensemble and not one network: nn.Ensemble.load reads it")
    try:
        return Network._from_state(description, arrays)
    except (TypeError, ValueError, AttributeError) as reason:
        raise ValueError(
            f"{path}: not a network that nncore saved ({_persistence.reason_of(reason)})"
        ) from reason
