"""These functions report a run to Python's `logging`, if somebody listens: see `nncore._log`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nncore._log import INFO, WARNING, listener
from nncore.training.history import MONITORED, History

if TYPE_CHECKING:
    from nncore.network import Network


def began(name: str, net: Network, history: History, n: int, **settings: Any) -> None:
    """Report that a run begins: its method, network, examples and settings."""
    if (logger := listener()) is not None:
        resumed = f", resumed after {len(history)} epochs" if len(history) else ""
        lmbda = f", lmbda {history.lmbda:g}" if history.lmbda else ""
        text = "".join(f", {key} {value}" for key, value in settings.items())
        logger.info("%s begins: %r, %d examples%s%s%s", name, net, n, text, lmbda, resumed)


def epoch(history: History, unit: str = "epoch") -> None:
    """Report the epoch or iteration that has just ended, counted from 1: what was measured, and how."""
    if (logger := listener()) is not None:
        columns = vars(history)
        measured = [f"{name} {columns[name][-1]:.6g}" for name in MONITORED if columns[name]]
        measured += [f"{name} {columns[name][-1]:.4g}" for name in ("eta", "seconds") if columns[name]]
        if history.threads:
            measured.append(f"threads {history.threads[-1]}")
        logger.info("%s %d: %s", unit, len(history), ", ".join(measured))


def ended(history: History, unit: str = "epoch") -> None:
    """Report why a run ended, and whether the epoch or iteration that was under way has been rolled back.

    An error that is on its way to the caller, and Ctrl-C, are reported as warnings.
    """
    error = sys.exception()
    level = INFO if error is None and not history.interrupted else WARNING
    if (logger := listener(level)) is not None:
        reason = history.stopped if error is None else f"{type(error).__name__}: {error}"
        back = "" if level == INFO else f"; the network is as it was after {unit} {len(history)}"
        logger.log(level, "the run ended after %d %ss: %s%s", len(history), unit, reason, back)
