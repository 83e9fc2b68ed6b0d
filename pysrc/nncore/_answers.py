"""These functions decide what a network answers with: classes, numbers or several labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nncore import _validation

if TYPE_CHECKING:
    from nncore.network import Network


def kind_of_answers(net: Network) -> str:
    """Return what the targets of a network's last training were, or what its output layer is made for."""
    if net.training_record:
        return str(net.training_record[-1].targets)
    is_probable = net.layers[-1].activation in ("sigmoid", "softmax")
    return _validation.CLASSES if is_probable else _validation.NUMBERS


def warn_of_other_answers(net: Network) -> None:
    """Warn if an accuracy is asked of a network that was trained on something else than classes."""
    kind = net.training_record[-1].targets if net.training_record else _validation.CLASSES
    if kind != _validation.CLASSES:
        _validation.warn(
            f"data: the network was trained on {kind}, and `predict` answers those; this accuracy takes the "
            "output neuron with the largest activation for the class"
        )


def answers(outputs: np.ndarray, kind: str) -> np.ndarray:
    """Return the answers of this kind, (m,) or (m, n_out), that outputs (m, n_out) give."""
    one = outputs.shape[1] == 1
    if kind == _validation.NUMBERS:
        return outputs[:, 0] if one else outputs
    if kind == _validation.CLASSES and not one:
        classes: np.ndarray = outputs.argmax(axis=1)
        return classes
    found = (outputs > 0.5).astype(np.intp)
    return found[:, 0] if one else found
