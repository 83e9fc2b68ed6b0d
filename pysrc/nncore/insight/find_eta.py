"""`find_eta` follows the book's recipe for the learning rate (chapter 3)."""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncore import _validation
from nncore.insight.sampling import evenly_spaced
from nncore.insight.wording import format_count, rounded
from nncore.network import Network
from nncore.training.run import DivergenceError

COSTS_PER_EPOCH = 8  # how many times an epoch a trial measures the cost
MAX_RISE = 0.25  # a cost falls steadily if its rises sum to at most this share of its falls
SMALLEST, LARGEST = 1e-7, 1e3  # the smallest and the largest eta that are tried
FAR_TOO_LARGE = ("leaves the finite numbers", "does not fall")  # verdicts on an eta that is far too large


@dataclass(frozen=True)
class Trial:
    """A `Trial` is a short training of a new network at one eta.

    Attributes
    ----------
    eta : float
        The learning rate.
    costs : tuple of float
        The training cost on at most 1,000 of the examples: before the run, and then 8 times an epoch.
    rises : float
        The sum of the rises between one cost and the next, divided by the sum of the falls. The first step,
        from the cost before the run, is left out.
    verdict : str
        "falls", or what the cost does instead.
    """

    eta: float
    costs: tuple[float, ...]
    rises: float
    verdict: str

    @property
    def steady(self) -> bool:
        """Whether the cost falls steadily."""
        return self.verdict == "falls"

    @property
    def far_too_large(self) -> bool:
        """Whether eta is far too large, and not only somewhat."""
        return self.verdict in FAR_TOO_LARGE

    @property
    def last(self) -> float:
        """The mean cost over the last epoch."""
        return float(np.mean(self.costs[-COSTS_PER_EPOCH:]))

    def __repr__(self) -> str:
        epochs = "  ".join(f"{cost:8.3g}" for cost in self.costs[::COSTS_PER_EPOCH])
        return f"eta {self.eta:<8g} cost {epochs}   rises are {self.rises:4.0%} of falls: {self.verdict}"


class EtaSearch:
    """An `EtaSearch` holds the trials of `nncore.find_eta` and its recommendation. Printed, it lists them.

    Attributes
    ----------
    trials : list of Trial
        The trials, in the order in which they were run.
    threshold : float or None
        The largest eta of a trial in which the cost fell steadily; None if it fell in none.
    eta : float or None
        The recommended eta: half the threshold.
    """

    def __init__(self, trials: list[Trial], threshold: float | None, about: str) -> None:
        self.trials = trials
        self.threshold = threshold
        self._about = about
        self.eta = None if threshold is None else threshold / 2

    def __repr__(self) -> str:
        lines = [f"Looking for eta: {self._about}", *(f"  {trial!r}" for trial in self.trials)]
        if self.threshold is None:
            lines.append(
                "The cost falls steadily at none of them. Train a network: nn.diagnose(net, data) says why."
            )
        else:
            lines.append(f"It falls steadily up to eta = {self.threshold:g}. Use half of that: {self.eta:g}.")
        return "\n".join(lines)


def find_eta(
    layers: Any,
    data: Any,
    *,
    mini_batch_size: int = 10,
    lmbda: float = 0.0,
    epochs: int = 3,
    start: float = 0.01,
    seed: int = 0,
    **network: Any,
) -> EtaSearch:
    """Find a learning rate by the book's recipe (chapter 3, how to choose hyper-parameters).

    The search starts at eta = 0.01. As long as the training cost falls steadily through the first epochs, it
    tries ten times as much; if the cost does not fall steadily at 0.01, it tries a tenth. Then it tries two
    and five times the last eta that worked. The largest eta that works is the threshold, and the search
    recommends half of it.

    Parameters
    ----------
    layers : list of sizes, sequence of layers, Network or callable
        The network to train. Sizes or layers are those that `Network` takes. If it is a network, each trial
        trains a copy. A callable without arguments makes a new network for each trial.
    data : Dataset, pair of arrays, or the book's list of (x, y)
        The training data. They are not changed.
    mini_batch_size : int, optional
        The size of the mini-batches of the training to come; the threshold depends on it.
    lmbda : float, optional
        The strength of L2 regularisation in the training to come; the threshold depends on it.
    epochs : int, optional
        The number of epochs of each trial.
    start : float, optional
        The first eta.
    seed : int, optional
        The seed of the networks that are made from sizes or layers.
    **network
        Further arguments of `Network` for sizes or layers, such as ``cost="quadratic"``.

    Returns
    -------
    EtaSearch
        The `trials`, the `threshold` and the recommended `eta`.

    Raises
    ------
    ValueError
        A number is out of range, or the data do not fit the network.
    TypeError
        `layers` is not one of the above, or further arguments come with a network or a callable.

    Notes
    -----
    A trial measures the cost 8 times an epoch, on at most 1,000 examples. The cost falls steadily if its
    rises sum to at most a quarter of its falls, the first step left out, and if it ends no higher than at a
    smaller eta.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> found = nn.find_eta([784, 30, 10], train)
    >>> 0.1 < found.eta < 1
    True
    """
    make: Callable[[], Network] = functools.partial(Network, layers, seed=seed, **network)
    if isinstance(layers, Network):
        make = functools.partial(copy.deepcopy, layers)
    elif callable(layers):
        make = layers
    if network and (isinstance(layers, Network) or callable(layers)):
        raise TypeError(
            f"layers: {', '.join(network)} go with sizes or layers alone, got a {type(layers).__name__}"
        )
    epochs = _validation.integer("epochs", epochs, 1)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    start = _validation.real("start", start, least=SMALLEST, below=LARGEST)
    net = make()
    if not isinstance(net, Network):
        raise TypeError(
            f"layers: a function that returns a Network needed, got one that returns {type(net).__name__}"
        )
    examples = _validation.examples("data", data, net.sizes[0], net.sizes[-1], net.dtype)
    return search(make, examples, mini_batch_size, lmbda, epochs, start)


def search(
    make: Callable[[], Network],
    examples: _validation.Examples,
    mini_batch_size: int,
    lmbda: float,
    epochs: int,
    start: float,
) -> EtaSearch:
    """Follow the recipe, with networks that `make` makes, on examples that are checked already."""
    order = np.resize(np.random.default_rng(0).permutation(examples.n), max(examples.n, COSTS_PER_EPOCH))
    parts = [examples.subset(np.sort(part)) for part in np.array_split(order, COSTS_PER_EPOCH)]
    measured = examples.subset(np.sort(order[evenly_spaced(len(order))]))  # examples of every part
    trials: dict[float, Trial] = {}

    def steady(eta: float) -> bool:
        costs = _trial_costs(make(), parts, measured, eta, mini_batch_size, lmbda / examples.n, epochs)
        trials[eta] = _judge(eta, costs, [trial for trial in trials.values() if trial.steady])
        return trials[eta].steady

    eta = start
    if steady(eta):
        while 10 * eta <= LARGEST and steady(rounded(10 * eta)):
            eta = rounded(10 * eta)
    else:
        while not steady(eta := rounded(eta / 10)):
            if eta <= SMALLEST:
                break
    threshold = None
    if trials[eta].steady:
        threshold = eta
        for factor in (2, 5):
            if factor * eta > LARGEST or not steady(rounded(factor * eta)):
                break
            threshold = rounded(factor * eta)
    about = (
        f"{make()!r}, {format_count(examples.n)} examples, mini-batches of {mini_batch_size}, lmbda {lmbda:g}"
    )
    return EtaSearch(list(trials.values()), threshold, about)


def _trial_costs(
    net: Network,
    parts: list[_validation.Examples],
    measured: _validation.Examples,
    eta: float,
    mini_batch_size: int,
    lmbda_over_n: float,
    epochs: int,
) -> list[float]:
    """Return the cost of `measured` before a trial and after each part of each epoch; inf ends the list."""
    data = net._prepare(measured)
    penalty = lmbda_over_n * len(data)  # `_cost_and_accuracy` divides it by the number of examples
    costs = [net._cost_and_accuracy(data, penalty)[0]]
    for _ in range(epochs):
        for part in parts:
            try:
                train(net, part, 1, mini_batch_size, eta, lmbda_over_n * part.n)
            except DivergenceError:
                return [*costs, float("inf")]
            costs.append(net._cost_and_accuracy(data, penalty)[0])
    return costs


def train(net: Network, data: Any, epochs: int, mini_batch_size: int, eta: float, lmbda: float = 0.0) -> None:
    """Train without warnings, since a trial may fail. Ctrl-C ends the whole search, by KeyboardInterrupt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = net.SGD(data, epochs, mini_batch_size, eta, lmbda, monitor=(), progress=False)
    if history.interrupted:
        raise KeyboardInterrupt


def _judge(eta: float, costs: list[float], steady: list[Trial]) -> Trial:
    """Judge the costs of a trial at this eta; `steady` are the earlier trials whose cost fell steadily."""
    if not np.isfinite(costs).all():
        return Trial(eta, tuple(costs), float("inf"), FAR_TOO_LARGE[0])
    steps = np.diff(costs)[1:]
    falls, rises = -float(steps[steps < 0].sum()), float(steps[steps > 0].sum())
    trial = Trial(eta, tuple(costs), rises / falls if falls else float(rises > 0), "falls")
    if trial.last > 0.999 * costs[0]:
        return replace(trial, verdict=FAR_TOO_LARGE[1])
    if trial.rises > MAX_RISE:
        return replace(trial, verdict="oscillates")
    if any(other.eta < eta and other.last < trial.last for other in steady):
        return replace(trial, verdict="ends higher than at a smaller eta")
    return trial
