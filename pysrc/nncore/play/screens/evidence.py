"""`evidence` returns what the doctor measured for a finding: trial runs, activations or numbers to draw."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.insight import neurons
from nncore.play.screens.setups import CLASSES, new_network

if TYPE_CHECKING:
    from nncore.insight.diagnose import Finding
    from nncore.play.screens.setups import Run

IMAGES = 100  # whose activations are shown
MOST_LABELS = 400  # that are shown in their order
STEPS = (0, 1, 2, 3, 5, 10)  # mini-batches, after which the weights are shown


def evidence(ran: Run, finding: Finding) -> dict[str, Any]:
    """Return the drawing of what was measured.

    It is of one of three kinds. "trials" are short trainings: for each eta the cost at its end. A "strip" is
    a picture, a row for each neuron and a column for each image. "bars" are numbers with their names.
    """
    with np.errstate(all="ignore"):  # exploded weights may make numbers overflow
        return DRAWINGS[finding.name](ran, finding)


def trials(ran: Run, finding: Finding) -> dict[str, Any]:
    search = ran.patient.search
    return {
        "kind": "trials",
        "title": "Cost at the end of short trial runs, over eta",
        "trials": [
            {
                "eta": trial.eta,
                "cost": trial.last if np.isfinite(trial.last) else None,
                "verdict": trial.verdict,
            }
            for trial in sorted(search.trials, key=lambda trial: trial.eta)
        ],
        "eta": ran.settings.eta,
        "threshold": search.threshold,
        "constant": ran.patient.constant_cost,  # of the best answer that is the same for every image
    }


def output_strip(ran: Run, finding: Finding) -> dict[str, Any]:
    return strip(ran, len(ran.net.layers) - 1)


def hidden_strip(ran: Run, finding: Finding) -> dict[str, Any]:
    return strip(ran, 0)


def stuck_strip(ran: Run, finding: Finding) -> dict[str, Any]:
    """Draw the layer of which the finding speaks."""
    layers = range(len(ran.net.layers))
    named = [l for l in layers if f"of {neurons.layer_name(ran.net, l)} are" in finding.measured]
    return strip(ran, named[0])


def strip(ran: Run, l: int) -> dict[str, Any]:
    """Return the activations of a layer for the first of the images that the doctor looked at."""
    a = ran.patient.passes[1][l][:, :IMAGES].astype(np.float32)
    name = neurons.layer_name(ran.net, l).capitalize()
    return {
        "kind": "strip",
        "title": f"{name}: {len(a)} neurons, {a.shape[1]} images",
        "values": a / max(1.0, float(a.max())),
        "rows": [],
    }


def labels_in_order(ran: Run, finding: Finding) -> dict[str, Any]:
    labels = ran.patient.labels
    assert labels is not None
    shuffled = np.random.default_rng(0).permutation(labels)
    some = np.linspace(0, len(labels) - 1, MOST_LABELS).astype(int)
    return {
        "kind": "strip",
        "title": "The labels in their order, 0 light to 9 dark",
        "values": (np.stack([labels[some], shuffled[some]]) / (CLASSES - 1)).astype(np.float32),
        "rows": ["as they come", "shuffled"],
    }


def speeds(ran: Run, finding: Finding) -> dict[str, Any]:
    """Return the lengths of the gradients by the biases, which the finding names."""
    deltas = ran.patient.passes[2]
    norms = [float(np.linalg.norm(delta.sum(axis=1) / delta.shape[-1])) for delta in deltas]
    rows = [(neurons.layer_name(ran.net, l).capitalize(), norm) for l, norm in enumerate(norms)]
    return bars("Length of the gradient by the biases", rows, log=True)


def shrinking(ran: Run, finding: Finding) -> dict[str, Any]:
    settings = ran.settings
    factor = 1 - settings.eta * settings.lmbda / ran.patient.n
    rows = [(f"after {k} mini-batch{'' if k == 1 else 'es'}", factor**k) for k in STEPS]
    return bars("What lmbda alone leaves of a weight", rows, most=1.0)


def sizes(ran: Run, finding: Finding) -> dict[str, Any]:
    start = new_network(replace(ran.settings, init="scaled"))
    rows = []
    for l, (drawn, now) in enumerate(zip(start.weights, ran.net.weights, strict=True)):
        name = neurons.layer_name(ran.net, l).capitalize()
        rows += [(f"{name}, drawn", rms(drawn)), (f"{name}, now", rms(now))]
    return bars("A typical weight", rows, log=True)


def scale(ran: Run, finding: Finding) -> dict[str, Any]:
    """Return how large z is with these inputs, and with scaled ones, in the same new network."""
    start = new_network(ran.settings)
    x = ran.patient.columns[0]
    z = rms(start.weights[0].astype(float) @ x + start.biases[0])
    divided = rms(start.weights[0].astype(float) @ (x / 256) + start.biases[0])
    rows = [
        ("largest input", float(x.max())),
        ("typical z of layer 2", z),
        ("largest input, X / 256", float(x.max()) / 256),
        ("typical z, X / 256", divided),
    ]
    return bars("Before the first step", rows, log=True)


def rows_shifted(ran: Run, finding: Finding) -> dict[str, Any]:
    """Return the two shares that the finding names."""
    moved, as_they_are = (int(share) / 100 for share in re.findall(r"(\d+)%", finding.measured))
    rows = [("a row further", moved), ("as they are", as_they_are)]
    return bars("Labels that a softmax layer learns", rows, most=1.0, percent=True)


def recall(ran: Run, finding: Finding) -> dict[str, Any]:
    labels, answers = ran.patient.labels, ran.patient.answers
    assert labels is not None
    rows = []
    for k in range(CLASSES):
        name = f"{k}, {int((labels == k).sum())} images"
        rows.append((name, float((answers == k)[labels == k].mean())))
    return bars("What is found of each class", rows, most=1.0, percent=True)


def gap(ran: Run, finding: Finding) -> dict[str, Any]:
    rows = [
        (f"the {ran.patient.n:,} training images", ran.patient.accuracy),
        ("the 1,000 others", ran.accuracy),
    ]
    return bars("Accuracy", rows, most=1.0, percent=True)


def bars(
    title: str,
    rows: list[tuple[str, float]],
    *,
    log: bool = False,
    most: float | None = None,
    percent: bool = False,
) -> dict[str, Any]:
    return {
        "kind": "bars",
        "title": title,
        "rows": [{"name": name, "value": value} for name, value in rows],
        "log": log,
        "most": max(value for _, value in rows) if most is None else most,
        "least": min(value for _, value in rows),
        "percent": percent,
    }


def rms(values: Any) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


DRAWINGS: dict[str, Callable[[Run, Finding], dict[str, Any]]] = {
    "eta too high": trials,
    "eta too low": trials,
    "eta unknown": trials,
    "no eta learns": trials,
    "one answer": output_strip,
    "near chance": output_strip,
    "slow output": output_strip,
    "diverged": output_strip,
    "saturated neurons": stuck_strip,
    "dead neurons": stuck_strip,
    "identical neurons": hidden_strip,
    "labels sorted": labels_in_order,
    "vanishing gradient": speeds,
    "exploding gradient": speeds,
    "lmbda too high": shrinking,
    "weights vanished": sizes,
    "weights exploded": sizes,
    "inputs not scaled": scale,
    "rows shifted": rows_shifted,
    "unequal classes": recall,
    "overfitting": gap,
}
