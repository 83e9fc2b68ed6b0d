"""This module says what to type in `SGD` of the book's programs for arguments that other libraries have.

Each hint is a line to type, as in `nncore._hints`, with `net` a network of the program.
"""

from __future__ import annotations

import re
from typing import Any

from nncore import _hints

TRAIN: dict[str, str] = {  # a whole call of each program's SGD
    "network": "net.SGD(training_data, 30, 10, 3.0, test_data=test_data)",
    "network2": "net.SGD(training_data, 30, 10, 0.5, lmbda=5.0, evaluation_data=validation_data)",
    "network3": "net.SGD(training_data, 60, 10, 0.1, validation_data, test_data)",
}
_DATA = ("validation_data", "valid_data", "evaluation_data", "test_data", "validation", "eval_set")
_DECAY = ("weight_decay", "l2", "lambda_", "lamda", "reg", "regularization")
_PATIENCE = ("patience", "early_stopping", "n_iter_no_change", "stop")
_OTHERS = {  # arguments of nn.Network.SGD that no program of chapters 1 and 3 has
    "momentum": f"{_hints.CREATE}; {_hints.TRAIN[:-1]}, momentum=0.9)",
    "rule": f"{_hints.CREATE}; {_hints.ADAM}",
    "schedule": f"{_hints.CREATE}; {_hints.SCHEDULE}",
    "progress": f"{_hints.CREATE}; {_hints.TRAIN[:-1]}, progress=True)",
    "class_weight": f'{_hints.CREATE}; {_hints.TRAIN[:-1]}, class_weight="balanced")',
}


def _named(program: str) -> dict[str, str]:
    """Return the hints for arguments that the program has under another name."""
    return {name: TRAIN[program] for name, line in _hints.ARGUMENTS["SGD"].items() if line == _hints.TRAIN}


def _elsewhere() -> dict[str, str]:
    """Return the hints for arguments that nn.Network has, and network and network2 have not."""
    return {name: f"{_hints.CREATE}; {line}" for name, line in _hints.ARGUMENTS["SGD"].items()} | _OTHERS


HINTS: dict[str, dict[str, str]] = {
    "network": _elsewhere()
    | _named("network")
    | dict.fromkeys(_DATA, TRAIN["network"])
    | dict.fromkeys((*_DECAY, "lmbda"), f"net = network2.Network([784, 30, 10]); {TRAIN['network2']}"),
    "network2": _elsewhere()
    | _named("network2")
    | dict.fromkeys((*_DATA, *_DECAY), TRAIN["network2"])
    | dict.fromkeys(_PATIENCE, f"{TRAIN['network2'][:-1]}, early_stopping_n=10)")
    | dict.fromkeys(("metrics", "monitor"), f"{TRAIN['network2'][:-1]}, monitor_evaluation_accuracy=True)"),
    "network3": {
        name: re.sub(r", (evaluation_data=data|progress=True)", "", line).replace(
            _hints.TRAIN[:-1], TRAIN["network3"][:-1]
        )
        for name, line in _hints.ARGUMENTS["SGD"].items()
        if line.startswith(_hints.TRAIN[:-1])
    }
    | dict.fromkeys(_DATA, TRAIN["network3"]),
}
OWN: dict[str, tuple[str, ...]] = {  # arguments that a program has, under names that are hints elsewhere
    "network": ("test_data",),
    "network2": (
        *("evaluation_data", "monitor_evaluation_cost", "monitor_evaluation_accuracy"),
        *("monitor_training_cost", "monitor_training_accuracy", "early_stopping_n"),
    ),
    "network3": ("validation_data", "test_data"),
}
ARGUMENTS: dict[str, dict[str, str]] = {
    program: {name: line for name, line in hints.items() if name not in OWN[program]}
    for program, hints in HINTS.items()
}


def check(program: str, names: Any, **needed: Any) -> None:
    """Refuse arguments that a program's SGD does not have, and a call without one that it needs."""
    for name in names:
        raise _hints.unknown_argument(f"{program}.Network.SGD", name, ARGUMENTS[program])
    _hints.check_needed(f"{program}.Network.SGD", TRAIN[program], **needed)
