"""What the doctor finds: one `Finding` for each thing that is wrong, and the `Diagnosis` that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEVERITIES = ("serious", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    severity : str
        "serious": enough to keep a network from learning. "warning": it costs accuracy. "note": good to know.
    name : str
        What it is called, such as "eta too high".
    measured : str
        What was measured, as a sentence.
    remedy : str
        What to do about it.
    """

    severity: str
    name: str
    measured: str
    remedy: str

    def __repr__(self) -> str:
        return f"{self.severity}: {self.name}. {self.measured} {self.remedy}"


class Diagnosis(Sequence[Finding]):
    """What `diagnose` found, the most severe first. A sequence of findings; printed, it says what to do.

    Attributes
    ----------
    healthy : bool
        Whether nothing graver than a note was found.
    names : list of str
        Of the findings.
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

    def __getitem__(self, i):
        return self._findings[i]

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._about}: nothing wrong was found."
        lines = [f"{self._about}:"]
        for i, finding in enumerate(self, 1):
            lines.append(f"{i}. {finding.name} ({finding.severity})")
            lines += [f"   {finding.measured}", f"   {finding.remedy}"]
        return "\n".join(lines)
