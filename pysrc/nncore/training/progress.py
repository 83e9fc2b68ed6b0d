"""The progress bar shows how much of a run is done, its speed, and the time that is left."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from nncore import _validation


class CallbackBar:
    """A CallbackBar replaces a progress bar: it calls a function with the size of every step."""

    def __init__(self, update: Callable[[int], Any]) -> None:
        self.update = update

    def set_postfix(self, values: dict[str, str], refresh: bool) -> None:
        """Do nothing: the function is called with progress alone."""


NO_BAR: AbstractContextManager[Any] = contextlib.nullcontext()


def check(progress: Any) -> None:
    """Refuse what cannot say whether there is a progress bar, before anything is trained."""
    if progress is not None and not callable(progress):
        _validation.flag("progress", progress)


def progress_bar(
    progress: bool | Callable[[int], Any] | None, total: int, unit: str
) -> AbstractContextManager[Any]:
    """Return a context manager that gives a progress bar over `total` units, or None.

    `progress` is SGD's argument: True and False say whether there is a bar, and None asks for one in a
    notebook or at a terminal. If it is a function, a `CallbackBar` that calls it replaces the bar.
    """
    check(progress)
    if callable(progress):
        return contextlib.nullcontext(CallbackBar(progress))
    if not (is_interactive() if progress is None else progress):
        return NO_BAR
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook without widgets, tqdm warns and draws with characters
        from tqdm.auto import tqdm
    bar: AbstractContextManager[Any] = tqdm(
        total=total,
        unit=unit,
        unit_scale=True,
        delay=0 if progress else 0.5,
        dynamic_ncols=True,
        bar_format="{percentage:3.0f}%|{bar}{postfix} {n_fmt}/{total_fmt} [{remaining} left, {rate_fmt}]",
    )
    return bar


def measured(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a bar shows of an epoch's measurements, in few letters: accuracies, or else costs.

    They stand before the count and the speed: if a terminal is too narrow for all, these are cut.
    """
    sides = ("evaluation", "training")
    accuracies = {side: f"{values[f'{side}_accuracy']:.2%}" for side in sides if f"{side}_accuracy" in values}
    costs = {f"{side} cost": f"{values[f'{side}_cost']:.3g}" for side in sides if f"{side}_cost" in values}
    return accuracies or costs


def is_interactive() -> bool:
    """Return whether this process runs in a notebook, or writes its errors to a terminal."""
    ipython = sys.modules.get("IPython")
    shell = type(ipython.get_ipython()).__name__ if ipython is not None else ""
    return shell == "ZMQInteractiveShell" or (sys.stderr is not None and sys.stderr.isatty())
