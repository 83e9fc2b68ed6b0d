"""`rare_classes` says which classes have few examples, and whether the network finds them."""

from __future__ import annotations

import numpy as np

from nncore.insight.wording import format_count

RARE = 0.4  # a class is rare if it has less than this share of what it would have if all had the same


def rare_classes(
    labels: np.ndarray, answers: np.ndarray, noun: str = "example", y: str = "y"
) -> tuple[str, str, str] | None:
    """Return (name, what was measured, what to do) if a network overlooks rare classes, or None.

    The recall of a class is the share of its examples that the network answers with it. `y` is the Python for
    the labels, where the user's y holds targets.
    """
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return None
    recall = {int(k): float((answers[labels == k] == k).mean()) for k in present}
    rare = [int(k) for k in present if counts[k] < RARE * len(labels) / len(present) and recall[int(k)] < 0.6]
    if not rare:
        return None
    k = min(rare, key=lambda k: recall[k])
    shown = [k, *(int(other) for other in present[np.argsort(-counts[present])] if other != k)][:10]
    others = ", ".join(f"{recall[other]:.0%} of class {other}" for other in shown[1:])
    measured = (
        f"The classes are unequal: {counts[k] / len(labels):.1%} of the {noun}s ({counts[k]} of "
        f"{format_count(len(labels))}) are of class {k}. The network finds {recall[k]:.0%} of class {k}, "
        f"{others}."
    )
    times = max(2, round(counts.max() / counts[k]))
    remedy = (
        "Show the rare class more often: "
        f"rows = np.r_[np.arange(len(y)), np.repeat(np.flatnonzero({y} == {k}), {times - 1})]; "
        "X, y = X[rows], y[rows]. And judge by the recall of each class, not by the accuracy."
    )
    return "unequal classes", measured, remedy
