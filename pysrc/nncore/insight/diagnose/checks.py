"""The checks of `nncore.diagnose`: each tests a `Patient` for one thing and yields what it finds wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nncore.insight import classes, find_eta, neurons, scale
from nncore.insight.diagnose.findings import Finding
from nncore.insight.diagnose.patient import Patient
from nncore.insight.sampling import MOST_EXAMPLES, columns
from nncore.insight.wording import format_count, rounded, times
from nncore.layers import Softmax
from nncore.network import Network
from nncore.training import not_learning

LARGER_THAN_DRAWN = 2.0  # a typical weight that no `init` draws: init="large" draws 1


def check_inputs(patient: Patient) -> Iterator[Finding]:
    """Are the inputs all the same, nearly all 0, or far too large or too small? Are the targets?"""
    if (said := scale.bad_inputs(patient.examples, patient.noun)) is not None:
        yield Finding(patient.severity(), *said)
    if (said := scale.bad_targets(patient.examples, patient.net.layers[-1].activation)) is not None:
        yield Finding(patient.severity(), *said)


def check_labels(patient: Patient) -> Iterator[Finding]:
    """Are the labels sorted, counted from another number, or beside the wrong inputs?"""
    labels = patient.labels
    if labels is None or patient.n < 10:
        return
    share = np.bincount(labels) / patient.n
    changes = int((np.diff(labels) != 0).sum())
    expected = (1 - float((share**2).sum())) * (patient.n - 1)  # changes in a random order
    if not changes:
        measured = f"Every label is {labels[0]}."
        drawn = "data[np.random.permutation(len(data))[:1000]]"
        if patient.examples.images is None:
            drawn = "rows = np.random.permutation(len(X))[:1000]; data = X[rows], y[rows]"
        remedy = f"A network needs examples of every class. Is this a slice of sorted data? Draw it: {drawn}."
        yield Finding("warning", "one label", measured, remedy)
    elif patient.n < 100:
        return
    elif changes < 0.2 * expected:
        measured = (
            f"The labels come in order: they change {changes} times in {format_count(patient.n)}; in a "
            f"random order they would about {format_count(round(expected))} times."
        )
        remedy = (
            "Keep shuffle=True in SGD, and draw samples at random: data[:1000] does not hold every label."
        )
        yield Finding(patient.severity("note"), "labels sorted", measured, remedy)
    if patient.failed:
        yield from _check_shifted_answers(patient)
        yield from _check_shifted_rows(patient, labels)


def _check_shifted_answers(patient: Patient) -> Iterator[Finding]:
    """Do most answers differ from the label by the same number?"""
    n_out = patient.net.sizes[-1]
    if n_out < 3 or np.bincount(patient.answers).max() >= 0.9 * patient.n:
        return
    offsets = np.bincount((patient.answers - patient.labels) % n_out, minlength=n_out)
    offset = int(offsets.argmax())
    if offset and offsets[offset] > 0.5 * patient.n:
        signed = offset if 2 * offset <= n_out else offset - n_out
        measured = f"{offsets[offset] / patient.n:.1%} of the answers are the label {signed:+d}."
        shifted = f"y {'+' if signed > 0 else '-'} {abs(signed)}"
        remedy = f"The network was trained on labels that count from another number: {shifted} would fit."
        yield Finding("serious", "labels shifted", measured, remedy)


def _check_shifted_rows(patient: Patient, labels: np.ndarray) -> Iterator[Finding]:
    """Does each label stand beside the input of its neighbour?

    A softmax layer is trained on the labels as they are, and moved by one row up and down. If it learns the
    moved ones much better, they were in the wrong rows.
    """
    first = slice(0, MOST_EXAMPLES)
    if not labels[first].any():  # of the class 0 alone: rows of labels are alike
        return
    x, _ = columns(patient.examples.subset(first), patient.net.sizes[-1])
    x, labels = x.T / (np.abs(x).max() or 1.0), labels[first]
    right = {}
    for shift in (0, 1, -1):
        net = Network([Softmax(int(labels.max()) + 1)], input_shape=x.shape[1:], init="zeros", seed=0)
        beside = x[1:-1], np.roll(labels, -shift)[1:-1]
        find_eta.train(net, beside, 3, 10, 0.1)
        right[shift] = net.accuracy(beside)
    best = max((1, -1), key=lambda shift: right[shift])
    if right[best] > 2 * right[0] and right[best] > patient.commonest[1] + 0.2:
        measured = (
            f"The labels are one row off: a softmax layer learns {right[best]:.0%} of them when row i has "
            f"the label of row i{best:+d}, and {right[0]:.0%} as they are."
        )
        yield Finding("serious", "rows shifted", measured, f"Move them back: y = np.roll(y, {-best}).")


def check_eta(patient: Patient) -> Iterator[Finding]:
    """Is eta far too large or too small? Trial runs answer this if something points to eta."""
    failed = patient.failed or patient.diverged
    if patient.weights_are_missing:
        return
    if patient.n < 4 or not (failed or _oscillates(patient) or max(map(np.mean, patient.saturated)) >= 0.5):
        return
    trials, eta, threshold = patient.search.trials, patient.eta, patient.search.threshold
    better = threshold / 2 if threshold else 0.0
    learns = patient.search.learns(patient.constant_cost)
    breaks = eta is not None and patient.search.breaks(eta)
    beyond = 2 if failed else 4  # a network may learn with an eta somewhat above the threshold
    runs = f"trial runs on {patient.n_examples(min(patient.n, MOST_EXAMPLES))}"
    if threshold and eta is not None and eta > beyond * threshold and (learns or breaks):
        yield Finding(patient.severity(), *patient.search.too_high(eta, runs), {"eta": better})
    elif not failed:
        return
    elif eta is not None and eta < better / 10:
        yield Finding("serious", *patient.search.too_low(eta, runs), {"eta": better})
    elif not learns:
        etas = sorted(trial.eta for trial in trials)
        measured = f"Short {runs} learn nothing at any eta from {etas[0]:g} to {etas[-1]:g}."
        remedy = (
            "Give it more epochs first. If it still fails, the labels may be wrong: is each answer beside "
            "its own input?"
        )
        yield Finding("warning", "no eta learns", measured, remedy)
    elif eta is None:
        measured = f"Its eta is not known. In {runs} the cost falls steadily up to eta = {threshold:g}."
        remedy = f"Try eta = {better:g}, or say what it was: nn.diagnose(net, data, eta=...)."
        yield Finding("note", "eta unknown", measured, remedy, {"eta": better})


def _oscillates(patient: Patient) -> bool:
    """Whether in the last ten epochs the cost went up and down, or the accuracy fell by 15 points at once."""
    costs = np.array(patient.history.training_cost[-10:])
    if len(costs) >= 4 and np.isfinite(costs).all() and costs.mean() > 0.1 * patient.constant_cost:
        steps, before = np.diff(costs), costs[:-1]  # a cost that is already small may tremble
        if steps[steps > 0].sum() > -0.5 * steps[steps < 0].sum() and (steps > 0.05 * before).sum() >= 2:
            return True
    steps = np.diff(patient.history.evaluation_accuracy[-10:])
    return patient.labels is not None and bool((steps <= -0.15).any())


def _size_of_weights(w: np.ndarray) -> tuple[float, float]:
    """Return the size of a typical weight, and that of those that init="scaled" draws."""
    return float(np.sqrt(np.mean(np.square(w, dtype=np.float64)))), float(1 / np.sqrt(w[0].size))


def check_weights(patient: Patient) -> Iterator[Finding]:
    """Have the weights shrunk to almost 0, or grown far too large?"""
    eta, lmbda = patient.eta or 0.0, patient.lmbda or 0.0
    if eta * lmbda >= 0.1 * patient.n:
        change = {"lmbda": rounded(patient.n / 10_000)}
        yield Finding(patient.severity(), *not_learning.high_lmbda(eta, lmbda, patient.n), change)
    if (found := not_learning.high_l1(eta, patient.net, patient.n)) is not None:
        yield Finding(patient.severity(), *found)
    for l, w, _ in patient.parameters:
        size, drawn = _size_of_weights(w)
        measured = f'A typical weight of {patient.layer(l)} is {size:.2g}; init="scaled" draws {drawn:.2g}.'
        if patient.trained and size < 0.1 * drawn:
            remedy = "A lmbda that is too large shrinks weights: try a hundredth of it, on a new network."
            change = {"lmbda": lmbda / 100} if lmbda else {}
            yield Finding(patient.severity(), "weights vanished", measured, remedy, change)
            return
        if size > 300 * drawn:
            remedy = (
                "Start from a new network, with a smaller eta; or a smaller lmbda, if eta lmbda/n is near 1."
            )
            yield Finding(patient.severity(), "weights exploded", measured, remedy)
            return


def check_neurons(patient: Patient) -> Iterator[Finding]:
    """Are the neurons of a layer copies of one another, or saturated or dead for every example?"""
    if (said := neurons.identical(patient.net)) is not None:
        yield Finding("serious", *said, {"init": "scaled"})
        return
    if patient.n < (4 if patient.failed else 30):
        return  # too few examples to judge by
    for l, saturated in enumerate(patient.saturated):
        if saturated.mean() < 0.2:
            continue
        severity = "serious" if patient.failed and saturated.mean() >= 0.5 else "warning"
        change: dict[str, Any] = {"init": "he" if patient.net.layers[l].activation == "relu" else "scaled"}
        if patient.eta:
            change["eta"] = patient.eta / 10
        yield Finding(severity, *neurons.say_stuck(patient.net, l, saturated, patient.noun), change)


def check_output(patient: Patient) -> Iterator[Finding]:
    """Are the outputs wrong but saturated under the quadratic cost, as in chapter 3's learning slowdown?"""
    if not patient.failed or patient.net.cost_name != "quadratic":
        return
    _, activations, deltas = patient.passes
    wrong = float(np.sqrt(np.mean((activations[-1] - patient.columns[1]) ** 2)))
    left = float(np.sqrt(np.mean(deltas[-1] ** 2)))
    if left < 0.05 * wrong:
        measured = f"The outputs are wrong but saturated: sigma'(z) leaves {left / wrong:.1g} of their error."
        remedy = 'Use cost="cross-entropy", whose error is a - y (chapter 3), or a smaller eta.'
        change: dict[str, Any] = {"cost": "cross-entropy"}
        for l, w, _ in patient.parameters:
            size, drawn = _size_of_weights(w)
            if size > max(LARGER_THAN_DRAWN, 10 * drawn):
                measured += (
                    f' A typical weight of {patient.layer(l)} is {size:.2g}; init="scaled" draws {drawn:.2g}.'
                )
                remedy = f'Start from a new network, with init="scaled". {remedy}'
                change["init"] = "scaled"
                break
        yield Finding("serious", "slow output", measured, remedy, change)


def check_gradients(patient: Patient) -> Iterator[Finding]:
    """Do the first layers learn much slower or faster than the output layer (chapter 5)?

    The speed of a layer is the norm of the mean gradient of the cost by its biases.
    """
    if patient.trained and not patient.failed:
        return
    deltas = {l: patient.passes[2][l] for l, _, _ in patient.parameters}
    nablas = [delta.reshape(len(delta), -1).sum(axis=1) / delta.shape[-1] for delta in deltas.values()]
    speeds = [float(np.linalg.norm(nabla_b)) for nabla_b in nablas]
    first, last = speeds[0], speeds[-1]
    name = patient.layer(min(deltas)).capitalize()
    if not first * last > 0 or any(saturated.mean() >= 0.2 for saturated in patient.saturated):
        return  # no gradient passes such neurons, which is reported already
    norms = f"the gradients by the biases have the norms {', '.join(f'{speed:.2g}' for speed in speeds)}."
    if last > 50 * first:
        measured = f"{name} learns {times(last / first)} times slower than the output layer: {norms}"
        remedy = 'Use fewer layers, or activation="relu" with init="he"; or give it many more epochs.'
        yield Finding(patient.severity("note"), "vanishing gradient", measured, remedy)
    elif first > 50 * last:
        measured = f"{name} learns {times(first / last)} times faster than the output layer: {norms}"
        remedy = 'Draw smaller weights, init="scaled" or "he", and use a smaller eta.'
        yield Finding(patient.severity("note"), "exploding gradient", measured, remedy)


def check_overfitting(patient: Patient) -> Iterator[Finding]:
    """Does the network get many more of its training data right than of other data?"""
    if patient.labels is None or not patient.trained:
        return
    curve, best = patient.history.evaluation_accuracy, patient.history.best_epoch
    if patient.evaluation_data is not None:
        others = Patient(patient.net, patient.evaluation_data)
        if others.labels is None:
            return
        shifted = list(_check_shifted_answers(others)) if others.failed else []
        if shifted:
            yield replace(shifted[0], measured=f"On the evaluation data, {shifted[0].measured}")
            return
        accuracy = others.accuracy
    elif curve:
        accuracy = curve[-1]
    else:
        return
    if patient.accuracy - accuracy < 0.12:
        return
    measured = (
        f"It gets {patient.accuracy:.1%} of its training {patient.noun}s right, {accuracy:.1%} of the others."
    )
    if curve and best is not None:
        measured += f" The others' best was {curve[best]:.1%}, in epoch {best} of {len(curve)}."
    remedy = f"Use more data, a larger lmbda (try {rounded(patient.n / 10_000):g} and more), or fewer epochs."
    lmbda = rounded(patient.n / 10_000)
    change = {"lmbda": lmbda} if (patient.lmbda or 0.0) < lmbda else {}
    yield Finding("warning", "overfitting", measured, remedy, change)


def check_answers(patient: Patient, remedy: str) -> Iterator[Finding]:
    """Describe a network that has failed: one answer for everything, or near chance."""
    if not patient.failed:
        return
    if patient.labels is None:
        cost, least = patient.squares
        measured = f"The mean squared error is {cost:.3g}; that of always answering the mean is {least:.3g}."
        yield Finding("serious", "learns nothing", measured, remedy)
        return
    counts = np.bincount(patient.answers)
    answer = int(counts.argmax())
    if counts[answer] >= 0.9 * patient.n:
        share = f"{counts[answer] / patient.n:.1%} of the {patient.noun}s"
        most = f"every {patient.noun}" if counts[answer] == patient.n else share
        right = format_count(int((patient.labels == answer).sum()))
        measured = f"It answers {answer} for {most}; {right} of {format_count(patient.n)} are {answer}s."
        yield Finding("serious", "one answer", measured, remedy)
    else:
        label, chance = patient.commonest
        constant = f"always answering {label} would get {chance:.1%}"
        measured = f"It gets {patient.accuracy:.1%} of {patient.n_examples(patient.n)} right; {constant}."
        yield Finding("serious", "near chance", measured, remedy)


def check_divergence(patient: Patient) -> Iterator[Finding]:
    """Did the last run end because the parameters became infinite or NaN?"""
    if patient.diverged:
        _, _, reason = (patient.history.stopped or "").partition(": ")
        yield Finding(
            "serious", "diverged", f"Its last run ended early: {reason}", "Start with a smaller eta."
        )


def check_finite(net: Network) -> Finding:
    """Say where the parameters of a network hold NaN or infinity."""
    arrays = [(f"biases[{l}]", b) for l, b in enumerate(net.biases)]
    arrays += [(f"weights[{l}]", w) for l, w in enumerate(net.weights)]
    name = next((name for name, array in arrays if not np.isfinite(array).all()), "the padding")
    measured = f"The parameters hold NaN or infinity, in {name}."
    remedy = "Start again from a new network. If you assigned these numbers, check where they come from."
    return Finding("serious", "not finite", measured, remedy)


def check_classes(patient: Patient) -> Iterator[Finding]:
    """Does the network overlook the classes that have few examples?"""
    if patient.labels is not None and patient.trained and patient.n >= 30:
        said = classes.rare_classes(
            patient.labels,
            patient.answers,
            patient.noun,
            patient.weighted,
            own_SGD=type(patient.net).SGD is not Network.SGD,
        )
        if said is not None:
            yield Finding(patient.severity(), *said)


CHECKS_OF_DATA = (check_inputs, check_labels)
CHECKS_OF_NETWORK = (
    check_classes,
    check_weights,
    check_neurons,
    check_output,
    check_gradients,
    check_overfitting,
)
