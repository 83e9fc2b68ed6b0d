"""The book's plots of results, drawn anew from our own runs, beside the points that it published.

    from nncore.reproduction.report import figures

    figure = figures.draw("3.14", "nncore-book")    # a matplotlib Figure
    figures.write("nncore-book", "docs/figures")    # all that there are results for, as SVG

Lines are the mean over the seeds of a part, with a band from the lowest to the highest of them; open circles
are the book's numbers. Figures of one neuron and of chapter 4, which no seed rules, are computed when drawn.
Results are the files of `nncore.reproduction.runs`. Drawing needs matplotlib (`pip install 'nncore[plot]'`),
and no display.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import nncore
from nncore.book import universality
from nncore.formats.atomic import new_file
from nncore.insight import plot
from nncore.reproduction import experiments, replay
from nncore.reproduction.experiments import one_neuron as neuron
from nncore.reproduction.experiments import universality_measurements as by_hand
from nncore.reproduction.experiments.chapter3 import SIZES
from nncore.reproduction.report import report
from nncore.reproduction.runs import Run

__all__ = ["FIGURES", "Drawing", "Missing", "Results", "draw", "write"]

BLUE, ORANGE, GREEN, PURPLE, DARK = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#333333"
STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#777777",
    "axes.grid": True,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "font.size": 9,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "savefig.dpi": 150,
    "svg.hashsalt": "nncore",  # the same figure is the same file
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
OF_IMAGES = {
    "axes.grid": False,
    "axes.spines.right": True,
    "axes.spines.top": True,
    "axes.titlelocation": "center",
}
WIDE = 7.2  # inches
SHOWN = 80  # points of a line, which is a few inches long
NOT_RUN = "not run; `nncore book run {}` does it"


class Missing(LookupError):
    """Why a figure cannot be drawn: a sentence."""


class Results:
    """The results that figures are drawn from.

    Parameters
    ----------
    folder : path
        What `nncore.reproduction.runs` wrote to.
    data : str
        What the runs were trained on: "mnist", "sample" or a folder that holds MNIST.
    """

    def __init__(self, folder: str | PathLike[str], data: str = "mnist") -> None:
        self.folder, self.data = Path(folder), data
        if data == "sample":
            self.folder = self.folder / "sample"

    @functools.cached_property
    def runs(self) -> report.Results:
        """What whole runs found, by experiment and part; by seed."""
        return report.collect(self.folder)

    def records(self, id: str, part: str) -> list[dict[str, Any]]:
        """What the runs of a part found, by seed.

        Raises
        ------
        Missing
            There is no run.
        """
        if (id, part) not in self.runs:
            raise Missing(f"{id}, {part}: {NOT_RUN.format(id)}")
        return self.runs[id, part]

    def network(self, id: str, part: str) -> nncore.Network:
        """The network of a part's first seed."""
        path = Run(id, part, self.records(id, part)[0]["seed"], self.folder).network
        if not path.exists():
            raise Missing(f"{id}, {part}: its network, {path}, is not there")
        return nncore.load(path)

    @functools.cached_property
    def test(self) -> nncore.Dataset:
        """The test images."""
        if self.data == "sample":
            return nncore.datasets.load_sample()[2]
        try:
            return nncore.datasets.load_mnist(None if self.data == "mnist" else self.data)[2]
        except (OSError, ValueError, ImportError) as error:
            raise Missing(f"the test images are not here: {error}") from error


class Drawing(NamedTuple):
    """A figure of the book.

    Attributes
    ----------
    caption : str
        What it shows.
    function : callable
        Makes the matplotlib Figure of `Results`, or raises `Missing`.
    """

    caption: str
    function: Callable[[Results], Any]


def draw(id: str, results: Results | str | PathLike[str]) -> Any:
    """Draw one of the book's figures.

    Parameters
    ----------
    id : str
        One of `FIGURES`: the ids of its experiments.
    results : Results or path
        Where the results are.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    Missing
        What it is drawn from is not there; the message is a sentence that says what.

    Examples
    --------
    >>> draw("4.1", "nncore-book").axes[0].get_xlabel()
    'input x'
    """
    if id not in FIGURES:
        raise ValueError(f"id: one of {', '.join(FIGURES)} needed, got {id!r}")
    results = results if isinstance(results, Results) else Results(results)
    with _matplotlib().rc_context(STYLE):
        return FIGURES[id].function(results)


def write(
    results: Results | str | PathLike[str], folder: str | PathLike[str]
) -> tuple[dict[str, Path], dict[str, str]]:
    """Draw all figures that there are results for, as SVG.

    Parameters
    ----------
    results : Results or path
        Where the results are.
    folder : path
        Where the figures go.

    Returns
    -------
    written : dict of str to Path
        By id.
    left_out : dict of str to str
        By id, the reason.
    """
    results = results if isinstance(results, Results) else Results(results)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written, left_out = {}, {}
    for id in FIGURES:
        try:
            figure = draw(id, results)
        except Missing as reason:
            left_out[id] = str(reason)
            continue
        written[id] = folder / f"{id.replace(', ', '-')}.svg"
        with _matplotlib().rc_context(STYLE), new_file(written[id]) as file:
            figure.savefig(file, format="svg", metadata={"Date": None})
    return written, left_out


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise ImportError("figures: matplotlib is needed: pip install 'nncore[plot]'") from None
    return matplotlib


def _panels(
    title: str, rows: int = 1, columns: int = 1, width: float = WIDE, height: float = 2.7, **options: Any
) -> tuple[Any, list[Any]]:
    """(figure, axes); height is that of a row."""
    figure = _blank(width, height * rows + 0.3)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, figure.subplots(rows, columns, squeeze=False, **options).ravel().tolist()


def _blank(width: float, height: float) -> Any:
    """A figure that is none of pyplot's, which would keep it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


# --- lines and points


def _curves(results: Results, id: str, part: str, column: str) -> NDArray[np.float64]:
    """A list of the history, (seeds, epochs) or (seeds, epochs, layers); as long as the shortest run."""
    lists = [record["history"].get(column, []) for record in results.records(id, part)]
    epochs = min(len(values) for values in lists)
    if not epochs:
        raise Missing(f"{id}, {part}: {column.replace('_', ' ')} was not looked at")
    return np.array([values[:epochs] for values in lists], np.float64)


def _published(id: str, part: str) -> list[float]:
    """The book's numbers of a part, as the registry has them, in its order."""
    return [
        claim.book for claim in experiments.find(id).numbers if claim.part == part and claim.book is not None
    ]


def _line(ax: Any, x: ArrayLike, curves: NDArray[np.float64], color: str, label: str) -> None:
    """The mean of curves (seeds, points), and the band that they fill; of many points those that show."""
    x = np.asarray(x, np.float64)
    if len(x) > SHOWN:
        along = np.log(x) if ax.get_xscale() == "log" else x
        shown = np.unique(
            np.interp(np.linspace(along[0], along[-1], SHOWN), along, np.arange(len(x))).round()
        )
        x, curves = x[shown.astype(int)], curves[:, shown.astype(int)]
    ax.plot(x, curves.mean(axis=0), color=color, label=label)
    if len(curves) > 1:
        ax.fill_between(x, curves.min(axis=0), curves.max(axis=0), color=color, alpha=0.2, linewidth=0)


def _by_epoch(
    ax: Any, results: Results, id: str, column: str, color: str, label: str, part: str = "network"
) -> None:
    curves = _curves(results, id, part, column)
    _line(ax, np.arange(curves.shape[1]), curves, color, label)


def _book(ax: Any, points: Mapping[Any, float], color: str, label: str = "") -> None:
    """The book's numbers: open circles, above the lines."""
    ax.plot(
        list(points),
        list(points.values()),
        "o",
        markersize=4,
        markerfacecolor="white",
        markeredgecolor=color,
        markeredgewidth=1,
        label=label or None,
        zorder=3,
        clip_on=not points,  # the layout would make room for what is not clipped, and not there
    )


def _book_level(ax: Any, value: float, color: str, text: str, *, ha: str, va: str) -> None:
    """A number of the book whose epoch is not known: a dotted line across, with words at one end of it."""
    ax.axhline(value, color=color, linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        text,
        (1 if ha == "right" else 0.02, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2 if va == "bottom" else -3),
        textcoords="offset points",
        ha=ha,
        va=va,
        fontsize=7.5,
        color=color,
    )


def _percent(ax: Any, label: str) -> None:
    from matplotlib.ticker import PercentFormatter

    ax.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))
    ax.set_ylabel(label)


def _book_in_legend(ax: Any) -> None:
    """An entry for the open circles, once, in the colour of no line."""
    _book(ax, {}, DARK, "the book")


# --- chapter 1, and what goes with images


def _of_images(function: Callable[[Results], Any]) -> Callable[[Results], Any]:
    """Images have frames, and captions in their middle."""

    @functools.wraps(function)
    def framed(results: Results) -> Any:
        with _matplotlib().rc_context(OF_IMAGES):
            return function(results)

    return framed


@_of_images
def _bad_digits(results: Results) -> Any:
    net = results.network("1.1", "network")
    figure = plot.misclassified(net, results.test, most=30, columns=10, figure=_blank(6.6, 3.4))
    figure.suptitle(f"What {net.sizes} takes for another digit: {figure.get_suptitle()}", x=0.01, ha="left")
    return figure


@_of_images
def _filters(results: Results) -> Any:
    net = results.network("6.2", "conv-20-fc-100")
    figure = plot.filters(net, columns=10, figure=_blank(WIDE, 2.1))
    figure.suptitle("What the 20 filters of the first convolution look for", x=0.01, ha="left")
    return figure


@_of_images
def _ensemble_s_errors(results: Results) -> Any:
    numbers = results.records("6.11", "vote")[0]["numbers"]
    wrong = results.test[numbers["where"]]
    captions = [f"{label} → {k}" for label, k in zip(wrong.labels, numbers["answers"], strict=True)]
    rows = max(1, -(-len(wrong) // 11))
    figure = plot.images(wrong, captions, columns=11, figure=_blank(WIDE, 0.9 * rows + 0.4))
    title = (
        f"What the vote of {numbers['networks']} networks gets wrong: {len(wrong)} of {len(results.test):,}"
    )
    figure.suptitle(f"{title} test digits", x=0.01, ha="left")
    return figure


# --- chapter 3


def _one_neuron(results: Results) -> Any:
    figure, axes = _panels("One neuron that is to answer 0: the quadratic cost and the cross-entropy", 1, 2)
    titles = {"easy": "starts with w = 0.6, b = 0.9", "saturated": "starts saturated, with w = b = 2"}
    lines = [
        ("quadratic", neuron.ETA, BLUE, "-"),
        ("cross-entropy", neuron.ETA, ORANGE, "-"),
        ("cross-entropy", 0.005, ORANGE, "--"),
    ]
    for ax, (start, title) in zip(axes, titles.items(), strict=True):
        for cost, eta, color, style in lines:
            output = neuron.learn(*neuron.INITIAL[start], cost, eta)["output"]
            ax.plot(output, style, color=color, label=f"{cost}, eta {eta:g}")
        _book(ax, neuron.PUBLISHED[start], BLUE)
        ax.set(
            title=title, xlabel="epoch", ylabel="output of the neuron", ylim=(0, 1), xlim=(0, neuron.EPOCHS)
        )
    _book_in_legend(axes[0])
    axes[0].legend()
    return figure


def _overfitting(results: Results) -> Any:
    figure, axes = _panels("1,000 training images: overfitting, and L2 against it", 2, 2, sharex=True)
    panels = [
        ("evaluation_accuracy", "test accuracy"),
        ("evaluation_cost", "test cost"),
        ("training_accuracy", "training accuracy"),
        ("training_cost", "training cost, with the penalty"),
    ]
    published = replay.PUBLISHED["overfitting"]["overfitting"].numbers
    counted = {"evaluation_accuracy": 10_000, "training_accuracy": 1000}
    axes[0].set_xscale("log")
    axes[0].set_xticks([1, 10, 100, 400], ["1", "10", "100", "400"])
    for ax, (column, words) in zip(axes, panels, strict=True):
        for id, color, label in (("3.6", ORANGE, "no regularisation"), ("3.8", BLUE, "L2, lmbda 0.1")):
            curves = _curves(results, id, "network", column)
            _line(ax, np.arange(1, curves.shape[1] + 1), curves, color, label)
        points = {epoch + 1: value / counted.get(column, 1) for epoch, value in published[column].items()}
        _book(ax, points, ORANGE)
        if column in counted:
            _percent(ax, words)
        else:
            ax.set_ylabel(words)
    _book(axes[0], {400: _published("3.8", "network")[1]}, BLUE)
    axes[0].set_ylim(0.5, 0.9)
    for ax in axes[2:]:
        ax.set_xlabel("epochs of training")
    _book_in_legend(axes[0])
    axes[0].legend(loc="lower right")
    return figure


def _all_images(results: Results) -> Any:
    figure, axes = _panels(
        "50,000 training images: less overfitting, and less still with L2", 1, 2, sharey=True
    )
    for ax, id, title in zip(axes, ("3.7", "3.9"), ("no regularisation", "L2, lmbda 5"), strict=True):
        _by_epoch(ax, results, id, "training_accuracy", GREEN, "training accuracy")
        _by_epoch(ax, results, id, "evaluation_accuracy", BLUE, "test accuracy")
        ax.set(title=title, xlabel="epoch")
    _percent(axes[0], "accuracy")
    training, test = _published("3.7", "network")
    _book(axes[0], {29: training}, GREEN)
    _book(axes[0], {29: test}, BLUE)
    _book_level(
        axes[1], _published("3.9", "network")[0], BLUE, "the book's best on test", ha="left", va="bottom"
    )
    _book_in_legend(axes[0])
    axes[0].legend(loc="lower right")
    return figure


def _more_data(results: Results) -> Any:
    figure, (ax,) = _panels("More training data", height=3.4, width=5.2)
    for id, color, label in (("3.12", BLUE, "[784, 30, 10]"), ("3.13", ORANGE, "support vector machine")):
        ours = {}
        for n in SIZES:
            if (id, f"{n}-images") in results.runs:
                ours[n] = [record["numbers"]["accuracy"] for record in results.records(id, f"{n}-images")]
        if not ours:
            raise Missing(f"{id}: {NOT_RUN.format(id)}")
        seeds = min(len(accuracies) for accuracies in ours.values())
        _line(ax, list(ours), np.array([accuracies[:seeds] for accuracies in ours.values()]).T, color, label)
        _book(ax, {n: _published(id, f"{n}-images")[0] for n in SIZES}, color)
    ax.set_xscale("log")
    ax.set_xticks(SIZES, [f"{n:,}" for n in SIZES], rotation=30)
    ax.minorticks_off()
    ax.set_xlabel("training images")
    _percent(ax, "validation accuracy")
    _book_in_legend(ax)
    ax.legend()
    return figure


def _first_weights(results: Results, id: str, hidden: int) -> Any:
    """3.14 and 3.15; of the first the book's whole curve is known."""
    figure, (ax,) = _panels(f"Two ways to draw the first weights, {hidden} hidden neurons", width=5.2)
    curves = replay.PUBLISHED.get(f"weight_initialization_{hidden}", {})
    words = {"scaled": "N(0, 1) / √n_in", "large": "N(0, 1)"}
    for (init, label), color in zip(words.items(), (BLUE, ORANGE), strict=True):
        _by_epoch(ax, results, id, "evaluation_accuracy", color, label, init)
        if init in curves:
            counts = curves[init].numbers["evaluation_accuracy"]
            _book(ax, {epoch: count / 10_000 for epoch, count in counts.items()}, color)
        else:
            _book(ax, dict(zip((0, 29), _published(id, init), strict=True)), color)
    ax.set_xlabel("epoch")
    _percent(ax, "validation accuracy")
    _book_in_legend(ax)
    ax.legend(title="weights", loc="lower right")
    return figure


def _learning_rates(results: Results) -> Any:
    figure, (ax,) = _panels("Three learning rates", width=5.2, height=3)
    for eta, color in (("0.025", BLUE), ("0.25", ORANGE), ("2.5", GREEN)):
        _by_epoch(ax, results, "3.18", "training_cost", color, f"eta {eta}", f"eta-{eta}")
        if eta != "2.5":
            _book(ax, dict(zip((0, 29), _published("3.18", f"eta-{eta}"), strict=True)), color)
    lowest, highest = _published("3.18", "eta-2.5")
    _book_level(ax, highest, GREEN, "the book's highest with eta 2.5", ha="right", va="bottom")
    _book_level(ax, lowest, GREEN, "and its lowest", ha="right", va="top")
    ax.set(xlabel="epoch", ylabel="training cost, with the penalty", ylim=(0, 1.2))
    _book_in_legend(ax)
    ax.legend(loc="lower right", ncols=2)
    return figure


# --- chapter 4


def _answers(ax: Any, net: nncore.Network, color: str, label: str) -> None:
    """What a network of one input answers on [0, 1]."""
    x = np.linspace(0, 1, 1001)
    ax.plot(x, net.feedforward(x[:, None])[:, 0], color=color, label=label)
    ax.set_xlim(0, 1)


def _label_inputs(axes: Any, answers: str) -> None:
    """Panels of answers against the input, side by side."""
    axes[0].set_ylabel(answers)
    for ax in axes:
        ax.set_xlabel("input x")
        ax.legend()


def _steps(results: Results) -> Any:
    figure, axes = _panels(
        "One sigmoid neuron with a large weight w is a step, at s = -b/w", 1, 2, sharey=True
    )
    for w, color in zip((8, 30, 100, 1000), (GREEN, BLUE, PURPLE, ORANGE), strict=True):
        _answers(axes[0], universality.step(0.4, w), color, f"w = {w}")
    for s, color in zip((0.2, 0.5, 0.8), (GREEN, BLUE, ORANGE), strict=True):
        _answers(axes[1], universality.step(s), color, f"s = {s}")
    axes[0].set_title("s = 0.4")
    axes[1].set_title("w = 1000")
    _label_inputs(axes, "output of the neuron")
    return figure


def _bump(results: Results) -> Any:
    figure, axes = _panels("Two steps, weighed by h and by -h, are a bump", 1, 2, sharey=True)
    for height, color in zip((0.8, -0.5), (BLUE, ORANGE), strict=True):
        _answers(axes[0], universality.bump(0.4, 0.6, height), color, f"h = {height}")
    for w, color in zip((20, 60, 1000), (GREEN, BLUE, ORANGE), strict=True):
        _answers(axes[1], universality.bump(0.4, 0.6, 0.8, w), color, f"w = {w}")
    axes[0].set_title("from 0.4 to 0.6, w = 1000")
    axes[1].set_title("h = 0.8, for three weights of the steps")
    _label_inputs(axes, "weighted sum of the hidden neurons")
    return figure


def _bumps(results: Results) -> Any:
    figure, axes = _panels("N bumps follow f(x) = 0.2 + 0.4 x² + 0.3 x sin(15 x) + 0.05 cos(50 x)", 1, 3)
    x = np.linspace(0, 1, 1001)
    for ax, N in zip(axes, (5, 20), strict=False):
        net = universality.approximate(universality.f, N, output="sigmoid")
        ax.plot(x, universality.f(x), color=DARK, linewidth=1, label="f")
        _answers(ax, net, BLUE, "network")
        off = universality.deviation(net, universality.f).mean
        ax.set(title=f"N = {N}: off by {off:.3f}", xlabel="input x", ylim=(0, 1))
    axes[0].set_ylabel("output")
    axes[0].legend(loc="upper left")
    numbers = by_hand.bumps()
    axes[2].loglog(numbers["counts"], numbers["mean"], "o-", color=BLUE, markersize=4, label="mean")
    axes[2].loglog(numbers["counts"], numbers["max"], "o-", color=ORANGE, markersize=4, label="largest")
    variation = np.abs(np.diff(universality.f(x))).sum()
    counts = np.array(numbers["counts"])
    axes[2].loglog(counts, variation / (4 * counts), "--", color=DARK, linewidth=1, label="∫|f'| / 4N")
    axes[2].set(title="deviation from f", xlabel="number of bumps N", ylabel="|f(x) - network(x)|")
    axes[2].legend()
    return figure


def _towers(results: Results) -> Any:
    figure = _blank(WIDE, 5.6)
    figure.suptitle("A tower of two inputs, and N × N towers that follow a function", x=0.01, ha="left")
    side = (np.arange(80) + 0.5) / 80
    x, y = np.meshgrid(side, side)
    X = np.stack([x.ravel(), y.ravel()], axis=1)

    def over_the_square(net: nncore.Network) -> NDArray[np.float64]:
        return net.feedforward(X).reshape(x.shape)

    pictures = [("the function", by_hand.surface(x, y))]
    for N in (5, 20):
        net = universality.approximate_by_towers(by_hand.surface, N)
        off = universality.deviation(net, by_hand.surface).mean
        pictures.append((f"{N} × {N} towers: off by {off:.3f}", over_the_square(net)))
    axes = [figure.add_subplot(2, 2, place) for place in (2, 3, 4)]
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


# --- chapter 5

WORDS = {2: "two hidden layers", 3: "three hidden layers", 4: "four hidden layers"}
LAYERS = (BLUE, ORANGE, GREEN, PURPLE)  # hidden layers, from the input on


def _speeds_at_the_start(results: Results) -> Any:
    figure, axes = _panels(
        "How fast each hidden layer learns at the start", 1, 3, sharey=True, width_ratios=[2, 3, 4]
    )
    for ax, (count, words) in zip(axes, WORDS.items(), strict=True):
        part = f"{count}-hidden"
        speeds = np.array([record["numbers"]["speeds"] for record in results.records("5.5", part)])
        mean, layers = speeds.mean(axis=0), range(1, count + 1)
        spread = np.abs(np.stack([speeds.min(axis=0), speeds.max(axis=0)]) - mean)
        ax.bar(layers, mean, color=LAYERS[:count], width=0.6, yerr=spread, ecolor=DARK, capsize=3)
        _book(ax, dict(zip(layers, _published("5.5", part), strict=True)), DARK, "the book")
        ax.set(title=words, xlabel="hidden layer", yscale="log", xticks=layers)
        ax.grid(False, axis="x")
    axes[0].set_ylabel("norm of the gradient by its biases")
    axes[-1].legend(loc="upper left")
    return figure


def _speeds_through_training(results: Results) -> Any:
    figure, axes = _panels("How fast each hidden layer learns through training", 1, 3, sharey=True)
    for ax, (count, words) in zip(axes, WORDS.items(), strict=True):
        curves = _curves(results, "5.6", f"{count}-hidden", "learning_speeds")
        for l in range(count):
            _line(ax, np.arange(curves.shape[1]), curves[:, :, l], LAYERS[l], f"hidden layer {l + 1}")
        ax.set(title=words, xlabel="epoch", yscale="log")
    axes[0].set_ylabel("norm of the gradient by its biases")
    axes[-1].legend(loc="upper right")
    return figure


# By the ids of the experiments whose results are drawn.
FIGURES: dict[str, Drawing] = {
    "1.1": Drawing("Test digits that the first network takes for others", _bad_digits),
    "3.1, 3.2, 3.3": Drawing(
        "A neuron that is to answer 0, with the quadratic cost and the cross-entropy", _one_neuron
    ),
    "3.6, 3.8": Drawing("Overfitting on 1,000 training images, and regularisation against it", _overfitting),
    "3.7, 3.9": Drawing(
        "Training and test accuracy on all training images, without and with L2", _all_images
    ),
    "3.12, 3.13": Drawing("Accuracy by the number of training images", _more_data),
    "3.14": Drawing(
        "Validation accuracy with 30 hidden neurons, by how the first weights are drawn",
        functools.partial(_first_weights, id="3.14", hidden=30),
    ),
    "3.15": Drawing(
        "Validation accuracy with 100 hidden neurons, by how the first weights are drawn",
        functools.partial(_first_weights, id="3.15", hidden=100),
    ),
    "3.18": Drawing("Training cost with three learning rates", _learning_rates),
    "4.1": Drawing("A step, of one sigmoid neuron", _steps),
    "4.2": Drawing("A bump, of two steps", _bump),
    "4.3": Drawing("Bumps that follow a function, and how far they are from it", _bumps),
    "4.4": Drawing("Towers of two inputs", _towers),
    "5.5": Drawing("Learning speeds of the hidden layers before training", _speeds_at_the_start),
    "5.6": Drawing("Learning speeds of the hidden layers through training", _speeds_through_training),
    "6.2": Drawing("The filters of a convolution", _filters),
    "6.11": Drawing("Test digits that the ensemble gets wrong", _ensemble_s_errors),
}
