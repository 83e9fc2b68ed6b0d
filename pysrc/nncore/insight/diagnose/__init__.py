"""The doctor: what keeps a network from learning, in plain words.

`diagnose` compares what it measures with what healthy networks show. Those of the book learn with four fifths
of their neurons saturated on any one image, for example, but none has one that is saturated on all. Where a
run has failed, short trial runs of new networks tell a wrong eta from wrong data.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore import _validation
from nncore.insight.diagnose import checks
from nncore.insight.diagnose.findings import SEVERITIES, Diagnosis, Finding
from nncore.insight.diagnose.patient import Patient
from nncore.insight.sampling import evenly_spaced
from nncore.network import Network
from nncore.training.history import History

__all__ = ["SEVERITIES", "Diagnosis", "Finding", "Patient", "diagnose", "hint"]
USUAL_REMEDY = (
    "nn.find_eta looks for a better eta, the usual reason; it may also need more epochs, or more neurons."
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
    patient = Patient(net, data, history, evaluation_data=evaluation_data, **settings)
    about = f"{net!r} on {patient.n_examples(patient.n)}"
    if not patient.finite:
        return Diagnosis([checks.check_finite(net)], about)
    with np.errstate(all="ignore"):  # what exploded weights make may overflow
        found = [finding for look in checks.CHECKS_OF_DATA for finding in look(patient)]
        if all(finding.severity != "serious" for finding in found):
            found += checks.check_eta(patient)  # on wrong data, trial runs would say nothing about eta
        found += [finding for look in checks.CHECKS_OF_NETWORK for finding in look(patient)]
        explained = any(finding.severity == "serious" for finding in found)
        remedy = "What follows may be the reason." if explained else USUAL_REMEDY
        found = [*checks.check_divergence(patient), *checks.check_answers(patient, remedy), *found]
        if not patient.trained and not patient.diverged:
            measured = "It has not been trained for an epoch yet."
            found.append(Finding("note", "not trained", measured, "net.SGD trains it."))
        elif patient.labels is not None and patient.trained:
            about += f", {patient.accuracy:.1%} right"
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
    patient = Patient(net, some, history)
    if patient.n < 100 or not patient.finite or patient.labels is None:
        return None
    _, chance = patient.commonest
    if patient.accuracy >= min(2.5 * chance, chance + 0.15 * (1 - chance)):
        return None
    return "\n".join(
        f"nn.diagnose(net, data) says: {finding.measured}"
        for finding in checks.check_answers(patient, USUAL_REMEDY)
    )


def _some(data: Any) -> Any:
    """Up to 1,000 of the examples, spread over all of them; None where they cannot be read again."""
    if not hasattr(data, "__getitem__"):
        return None
    if isinstance(data, (tuple, list)) and len(data) == 2 and not isinstance(data[0], tuple):
        X, y = (side if hasattr(side, "images") else np.asarray(side) for side in data)
        places = evenly_spaced(len(X))
        return X[places], y[places]
    places = evenly_spaced(len(data))
    return [data[i] for i in places] if isinstance(data, (tuple, list)) else data[places]
