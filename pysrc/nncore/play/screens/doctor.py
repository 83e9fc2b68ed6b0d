"""The screen Why does it not learn?: trainings that go wrong, what the doctor finds, and what helps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nncore.play.screens.evidence import DRAWINGS, evidence
from nncore.play.screens.remedies import Remedy, remedy
from nncore.play.screens.screen import Screen
from nncore.play.screens.setups import SETUPS, run
from nncore.play.screens.setups_code import python

if TYPE_CHECKING:
    from nncore.insight.diagnose import Finding
    from nncore.play.screens.screen import Push
    from nncore.play.screens.setups import Run, Settings
    from nncore.play.workbench import Workbench

MOST_APPLIED = 8  # remedies, one after another


class Doctor(Screen):
    """Doctor trains the set-ups on the bundled digits. It does not touch the network that is open."""

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.shown: Run | None = None  # the training that is shown

    def ask_setups(self) -> dict[str, Any]:
        """Return the names of the set-ups, in their order."""
        return {"setups": [{"id": key, "name": name} for key, (name, _) in SETUPS.items()]}

    def ask_accuracy(self, setup: Any) -> dict[str, Any]:
        """Train a set-up as it is, and return its accuracy on the validation digits."""
        return {"accuracy": run(settings_of(setup)).accuracy}

    def ask_run(self, setup: Any, applied: Any) -> dict[str, Any]:
        """Train a set-up after the remedies of some findings, and let the doctor look at it.

        `applied` has the names of the findings whose remedies were applied, each of them one of those that
        the doctor had found after the ones before it.
        """
        settings, done = settings_of(setup), []
        before = None
        for name in names(applied):
            before = run(settings)
            text, change = help_of(named(before, name), settings)
            settings = replace(settings, **change)
            done.append({"finding": name, "text": text})
        now = self.shown = run(settings)
        return {
            "setup": setup,
            "name": SETUPS[setup][0],
            "applied": done,
            "now": curve(now),
            "before": None if before is None else curve(before),
            "n": len(now.validation) if settings.divisor == 256 else len(now.validation[0]),
            "findings": [described(finding, settings) for finding in now.diagnosis],
            "healthy": now.diagnosis.healthy,
            "seconds": now.seconds,
            "python": python(settings),
        }

    def ask_why(self, setup: Any, applied: Any, finding: Any) -> dict[str, Any]:
        """Return what was measured for a finding, to be drawn."""
        settings = settings_of(setup)
        for name in names(applied):
            settings = replace(settings, **help_of(named(run(settings), name), settings).change)
        ran = run(settings)
        return evidence(ran, named(ran, finding)) | {"finding": finding}


def settings_of(setup: Any) -> Settings:
    """Return the settings of a set-up."""
    if not isinstance(setup, str) or setup not in SETUPS:
        raise ValueError(f"setup: one of {', '.join(SETUPS)} needed, got {setup!r:.60}")
    return SETUPS[setup][1]


def names(applied: Any) -> list[str]:
    """Return the names of findings, of which there are not too many."""
    if not isinstance(applied, list) or not all(isinstance(name, str) for name in applied):
        raise TypeError(f"applied: a list of names of findings needed, got {applied!r:.60}")
    if len(applied) > MOST_APPLIED:
        raise ValueError(f"applied: at most {MOST_APPLIED} needed, got {len(applied)}")
    return applied


def named(ran: Run, name: Any) -> Finding:
    """Return the finding of this name."""
    for finding in ran.diagnosis:
        if finding.name == name:
            return finding
    raise ValueError(
        f"finding: one of {', '.join(ran.diagnosis.names) or 'no findings'} needed, got {name!r:.60}"
    )


def help_of(finding: Finding, settings: Settings) -> Remedy:
    """Return the remedy of a finding that has one."""
    found = remedy(finding, settings)
    if found is None:
        raise ValueError(f"applied: {finding.name!r} has no remedy that could be applied here")
    return found


def curve(ran: Run) -> dict[str, Any]:
    """Return the accuracies after each epoch."""
    history = ran.history
    return {
        "evaluation": history.evaluation_accuracy,
        "training": history.training_accuracy,
        "accuracy": ran.accuracy,
        "epochs": ran.settings.epochs,
    }


def described(finding: Finding, settings: Settings) -> dict[str, Any]:
    helps = remedy(finding, settings)
    return {
        "severity": finding.severity,
        "name": finding.name,
        "sentence": finding.measured,
        "advice": finding.remedy,
        "remedy": None if helps is None else helps.text,
        "why": finding.name in DRAWINGS,
    }
