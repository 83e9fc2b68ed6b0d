"""The doctor: what keeps a network from learning, in plain words.

`diagnose` compares what it measures with what healthy networks show. Those of the book learn with four fifths
of their neurons saturated on any one image, for example, but none has one that is saturated on all. Where a
run has failed, short trial runs of new networks tell a wrong eta from wrong data.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nncore import _validation
from nncore.insight import find_eta as eta_search
from nncore.insight.find_eta import LOOKED_AT, count, examples, rounded, take
from nncore.layers import Conv2D, MaxPool2D, Softmax
from nncore.network import Network
from nncore.reference.equations import backward, columns, forward
from nncore.training.epochs import DivergenceError
from nncore.training.history import History

SEVERITIES = ("serious", "warning", "note")
OF_MAPS = 200  # examples at most, whose z, a and delta are looked at: feature maps take much memory
STUCK = {"sigmoid": (0.01, 0.99), "tanh": (-0.98, 0.98), "relu": (0.0, np.inf)}  # at most, or at least
USUAL = "nn.find_eta looks for a better eta, the usual reason; it may also need more epochs, or more neurons."


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    severity : str
        "serious": enough to keep a network from learning. "warning": it costs accuracy. "note": good to know.
    name : str
        What it is called, such as "eta too high".
    measured : str
        What was measured, as a sentence.
    remedy : str
        What to do about it.
    """

    severity: str
    name: str
    measured: str
    remedy: str

    def __repr__(self) -> str:
        return f"{self.severity}: {self.name}. {self.measured} {self.remedy}"


class Diagnosis(Sequence[Finding]):
    """What `diagnose` found, the most severe first. A sequence of findings; printed, it says what to do.

    Attributes
    ----------
    healthy : bool
        Whether nothing graver than a note was found.
    names : list of str
        Of the findings.
    """

    def __init__(self, findings: list[Finding], about: str) -> None:
        self._findings = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
        self._about = about

    @property
    def healthy(self) -> bool:
        return all(finding.severity == "note" for finding in self)

    @property
    def names(self) -> list[str]:
        return [finding.name for finding in self]

    def __len__(self) -> int:
        return len(self._findings)

    def __getitem__(self, i):
        return self._findings[i]

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._about}: nothing wrong was found."
        lines = [f"{self._about}:"]
        for i, finding in enumerate(self, 1):
            lines.append(f"{i}. {finding.name} ({finding.severity})")
            lines += [f"   {finding.measured}", f"   {finding.remedy}"]
        return "\n".join(lines)


class Case:
    """A network, its data and its history, with what is measured of them: once, and when it is asked for."""

    def __init__(
        self,
        net: Network,
        data: Any,
        history: History | None = None,
        *,
        evaluation_data: Any = None,
        eta: float | None = None,
        lmbda: float | None = None,
        mini_batch_size: int | None = None,
    ) -> None:
        self.net, self.evaluation_data = net, evaluation_data
        self.given = examples(net, data)
        self.n = self.given.n
        self.noun = "example" if self.given.images is None else "image"
        history = net.history if history is None else history
        if not isinstance(history, History | None):
            raise TypeError(f"history: the History that SGD returns needed, got {type(history).__name__}")
        self.history = History() if history is None else history
        self.eta = self.history.eta[0] if eta is None and self.history.eta else eta
        self.lmbda = self.history.lmbda if lmbda is None else lmbda
        self.mini_batch_size = mini_batch_size or self.history.mini_batch_size or 10
        self.trained = net.epochs_trained > 0
        self.diverged = (self.history.stopped or "").startswith(DivergenceError.__name__)

    def of(self, n: int) -> str:
        """1 image, 1009 images, 10,000 images."""
        return f"{count(n)} {self.noun}{'' if n == 1 else 's'}"

    def layer(self, l: int) -> str:
        """The book's name for net.layers[l]."""
        return "the output layer" if l == len(self.net.layers) - 1 else f"layer {l + 2}"

    @property
    def parameters(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(l, w, b) of the layers net.layers[l] that have them."""
        places = [l for l, layer in enumerate(self.net.layers) if not isinstance(layer, MaxPool2D)]
        return zip(places, self.net.weights, self.net.biases, strict=True)

    def neurons(self, l: int) -> str:
        """What net.layers[l] consists of: a filter is a neuron that looks at every place."""
        return "filters" if isinstance(self.net.layers[l], Conv2D) else "neurons"

    def grave(self, otherwise: str = "warning") -> str:
        """The severity of what would explain a failure."""
        return "serious" if self.failed or self.diverged else otherwise

    def some(self, n: int) -> _validation.Examples:
        """n of the examples, drawn at random, in their order; where there are fewer, some more than once."""
        places = np.resize(np.random.default_rng(0).permutation(self.n), n)
        return examples(self.net, take(self.given, np.sort(places)))

    @functools.cached_property
    def finite(self) -> bool:
        return bool(np.isfinite(self.net.parameters).all())

    @functools.cached_property
    def labels(self) -> np.ndarray | None:
        """The class of each example; None where the targets are numbers to fit."""
        if self.given.labels is not None:
            return self.given.labels
        targets = self.given.targets
        assert targets is not None  # examples have labels or targets
        if not np.isin(targets, (0, 1)).all():
            return None
        if targets.shape[1] == 1:
            return targets[:, 0].astype(np.intp)
        return targets.argmax(axis=1) if (targets.sum(axis=1) == 1).all() else None

    @functools.cached_property
    def outputs(self) -> np.ndarray:
        """(n, n_out)"""
        X, _ = take(self.given, slice(None))
        return self.net.feedforward(X).reshape(self.n, -1).astype(np.float64)

    @functools.cached_property
    def answers(self) -> np.ndarray:
        out = self.outputs
        return (out[:, 0] > 0.5).astype(np.intp) if out.shape[1] == 1 else out.argmax(axis=1)

    @functools.cached_property
    def accuracy(self) -> float:
        return float((self.answers == self.labels).mean())

    @functools.cached_property
    def commonest(self) -> tuple[int, float]:
        """The commonest label, and the accuracy of answering it always."""
        assert self.labels is not None
        counts = np.bincount(self.labels)
        return int(counts.argmax()), float(counts.max()) / self.n

    @functools.cached_property
    def squares(self) -> tuple[float, float]:
        """(mean squared distance of the outputs from the targets, that of the best constant answer)."""
        targets = self.given.targets
        assert targets is not None
        distance = ((self.outputs - targets) ** 2).sum(axis=1).mean()
        return float(distance), float(((targets - targets.mean(axis=0)) ** 2).sum(axis=1).mean())

    @functools.cached_property
    def failed(self) -> bool:
        """Trained, and hardly better than one answer for everything."""
        if not self.trained:
            return False
        if self.labels is None:
            return self.squares[0] > 0.9 * self.squares[1]
        _, chance = self.commonest
        return self.accuracy < chance + 0.25 * (1 - chance)

    @functools.cached_property
    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of up to 1,000 examples, 200 of feature maps, one in each column."""
        most = OF_MAPS if any(len(shape) == 3 for shape in self.net.shapes[1:]) else LOOKED_AT
        return columns(self.some(min(self.n, most)), self.net.sizes[-1])

    @functools.cached_property
    def passes(self) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
        """z, a and delta of each layer, for these examples."""
        x, y = self.columns
        zs, activations = forward(self.net, x)
        return zs, activations, backward(self.net, zs, activations, y)

    @functools.cached_property
    def stuck(self) -> list[np.ndarray]:
        """For each layer, which neurons say the same whatever the example: saturated on one side, or dead.

        A filter must do so at every place.
        """
        found: list[np.ndarray] = []
        for a, layer in zip(self.passes[1], self.net.layers, strict=True):
            low, high = STUCK.get(layer.activation, (-np.inf, np.inf))
            a = a.reshape(len(a), -1)
            found.append(np.all(a <= low, axis=1) | np.all(a >= high, axis=1))
        _, y = self.columns
        found[-1] &= np.ptp(y, axis=1) > 0  # an output that no example asks for may well stay 0
        return found

    @functools.cached_property
    def search(self) -> eta_search.EtaSearch:
        """Trial runs of new networks like this one, on some of the data."""
        net, m = self.net, self.mini_batch_size
        make = functools.partial(
            Network,
            net.layers,
            input_shape=net.input_shape,
            cost=net.cost_name,
            init="he" if any(layer.activation == "relu" for layer in net.layers) else "scaled",
            seed=0,
        )
        some = self.some(max(LOOKED_AT, eta_search.LOOKS * m))
        return eta_search.search(make, some, m, lmbda=0.0, epochs=3, start=0.1)

    @functools.cached_property
    def constant_cost(self) -> float:
        """The cost of the best answer that is the same for every example."""
        _, y = self.columns
        p = y.mean(axis=1)
        if self.net.cost_name == "quadratic":
            return float(((y - p[:, None]) ** 2).sum(axis=0).mean() / 2)
        entropy = -(p * np.log(np.maximum(p, 1e-300))).sum()
        if self.net.cost_name == "cross-entropy":
            entropy -= ((1 - p) * np.log(np.maximum(1 - p, 1e-300))).sum()
        return float(entropy)


def look_at_inputs(case: Case) -> Iterator[Finding]:
    x, _ = case.columns
    low, high = float(x.min()), float(x.max())
    severity, name = case.grave(), "inputs not scaled"
    if x.shape[1] > 1 and (x == x[:, :1]).all():
        measured = f"The {case.noun}s looked at are all the same."
        remedy = "Look at how they are read: np.ptp(X, axis=0) should not be 0 throughout."
        yield Finding(severity, "inputs identical", measured, remedy)
    elif low >= 0 and high >= 10 and (x == np.round(x)).all():
        measured = f"The inputs are whole numbers up to {high:g}."
        largest = 256 if 128 < high < 256 else high
        remedy = f"Divide them: X / {largest:g}. An nn.Dataset of bytes does it by itself."
        yield Finding(severity, name, measured, remedy)
    elif np.sqrt(np.mean(x**2)) > 10:
        measured = f"The inputs go from {low:g} to {high:g}."
        remedy = "Scale each to about -1 to 1: X = (X - X.mean(axis=0)) / X.std(axis=0)."
        yield Finding(severity, name, measured, remedy)
    elif 0 < max(-low, high) < 0.02:
        measured = f"The inputs are all within {max(-low, high):.2g} of 0."
        remedy = "Were they divided twice? Scale them to about -1 to 1."
        yield Finding(severity, name, measured, remedy)


def look_at_labels(case: Case) -> Iterator[Finding]:
    """Sorted labels, labels that count otherwise, labels beside the wrong inputs."""
    labels = case.labels
    if labels is None or case.n < 100:
        return
    share = np.bincount(labels) / case.n
    changes = int((np.diff(labels) != 0).sum())
    expected = (1 - float((share**2).sum())) * (case.n - 1)  # in a random order
    if not changes:
        measured = f"Every label is {labels[0]}."
        remedy = "Is this a slice of sorted data? Take it at random: data[rng.permutation(len(data))[:1000]]."
        yield Finding("warning", "one label", measured, remedy)
    elif changes < 0.2 * expected:
        measured = (
            f"The labels come in order: they change {changes} times in {count(case.n)}; in a random order "
            f"they would about {count(round(expected))} times."
        )
        remedy = "Keep shuffle=True in SGD, and take slices at random: data[:1000] does not hold every label."
        yield Finding(case.grave("note"), "labels sorted", measured, remedy)
    if case.failed:
        yield from _shifted_answers(case)
        yield from _shifted_rows(case, labels)


def _shifted_answers(case: Case) -> Iterator[Finding]:
    """Has it learned each label plus something?"""
    n_out = case.net.sizes[-1]
    if n_out < 3 or np.bincount(case.answers).max() >= 0.9 * case.n:
        return
    offsets = np.bincount((case.answers - case.labels) % n_out, minlength=n_out)
    offset = int(offsets.argmax())
    if offset and offsets[offset] > 0.5 * case.n:
        signed = offset if 2 * offset <= n_out else offset - n_out
        measured = f"{offsets[offset] / case.n:.1%} of the answers are the label {signed:+d}."
        shifted = f"y {'+' if signed > 0 else '-'} {abs(signed)}"
        remedy = f"These labels count otherwise than those it was trained on: {shifted} would fit."
        yield Finding("serious", "labels shifted", measured, remedy)


def _shifted_rows(case: Case, labels: np.ndarray) -> Iterator[Finding]:
    """Does each label stand beside its neighbour's input? A softmax layer, trained for a moment, shows it."""
    first = slice(0, LOOKED_AT)
    x, _ = columns(examples(case.net, take(case.given, first)), case.net.sizes[-1])
    x, labels = x.T / (np.abs(x).max() or 1.0), labels[first]
    right = {}
    for shift in (0, 1, -1):
        net = Network([Softmax(int(labels.max()) + 1)], input_shape=x.shape[1:], init="zeros", seed=0)
        beside = x[1:-1], np.roll(labels, -shift)[1:-1]
        eta_search.train(net, beside, 3, 10, 0.1)
        right[shift] = net.accuracy(beside)
    best = max((1, -1), key=lambda shift: right[shift])
    if right[best] > 2 * right[0] and right[best] > case.commonest[1] + 0.2:
        measured = (
            f"The labels stand one row off: a softmax layer learns {right[best]:.0%} of them when row i has "
            f"the label of row i{best:+d}, and {right[0]:.0%} as they are."
        )
        yield Finding("serious", "rows shifted", measured, f"Move them back: y = np.roll(y, {-best}).")


def look_at_eta(case: Case) -> Iterator[Finding]:
    """Is eta far from what trial runs bear? They are run only where something points to eta."""
    failed = case.failed or case.diverged
    if case.n < 30 or not (failed or _oscillates(case) or max(map(np.mean, case.stuck)) >= 0.5):
        return
    trials, eta, threshold = case.search.trials, case.eta, case.search.threshold
    better = threshold / 2 if threshold else 0.0
    steady = [trial.last for trial in trials if trial.steady]
    learns = bool(steady) and (min(steady) < 0.95 * case.constant_cost or case.constant_cost < 1e-9)
    breaks = eta is not None and any(trial.breaks and trial.eta <= eta for trial in trials)
    beyond = 2 if failed else 4  # a network that learns may well be somewhat beyond the threshold
    runs = f"rial runs of {case.of(min(case.n, LOOKED_AT))}"
    if threshold and eta is not None and eta > beyond * threshold and (learns or breaks):
        measured = (
            f"eta = {eta:g} is about {_times(eta / better)} times too high: in t{runs} the cost falls "
            f"steadily only up to eta = {threshold:g}."
        )
        yield Finding(case.grave(), "eta too high", measured, f"Try eta = {better:g}, on a new network.")
    elif not failed:
        return
    elif eta is not None and eta < better / 10:
        much = f"about {_times(better / eta)} times too low" if eta else "no step at all"
        measured = f"eta = {eta:g} is {much}: in t{runs} the cost falls steadily up to eta = {threshold:g}."
        yield Finding("serious", "eta too low", measured, f"Try eta = {better:g}.")
    elif not learns:
        etas = sorted(trial.eta for trial in trials)
        measured = f"Short t{runs} learn nothing at any eta from {etas[0]:g} to {etas[-1]:g}."
        remedy = "Give it more epochs first. If it still fails: is each answer beside its own input?"
        yield Finding("warning", "no eta learns", measured, remedy)
    elif eta is None:
        measured = f"Its eta is not known. In t{runs} the cost falls steadily up to eta = {threshold:g}."
        remedy = f"Try eta = {better:g}, or say what it was: nn.diagnose(net, data, eta=...)."
        yield Finding("note", "eta unknown", measured, remedy)


def _oscillates(case: Case) -> bool:
    """Whether in the last ten epochs the cost went up and down, or the accuracy fell back by far."""
    costs = np.array(case.history.training_cost[-10:])
    if len(costs) >= 4 and np.isfinite(costs).all() and costs.mean() > 0.1 * case.constant_cost:
        steps, before = np.diff(costs), costs[:-1]  # of a cost not yet so small that it may tremble
        if steps[steps > 0].sum() > -0.5 * steps[steps < 0].sum() and (steps > 0.05 * before).sum() >= 2:
            return True
    steps = np.diff(case.history.evaluation_accuracy[-10:])
    return case.labels is not None and bool((steps <= -0.15).any())


def _times(factor: float) -> str:
    """A factor to one digit: it is not known any better."""
    return count(round(float(f"{factor:.1g}")))


def look_at_weights(case: Case) -> Iterator[Finding]:
    """Have the weights shrunk to nothing, or grown beyond all measure?"""
    decay = case.eta * case.lmbda / case.n if case.eta and case.lmbda else 0.0
    if decay >= 0.1:
        measured = (
            f"With lmbda = {case.lmbda:g} and eta = {case.eta:g}, each mini-batch takes "
            f"eta lmbda/n = {decay:.0%} off every weight."
        )
        remedy = f"Try lmbda = {rounded(case.n / 10_000):g}, as the book's 5 for 50,000 images."
        yield Finding(case.grave(), "lmbda too high", measured, remedy)
    for l, w, _ in case.parameters:
        size, drawn = float(np.sqrt(np.mean(np.square(w, dtype=np.float64)))), float(1 / np.sqrt(w[0].size))
        measured = f'A typical weight of {case.layer(l)} is {size:.2g}; init="scaled" draws {drawn:.2g}.'
        if case.trained and size < 0.1 * drawn:
            remedy = "A lmbda that is too large shrinks them so: try a hundredth of it, on a new network."
            yield Finding(case.grave(), "weights vanished", measured, remedy)
            return
        if size > 300 * drawn:
            remedy = (
                "Start from a new network, with a smaller eta; or a smaller lmbda, if eta lmbda/n is near 1."
            )
            yield Finding(case.grave(), "weights exploded", measured, remedy)
            return


def look_at_neurons(case: Case) -> Iterator[Finding]:
    """Neurons that are copies of one another, and neurons that say the same whatever the example."""
    for l, w, b in case.parameters:
        hidden = l < len(case.net.layers) - 1
        if hidden and len(w) > 1 and (w == w[0]).all() and (b == b[0]).all():
            measured = (
                f"All {len(w)} {case.neurons(l)} of {case.layer(l)} have the same weights, so they learn the "
                "same."
            )
            yield Finding(
                "serious", "identical neurons", measured, 'Draw the weights at random: init="scaled".'
            )
            return
    if case.n < 30:
        return  # too few examples to call a neuron stuck
    for l, stuck in enumerate(case.stuck):
        if stuck.mean() < 0.2:
            continue
        severity = "serious" if case.failed and stuck.mean() >= 0.5 else "warning"
        some = f"{int(stuck.sum())} of {len(stuck)} {case.neurons(l)} of {case.layer(l)} are"
        if case.net.layers[l].activation == "relu":
            measured = f"{some} off for every {case.noun}: no gradient passes through them."
            remedy = 'Start from a new network, with a smaller eta and init="he".'
            yield Finding(severity, "dead neurons", measured, remedy)
        else:
            measured = (
                f"{some} saturated, and on the same side for every {case.noun}: hardly a gradient passes."
            )
            remedy = 'Start from a new network, with a smaller eta and init="scaled"; are the inputs scaled?'
            yield Finding(severity, "saturated neurons", measured, remedy)


def look_at_output(case: Case) -> Iterator[Finding]:
    """The learning slowdown of chapter 3: wrong, but saturated, under the quadratic cost."""
    if not case.failed or case.net.cost_name != "quadratic":
        return
    _, activations, deltas = case.passes
    wrong = float(np.sqrt(np.mean((activations[-1] - case.columns[1]) ** 2)))
    left = float(np.sqrt(np.mean(deltas[-1] ** 2)))
    if left < 0.05 * wrong:
        measured = f"The outputs are wrong but saturated: sigma'(z) leaves {left / wrong:.1g} of their error."
        remedy = 'Use cost="cross-entropy", whose error is a - y (chapter 3), or a smaller eta.'
        yield Finding("serious", "slow output", measured, remedy)


def look_at_gradients(case: Case) -> Iterator[Finding]:
    """The learning speeds of chapter 5: for each layer the norm of the mean gradient by its biases."""
    if case.trained and not case.failed:
        return
    deltas = {l: case.passes[2][l] for l, _, _ in case.parameters}
    nablas = [delta.reshape(len(delta), -1).sum(axis=1) / delta.shape[-1] for delta in deltas.values()]
    speeds = [float(np.linalg.norm(nabla_b)) for nabla_b in nablas]
    first, last = speeds[0], speeds[-1]
    name = case.layer(min(deltas)).capitalize()
    if not first * last > 0 or any(stuck.mean() >= 0.2 for stuck in case.stuck):
        return  # stuck neurons let no gradient through: that is said already
    norms = f"the gradients by the biases have the norms {', '.join(f'{speed:.2g}' for speed in speeds)}."
    if last > 50 * first:
        measured = f"{name} learns {_times(last / first)} times slower than the output layer: {norms}"
        remedy = 'Use fewer layers, or activation="relu" with init="he"; or give it many more epochs.'
        yield Finding(case.grave("note"), "vanishing gradient", measured, remedy)
    elif first > 50 * last:
        measured = f"{name} learns {_times(first / last)} times faster than the output layer: {norms}"
        remedy = 'Draw smaller weights, init="scaled" or "he", and use a smaller eta.'
        yield Finding(case.grave("note"), "exploding gradient", measured, remedy)


def look_at_others(case: Case) -> Iterator[Finding]:
    """Does it know its training data much better than others?"""
    if case.labels is None or not case.trained:
        return
    curve, best = case.history.evaluation_accuracy, case.history.best_epoch
    if case.evaluation_data is not None:
        others = Case(case.net, case.evaluation_data)
        if others.labels is None:
            return
        shifted = list(_shifted_answers(others)) if others.failed else []
        if shifted:
            yield replace(shifted[0], measured=f"On the evaluation data, {shifted[0].measured}")
            return
        accuracy = others.accuracy
    elif curve:
        accuracy = curve[-1]
    else:
        return
    if case.accuracy - accuracy < 0.12:
        return
    measured = (
        f"It gets {case.accuracy:.1%} of its training {case.noun}s right, {accuracy:.1%} of the others."
    )
    if curve and best is not None:
        measured += f" The others' best was {curve[best]:.1%}, in epoch {best} of {len(curve)}."
    remedy = f"More data, a larger lmbda (try {rounded(case.n / 10_000):g} and more), or fewer epochs."
    yield Finding("warning", "overfitting", measured, remedy)


def symptom(case: Case, remedy: str) -> Iterator[Finding]:
    """What a network that has failed does: does it always say the same?"""
    if not case.failed:
        return
    if case.labels is None:
        cost, least = case.squares
        measured = f"The mean squared error is {cost:.3g}; that of always answering the mean is {least:.3g}."
        yield Finding("serious", "learns nothing", measured, remedy)
        return
    counts = np.bincount(case.answers)
    answer = int(counts.argmax())
    if counts[answer] >= 0.9 * case.n:
        share = f"{counts[answer] / case.n:.1%} of the {case.noun}s"
        most = f"every {case.noun}" if counts[answer] == case.n else share
        right = count(int((case.labels == answer).sum()))
        measured = f"It answers {answer} for {most}; {right} of {count(case.n)} are {answer}s."
        yield Finding("serious", "one answer", measured, remedy)
    else:
        label, chance = case.commonest
        constant = f"always answering {label} would get {chance:.1%}"
        measured = f"It gets {case.accuracy:.1%} of {case.of(case.n)} right; {constant}."
        yield Finding("serious", "near chance", measured, remedy)


def divergence(case: Case) -> Iterator[Finding]:
    """A run that left the finite numbers, and its network as it was before that epoch."""
    if case.diverged:
        _, _, reason = (case.history.stopped or "").partition(": ")
        yield Finding(
            "serious", "diverged", f"Its last run ended early: {reason}", "Start with a smaller eta."
        )


def not_finite(net: Network) -> Finding:
    arrays = [(f"biases[{l}]", b) for l, b in enumerate(net.biases)]
    arrays += [(f"weights[{l}]", w) for l, w in enumerate(net.weights)]
    name = next((name for name, array in arrays if not np.isfinite(array).all()), "the padding")
    measured = f"The parameters hold NaN or infinity, in {name}."
    remedy = "Start again from a new network. If you assigned these numbers, look where they come from."
    return Finding("serious", "not finite", measured, remedy)


LOOKS_AT_DATA = (look_at_inputs, look_at_labels)
LOOKS_AT_NETWORK = (look_at_weights, look_at_neurons, look_at_output, look_at_gradients, look_at_others)


def diagnose(
    net: Network,
    data: Any,
    history: History | None = None,
    *,
    evaluation_data: Any = None,
    eta: float | None = None,
    lmbda: float | None = None,
    mini_batch_size: int | None = None,
) -> Diagnosis:
    """Say in plain words what keeps a network from learning, with what was measured and what to do.

    Parameters
    ----------
    net : Network
        Never changed.
    data : Dataset, pair of arrays, or the book's list of (x, y)
        What it was trained on.
    history : History, optional
        Of its training; by default ``net.history``.
    evaluation_data : as data, optional
        Other examples, to see whether it overfits. By default the accuracies in the history serve.
    eta, lmbda, mini_batch_size : float, float, int, optional
        What it was trained with, where the history does not say. An unknown mini_batch_size is taken for 10.

    Returns
    -------
    Diagnosis
        A sequence of findings, the most severe first; `healthy` says whether all of them are mere notes.

    Notes
    -----
    All examples are answered; z, a and delta are looked at for up to 1,000 of them, or 200 where there are
    feature maps. A filter is dead or saturated where it is so at every place. Where the network does hardly
    better than one answer for everything, or its cost oscillates, trial runs of new networks on 1,000
    examples follow: some tenths of a second for networks of chapter 1, some seconds for those of chapter 6.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    >>> history = net.SGD(train, 2, 10, eta=100.0, progress=False)
    >>> found = nn.diagnose(net, train)
    >>> found.healthy, found.names[:2]
    (False, ['one answer', 'eta too high'])
    """
    if eta is not None:
        eta = _validation.real("eta", eta, least=0)
    if lmbda is not None:
        lmbda = _validation.real("lmbda", lmbda, least=0)
    if mini_batch_size is not None:
        mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    settings: dict[str, Any] = {"eta": eta, "lmbda": lmbda, "mini_batch_size": mini_batch_size}
    case = Case(net, data, history, evaluation_data=evaluation_data, **settings)
    about = f"{net!r} on {case.of(case.n)}"
    if not case.finite:
        return Diagnosis([not_finite(net)], about)
    with np.errstate(all="ignore"):  # what exploded weights make may overflow
        found = [finding for look in LOOKS_AT_DATA for finding in look(case)]
        if all(finding.severity != "serious" for finding in found):
            found += look_at_eta(case)  # on wrong data, trial runs would say nothing about eta
        found += [finding for look in LOOKS_AT_NETWORK for finding in look(case)]
        explained = any(finding.severity == "serious" for finding in found)
        remedy = "What follows may be the reason." if explained else USUAL
        found = [*divergence(case), *symptom(case, remedy), *found]
        if not case.trained and not case.diverged:
            measured = "It has not been trained for an epoch yet."
            found.append(Finding("note", "not trained", measured, "net.SGD trains it."))
        elif case.labels is not None and case.trained:
            about += f", {case.accuracy:.1%} right"
    return Diagnosis(found, about)


def hint(net: Network, data: Any, history: History | None = None) -> str | None:
    """One line for the end of a run that plainly failed, its answers near chance. None where it did not.

    It answers up to 1,000 of the examples and starts no trial runs: a millisecond or so.

    Parameters
    ----------
    net : Network
    data : Dataset, pair of arrays, or list
        What it was trained on. Of a generator, which is used up by now, nothing can be said.
    history : History, optional
        Of the run: an accuracy above a half in it spares the looking.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    >>> history = net.SGD(train, 2, 10, eta=100.0, progress=False)
    >>> hint(net, train, history)
    'nn.diagnose(net, data) says: It answers 1 for every image; 124 of 1000 are 1s.'
    """
    if history is not None and any(
        curve and curve[-1] > 0.5 for curve in (history.training_accuracy, history.evaluation_accuracy)
    ):
        return None
    some = _some(data) if net.epochs_trained else None
    if some is None:
        return None
    case = Case(net, some, history)
    if case.n < 100 or not case.finite or case.labels is None:
        return None
    _, chance = case.commonest
    if case.accuracy >= min(2.5 * chance, chance + 0.15 * (1 - chance)):
        return None
    return "\n".join(f"nn.diagnose(net, data) says: {finding.measured}" for finding in symptom(case, USUAL))


def _some(data: Any) -> Any:
    """Up to 1,000 of the examples, spread over all of them; None where they cannot be read again."""
    if not hasattr(data, "__getitem__"):
        return None
    if isinstance(data, (tuple, list)) and len(data) == 2 and not isinstance(data[0], tuple):
        X, y = (side if hasattr(side, "images") else np.asarray(side) for side in data)
        places = eta_search.spread(len(X))
        return X[places], y[places]
    places = eta_search.spread(len(data))
    return [data[i] for i in places] if isinstance(data, (tuple, list)) else data[places]
