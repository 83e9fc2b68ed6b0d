"""Figures of chapter 5: how fast each layer learns."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore.reproduction.report.figures.drawing import (
    BAND,
    book_numbers,
    book_points,
    curves_of,
    line,
    panels,
)
from nncore.reproduction.results import Results
from nncore.training.pictures import FOURTH, INK, OTHER, OURS, THIRD

WORDS = {2: "two hidden layers", 3: "three hidden layers", 4: "four hidden layers"}
COLORS = (OURS, OTHER, THIRD, FOURTH)  # of the hidden layers, the one after the input first


def speeds_at_the_start(results: Results) -> Any:
    """Draw the learning speed of each hidden layer before training."""
    figure, axes = panels(
        "How fast each hidden layer learns at the start", 1, 3, sharey=True, width_ratios=[2, 3, 4]
    )
    for ax, (count, words) in zip(axes, WORDS.items(), strict=True):
        part = f"{count}-hidden"
        speeds = np.array([record["numbers"]["speeds"] for record in results.records("5.5", part)])
        mean, layers = speeds.mean(axis=0), range(1, count + 1)
        spread = np.abs(np.stack([speeds.min(axis=0), speeds.max(axis=0)]) - mean)
        ax.bar(layers, mean, color=COLORS[:count], width=0.6, yerr=spread, ecolor=INK, capsize=3)
        book_points(ax, dict(zip(layers, book_numbers("5.5", part), strict=True)), INK, "the book")
        ax.set(title=words, xlabel="hidden layer", yscale="log", xticks=layers)
        ax.grid(False, axis="x")
    axes[0].set_ylabel("norm of the gradient of its biases")
    axes[-1].legend(loc="upper left")
    return figure


def speeds_through_training(results: Results) -> Any:
    """Draw the learning speed of each hidden layer by epoch."""
    figure, axes = panels("How fast each hidden layer learns through training", 1, 3, sharey=True)
    for ax, (count, words) in zip(axes, WORDS.items(), strict=True):
        epochs, curves = curves_of(results, "5.6", f"{count}-hidden", "learning_speeds")
        for l in range(count):
            line(ax, epochs, curves[:, :, l], COLORS[l], f"hidden layer {l + 1}")
        ax.set(title=words, xlabel="epoch", yscale="log")
    axes[0].set_ylabel("norm of the gradient of its biases")
    named = dict(zip(*reversed(axes[-1].get_legend_handles_labels()), strict=True))
    lines = {label: named.pop(label) for label in sorted(named) if label != BAND} | named
    figure.legend(lines.values(), lines, loc="outside lower center", ncols=5, columnspacing=1.2, fontsize=8)
    return figure
