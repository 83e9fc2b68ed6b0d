"""`remedy` reads what to do out of a finding of the doctor, and says how settings change by it.

The numbers are those of the doctor's own sentence: what is carried out is what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from nncore.insight.diagnose import Finding
    from nncore.play.screens.setups import Settings


class Remedy(NamedTuple):
    """A Remedy is what a button says and what it does: it changes some of the settings."""

    text: str
    change: dict[str, Any]


def remedy(finding: Finding, settings: Settings) -> Remedy | None:
    """Return what carries out a finding's advice; None where nothing would change by it."""
    make = REMEDIES.get(finding.name)
    found = None if make is None else make(finding.remedy, settings)
    if found is None or replace(settings, **found.change) == settings:
        return None
    return found


def number(sentence: str, name: str) -> float | None:
    """Return the number in a sentence such as "Try eta = 0.5, on a new network."."""
    match = re.search(rf"{name} = (\d[\d.]*(?:e[-+]?\d+)?)(?=\D|$)", sentence)
    return None if match is None else float(match[1].rstrip("."))


def _eta(sentence: str, settings: Settings) -> Remedy | None:
    eta = number(sentence, "eta")
    return None if eta is None else Remedy(f"eta = {eta:g}, new network", {"eta": eta})


def _lmbda(sentence: str, settings: Settings) -> Remedy | None:
    lmbda = number(sentence, "lmbda")
    return None if lmbda is None else Remedy(f"lmbda = {lmbda:g}", {"lmbda": lmbda})


def _hundredth(sentence: str, settings: Settings) -> Remedy | None:
    lmbda = settings.lmbda / 100
    return Remedy(f"lmbda = {lmbda:g}, new network", {"lmbda": lmbda}) if lmbda else None


def _init(sentence: str, settings: Settings) -> Remedy | None:
    """The weights are drawn as the sentence says."""
    word = re.search(r'init="(\w+)"', sentence)
    return None if word is None else Remedy(f'init="{word[1]}"', {"init": word[1]})


def _cost(sentence: str, settings: Settings) -> Remedy | None:
    word = re.search(r'cost="([\w-]+)"', sentence)
    return None if word is None else Remedy(f'cost="{word[1]}"', {"cost": word[1]})


def _divisor(sentence: str, settings: Settings) -> Remedy | None:
    match = re.search(r"X / (\d+)", sentence)
    return None if match is None else Remedy(f"X / {match[1]}", {"divisor": settings.divisor * int(match[1])})


def _rows(sentence: str, settings: Settings) -> Remedy | None:
    match = re.search(r"np\.roll\(y, (-?\d+)\)", sentence)
    if match is None:
        return None
    return Remedy(f"y = {match[0]}", {"rows_off": settings.rows_off + int(match[1])})


def _shuffle(sentence: str, settings: Settings) -> Remedy | None:
    return Remedy("shuffle=True", {"shuffle": True}) if "shuffle=True" in sentence else None


def _weight(sentence: str, settings: Settings) -> Remedy | None:
    return Remedy('class_weight="balanced"', {"class_weight": "balanced"}) if "balanced" in sentence else None


def _layers(sentence: str, settings: Settings) -> Remedy | None:
    if "fewer layers" not in sentence or len(settings.hidden) == 1:
        return None
    return Remedy("one hidden layer", {"hidden": settings.hidden[:1]})


def _more_data(sentence: str, settings: Settings) -> Remedy | None:
    if "more data" in sentence and settings.n < 8000:
        return Remedy("all 8,000 images, 10 epochs", {"n": 8000, "epochs": 10})
    match = re.search(r"lmbda \(try ([\d.]+)", sentence)
    return None if match is None else Remedy(f"lmbda = {match[1]}", {"lmbda": float(match[1])})


REMEDIES: dict[str, Callable[[str, Settings], Remedy | None]] = {
    "eta too high": _eta,
    "eta too low": _eta,
    "eta unknown": _eta,
    "lmbda too high": _lmbda,
    "weights vanished": _hundredth,
    "identical neurons": _init,
    "slow output": _cost,
    "inputs not scaled": _divisor,
    "rows shifted": _rows,
    "labels sorted": _shuffle,
    "unequal classes": _weight,
    "vanishing gradient": _layers,
    "overfitting": _more_data,
}
