"""This module turns a sweep's `configs` into dicts of arguments for `Network` and `SGD`, and checks them."""

from __future__ import annotations

import difflib
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nncore import _given, _hints
from nncore._work.warned import warned
from nncore.layers import Layer
from nncore.network import Network

OF_SWEEP = {  # arguments of Network and SGD that a sweep gives itself
    "seed": "seeds= of nn.sweep gives the seeds",
    "training_data": "the data are the second argument of nn.sweep",
    "evaluation_data": "pass it to nn.sweep, for all configs alike",
    "resume": "nn.sweep(..., folder=...) resumes what was stopped",
    "progress": "pass it to nn.sweep",
}
NETWORK = tuple(
    name for name in inspect.signature(Network.__init__).parameters if name not in ("self", *OF_SWEEP)
)
TRAINING = tuple(
    name
    for name, parameter in inspect.signature(Network.SGD).parameters.items()
    if name not in ("net", *OF_SWEEP) and parameter.kind is not parameter.VAR_KEYWORD
)
NEEDED = ("layers", "epochs", "mini_batch_size", "eta")
OF_WHOLE_DATA = ("weights", "class_weight", "evaluation_weights", "drop_last")
FEW = 20  # examples, on which the arguments are tried

Arguments = dict[str, Any]
Config = Callable[[int], Arguments]  # the arguments of each seed


def expand(configs: Any, common: Mapping[str, Any]) -> list[Config]:
    """Return the configs of a sweep in their order, each with the arguments that all have in common."""
    if isinstance(configs, Mapping):
        listed: list[Any] = grid(configs)
    elif callable(configs):
        listed = [configs]
    elif _given.has_elements(configs):
        listed = list(configs)
    else:
        raise TypeError(
            "configs: a dict of lists, or a list of dicts or functions, needed, such as "
            f'{{"eta": [0.1, 0.5]}}; got {configs!r:.60}'
        )
    if not listed:
        raise ValueError("configs: at least one needed, got none")
    return [_config(each, common, i) for i, each in enumerate(listed)]


def grid(choices: Mapping[str, Any]) -> list[Arguments]:
    """Return all combinations of a dict of lists; the last name varies fastest.

    Only a list, a range or an array holds choices: a tuple is one value. So is a list of the sizes or layers
    of one network.

    Examples
    --------
    >>> grid({"eta": [0.1, 0.5], "epochs": 3, "layers": [784, 10]})
    [{'eta': 0.1, 'epochs': 3, 'layers': [784, 10]}, {'eta': 0.5, 'epochs': 3, 'layers': [784, 10]}]
    """
    columns = []
    for name, values in choices.items():
        many = isinstance(values, (list, range)) or (isinstance(values, np.ndarray) and values.ndim == 1)
        if many and name == "layers":
            many = not any(isinstance(each, (int, np.integer, Layer)) for each in values)
        found = (
            [each.item() if isinstance(each, np.generic) else each for each in values] if many else [values]
        )
        if not found:
            raise ValueError(f"configs: {name} has no choices: a list of one or more needed")
        columns.append(found)
    return [dict(zip(choices, row, strict=True)) for row in itertools.product(*columns)]


def _config(given: Any, common: Mapping[str, Any], i: int) -> Config:
    """Return the function (seed) -> arguments of one config, which a user gave as a dict or as a function."""
    if callable(given):
        return lambda seed: _arguments(given(seed), common, i)
    arguments = _arguments(given, common, i)
    return lambda seed: dict(arguments)


def _arguments(given: Any, common: Mapping[str, Any], i: int) -> Arguments:
    """Check the names of a config's arguments, and return them with the common ones."""
    if not isinstance(given, Mapping):
        raise TypeError(
            f"configs[{i}]: a dict of the arguments of Network and SGD needed, such as "
            f'{{"eta": 0.5}}, or a function (seed) that returns one; got {given!r:.60}'
        )
    arguments = {**common, **given}
    for name in arguments:
        if name not in NETWORK and name not in TRAINING:
            raise _unknown(name, i)
    missing = [name for name in NEEDED if name not in arguments]
    if missing:
        raise TypeError(
            f"configs[{i}]: {' and '.join(missing)} missing: write it there, or pass it to nn.sweep for all "
            "configs alike"
        )
    return arguments


def _unknown(name: Any, i: int) -> TypeError:
    """Return the error for an argument that neither `Network` nor `SGD` has, or that the sweep gives."""
    if name in OF_SWEEP:
        return TypeError(f"configs[{i}]: {name} cannot be among the arguments: {OF_SWEEP[name]}")
    says = f"configs[{i}]: neither Network nor SGD has an argument {name!r}"
    hints = _hints.ARGUMENTS["Network"] | _hints.ARGUMENTS["SGD"]
    if name in hints:
        return TypeError(f"{says}. In nncore: {hints[name]}")
    close = difflib.get_close_matches(str(name), (*NETWORK, *TRAINING), 1)
    return TypeError(f"{says}{f'; did you mean {close[0]!r}?' if close else ''}")


def network_arguments(arguments: Mapping[str, Any]) -> Arguments:
    """Return those arguments that `Network` takes."""
    return {name: value for name, value in arguments.items() if name in NETWORK}


def training_arguments(arguments: Mapping[str, Any]) -> Arguments:
    """Return those arguments that `SGD` takes."""
    return {name: value for name, value in arguments.items() if name in TRAINING}


def try_out(arguments: Mapping[str, Any], seed: int, training: Any, evaluation: Any, label: str) -> None:
    """Make the network of a config, and call SGD for no epoch on a few examples: mistakes show at once."""
    some = {n: v for n, v in training_arguments(arguments).items() if n not in OF_WHOLE_DATA} | {"epochs": 0}
    if evaluation is not None:
        evaluation = first(evaluation)
    try:
        with warned():
            net = Network(**network_arguments(arguments), seed=seed)
            net.SGD(first(training), evaluation_data=evaluation, progress=False, **some)
    except (TypeError, ValueError) as error:
        error.add_note(f"(in {label})")
        raise


def first(data: Any) -> Any:
    """Return the first few examples of a Dataset or a pair of arrays."""
    return (data[0][:FEW], data[1][:FEW]) if isinstance(data, tuple) else data[:FEW]


def varying(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the arguments that are not the same in all configs, in order of appearance."""
    listed = list(rows)
    names = dict.fromkeys(name for row in listed for name in row)
    seen = {name: {repr(row.get(name, "")) for row in listed} for name in names}
    return [name for name in names if len(seen[name]) > 1]
