"""Figures of chapter 4: networks built by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.book import universality
from nncore.reproduction.experiments import universality_measurements
from nncore.reproduction.report.figures.drawing import (
    WIDTH,
    blank_figure,
    panels,
)
from nncore.reproduction.results import Results
from nncore.training.pictures import DASHES, FOURTH, INK, OTHER, OURS, THIRD


def _draw_output(ax: Any, net: nncore.Network, color: str, label: str) -> None:
    """Draw the output of a network of one input on [0, 1]."""
    x = np.linspace(0, 1, 1001)
    ax.plot(x, net.feedforward(x[:, None])[:, 0], linestyle=DASHES[color], color=color, label=label)
    ax.set_xlim(0, 1)


def _label_inputs(axes: Any, output: str) -> None:
    """Label panels side by side that show an output against the input."""
    axes[0].set_ylabel(output)
    for ax in axes:
        ax.set_xlabel("input x")
        ax.legend()


def steps(results: Results) -> Any:
    """Draw steps, each from one sigmoid neuron."""
    figure, axes = panels(
        "One sigmoid neuron with a large weight w is a step, at s = -b/w", 1, 2, sharey=True
    )
    for w, color in zip((8, 30, 100, 1000), (THIRD, OURS, FOURTH, OTHER), strict=True):
        _draw_output(axes[0], universality.step(0.4, w), color, f"w = {w}")
    for s, color in zip((0.2, 0.5, 0.8), (THIRD, OURS, OTHER), strict=True):
        _draw_output(axes[1], universality.step(s), color, f"s = {s}")
    axes[0].set_title("s = 0.4")
    axes[1].set_title("w = 1000")
    _label_inputs(axes, "output of the neuron")
    return figure


def bump(results: Results) -> Any:
    """Draw bumps, each from two steps."""
    figure, axes = panels("Two steps with the weights h and -h are a bump", 1, 2, sharey=True)
    for height, color in zip((0.8, -0.5), (OURS, OTHER), strict=True):
        _draw_output(axes[0], universality.bump(0.4, 0.6, height), color, f"h = {height}")
    for w, color in zip((20, 60, 1000), (THIRD, OURS, OTHER), strict=True):
        _draw_output(axes[1], universality.bump(0.4, 0.6, 0.8, w), color, f"w = {w}")
    axes[0].set_title("from 0.4 to 0.6, w = 1000")
    axes[1].set_title("h = 0.8, for three weights of the steps")
    _label_inputs(axes, "weighted sum of the hidden neurons")
    return figure


def bumps(results: Results) -> Any:
    """Draw a function, its approximation by N bumps, and the deviation by N."""
    figure, axes = panels("N bumps approximate f(x) = 0.2 + 0.4 x² + 0.3 x sin(15 x) + 0.05 cos(50 x)", 1, 3)
    x = np.linspace(0, 1, 1001)
    for ax, N in zip(axes, (5, 20), strict=False):
        net = universality.approximate(universality.f, N, output="sigmoid")
        ax.plot(x, universality.f(x), color=INK, linewidth=1, label="f")
        _draw_output(ax, net, OURS, "network")
        deviation = universality.deviation(net, universality.f).mean
        ax.set(title=f"N = {N}: mean deviation {deviation:.3f}", xlabel="input x", ylim=(0, 1))
    axes[0].set_ylabel("output")
    axes[0].legend(loc="upper left")
    numbers = universality_measurements.bumps()
    axes[2].loglog(numbers["counts"], numbers["mean"], "o-", color=OURS, markersize=4, label="mean")
    axes[2].loglog(numbers["counts"], numbers["max"], "o-", color=OTHER, markersize=4, label="largest")
    variation = np.abs(np.diff(universality.f(x))).sum()
    counts = np.array(numbers["counts"])
    axes[2].loglog(counts, variation / (4 * counts), "--", color=INK, linewidth=1, label="∫|f'| / 4N")
    axes[2].set(title="deviation from f", xlabel="number of bumps N", ylabel="|f(x) - network(x)|")
    axes[2].legend()
    return figure


def towers(results: Results) -> Any:
    """Draw a tower, and a function of two inputs with its approximation by N x N towers."""
    figure = blank_figure(WIDTH, 5.6)
    figure.suptitle("A tower of two inputs, and N × N towers that approximate a function", x=0.01, ha="left")
    side = (np.arange(80) + 0.5) / 80
    x, y = np.meshgrid(side, side)
    X = np.stack([x.ravel(), y.ravel()], axis=1)

    def over_the_square(net: nncore.Network) -> NDArray[np.float64]:
        return net.feedforward(X).reshape(x.shape)

    pictures = [("the function", universality_measurements.surface(x, y))]
    for N in (5, 20):
        net = universality.approximate_by_towers(universality_measurements.surface, N)
        deviation = universality.deviation(net, universality_measurements.surface).mean
        pictures.append((f"{N} × {N} towers: mean deviation {deviation:.3f}", over_the_square(net)))
    axes = [figure.add_subplot(2, 2, cell) for cell in (2, 3, 4)]
    for ax, (title, picture) in zip(axes, pictures, strict=True):
        drawn = ax.imshow(picture, origin="lower", extent=(0, 1, 0, 1), vmin=0, vmax=1, cmap="viridis")
        ax.set(title=title, xlabel="input x", ylabel="input y")
        ax.grid(False)
        figure.colorbar(drawn, ax=ax, label="output")
    ax = figure.add_subplot(2, 2, 1, projection="3d")
    tower = over_the_square(universality.tower((0.4, 0.3), (0.7, 0.6), w=300))
    options = {"cmap": "viridis", "rcount": 80, "ccount": 80, "linewidth": 0, "antialiased": False}
    ax.plot_surface(x, y, tower, rasterized=True, **options)
    ax.set(title="one tower", xlabel="input x", ylabel="input y", zlabel="output", box_aspect=(1, 1, 0.7))
    ax.tick_params(labelsize=7, pad=-1)
    return figure
