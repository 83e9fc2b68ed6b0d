"""Figures of chapter 3: costs and accuracies of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore.choices import Cost
from nncore.reproduction.experiments import one_neuron
from nncore.reproduction.experiments.chapter3 import SIZES
from nncore.reproduction.published_curves import PUBLISHED
from nncore.reproduction.report.figures.drawing import (
    book_in_legend,
    book_level,
    book_numbers,
    book_points,
    line,
    line_by_epoch,
    panels,
    percent_axis,
)
from nncore.reproduction.results import NOT_RUN, Missing, Results
from nncore.training.pictures import OTHER, OURS, THIRD


def neurons(results: Results) -> Any:
    """Draw the output of one neuron during training, for both costs and both starts."""
    figure, axes = panels(
        "One neuron that learns the output 0: the quadratic cost and the cross-entropy", 1, 2
    )
    titles = {"easy": "starts with w = 0.6, b = 0.9", "saturated": "starts saturated, with w = b = 2"}
    lines: list[tuple[Cost, float, str, str]] = [
        ("quadratic", one_neuron.ETA, OURS, "-"),
        ("cross-entropy", one_neuron.ETA, OTHER, "-"),
        ("cross-entropy", 0.005, OTHER, "--"),
    ]
    for ax, (start, title) in zip(axes, titles.items(), strict=True):
        for cost, eta, color, style in lines:
            output = one_neuron.learn(*one_neuron.INITIAL[start], cost, eta)["output"]
            ax.plot(output, style, color=color, label=f"{cost}, eta {eta:g}")
        book_points(ax, one_neuron.PUBLISHED[start], OURS)
        ax.set(
            title=title,
            xlabel="epoch",
            ylabel="output of the neuron",
            ylim=(0, 1),
            xlim=(0, one_neuron.EPOCHS),
        )
    book_in_legend(axes[0])
    axes[0].legend()
    return figure


def overfitting(results: Results) -> Any:
    """Draw costs and accuracies with 1,000 training images, with and without L2."""
    figure, axes = panels("1,000 training images: overfitting, and L2 against it", 2, 2, sharex=True)
    columns = [
        ("evaluation_accuracy", "test accuracy"),
        ("evaluation_cost", "test cost"),
        ("training_accuracy", "training accuracy"),
        ("training_cost", "training cost, with the penalty"),
    ]
    published = PUBLISHED["overfitting"]["overfitting"].numbers
    counted = {"evaluation_accuracy": 10_000, "training_accuracy": 1000}
    axes[0].set_xscale("log")
    axes[0].set_xticks([1, 10, 100, 400], ["1", "10", "100", "400"])
    for ax, (column, words) in zip(axes, columns, strict=True):
        for id, color, label in (("3.6", OTHER, "no regularisation"), ("3.8", OURS, "L2, lmbda 0.1")):
            line_by_epoch(ax, results, id, column, color, label)
        points = {epoch + 1: value / counted.get(column, 1) for epoch, value in published[column].items()}
        book_points(ax, points, OTHER)
        if column in counted:
            percent_axis(ax, words)
        else:
            ax.set_ylabel(words)
    book_points(axes[0], {400: book_numbers("3.8", "network")[1]}, OURS)
    axes[0].set_ylim(0.5, 0.9)
    for ax in axes[2:]:
        ax.set_xlabel("epochs of training")
    book_in_legend(axes[0])
    axes[0].legend(loc="lower right")
    return figure


def all_images(results: Results) -> Any:
    """Draw accuracies with all training images, with and without L2."""
    figure, axes = panels(
        "50,000 training images: less overfitting, and even less with L2", 1, 2, sharey=True
    )
    for ax, id, title in zip(axes, ("3.7", "3.9"), ("no regularisation", "L2, lmbda 5"), strict=True):
        line_by_epoch(ax, results, id, "training_accuracy", THIRD, "training accuracy")
        line_by_epoch(ax, results, id, "evaluation_accuracy", OURS, "test accuracy")
        ax.set(title=title, xlabel="epoch")
    percent_axis(axes[0], "accuracy")
    training, test = book_numbers("3.7", "network")
    book_points(axes[0], {30: training}, THIRD)
    book_points(axes[0], {30: test}, OURS)
    book_level(
        axes[1], book_numbers("3.9", "network")[0], OURS, "the book's best on test", ha="left", va="bottom"
    )
    book_in_legend(axes[0])
    axes[0].legend(loc="lower right")
    return figure


def more_data(results: Results) -> Any:
    """Draw the accuracy of networks and of support vector machines by the number of training images."""
    figure, (ax,) = panels("More training data", height=3.4, width=5.2)
    for id, color, label in (("3.12", OURS, "[784, 30, 10]"), ("3.13", OTHER, "support vector machine")):
        ours = {}
        for n in SIZES:
            if (id, f"{n}-images") in results.all_records:
                ours[n] = [record["numbers"]["accuracy"] for record in results.records(id, f"{n}-images")]
        if not ours:
            raise Missing(f"{id}: {NOT_RUN.format(id)}")
        seeds = min(len(accuracies) for accuracies in ours.values())
        line(ax, list(ours), np.array([accuracies[:seeds] for accuracies in ours.values()]).T, color, label)
        book_points(ax, {n: book_numbers(id, f"{n}-images")[0] for n in SIZES}, color)
    ax.set_xscale("log")
    ax.set_xticks(SIZES, [f"{n:,}" for n in SIZES], rotation=30)
    ax.minorticks_off()
    ax.set_xlabel("training images")
    percent_axis(ax, "validation accuracy")
    book_in_legend(ax)
    ax.legend()
    return figure


def initial_weights(results: Results, id: str, hidden: int) -> Any:
    """Draw the accuracy for two ways to draw the initial weights.

    If the author's whole curve ships with nncore, all of its points are drawn, otherwise its ends.
    """
    figure, (ax,) = panels(f"Two ways to draw the initial weights, {hidden} hidden neurons", width=5.2)
    curves = PUBLISHED.get(f"weight_initialization_{hidden}", {})
    words = {"scaled": "N(0, 1) / √n_in", "large": "N(0, 1)"}
    for (init, label), color in zip(words.items(), (OURS, OTHER), strict=True):
        line_by_epoch(ax, results, id, "evaluation_accuracy", color, label, init)
        if init in curves:
            counts = curves[init].numbers["evaluation_accuracy"]
            book_points(ax, {epoch + 1: count / 10_000 for epoch, count in counts.items()}, color)
        else:
            book_points(ax, dict(zip((1, 30), book_numbers(id, init), strict=True)), color)
    ax.set_xlabel("epoch")
    percent_axis(ax, "validation accuracy")
    book_in_legend(ax)
    ax.legend(title="weights", loc="lower right")
    return figure


def learning_rates(results: Results) -> Any:
    """Draw the training cost with three learning rates."""
    figure, (ax,) = panels("Three learning rates", width=5.2, height=3)
    for eta, color in (("0.025", OURS), ("0.25", OTHER), ("2.5", THIRD)):
        line_by_epoch(ax, results, "3.18", "training_cost", color, f"eta {eta}", f"eta-{eta}")
        if eta != "2.5":
            book_points(ax, dict(zip((1, 30), book_numbers("3.18", f"eta-{eta}"), strict=True)), color)
    lowest, highest = book_numbers("3.18", "eta-2.5")
    book_level(ax, highest, THIRD, "the book's highest with eta 2.5", ha="right", va="bottom")
    book_level(ax, lowest, THIRD, "and its lowest", ha="right", va="top")
    ax.set(xlabel="epoch", ylabel="training cost, with the penalty", ylim=(0, 1.2))
    book_in_legend(ax)
    ax.legend(loc="lower right", ncols=2)
    return figure
