"""`check_stuck` finds a network that training has led into a local minimum, by training others like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nncore.choices import Init
from nncore.insight import find_eta
from nncore.insight.diagnose.findings import Finding
from nncore.insight.diagnose.patient import Patient
from nncore.layers import Dense
from nncore.network import Network
from nncore.training.run import DivergenceError

SEEDS = range(1, 5)  # of the networks that are trained for comparison
SECONDS = 0.6  # that one of them may take
FAR = 0.2  # a cost counts as far from the least if it is above this share of the cost of a constant answer


def check_stuck(patient: Patient) -> Iterator[Finding]:
    """Has the cost come to rest far above what networks with other first weights, or more neurons, reach?"""
    net, history = patient.net, patient.history
    if (
        not patient.trained
        or patient.diverged
        or patient.weighted
        or not patient.eta
        or not len(history)
        or patient.n < 2
    ):
        return
    epochs = net.epochs_trained
    if sum(history.seconds) / len(history) * epochs > SECONDS or not _all_dense(net):
        return
    data = net._prepare(patient.examples)
    cost = net._cost_and_accuracy(data)[0]
    if cost < FAR * patient.constant_cost:
        return
    further = net.copy()
    more = max(20, epochs // 10)
    if not _train(further, patient, more):
        return
    later = further._cost_and_accuracy(data)[0]
    if later < 0.98 * cost:
        return  # it still learns
    change: dict[str, Any] = {}
    measured = (
        f"Its cost has come to rest at {cost:.3g}: {more} more epochs make it {later:.3g}. "
        "This may be a local minimum. "
    )
    reached = {seed: _cost_after(net.layers, seed, patient, epochs) for seed in SEEDS}
    best = min(reached, key=lambda seed: reached[seed])
    lower = [seed for seed in SEEDS if reached[seed] < cost / 2]
    if lower:
        measured += (
            f"Of {len(SEEDS)} networks with other first weights, {len(lower)} reach less than half of it."
        )
        change = {"seed": best}
        remedy = f"Train a new network with another seed: seed={best} reaches {reached[best]:.2g}."
    else:
        layers: tuple[Any, ...] = net.layers
        wider = (*(replace(layer, n=4 * layer.n) for layer in layers[:-1]), layers[-1])
        costs = [_cost_after(wider, seed, patient, epochs) for seed in SEEDS]
        if len(net.layers) == 1 or min(costs) >= cost / 2:
            return
        hidden = ", ".join(str(layer.n) for layer in wider[:-1])
        measured += f"{len(SEEDS)} networks with other first weights reach no less than half of it."
        remedy = (
            f"Give it more neurons: with {hidden} hidden ones and seed={SEEDS[int(np.argmin(costs))]} it "
            f"reaches {min(costs):.2g}."
        )
    remedy += " Or net.minimize(data) on a new network, which chooses its steps itself."
    yield Finding(patient.severity(), "stuck", measured, remedy, change)


def _all_dense(net: Network) -> bool:
    return all(isinstance(layer, Dense) for layer in net.layers)


def _train(net: Network, patient: Patient, epochs: int) -> bool:
    """Train as the patient was trained; return whether the parameters stayed finite."""
    history = patient.history
    options = {} if history.rule is None else {"rule": history.rule}
    try:
        find_eta.train(
            net,
            patient.examples,
            epochs,
            patient.mini_batch_size,
            patient.eta,
            history.lmbda or 0.0,
            **options,
        )
    except DivergenceError:
        return False
    return True


def _cost_after(layers: tuple[Any, ...], seed: int, patient: Patient, epochs: int) -> float:
    """Return the cost of a new network after these epochs."""
    net = patient.net
    init: Init = "he" if any(layer.activation == "relu" for layer in layers) else "scaled"
    other = Network(
        layers, input_shape=net.input_shape, cost=net.cost_name, init=init, dtype=net.dtype, seed=seed
    )
    if not _train(other, patient, epochs):
        return float("inf")
    return other._cost_and_accuracy(other._prepare(patient.examples))[0]
