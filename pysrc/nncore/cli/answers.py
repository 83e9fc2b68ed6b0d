"""What a network answers, as `Network.predict` gives it, in words for the command line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _answers, _validation

FEW = 12  # outputs of which each has its line or column; of more the largest are shown
SHOWN = 5  # of them
BAR = 30  # characters of a bar of 100 %

Outputs = NDArray[np.floating]


def in_words(net: nncore.Network, outputs: Outputs) -> list[str]:
    """Return what `net.predict` answers for each row of outputs (m, n_out), in words.

    These are a class with its per cent, or the labels that are on with the per cent of each output, or
    numbers. A network of one output that tells two classes apart gives the per cent of the class 1.
    """
    kind = _answers.kind_of_answers(net)
    found = _answers.answers(outputs, kind)
    names = output_names(net)
    if kind == _validation.NUMBERS:
        return [", ".join(f"{value:.6g}" for value in row) for row in outputs]
    if kind == _validation.SEVERAL_LABELS:
        rows = zip(found.reshape(outputs.shape), outputs, strict=True)
        return [_labels(on, row, names) for on, row in rows]
    return [_class(int(k), row, names) for k, row in zip(found, outputs, strict=True)]


def _class(k: int, row: Outputs, names: list[str]) -> str:
    """Return a class with its per cent."""
    share = row[k] if len(row) > 1 else row[0] if k else 1 - row[0]
    return f"{names[k]} ({share:.1%})"


def _labels(on: NDArray[np.integer], row: Outputs, names: list[str]) -> str:
    """Return the labels that are on, and the per cent of each output."""
    labels = ", ".join(names[k] for k in np.flatnonzero(on)) or "none"
    shares = ", ".join(f"{names[k]}: {row[k]:.1%}" for k in shown(row))
    return f"{labels} ({shares})"


def output_names(net: nncore.Network) -> list[str]:
    """Return the names of the classes that the network was trained on, or the numbers of the outputs."""
    known, count = net.training_record.data, max(net.sizes[-1], 2)  # one output tells two classes apart
    names = list(known.class_names or ()) if known is not None else []
    return names[:count] + [str(k) for k in range(len(names), count)]


def shown(row: Outputs) -> list[int]:
    """Return which outputs are shown: all of a few, of many the largest."""
    order: list[int] = np.argsort(-row, kind="stable")[:SHOWN].tolist()
    return list(range(len(row))) if len(row) <= FEW else order


def as_bars(net: nncore.Network, outputs: Outputs) -> list[str]:
    """Return lines that show all outputs: bars for one example, a table in per cent for several.

    Of more than 12 outputs the five largest are shown. Numbers, and one output alone, need no more lines
    than those of `in_words`.
    """
    n_out, names = outputs.shape[1], output_names(net)
    if n_out == 1 or _answers.kind_of_answers(net) == _validation.NUMBERS:
        return []
    if len(outputs) > 1 and n_out <= FEW:
        lines = ["per cent" + "".join(f"{name[:4]:>5}" for name in names)]
        for i, a in enumerate(outputs):
            cells = (f"{100 * value:.0f}" if value >= 0.005 else "." for value in a)
            lines.append(f"{f'[{i}]':>8}" + "".join(f"{cell:>5}" for cell in cells))
        return lines
    lines = []
    for i, a in enumerate(outputs):
        rows = shown(a)
        width = max(len(names[k][:16]) for k in rows)
        if len(outputs) > 1:
            lines.append(f"[{i}]")
        for k in rows:
            bar = "#" * round(BAR * min(max(float(a[k]), 0.0), 1.0))
            lines.append(f"  {names[k][:16]:>{width}} {a[k]:7.1%} {bar}".rstrip())
    return lines
