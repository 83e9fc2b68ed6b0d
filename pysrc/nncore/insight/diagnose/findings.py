"""The results of `nncore.diagnose`: a `Diagnosis` lists a `Finding` for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

SEVERITIES = ("serious", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """A `Finding` describes one thing that is wrong with a network, its data or its training.

    Attributes
    ----------
    severity : str
        "serious": it can keep a network from learning. "warning": it costs accuracy. "note": good to know.
    name : str
        A short name, such as "eta too high".
    measured : str
        A sentence that says what was measured.
    remedy : str
        A sentence that says what to do.
    change : mapping of str to value
        The arguments of `Network` and `Network.SGD` that a new training would get to follow the remedy, such
        as ``{"eta": 0.5}``; empty if the remedy is something else.

    Examples
    --------
    >>> Finding("note", "not trained", "It has not been trained for an epoch yet.", "Train it.")
    note: not trained. It has not been trained for an epoch yet. Train it.
    """

    severity: str
    name: str
    measured: str
    remedy: str
    change: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        return f"{self.severity}: {self.name}. {self.measured} {self.remedy}"


class Diagnosis(Sequence[Finding]):
    """A `Diagnosis` is the sequence of findings that `nncore.diagnose` returns, the most severe first.

    Printed, it says what was measured and what to do.

    Attributes
    ----------
    healthy : bool
        Whether all findings are notes, or there are none.
    names : list of str
        The names of the findings.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> found = nn.diagnose(nn.Network([784, 10], seed=0), train)
    >>> found.names, found.healthy
    (['not trained'], True)
    """

    def __init__(self, findings: list[Finding], about: str) -> None:
        self._findings = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
        self._about = about

    @property
    def healthy(self) -> bool:
        return all(finding.severity == "note" for finding in self)

    @property
    def names(self) -> list[str]:
        return [finding.name for finding in self]

    def __len__(self) -> int:
        return len(self._findings)

    @overload
    def __getitem__(self, i: int) -> Finding: ...

    @overload
    def __getitem__(self, i: slice) -> list[Finding]: ...

    def __getitem__(self, i: int | slice) -> Finding | list[Finding]:
        return self._findings[i]

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._about}: nothing wrong was found."
        lines = [f"{self._about}:"]
        for i, finding in enumerate(self, 1):
            lines.append(f"{i}. {finding.name} ({finding.severity})")
            lines += [f"   {finding.measured}", f"   {finding.remedy}"]
        return "\n".join(lines)
