"""`search` follows the book's recipe for the learning rate (chapter 3) with short trial runs.

`nncore.find_eta` and the doctor use it, and SGD does so after a run that has learned nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._validation import Examples
from nncore.insight.sampling import evenly_spaced
from nncore.insight.wording import format_count, rounded, times
from nncore.training.run import DivergenceError

if TYPE_CHECKING:
    from nncore.network import Network

COSTS_PER_EPOCH = 8  # how many times an epoch a trial measures the cost
FEWEST_STEPS = 5  # between two measurements
MOST_REPEATED = 2000  # examples; of more, a trial does not see each several times an epoch
TREMBLE = 0.01  # a rise below this share of the cost does not count: on a plateau, mini-batches make some
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

    Examples
    --------
    >>> import nncore as nn
    >>> X, y = nn.datasets.toy("moons")
    >>> first = nn.find_eta([2, 5, 2], (X, y)).trials[0]
    >>> first.eta, len(first.costs), first.steady
    (0.01, 25, True)
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
    def learned(self) -> bool:
        """Whether the cost ends below a hundredth of what it was: a larger eta has nothing to gain."""
        return self.last < 0.01 * self.costs[0]

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

    Examples
    --------
    >>> import nncore as nn
    >>> X, y = nn.datasets.toy("moons")
    >>> search = nn.find_eta([2, 5, 2], (X, y))
    >>> search.eta == search.threshold / 2
    True
    """

    eta: float | None

    def __init__(self, trials: list[Trial], threshold: float | None, about: str) -> None:
        self.trials = trials
        self.threshold = threshold
        self._about = about
        self.eta = None if threshold is None else threshold / 2

    def learns(self, constant: float) -> bool:
        """Return whether a trial went below the cost of the best output that is the same for all examples."""
        steady = [trial.last for trial in self.trials if trial.steady]
        return bool(steady) and (min(steady) < 0.95 * constant or constant < 1e-9)

    def breaks(self, eta: float) -> bool:
        """Return whether an eta up to this one was far too large in its trial."""
        return any(trial.far_too_large and trial.eta <= eta for trial in self.trials)

    def too_high(self, eta: float, runs: str) -> tuple[str, str, str]:
        """Return (name, what was measured, what to do) for an eta above the threshold; `runs` were made."""
        assert self.threshold is not None
        assert self.eta is not None
        measured = (
            f"eta = {eta:g} is about {times(eta / self.eta)} times too high: in {runs} the cost falls "
            f"steadily only up to eta = {self.threshold:g}."
        )
        return "eta too high", measured, f"Try eta = {self.eta:g}, on a new network."

    def too_low(self, eta: float, runs: str) -> tuple[str, str, str]:
        """Return (name, what was measured, what to do) for an eta far below the threshold."""
        assert self.threshold is not None
        assert self.eta is not None
        much = f"about {times(self.eta / eta)} times too low" if eta else "no step at all"
        measured = (
            f"eta = {eta:g} is {much}: in {runs} the cost falls steadily up to eta = {self.threshold:g}."
        )
        return "eta too low", measured, f"Try eta = {self.eta:g}."

    def __repr__(self) -> str:
        lines = [f"Looking for eta: {self._about}", *(f"  {trial!r}" for trial in self.trials)]
        if self.threshold is None:
            lines.append(
                "The cost falls steadily at none of them. Train a network: nn.diagnose(net, data) says why."
            )
        else:
            lines.append(f"It falls steadily up to eta = {self.threshold:g}. Use half of that: {self.eta:g}.")
        return "\n".join(lines)


def constant_cost(cost: str, y: np.ndarray) -> float:
    """Return the cost of the best output that is the same for every example; y has a column for each."""
    p = y.mean(axis=1)
    if cost == "quadratic":
        return float(((y - p[:, None]) ** 2).sum(axis=0).mean() / 2)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum()
    if cost == "cross-entropy":
        entropy -= ((1 - p) * np.log(np.maximum(1 - p, 1e-300))).sum()
    return float(entropy)


def search(
    make: Callable[[], Network],
    examples: Examples,
    mini_batch_size: int,
    lmbda: float,
    epochs: int,
    start: float,
    SGD: Callable[..., Any],
) -> EtaSearch:
    """Follow the recipe, with networks that `make` makes and `SGD` trains, on checked examples."""
    m = min(mini_batch_size, examples.n)
    parts = _parts(examples, m)
    order = np.random.default_rng(0).permutation(examples.n)
    if examples.weights is not None:
        order = order[examples.weights[order] > 0]
    measured = examples.subset(np.sort(order[evenly_spaced(len(order))]))
    trials: dict[float, Trial] = {}

    def steady(eta: float) -> bool:
        costs = _trial_costs(SGD, make(), parts, measured, eta, m, lmbda / examples.n, epochs)
        trials[eta] = _judge(eta, costs, [trial for trial in trials.values() if trial.steady])
        return trials[eta].steady

    eta = start
    if steady(eta):
        while not trials[eta].learned and 10 * eta <= LARGEST and steady(rounded(10 * eta)):
            eta = rounded(10 * eta)
    else:
        while not steady(eta := rounded(eta / 10)):
            if eta <= SMALLEST:
                break
    threshold = None
    if trials[eta].steady:
        threshold = eta
        for factor in (2, 5):
            if trials[threshold].learned or factor * eta > LARGEST or not steady(rounded(factor * eta)):
                break
            threshold = rounded(factor * eta)
    size = f"{m}" if m == mini_batch_size else f"{m} (all examples: there are no {mini_batch_size})"
    about = f"{make()!r}, {format_count(examples.n)} examples, mini-batches of {size}, lmbda {lmbda:g}"
    return EtaSearch(list(trials.values()), threshold, about)


def _parts(examples: Examples, m: int) -> list[Examples]:
    """Return the examples between one measurement of the cost and the next: whole mini-batches of m.

    Of many mini-batches, each part has an eighth. Of few, each part has all of them, several times if need
    be: a trial of a handful of steps would show nothing, and the cost after some of them would depend on
    which they are.
    """
    batches = examples.n // m
    rng = np.random.default_rng(0)
    if batches >= COSTS_PER_EPOCH * FEWEST_STEPS or examples.n > MOST_REPEATED:
        each, passes = max(1, batches // COSTS_PER_EPOCH), 1
    else:
        passes = -(-FEWEST_STEPS // batches)
        each = batches * passes
    total = COSTS_PER_EPOCH * each
    repeats = -(-total // batches)
    order = np.concatenate([rng.permutation(examples.n)[: batches * m] for _ in range(repeats)])
    return [examples.subset(part) for part in np.split(order[: total * m], COSTS_PER_EPOCH)]


def _trial_costs(
    SGD: Callable[..., Any],
    net: Network,
    parts: list[Examples],
    measured: Examples,
    eta: float,
    mini_batch_size: int,
    lmbda_over_n: float,
    epochs: int,
) -> list[float]:
    """Return the cost of `measured` before a trial and after each part of each epoch; inf ends the list."""
    data = net._prepare(net._examples("data", measured))  # `measured` may be of another dtype
    penalty = lmbda_over_n * len(data)  # `_cost_and_accuracy` divides it by the number of examples
    costs = [net._cost_and_accuracy(data, penalty)[0]]
    for _ in range(epochs):
        for part in parts:
            try:
                train(SGD, net, part, 1, mini_batch_size, eta, lmbda_over_n * part.n, shuffle=False)
            except DivergenceError:
                return [*costs, float("inf")]
            costs.append(net._cost_and_accuracy(data, penalty)[0])
    return costs


def train(
    SGD: Callable[..., Any],
    net: Network,
    data: Any,
    epochs: int,
    mini_batch_size: int,
    eta: float,
    lmbda: float = 0.0,
    **options: Any,
) -> None:
    """Train without warnings, since a trial may fail. Ctrl-C ends the whole search, by KeyboardInterrupt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = SGD(net, data, epochs, mini_batch_size, eta, lmbda, monitor=(), progress=False, **options)
    if history.interrupted:
        raise KeyboardInterrupt


def _judge(eta: float, costs: list[float], steady: list[Trial]) -> Trial:
    """Judge the costs of a trial at this eta; `steady` are the earlier trials whose cost fell steadily."""
    if not np.isfinite(costs).all():
        return Trial(eta, tuple(costs), float("inf"), FAR_TOO_LARGE[0])
    steps = np.diff(costs)[1:]
    trembles = TREMBLE * float(np.mean(costs[-COSTS_PER_EPOCH:]))
    falls, rises = -float(steps[steps < 0].sum()), float(steps[steps > trembles].sum())
    trial = Trial(eta, tuple(costs), rises / falls if falls else float(rises > 0), "falls")
    if trial.last > 0.999 * costs[0]:
        return replace(trial, verdict=FAR_TOO_LARGE[1])
    if trial.rises > MAX_RISE:
        return replace(trial, verdict="oscillates")
    if any(other.eta < eta and other.last < trial.last - trembles for other in steady):
        return replace(trial, verdict="ends higher than at a smaller eta")
    return trial
