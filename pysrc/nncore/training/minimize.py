"""`minimize` lowers the cost over all examples at once by SciPy's methods, without mini-batches and eta."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from nncore import _hints, _validation, choices, targets
from nncore.insight.scale import warn_of_scale
from nncore.training import monitoring, reports, stopping
from nncore.training.history import History
from nncore.training.monitoring import Monitor, Observer
from nncore.training.run import (
    Callback,
    DivergenceError,
    as_callbacks,
    evaluation_examples,
    exclusive,
    record_interrupt,
)
from nncore.training.training_record import Run, run_of

if TYPE_CHECKING:
    from nncore.network import Network

# The options make each method go on to smaller costs than SciPy's defaults do.
METHODS: dict[str, dict[str, Any]] = {
    "L-BFGS-B": {"ftol": 1e-13, "gtol": 1e-8, "maxcor": 30},
    "CG": {"gtol": 1e-8},
    "BFGS": {"gtol": 1e-8},
    "Newton-CG": {"xtol": 1e-8},
}
BFGS_LIMIT = 10_000  # the largest number of parameters for BFGS, whose square matrix then takes 800 MB


def minimize(
    net: Network,
    training_data: Any,
    *,
    method: choices.Method = "L-BFGS-B",
    lmbda: float = 0.0,
    maxiter: int = 1000,
    stop: Any = None,
    evaluation_data: Any = None,
    weights: Any = None,
    class_weight: Literal["balanced"] | Mapping[Any, float] | ArrayLike | None = None,
    evaluation_weights: Any = None,
    monitor: choices.Measure | Sequence[choices.Measure] | Monitor | None = None,
    callbacks: Callable[..., Any] | Sequence[Callable[[Network, History], Any]] = (),
    options: Mapping[str, Any] | None = None,
    **unknown: Any,
) -> History:
    """Minimise the cost over all training examples at once: no mini-batches, and no learning rate to choose.

    For small networks and few examples, above all for regression (chapter 4's functions), this finds a much
    lower cost than SGD does. All layers are supported, convolutions too, but dropout is not. The arithmetic
    is float64, whatever the network's dtype is. This needs SciPy: ``pip install scipy``.

    Parameters
    ----------
    training_data, evaluation_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
    method : {"L-BFGS-B", "CG", "BFGS", "Newton-CG"}, default "L-BFGS-B"
        The method of `scipy.optimize.minimize`. BFGS keeps a square matrix, and takes up to 10,000
        parameters.
    lmbda : float, default 0.0
        The strength of L2 regularisation, as in SGD.
    maxiter : int, default 1000
        The largest number of iterations. A method ends earlier if it makes no more progress.
    weights, class_weight, evaluation_weights
        As in SGD. What is minimised is ``net.cost(training_data, lmbda, weights=weights)``, the cost of data
        in which each example is repeated as often as its weight says.
    stop, monitor, callbacks
        As in SGD, with iterations in place of epochs. The regularised training cost, which is minimised, is
        always recorded; nothing is measured within an iteration.
    options : dict, optional
        Options of the method, such as ``{"gtol": 1e-5}``. The defaults go on to small costs.

    Returns
    -------
    History
        One value per iteration. `images` counts n for each time that the cost was computed. Ctrl-C ends the
        run with a warning; the network is then as it was after the last complete iteration.

    Raises
    ------
    DivergenceError
        The cost is not a finite number at the start.
    ValueError
        The network has dropout: its cost is random.
    ImportError
        SciPy is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import nncore as nn
    >>> x = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> net = nn.Network([nn.Dense(8, "tanh"), nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    >>> history = net.minimize((x, x**2))
    >>> bool(np.abs(net.feedforward(x) - x**2).max() < 0.01)
    True
    """
    for name in unknown:  # such as epochs=, which SGD has
        raise _hints.unknown_argument("minimize", name)
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError("minimize: SciPy is needed: pip install scipy") from None
    net._core_alone("minimize")
    _validation.one_of("method", method, tuple(METHODS))
    lmbda = _validation.real("lmbda", lmbda, least=0)
    maxiter = _validation.integer("maxiter", maxiter, 1)
    callbacks = as_callbacks(callbacks)
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"options: a dict of the method's options needed, got {options!r:.60}")
    if any(layer.dropout for layer in net.layers):
        raise ValueError(
            "minimize: a network without dropout needed, since dropout makes the cost random; use net.SGD"
        )
    options = METHODS[method] | {"maxiter": maxiter} | dict(options or {})
    wide = net.copy("float64")
    given = wide._examples("training_data", training_data, usual=net._usual_to_train_on)
    examples = {"training": _validation.weighted(given, weights, class_weight, dtype=wide.dtype)}
    trained = run_of(net, training_data, examples["training"], method, lmbda=lmbda)
    examples |= evaluation_examples(wide, evaluation_data, evaluation_weights, lambda: trained.usual)
    if not net.training_record:
        warn_of_scale("training_data", examples["training"], net.layers[-1].activation)
    data = {side: wide._prepare(given) for side, given in examples.items()}
    observer = monitoring.observer(wide, monitor, examples, data, lmbda, 0.0)
    stopping_rules = stopping.collect(stop, None, (*observer.names, "training_cost"))
    cost = Cost(wide, data["training"], lmbda)
    if method == "BFGS" and len(cost.indices) > BFGS_LIMIT:
        raise ValueError(
            f"method: BFGS keeps a square matrix, of {len(cost.indices)} rows here; at most "
            f"{BFGS_LIMIT:,} are allowed: use L-BFGS-B or CG"
        )
    run = Iterations(net, cost, observer, stopping_rules, callbacks)
    with exclusive(net), net._record.begin(trained) as run.trained:
        net.history = run.history
        run.history.weights = trained.settings.weights
        reports.began(method, net, run.history, examples["training"].n)
        try:
            start = net.parameters[run.indices].astype(np.float64)
            if not np.isfinite(cost(start)[0]):
                raise DivergenceError(
                    "minimize: the cost is not a finite number at the start: scale inputs or targets down",
                    0,
                )
            result = optimize.minimize(
                cost, start, method=method, jac=True, callback=run.after_iteration, options=options
            )
            run.history.stopped = run.history.stopped or str(result.message)
        except KeyboardInterrupt:
            record_interrupt(run.history, "iteration")
        finally:
            reports.ended(run.history, "iteration")
    return run.history


def parameter_indices(net: Network) -> tuple[np.ndarray, int]:
    """Return where the weights and biases lie in the flat buffer, and how many of them are weights.

    The weights of all layers come first, then the biases; the padding between them is left out.
    """
    weights, biases = net._layer_views(np.arange(net._program.size))
    listed = [array.T.ravel() for array in (*weights, *biases)]
    return np.concatenate(listed), sum(array.size for array in weights)


class Cost:
    """A Cost computes C and its gradient from one vector x of all weights and biases."""

    net: Network
    data: Any
    n: float
    threads: int
    indices: np.ndarray
    n_weights: int
    decay: np.ndarray
    nabla: np.ndarray
    calls: int

    def __init__(self, net: Network, data: Any, lmbda: float) -> None:
        self.net, self.data, self.n = net, data, data.total_weight
        self.threads = net._threads_for(len(data))
        self.lmbda = lmbda
        self.indices, self.n_weights = parameter_indices(net)
        self.decay = np.where(np.arange(len(self.indices)) < self.n_weights, lmbda / self.n, 0.0)
        self.nabla = targets.aligned_zeros(net._program.size, net.dtype)
        self.calls = 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return C = mean cost + lmbda/2n |w|^2, and nabla C; n is the sum of the weights of the examples."""
        self.calls += 1
        self.net._kernels.backprop(
            self.net._program, self._parameters(x), self.data, self.nabla, threads=self.threads
        )
        return self.value(x), self.nabla[self.indices] / self.n + self.decay * x

    def value(self, x: np.ndarray) -> float:
        """Return C alone."""
        total, _ = self.net._kernels.evaluate(
            self.net._program, self._parameters(x), self.data, threads=self.threads
        )
        if not self.lmbda:
            return float(total / self.n)
        k = self.n_weights
        with np.errstate(over="ignore"):  # a method may try parameters that are far too large
            return float(total / self.n + float(self.decay[:k] @ x[:k] ** 2) / 2)

    def _parameters(self, x: np.ndarray) -> np.ndarray:
        self.net.parameters[self.indices] = x
        return self.net.parameters


class Iterations:
    """After each iteration, Iterations copies the parameters into the network and measures them."""

    net: Network
    cost: Cost
    observer: Observer
    stopping_rules: list[stopping.StoppingRule]
    callbacks: list[Callback]
    indices: np.ndarray
    history: History
    began: float
    iteration_began: float

    def __init__(
        self,
        net: Network,
        cost: Cost,
        observer: Observer,
        stopping_rules: list[stopping.StoppingRule],
        callbacks: list[Callback],
    ) -> None:
        self.net, self.cost, self.observer = net, cost, observer
        self.stopping_rules, self.callbacks = stopping_rules, callbacks
        self.indices, _ = parameter_indices(net)  # not the cost's: padding depends on the dtype
        self.trained: Run | None = None  # what the network's record says of this run
        self.history = History()
        self.began = self.iteration_began = time.perf_counter()

    def after_iteration(self, x: np.ndarray) -> None:
        """Record the parameters x that an iteration found. SciPy calls this method."""
        net, history = self.net, self.history
        seconds = time.perf_counter() - self.iteration_began
        values = {"training_cost": self.cost.value(x), "seconds": seconds, "steps": len(history) + 1}
        values |= self.observer.after_epoch(self.cost.net)
        values |= {
            "images": self.cost.calls * len(self.cost.data),
            "elapsed": time.perf_counter() - self.began,
        }
        net.parameters[self.indices] = x
        history.add(values)
        if self.trained is not None:
            self.trained.epochs += 1
        history.seed, history.epochs_trained = net.seed, net.epochs_trained
        reports.epoch(history, "iteration")
        for callback in self.callbacks:
            callback(net, history)
        history.stopped = stopping.reason_to_stop(self.stopping_rules, history)
        if history.stopped:
            raise StopIteration  # this ends SciPy's loop
        self.iteration_began = time.perf_counter()
