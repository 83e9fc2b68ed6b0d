"""The pictures of `nn.plot` and of the book's figures share the style and the figures of this module.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

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
    "svg.fonttype": "none",  # texts stay texts, which can be searched and read aloud
    "svg.hashsalt": "nncore",  # so that the same figure gives the same file
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}
FRAMED = {  # changes to STYLE for figures of images
    "axes.grid": False,
    "axes.spines.right": True,
    "axes.spines.top": True,
    "axes.titlelocation": "center",
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
    with import_pyplot().rc_context(STYLE | (FRAMED if framed else {})):
        yield


def axes_or_new(ax: Any) -> Any:
    """Return the axes that were given, or those of a new figure."""
    return new_figure(6.4, 4.0).subplots() if ax is None else ax


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
            with pyplot.rc_context({name: STYLE[name] for name in ("svg.fonttype", "svg.hashsalt")}):
                super().savefig(*arguments, **named)

        def _ipython_display_(self) -> None:
            from IPython.display import display

            pyplot.close(self)
            vars(self)["_ipython_display_"] = None  # so that IPython shows it as any other figure
            try:
                display(self)
            finally:
                del vars(self)["_ipython_display_"]

    return Picture
