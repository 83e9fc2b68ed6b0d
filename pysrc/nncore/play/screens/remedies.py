"""`remedy` says what carries out the advice of a finding: how the settings of a run change by it.

Most of it is the finding's own `change`. What concerns the data or the layers is read out of its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from nncore.insight.diagnose import Finding
    from nncore.play.screens.setups import Settings

ALL_IMAGES, THEIR_EPOCHS = 8000, 10


class Remedy(NamedTuple):
    """A Remedy is what a button says and what it does: it changes some of the settings."""

    text: str
    change: Mapping[str, Any]


def remedy(finding: Finding, settings: Settings) -> Remedy | None:
    """Return what carries out a finding's advice; None where nothing would change by it."""
    make, known = OTHERS.get(finding.name), asdict(settings)
    found = None if make is None else make(finding.remedy, settings)
    if found is None and len(finding.change) == 1:  # "a smaller eta", which others may name, is no number
        [(name, value)] = finding.change.items()
        found = Remedy(f"{written(name, value)}, new network", finding.change) if name in known else None
    if found is None or replace(settings, **found.change) == settings:
        return None
    return found


def written(name: str, value: Any) -> str:
    """Return a setting as a button says it."""
    return f'{name}="{value}"' if isinstance(value, str) else f"{name} = {value:g}"


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
    if "more data" not in sentence or settings.n == ALL_IMAGES:
        return None
    change = {"n": ALL_IMAGES, "epochs": THEIR_EPOCHS}
    return Remedy(f"all {ALL_IMAGES:,} images, {THEIR_EPOCHS} epochs", change)


OTHERS: dict[str, Callable[[str, Settings], Remedy | None]] = {
    "inputs not scaled": _divisor,
    "rows shifted": _rows,
    "labels sorted": _shuffle,
    "unequal classes": _weight,
    "vanishing gradient": _layers,
    "overfitting": _more_data,
}
