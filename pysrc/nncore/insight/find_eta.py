"""The book's recipe for the learning rate (chapter 3): how large may it be for the cost to fall steadily?"""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncore import _validation
from nncore.insight.sampling import evenly_spaced, examples, take
from nncore.insight.wording import format_count, rounded
from nncore.network import Network
from nncore.training.run import DivergenceError

LOOKS = 8  # at the cost, in each epoch of a trial
MAX_RISE = 0.25  # the rises of a steadily falling cost are at most this share of its falls
SMALLEST, LARGEST = 1e-7, 1e3  # eta that is tried
FAR_TOO_LARGE = ("leaves the finite numbers", "does not fall")  # verdicts on an eta that is far too large


@dataclass(frozen=True)
class Trial:
    """A short run at one eta.

    Attributes
    ----------
    eta : float
    costs : tuple of float
        The training cost on up to 1,000 of the examples: before the run, and then 8 times an epoch.
    rises : float
        All that the cost rose from look to look, as a share of all that it fell; the first fall is left out.
    verdict : str
        "falls", or what it does instead.
    """

    eta: float
    costs: tuple[float, ...]
    rises: float
    verdict: str

    @property
    def steady(self) -> bool:
        return self.verdict == "falls"

    @property
    def breaks(self) -> bool:
        """Whether eta is far too large, not just a little."""
        return self.verdict in FAR_TOO_LARGE

    @property
    def last(self) -> float:
        """The mean cost over the last epoch."""
        return float(np.mean(self.costs[-LOOKS:]))

    def __repr__(self) -> str:
        epochs = "  ".join(f"{cost:8.3g}" for cost in self.costs[::LOOKS])
        return f"eta {self.eta:<8g} cost {epochs}   rises are {self.rises:4.0%} of falls: {self.verdict}"


class EtaSearch:
    """What `find_eta` tried and found. Printed, it tells the story.

    Attributes
    ----------
    trials : list of Trial
        In the order they were run.
    threshold : float or None
        The largest eta tried at which the cost fell steadily; None where it fell at none.
    eta : float or None
        The recommendation: half the threshold.
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
                "The cost falls steadily at none of them; nn.diagnose(net, data) looks for the reason."
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

    Start at 0.01. As long as the training cost falls steadily through the first few epochs, try ten times as
    much; if it does not fall at 0.01, a tenth. Then try two and five times the last eta that works. The
    largest that works is the threshold; half of it is recommended.

    Parameters
    ----------
    layers : list of sizes, sequence of layers, Network or callable
        What to train: as for `Network`; or a network, and each trial starts from a copy of it; or a function
        without arguments that makes a new one.
    data : Dataset, pair of arrays, or the book's list of (x, y)
        The training data; never changed.
    mini_batch_size : int
    lmbda : float
        As they will be in training: the threshold depends on them.
    epochs : int
        Of each trial.
    start : float
        The first eta.
    seed : int
        For sizes or layers: of the first parameters.
    **network
        For sizes or layers: what else `Network` takes, such as ``cost="quadratic"``.

    Returns
    -------
    EtaSearch
        With `trials`, `threshold` and the recommended `eta`.

    Notes
    -----
    The cost is looked at 8 times an epoch, on up to 1,000 examples. It falls steadily if its rises sum to at
    most a quarter of its falls, the first fall left out, and if it ends no higher than at a smaller eta.

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
            f"find_eta: {', '.join(network)} go with sizes or layers, got {type(layers).__name__}"
        )
    epochs = _validation.integer("epochs", epochs, 1)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    start = _validation.real("start", start, least=SMALLEST, below=LARGEST)
    net = make()
    if not isinstance(net, Network):
        raise TypeError(f"layers: a function that makes a Network needed; it made {type(net).__name__}")
    return search(make, examples(net, data), mini_batch_size, lmbda, epochs, start)


def search(
    make: Callable[[], Network],
    given: _validation.Examples,
    mini_batch_size: int,
    lmbda: float,
    epochs: int,
    start: float,
) -> EtaSearch:
    """The recipe, on examples that were checked."""
    order = np.resize(np.random.default_rng(0).permutation(given.n), max(given.n, LOOKS))
    parts = [take(given, np.sort(part)) for part in np.array_split(order, LOOKS)]
    looked_at = take(given, np.sort(order[evenly_spaced(len(order))]))  # some of each part
    trials: dict[float, Trial] = {}

    def steady(eta: float) -> bool:
        costs = _trial_costs(make(), parts, looked_at, eta, mini_batch_size, lmbda / given.n, epochs)
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
        f"{make()!r}, {format_count(given.n)} examples, mini-batches of {mini_batch_size}, lmbda {lmbda:g}"
    )
    return EtaSearch(list(trials.values()), threshold, about)


def _trial_costs(
    net: Network,
    parts: list[Any],
    looked_at: Any,
    eta: float,
    mini_batch_size: int,
    lmbda_over_n: float,
    epochs: int,
) -> list[float]:
    """The cost before, and after each part of each epoch; infinite where the parameters became so."""
    data = net._data("data", looked_at)
    penalty = lmbda_over_n * len(data)  # `measure` divides it by the number of examples it is given
    costs = [net._cost_and_accuracy(data, penalty)[0]]
    for _ in range(epochs):
        for part in parts:
            try:
                train(net, part, 1, mini_batch_size, eta, lmbda_over_n * len(part[1]))
            except DivergenceError:
                return [*costs, float("inf")]
            costs.append(net._cost_and_accuracy(data, penalty)[0])
    return costs


def train(net: Network, data: Any, epochs: int, mini_batch_size: int, eta: float, lmbda: float = 0.0) -> None:
    """SGD without a word: a trial may fail, that is what it is for. Ctrl-C ends all trials, not one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = net.SGD(data, epochs, mini_batch_size, eta, lmbda, monitor=(), progress=False)
    if history.interrupted:
        raise KeyboardInterrupt


def _judge(eta: float, costs: list[float], steady: list[Trial]) -> Trial:
    """What the cost does at this eta, next to the trials at which it fell steadily."""
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
