"""Full-batch minimisation of the cost, by SciPy's methods over the network's one vector of parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation, targets
from nncore.training import monitoring, schedules
from nncore.training.history import History
from nncore.training.sgd import DivergenceError, alone, interrupted

if TYPE_CHECKING:
    from nncore.network import Network

METHODS: dict[str, dict[str, Any]] = {  # and options that go on for longer than SciPy's, down to small costs
    "L-BFGS-B": {"ftol": 1e-13, "gtol": 1e-8, "maxcor": 30},
    "CG": {"gtol": 1e-8},
    "BFGS": {"gtol": 1e-8},
    "Newton-CG": {"xtol": 1e-8},
}
MOST_FOR_BFGS = 10_000  # parameters: its matrix takes 800 MB then


def minimize(
    net: Network,
    training_data: Any,
    method: str = "L-BFGS-B",
    lmbda: float = 0.0,
    *,
    maxiter: int = 1000,
    stop: Any = None,
    evaluation_data: Any = None,
    monitor: str | Sequence[str] | None = None,
    callbacks: Sequence[Callable[[Network, History], Any]] = (),
    options: Mapping[str, Any] | None = None,
) -> History:
    """Minimise the cost over all the data at once: no mini-batches, and no learning rate to choose.

    For small networks and data, and regression above all (chapter 4's functions), this gets much closer
    than SGD does. The arithmetic is float64, whatever the network's is. Needs SciPy: ``pip install
    'nncore[scipy]'``.

    Parameters
    ----------
    training_data, evaluation_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
    method : {"L-BFGS-B", "CG", "BFGS", "Newton-CG"}
        Of `scipy.optimize.minimize`. BFGS, which keeps a matrix, is for up to 10,000 parameters.
    lmbda : float
        L2 regularisation, as in SGD.
    maxiter : int
        The most iterations; a method ends before where it makes no more progress.
    stop, monitor, callbacks
        As in SGD, with iterations for epochs. `training_cost`, the regularised cost that is minimised, is
        always taken.
    options : dict, optional
        The method's own, such as ``{"gtol": 1e-5}``; by default those that get close.

    Returns
    -------
    History
        One value an iteration; `images` grows by the data's length with each look at the cost. Ctrl-C
        ends it, and the network is as the last whole iteration left it.

    Raises
    ------
    DivergenceError
        The cost left the finite numbers; the network is as it was.
    ValueError
        There is dropout, whose cost is another at each look.

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
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError("minimize: SciPy is needed: pip install 'nncore[scipy]'") from None
    _validation.one_of("method", method, tuple(METHODS))
    lmbda = _validation.real("lmbda", lmbda, least=0)
    maxiter = _validation.integer("maxiter", maxiter, 1)
    if any(layer.dropout for layer in net.layers):
        raise ValueError("minimize: with dropout the cost is another at each look: use SGD")
    options = METHODS[method] | {"maxiter": maxiter} | dict(options or {})
    wide = _in_float64(net)
    examples = {"training": wide._examples("training_data", training_data)}
    if evaluation_data is not None:
        examples["evaluation"] = wide._examples("evaluation_data", evaluation_data)
    watch = monitoring.prepare(wide, monitor, None, 100, examples, lmbda, 0.0)
    rules = schedules.rules(None, stop, watch.names)
    cost = _Cost(wide, watch.all["training"], lmbda)
    if method == "BFGS" and len(cost.places) > MOST_FOR_BFGS:
        raise ValueError(
            f"method: BFGS keeps a square matrix, of {len(cost.places)} rows here: use L-BFGS-B or CG"
        )
    run = _Run(net, cost, watch, rules, callbacks)
    with alone(net):
        net.history = run.history
        try:
            start = net.parameters[run.places].astype(np.float64)
            if not np.isfinite(cost(start)[0]):
                raise DivergenceError(
                    "minimize: the cost is not a finite number to begin with; scale the inputs", 0
                )
            result = optimize.minimize(
                cost, start, method=method, jac=True, callback=run.iterated, options=options
            )
            run.history.stopped = run.history.stopped or str(result.message)
        except KeyboardInterrupt:
            interrupted(run.history, "iteration")
    return run.history


def _in_float64(net: Network) -> Network:
    """The same network in float64."""
    from nncore.network import Network  # which has this room's function for a method

    description, arrays = net._state()
    return Network._from_state(description | {"dtype": "float64"}, arrays)


def _places(net: Network) -> tuple[np.ndarray, int]:
    """(where the parameters stand in the flat buffer, without its padding, weights first; how many are
    weights)."""
    weights, biases = [], []
    for (w, b, stride), n_prev, n in zip(net._program.places(), net.sizes, net.sizes[1:], strict=False):
        weights.append((w + stride * np.arange(n_prev)[:, None] + np.arange(n)).ravel())
        biases.append(b + np.arange(n))
    return np.concatenate(weights + biases), sum(map(len, weights))


class _Cost:
    """C and its gradient, as functions of one vector x of all weights and biases."""

    def __init__(self, net: Network, data: Any, lmbda: float) -> None:
        self.net, self.data = net, data
        self.places, weights = _places(net)
        self.decay = np.where(np.arange(len(self.places)) < weights, lmbda / len(data), 0.0)
        self.nabla = targets.aligned_zeros(net._program.size, net.dtype)
        self.calls = 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """C = mean cost + lmbda/2n |w|^2, and nabla C."""
        self.calls += 1
        self.net._kernels.backprop(self.net._program, self._parameters(x), self.data, self.nabla)
        return self.at(x), self.nabla[self.places] / len(self.data) + self.decay * x

    def at(self, x: np.ndarray) -> float:
        total, _ = self.net._kernels.evaluate(self.net._program, self._parameters(x), self.data)
        return total / len(self.data) + float(self.decay @ x**2) / 2

    def _parameters(self, x: np.ndarray) -> np.ndarray:
        self.net.parameters[self.places] = x
        return self.net.parameters


class _Run:
    """What happens after each iteration: the network takes it over, and it is looked at."""

    def __init__(
        self, net: Network, cost: _Cost, watch: monitoring.Monitor, rules: Any, callbacks: Any
    ) -> None:
        self.net, self.cost, self.watch, self.rules, self.callbacks = net, cost, watch, rules, callbacks
        self.places, _ = _places(net)
        self.history = History()
        self.began = self.since = time.perf_counter()

    def iterated(self, x: np.ndarray) -> None:
        net, history = self.net, self.history
        seconds = time.perf_counter() - self.since
        values = {"training_cost": self.cost.at(x), "seconds": seconds, "steps": len(history) + 1}
        values |= self.watch.after_epoch(self.cost.net)
        values |= {
            "images": self.cost.calls * len(self.cost.data),
            "elapsed": time.perf_counter() - self.began,
        }
        net.parameters[self.places] = x
        history.add(values)
        for callback in self.callbacks:
            callback(net, history)
        history.stopped = schedules.reason(self.rules, history)
        if history.stopped:
            raise StopIteration  # SciPy's way to end
        self.since = time.perf_counter()
