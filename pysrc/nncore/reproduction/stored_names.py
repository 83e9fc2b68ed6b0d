"""The tables below list the names that results on disk have for measurements and settings.

A result is valid as long as the settings stored in it equal those of its experiment today. So that code may
be renamed without a run being lost, what stands on disk has names of its own, and they are all listed here.
A name in these tables is never changed. A new setting gets a new line with the value that older results had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import nncore

MEASUREMENT = "measurement"  # the key of a measurement's name

# Each measurement's name on disk, and the function whose path version 0.1.0 stored in its place.
MEASUREMENTS = {
    "average darkness": "nncore.book.measurements.darkness",
    "support vector machine": "nncore.book.measurements.svm",
    "loop against matrix": "nncore.book.measurements.loop_against_matrix",
    "one neuron": "nncore.book.neuron.learn",
    "replay": "nncore.book.measurements.replayed",
    "learning rate search": "nncore.book.measurements.find_eta",
    "step": "nncore.book.by_hand.step",
    "bump": "nncore.book.by_hand.bump",
    "bumps": "nncore.book.by_hand.bumps",
    "towers": "nncore.book.by_hand.towers",
    "learning speeds": "nncore.book.measurements.learning_speeds",
    "vote": "nncore.book.measurements.vote",
}

# The arguments of measurements, by the names that functions have for them: their keys on disk.
ARGUMENTS = {
    "images": "images",
    "evaluation": "evaluation",
    "program": "program",
    "w": "w",
    "b": "b",
    "cost": "cost",
    "eta": "eta",
    "layers": "layers",
}


class Setting(NamedTuple):
    """A setting of a training.

    Attributes
    ----------
    key : str
        The setting's name on disk.
    field : str
        The setting's name in `nncore.reproduction.experiments.training_spec.Training`.
    left_out : Any
        The value that is not written. Results from before the setting existed have this value. It does not
        follow the default of the field.
    """

    key: str
    field: str
    left_out: Any = None


SETTINGS = (
    Setting("name", "name"),
    Setting("layers", "layers"),
    Setting("epochs", "epochs"),
    Setting("eta", "eta"),
    Setting("lmbda", "lmbda", 0.0),
    Setting("mini_batch_size", "mini_batch_size", 10),
    Setting("cost", "cost", None),
    Setting("init", "init", "scaled"),
    Setting("input_shape", "input_shape", None),
    Setting("shuffle", "shuffle", True),
    Setting("images", "images", None),
    Setting("expanded", "expanded", False),
    Setting("evaluation", "evaluation", "validation"),
    Setting("evaluation_images", "evaluation_images", None),
    Setting("test_too", "test_each_epoch", False),
    Setting("last_epoch_alone", "evaluate_only_at_end", False),
    Setting("monitor", "monitor", ("evaluation_cost", "evaluation_accuracy")),
    Setting("monitor_on", "monitor_examples", 100),
)


def of_training(training: Any) -> dict[str, Any]:
    """Return the settings of a training as they stand on disk.

    Parameters
    ----------
    training : Training
    """
    stored = {}
    for key, field, left_out in SETTINGS:
        value = getattr(training, field)
        if key == "layers":
            stored[key] = [stored_layer(layer) for layer in value]
        elif value != left_out:
            stored[key] = list(value) if isinstance(value, tuple) else value
    return stored


def of_measurement(kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a measurement as they stand on disk.

    Parameters
    ----------
    kind : str
        The measurement's name, one of `MEASUREMENTS`.
    arguments : mapping of str to object
        The arguments of its function other than data and seed.

    Examples
    --------
    >>> of_measurement("support vector machine", {"images": 100, "evaluation": "validation"})
    {'measurement': 'support vector machine', 'images': 100, 'evaluation': 'validation'}
    """
    if kind not in MEASUREMENTS:
        raise ValueError(f"kind: one of {', '.join(MEASUREMENTS)} needed, got {kind!r}")
    return {MEASUREMENT: kind} | {ARGUMENTS[name]: value for name, value in arguments.items()}


def stored_layer(layer: Any) -> Any:
    """Return the value that stands on disk for a layer: a size from the book's list, or a text.

    Examples
    --------
    >>> stored_layer(30), stored_layer(nncore.Conv2D(20, 5)), stored_layer(nncore.Softmax(10, dropout=0.5))
    (30, "nn.Conv2D(20, 5, 'sigmoid')", 'nn.Softmax(10, dropout=0.5)')
    """
    if isinstance(layer, int):
        return layer
    if isinstance(layer, nncore.Conv2D):
        padding = "" if layer.padding == "valid" else f", padding={layer.padding!r}"
        return f"nn.Conv2D({layer.filters}, {_side(layer.kernel_size)}, {layer.activation!r}{padding})"
    if isinstance(layer, nncore.MaxPool2D):
        return f"nn.MaxPool2D({_side(layer.size)})"
    softmax = isinstance(layer, nncore.Softmax)
    arguments = [str(layer.n)] + ([] if softmax else [repr(layer.activation)])
    arguments += [f"dropout={layer.dropout:g}"] if layer.dropout else []
    arguments += [f"eta_scale={layer.weight_eta_factor:g}"] if layer.weight_eta_factor != 1.0 else []
    return f"nn.{'Softmax' if softmax else 'Dense'}({', '.join(arguments)})"


def _side(size: tuple[int, int]) -> Any:
    """Return the side of a square, or both sides of a rectangle."""
    return size[0] if size[0] == size[1] else size


def of_data(sizes: Sequence[int], crc: int) -> str:
    """Return the text that stands on disk for the data that a run used.

    Parameters
    ----------
    sizes : sequence of int
        The number of training, validation and test images.
    crc : int
        The checksum of their bytes and labels.

    Examples
    --------
    >>> of_data([50_000, 10_000, 10_000], 0x1234)
    '50000+10000+10000 images, crc 00001234'
    """
    return f"{'+'.join(map(str, sizes))} images, crc {crc:08x}"


def of_network(experiment: str, part: str, seed: int, record: Mapping[str, Any]) -> str:
    """Return the text that stands on disk for a network that a measurement took from another run.

    Parameters
    ----------
    experiment, part, seed : str, str, int
        The run that trained it.
    record : mapping of str to object
        That run's record, whose date tells one run from a later one.

    Examples
    --------
    >>> of_network("6.10", "dropout", 0, {"date": "2026-11-24T01:00:00+00:00"})
    '6.10 dropout, seed 0: 2026-11-24T01:00:00+00:00'
    """
    return f"{experiment} {part}, seed {seed}: {record.get('date')}"


def current(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the settings of a result, of this version or of 0.1.0, into those that this version writes.

    Parameters
    ----------
    stored : mapping of str to object
        The settings that a result or a checkpoint holds.

    Examples
    --------
    >>> current({"function": "nncore.book.measurements.svm", "images": 100})
    {'measurement': 'support vector machine', 'images': 100}
    """
    settings = dict(stored)
    function = settings.pop("function", None)
    names = {path: name for name, path in MEASUREMENTS.items()}
    if function is None:
        return settings
    return {MEASUREMENT: names.get(function, function), **settings}
