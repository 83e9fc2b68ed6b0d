"""`rare_classes` says which classes have few examples, and whether the network finds them."""

from __future__ import annotations

import numpy as np

from nncore.insight.wording import format_count

RARE = 0.4  # a class is rare if it has less than this share of what it would have if all had the same


def rare_classes(
    labels: np.ndarray, answers: np.ndarray, noun: str, weighted: bool, own_SGD: bool
) -> tuple[str, str, str] | None:
    """Return (name, what was measured, what to do) if a network overlooks rare classes, or None.

    The recall of a class is the share of its examples that the network answers with it. `weighted` says
    whether the examples had weights in training, `own_SGD` whether the network has a method SGD of its own.
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
    # Twice the balanced weight, if the weights of the run were not enough.
    weights = f"{{{k}: {2 * round(counts.max() / counts[k])}}}" if weighted else '"balanced"'
    call = "nn.Network.SGD(net, training_data" if own_SGD else "net.SGD(training_data"
    remedy = (
        f"Let the rare class count more: {call}, ..., class_weight={weights}). And judge by the recall of "
        "each class, not by the accuracy."
    )
    return "unequal classes", measured, remedy
