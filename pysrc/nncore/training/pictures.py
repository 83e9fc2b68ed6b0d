"""The pictures of `nn.plot` and of the book's figures share the style and the figures of this module.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

PAPER, INK, CAPTION, HINT = "#ffffff", "#15171c", "#454a54", "#666c78"  # the page, and text on it
RULE, FRAME = "#e2e3e1", "#c9cbc9"  # grids, and frames
NEGATIVE, POSITIVE = "#b8560a", "#1f5fae"  # signed numbers run from the one through the paper to the other
OURS, OTHER, THIRD, FOURTH = "#00756b", "#7a808b", "#805600", "#6139bd"  # lines: our result, then others
DASHES: dict[str, Any] = {OURS: "-", OTHER: (0, (5, 3)), THIRD: "-.", FOURTH: (0, (1, 1))}
FONTS = ["Segoe UI", "Inter", "Roboto", "Helvetica Neue", "Liberation Sans", "Arial", "DejaVu Sans"]
STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FRAME,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": CAPTION,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.titlesize": 10,
    "figure.facecolor": PAPER,
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "font.family": ["sans-serif"],
    "font.sans-serif": FONTS,
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": CAPTION,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "savefig.dpi": 150,
    "svg.fonttype": "none",  # texts stay texts, which can be searched and read aloud
    "svg.hashsalt": "nncore",  # so that the same figure gives the same file
    "text.color": INK,
    "xtick.color": FRAME,
    "xtick.labelcolor": HINT,
    "xtick.labelsize": 8,
    "ytick.color": FRAME,
    "ytick.labelcolor": HINT,
    "ytick.labelsize": 8,
}
WHEN_DRAWN: dict[Any, Any] = {
    name: STYLE[name] for name in ("font.sans-serif", "svg.fonttype", "svg.hashsalt")
}
FRAMED: dict[Any, Any] = {  # changes to STYLE for figures of images
    "axes.grid": False,
    "axes.spines.right": True,
    "axes.spines.top": True,
    "axes.titlelocation": "center",
    "axes.titlecolor": CAPTION,
    "axes.titlepad": 4,
    "image.interpolation": "nearest",
}


def import_pyplot() -> Any:
    """Import matplotlib's pyplot, or say how to install it."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("nn.plot needs matplotlib: pip install matplotlib") from None
    return pyplot


@contextlib.contextmanager
def styled(given: Any, *, framed: bool = False) -> Iterator[None]:
    """Draw in the style of this module, unless the user gave axes or a figure with a style of their own."""
    if given is not None:
        yield
        return
    pyplot = import_pyplot()
    pyplot.draw_if_interactive()  # loads the backend: what a notebook's sets would be undone after the style
    with pyplot.rc_context(STYLE | (FRAMED if framed else {})):
        yield


@functools.cache
def signed() -> Any:
    """Return the colours of signed numbers: orange below 0, the paper at 0, blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [NEGATIVE, PAPER, POSITIVE])


@functools.cache
def paper_to_ink() -> Any:
    """Return the colours of numbers from 0 on, such as pixels and activations: from the paper to ink."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("paper_to_ink", [PAPER, INK])


def color_key(figure: Any, drawn: Any, axes: Any, label: str) -> None:
    """Draw the key of a picture's colours at its right, with the numbers at its ends and 0."""
    bar = figure.colorbar(drawn, ax=axes, shrink=0.6, aspect=22, pad=0.02)
    low, high = drawn.get_clim()
    ticks = [low, 0.0, high] if low < 0 < high else [low, high]
    bar.set_ticks(ticks, labels=[in_words(value) for value in ticks])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    bar.set_label(label, color=CAPTION, fontsize=8)


def in_words(value: float) -> str:
    """Return a number of three digits with a true minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def per_cent(fraction: float) -> str:
    """Return a fraction as per cent with two decimals."""
    return f"{100 * fraction:.2f} %"


def axes_or_new(ax: Any, width: float = 6.4, height: float = 4.0) -> Any:
    """Return the axes that were given, or those of a new figure of this size in inches."""
    return new_figure(width, height).subplots() if ax is None else ax


def new_figure(width: float, height: float) -> Any:
    """Return a new figure that pyplot knows, of this size in inches."""
    return import_pyplot().figure(figsize=(width, height), layout="constrained", FigureClass=_picture())


@functools.cache
def _picture() -> Any:
    """Return a class of figures that a notebook shows once, and whose texts stay texts in SVG.

    A notebook shows the value of a cell's last line, and after the cell all figures that pyplot knows. A
    figure that is both is shown as the value alone.
    """
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    class Picture(Figure):
        def savefig(self, *arguments: Any, **named: Any) -> None:
            with pyplot.rc_context(WHEN_DRAWN):
                super().savefig(*arguments, **named)

        def draw(self, renderer: Any) -> None:
            with pyplot.rc_context(WHEN_DRAWN):
                super().draw(renderer)

        def _ipython_display_(self) -> None:
            from IPython.display import display

            pyplot.close(self)
            vars(self)["_ipython_display_"] = None  # so that IPython shows it as any other figure
            try:
                display(self)
            finally:
                del vars(self)["_ipython_display_"]

    return Picture
