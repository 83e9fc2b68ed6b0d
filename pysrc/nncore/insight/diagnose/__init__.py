"""`diagnose`, the doctor, says in plain words what keeps a network from learning.

It compares what it measures with the values of healthy networks. For example, the networks of the book learn
although four fifths of their neurons are saturated on any one image, but none of them has a neuron that is
saturated on all images. After a failed run, short trial runs of new networks tell a wrong eta from
wrong data.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nncore import _validation
from nncore.insight.diagnose import checks, other_starts
from nncore.insight.diagnose.findings import SEVERITIES, Diagnosis, Finding
from nncore.insight.diagnose.patient import Patient
from nncore.insight.sampling import evenly_spaced
from nncore.network import Network
from nncore.training import not_learning
from nncore.training.history import History

__all__ = ["SEVERITIES", "Diagnosis", "Finding", "Patient", "diagnose", "hint"]
USUAL_REMEDY = (
    "The usual reason is eta: nn.find_eta(layers, data) finds a better one. It may also need more epochs, or "
    "more neurons."
)


def diagnose(
    net: Network,
    data: Any,
    history: History | None = None,
    *,
    evaluation_data: Any = None,
    eta: float | None = None,
    lmbda: float | None = None,
    mini_batch_size: int | None = None,
    weights: Any = None,
    class_weight: Any = None,
) -> Diagnosis:
    """Say in plain words what keeps a network from learning, with what was measured and what to do.

    Parameters
    ----------
    net : Network
        The network. It is not changed.
    data : Dataset, pair of arrays, or the book's list of (x, y)
        The data that it was trained on.
    history : History, optional
        The history of its training; by default ``net.history``.
    evaluation_data : as data, optional
        Other examples, which show whether the network overfits. By default the accuracies in the history do.
    eta, lmbda, mini_batch_size : float, float, int, optional
        The settings of the training, if the history does not hold them. Without a mini_batch_size, 10 is
        assumed.
    weights, class_weight : optional
        Those of the training, as `Network.SGD` took them. Without them, nothing is said of eta if the history
        says that the examples had weights.

    Returns
    -------
    Diagnosis
        A sequence of findings, the most severe first; its `healthy` says whether all of them are notes.

    Raises
    ------
    ValueError
        The data do not fit the network, or a setting is out of range.
    TypeError
        The history is not a `History`.

    Notes
    -----
    The network answers all examples. z, a and delta are computed for at most 1,000 of them, or 200 if there
    are feature maps. A filter counts as dead or saturated if it is so in every pixel of its feature map. If
    the network is hardly better than one answer for everything, or its cost oscillates, trial runs of new
    networks on 1,000 examples follow. They take some tenths of a second for the networks of chapter 1 and
    some seconds for those of chapter 6.

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
    _validation.check_network(net)
    net._core_alone("diagnose", trains=True)
    if eta is not None:
        eta = _validation.real("eta", eta, least=0)
    if lmbda is not None:
        lmbda = _validation.real("lmbda", lmbda, least=0)
    if mini_batch_size is not None:
        mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    settings: dict[str, Any] = {"eta": eta, "lmbda": lmbda, "mini_batch_size": mini_batch_size}
    settings |= {"weights": weights, "class_weight": class_weight}
    patient = Patient(net, data, history, evaluation_data=evaluation_data, **settings)
    about = f"{net!r} on {patient.n_examples(patient.n)}"
    if not patient.finite:
        return Diagnosis([checks.check_finite(net)], about)
    with np.errstate(all="ignore"):  # exploded weights may make numbers overflow
        found = [finding for check in checks.CHECKS_OF_DATA for finding in check(patient)]
        if all(finding.severity != "serious" for finding in found):
            found += checks.check_eta(patient)  # on wrong data, trial runs would say nothing about eta
        found += [finding for check in checks.CHECKS_OF_NETWORK for finding in check(patient)]
        if all(finding.severity != "serious" for finding in found):
            found += other_starts.check_stuck(patient)
        explained = any(finding.severity == "serious" or finding.name == "no eta learns" for finding in found)
        remedy = "What follows may be the reason." if explained else USUAL_REMEDY
        found = [*checks.check_divergence(patient), *checks.check_answers(patient, remedy), *found]
        if not patient.trained and not patient.diverged:
            measured = "It has not been trained for an epoch yet."
            found.append(
                Finding(
                    "note",
                    "not trained",
                    measured,
                    "net.SGD(data, 30, 10, 0.5) trains it: 30 epochs, mini-batches of 10, eta = 0.5.",
                )
            )
        elif patient.labels is not None and patient.trained:
            about += f", {patient.accuracy:.1%} right"
    return Diagnosis(_with_one_eta(found), about)


def _with_one_eta(found: list[Finding]) -> list[Finding]:
    """Let all findings advise the eta of the first that does: that of trial runs, if there were any."""
    eta = next((finding.change["eta"] for finding in found if "eta" in finding.change), None)
    return [
        replace(finding, change={**finding.change, "eta": eta}) if "eta" in finding.change else finding
        for finding in found
    ]


def hint(net: Network, data: Any, history: History | None = None) -> str | None:
    """Describe a network whose answers are near chance after a run, with cause and cure if found soon.

    The network answers at most 1,000 of the examples. Trial runs start only if they are quick.

    Parameters
    ----------
    net : Network
    data : Dataset, pair of arrays, or list
        The data that the network was trained on. The answer is None for a generator, which the training has
        used up.
    history : History, optional
        The history of the run. If its last accuracies are above a half, the answer is None at once.

    Returns
    -------
    str or None
        None for any other network.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    >>> history = net.SGD(train, 2, 10, eta=100.0, progress=False)
    >>> hint(net, train, history)  # doctest: +ELLIPSIS
    'It answers 1 for every image; 124 of 1000 are 1s. eta = 100 is about 40 times too high: ...'
    """
    if history is not None and any(
        curve and curve[-1] > 0.5 for curve in (history.training_accuracy, history.evaluation_accuracy)
    ):
        return None
    sample = _sample(data) if net.epochs_trained else None
    if sample is None:
        return None
    patient = Patient(net, sample, history)
    if patient.n < 100 or not patient.finite or patient.labels is None:
        return None
    _, chance = patient.commonest
    if patient.accuracy >= min(2.5 * chance, chance + 0.15 * (1 - chance)):
        return None
    said = next((finding.measured for finding in checks.check_answers(patient, USUAL_REMEDY)), None)
    if said is None or history is None:
        return said
    return f"{said} {not_learning.cause(net, history, patient.examples, Network.SGD)}".rstrip()


def _sample(data: Any) -> Any:
    """Take at most 1,000 examples, evenly spaced, from a user's data; None from a generator."""
    if not hasattr(data, "__getitem__"):
        return None
    if _validation.is_pair(data):
        X, y = (side if _validation.is_dataset(side) else np.asarray(side) for side in data)
        indices = evenly_spaced(len(X))
        return X[indices], y[indices]
    indices = evenly_spaced(len(data))
    return [data[i] for i in indices] if isinstance(data, (tuple, list)) else data[indices]
