"""SGD warns by `warn_if_not_learning` if a run has learned nothing, and says why and what to do.

It looks at what is at hand: the inputs, the classes, the neurons, and short trial runs with other learning
rates. `nn.diagnose` looks at more.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore._parameters import initialise
from nncore.insight import classes, neurons, scale
from nncore.insight.sampling import columns
from nncore.insight.wording import format_count, rounded
from nncore.reference.equations import forward
from nncore.training import eta_search
from nncore.training.history import History
from nncore.training.monitoring import reason_without_accuracy
from nncore.training.run import PERHAPS, DivergenceError, NotLearningWarning

if TYPE_CHECKING:
    from nncore._validation import Examples
    from nncore.network import Network

FEWEST_TO_JUDGE = 100  # with fewer examples or steps than this, an accuracy near chance says little
LOOKED_AT, MOST_ANSWERED = 300, 10_000  # examples at whose activations, and at whose answers it looks
TRIAL_EXAMPLES = 1000  # of the trial runs
TRIALS = 7 * 3  # epochs that a search for eta takes, about
FAR_WORSE = 5.0  # times the cost of one answer for all: small steps do not lead there
ROUNDING = 1e-9  # of a weighted accuracy
LARGE_WEIGHT = 100.0  # of an example
LARGE_L1_STEP = 0.1  # by which L1 moves each weight in a step: weights are drawn smaller, as a rule
SECONDS = 0.5  # that it may take; or a tenth of what the run took


def warn_if_not_learning(
    net: Network, history: History, examples: dict[str, Examples], epoch: int, SGD: Callable[..., Any]
) -> None:
    """Warn if a run ends no better than one answer for every example.

    A run of few steps may still learn, if its cost has not become far worse than that of one answer for all;
    and few examples may be answered wrongly by chance: neither is judged.
    `examples` has the "training" and the "evaluation" set; the evaluation set counts if it was monitored.
    `epoch` is the one whose parameters the network has. `SGD` makes trial runs.
    """
    if not history.steps:
        return
    if history.steps[-1] < FEWEST_TO_JUDGE and not _is_far_worse(net, history, examples["training"], epoch):
        return
    said = _no_better(history, examples, epoch)
    if said is not None and not _learns_weighted(net, examples):
        reason = cause(net, history, examples["training"], SGD)
        more = "says more" if reason else "tells why"
        message = f"{said}: it has not learned. {reason}nn.diagnose(net, training_data) {more}."
        _validation.warn(message, NotLearningWarning)


def warn_of_own(right: int, side: str, given: Examples, training: Examples, steps: int, eta: float) -> None:
    """Warn in the same way of a run that followed methods of the reader's own, for which there are no trials.

    `right` is how many of the `given` examples, those of one `side`, are answered rightly in the end.
    """
    if min(steps, given.n) < FEWEST_TO_JUDGE or reason_without_accuracy(given):
        return
    said = _no_better_accuracy(right / given.n, f"after {steps:,} steps the network", side, given)
    if said is None:
        return
    found = scale.bad_inputs(training, "example" if training.images is None else "image")
    cause = (
        f"{found[1]} {found[2]}"
        if found
        else (
            f"The usual reason is eta = {eta:g}. On a new network try {eta / 10:g} and {eta / 100:g}, in "
            f"case it is too high, and {eta * 10:g}."
        )
    )
    _validation.warn(f"{said}: it has not learned. {cause}", NotLearningWarning)


def _is_far_worse(net: Network, history: History, training: Examples, epoch: int) -> bool:
    """Return whether the training cost, if it was monitored, is far above that of one answer for all."""
    costs = history.training_cost
    if not costs or training.n < FEWEST_TO_JUDGE:
        return False
    penalty = (history.lmbda or 0.0) / (2 * training.n) * sum(float(np.vdot(w, w)) for w in net.weights)
    sample = training.subset(np.arange(min(training.n, TRIAL_EXAMPLES)))
    constant = eta_search.constant_cost(net.cost_name, columns(sample, net.sizes[-1])[1])
    return bool(costs[epoch] - penalty > FAR_WORSE * constant)  # never of a NaN


def _no_better(history: History, examples: dict[str, Examples], epoch: int) -> str | None:
    """Say how the accuracy, or the cost of numbers, compares with one answer for all; None if better."""
    after = f"after {history.steps[-1]:,} steps the network"
    for side in ("evaluation", "training"):
        if side not in examples or examples[side].n < FEWEST_TO_JUDGE:
            continue
        given = examples[side]
        accuracies, costs = getattr(history, f"{side}_accuracy"), getattr(history, f"{side}_cost")
        if accuracies and not math.isnan(accuracies[epoch]):
            return _no_better_accuracy(accuracies[epoch], after, side, given)
        if costs and not math.isnan(costs[epoch]) and _are_numbers(given):
            spread = _spread(given)
            if history.lmbda or costs[epoch] < 0.98 * spread or spread == 0:
                return None
            return (
                f"{after} has the cost {costs[epoch]:.3g} on the {given.n:,} {side} examples, and the mean "
                f"target as the answer for all would have {spread:.3g}"
            )
    return None


def _no_better_accuracy(accuracy: float, after: str, side: str, given: Examples) -> str | None:
    """Say how the accuracy on a set compares with one answer for all; None if it is better."""
    answer, share = commonest_class(given)
    if accuracy > share + ROUNDING or share == 1:
        return None
    return (
        f"{after} is right on {accuracy:.1%} of the {given.n:,} {side} examples, and the answer {answer} for "
        f"all would be right on {share:.1%}"
    )


def _are_numbers(given: Examples) -> bool:
    """Return whether the targets are numbers to fit, and not classes."""
    return given.labels is None and not np.isin(given.y, (0, 1)).all()


def commonest_class(examples: Examples) -> tuple[int, float]:
    """Return the class that most of the examples have, and its share of them, as the examples count."""
    counts = np.bincount(examples.classes, examples.weights)
    return int(counts.argmax()), float(counts.max() / counts.sum())


def _spread(examples: Examples) -> float:
    """Return the quadratic cost of the answer that is the mean target for all, as the examples count."""
    y, weights = examples.y, examples.weights
    return float(np.average(((y - np.average(y, 0, weights)) ** 2).sum(axis=1), 0, weights)) / 2


def _learns_weighted(net: Network, examples: dict[str, Examples]) -> bool:
    """Return whether weights explain results no better than one answer for all.

    A network that was trained with weights may be right less often than the commonest class is, where each
    example counts the same. Then what it was trained on decides, as the examples counted there.
    """
    training = examples["training"]
    if training.weights is None:
        return False
    cost, accuracy = net._cost_and_accuracy(net._prepare(training))
    if _are_numbers(training):
        return cost < 0.98 * _spread(training)
    return accuracy > commonest_class(training)[1] + ROUNDING


def explain_divergence(error: BaseException, training: Examples, activation: str) -> None:
    """Name bad scales of inputs, targets or weights in a DivergenceError; leave other errors as they are.

    They take the place of a cause that was a guess, and stand behind one that was not.
    """
    if not isinstance(error, DivergenceError):
        return
    found = scale.bad_inputs(training, diverged=True), scale.bad_targets(training, activation)
    said = [f"{measured} {remedy}" for _, measured, remedy in filter(None, found)]
    if training.weights is not None and training.weights.max() > LARGE_WEIGHT:
        said.append(
            f"An example has the weight {training.weights.max():.3g}, which multiplies eta for it. "
            "Divide them by the largest: weights / np.max(weights)."
        )
    if said:
        start, _, cause = str(error.args[0]).partition("; ")
        cause, _, end = cause.rpartition(" The network is")
        start += "." if PERHAPS in cause else f"; {cause}"
        error.args = (f"{start} {' '.join(said)} The network is{end}", *error.args[1:])


def cause(net: Network, history: History, training: Examples, SGD: Callable[..., Any]) -> str:
    """Say in two sentences why a network has not learned, and what to do; "" if that is not found at once."""
    noun = "example" if training.images is None else "image"
    sample = training.subset(np.sort(np.random.default_rng(0).permutation(training.n)[:LOOKED_AT]))
    x, y = columns(sample, net.sizes[-1])
    with np.errstate(all="ignore"):
        _, activations = forward(net, x)
        saturated = neurons.stuck(net, activations, y)
    found = scale.bad_inputs(training, noun) or scale.bad_targets(training, net.layers[-1].activation)
    found = found or neurons.identical(net)
    eta, lmbda = max(history.eta, default=0.0), history.lmbda or 0.0
    if found is None and eta * lmbda >= training.n:
        found = high_lmbda(eta, lmbda, training.n)
    found = found or high_l1(eta, net, training.n)
    found = found or _bad_eta(net, history, training, SGD, noun)
    if found is None and not _are_numbers(training):
        found = _rare_classes(net, training, SGD, noun)
    for l, which in enumerate(saturated):
        dead = net.layers[l].activation == "relu"  # and then no eta would do
        if which.mean() >= 0.5 and (found is None or (dead and found[0] == "eta too low")):
            found = neurons.say_stuck(net, l, which, noun)
    return "" if found is None else f"{found[1]} {found[2]} "


def _rare_classes(
    net: Network, training: Examples, SGD: Callable[..., Any], noun: str
) -> tuple[str, str, str] | None:
    """Say which classes are rare and not found by the network, among at most `MOST_ANSWERED` examples."""
    given = training.subset(np.sort(np.random.default_rng(0).permutation(training.n)[:MOST_ANSWERED]))
    out = net.feedforward(given.X)
    answers = (out[:, 0] > 0.5).astype(np.intp) if out.shape[1] == 1 else out.argmax(axis=1)
    return classes.rare_classes(
        given.classes, answers, noun, training.weights is not None, own_SGD=type(net).SGD is not SGD
    )


def high_lmbda(eta: float, lmbda: float, n: int) -> tuple[str, str, str]:
    """Say that L2 takes too much off the weights, as (name, what was measured, remedy)."""
    return (
        "lmbda too high",
        f"With lmbda = {lmbda:g} and eta = {eta:g}, each mini-batch takes "
        f"eta lmbda/n = {eta * lmbda / n:.0%} off every weight.",
        f"Try lmbda = {rounded(n / 10_000):g}, as the book's 5 for 50,000 images.",
    )


def high_l1(eta: float, net: Network, n: int) -> tuple[str, str, str] | None:
    """Say, if it is so, that L1 of the last run moved the weights by more than they are, in the same form."""
    l1 = net.training_record[-1].settings.l1 if net.training_record else 0.0
    if eta * l1 < LARGE_L1_STEP * n:
        return None
    return (
        "l1 too high",
        f"With l1 = {l1:g} and eta = {eta:g}, each mini-batch moves every weight by eta l1/n = "
        f"{eta * l1 / n:.2g} towards 0.",
        f"Try l1 = {rounded(n / 10_000):g}.",
    )


def _bad_eta(
    net: Network, history: History, training: Examples, SGD: Callable[..., Any], noun: str
) -> tuple[str, str, str] | None:
    """Say from short trial runs of new networks, if they are quick, whether eta was far too high or low."""
    seconds, images = sum(history.seconds), sum(history.images[-1:])
    m, eta = history.mini_batch_size or 10, history.eta[0] if history.eta else None
    if eta is None or not images or not net.epochs_trained:
        return None
    if history.weights is not None and training.weights is None:  # trial runs would be others
        return None
    n = min(training.n, max(TRIAL_EXAMPLES, eta_search.COSTS_PER_EPOCH * m))
    budget = max(SECONDS, seconds / 10)
    if TRIALS * n * seconds / images > budget:
        return None
    relu = any(layer.activation == "relu" for layer in net.layers)
    sample = training.subset(np.sort(np.random.default_rng(0).permutation(training.n)[:n]))
    make = functools.partial(_new, net.copy(), "he" if relu else "scaled")
    options = {} if history.rule is None else {"rule": history.rule}
    found = eta_search.search(make, sample, m, 0.0, 3, 0.1, functools.partial(SGD, **options))
    runs = f"trial runs on {format_count(n)} {noun}s"
    if found.threshold is None or found.eta is None:
        return None
    if eta > 0 and training.weights is None and not found.breaks(eta):
        constant = eta_search.constant_cost(net.cost_name, columns(sample, net.sizes[-1])[1])
        if not found.learns(constant):  # then eta is not to blame: the labels may be
            return None
    if eta > 2 * found.threshold:
        return found.too_high(eta, runs)
    return found.too_low(eta, runs) if eta < found.eta / 10 else None


def _new(net: Network, init: str) -> Network:
    """Return a network like this one that was never trained."""
    other = copy.copy(net)
    other.history, other.epochs_trained = None, 0
    initialise(other.weights, other.biases, init, 0)
    return other
