"""`picture_steps` draws how a photo became digits that a network reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _given
from nncore.training.pictures import new_figure, styled

if TYPE_CHECKING:
    from nncore.datasets import Picture

INK, QUIET, OURS = "#15171c", "#666c78", "#00756b"
PAPER = "#ffffff"
TITLES = {
    "grey": "1  The picture, grey",
    "background": "2  The paper alone",
    "ink": "3  What differs from it",
    "threshold": "4  Above the threshold",
    "digits": "5  The digits",
}
MOST_SHOWN = 40  # digits that are drawn
IN_A_ROW = 10


def picture_steps(picture: Picture, captions: Sequence[str] | None = None, *, figure: Any = None) -> Any:
    """Draw how `nncore.datasets.read_picture` found the digits of a photo: each step, and the digits.

    Parameters
    ----------
    picture : Picture
        What `read_picture` returned.
    captions : sequence of str, optional
        The text under each digit, such as a network's answer. By default there is none.
    figure : matplotlib.figure.Figure, optional
        The figure to draw in; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure
        The pictures on the way in their order, and under them the digits as a network gets them, ink dark. At
        most 40 digits are drawn.

    Raises
    ------
    TypeError
        `picture` is not a Picture.
    ValueError
        There are not as many captions as digits.

    Examples
    --------
    >>> import nncore as nn
    >>> sheet = nn.datasets.load_sample()[2].images[0]
    >>> figure = nn.plot.picture_steps(nn.datasets.read_picture(sheet))
    """
    if not all(hasattr(picture, name) for name in ("images", "boxes", "steps")):
        raise TypeError(
            f"picture: what nn.datasets.read_picture returns needed, got {type(picture).__name__}"
        )
    texts = (
        [""] * len(picture) if captions is None else _given.listed("captions", captions, "a list of texts")
    )
    if len(texts) != len(picture):
        raise ValueError(f"captions: {len(picture)} needed, one for each digit; got {len(texts)}")
    with styled(figure, framed=True):
        return _draw(picture, [str(text) for text in texts], figure)


def _draw(picture: Picture, captions: list[str], figure: Any) -> Any:
    steps = {name: step for name, step in picture.steps.items() if name in TITLES}
    rows, cols = picture.steps["grey"].shape
    shown = min(len(picture), MOST_SHOWN)
    in_a_row = min(IN_A_ROW, max(shown, 6))
    lines = math.ceil(shown / in_a_row)
    width = 11.0 if len(steps) > 1 else 5.0
    across = 3 if len(steps) > 1 else 1
    down = math.ceil(len(steps) / across)
    panel = width / across * min(max(rows / cols, 0.2), 1.5) + 0.35
    cell = width / in_a_row + (0.3 if any(captions) else 0.05)
    if figure is None:
        figure = new_figure(width, down * panel + lines * cell + 0.4)
    figure.set_facecolor(PAPER)
    above, below = figure.subfigures(2, 1, height_ratios=[down * panel, lines * cell + 0.4])
    axes = above.subplots(down, across, squeeze=False).ravel().tolist()
    for ax in axes[len(steps) :]:
        ax.set_axis_off()
    for ax, (name, step) in zip(axes, steps.items(), strict=False):
        _draw_step(ax, name, step, picture)
    if len(steps) < len(axes):
        _write_result(axes[len(steps)], picture)
    below.suptitle(
        "As a network gets them: 28 x 28, ink 255, paper 0", x=0.01, ha="left", fontsize=10, color=INK
    )
    cells = below.subplots(lines, in_a_row, squeeze=False).ravel().tolist()
    for ax in cells[shown:]:
        ax.set_axis_off()
    for ax, image, text in zip(cells, picture.images, captions, strict=False):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        _bare(ax)
        ax.set_xlabel(text, fontsize=10, color=OURS, labelpad=3)
    return figure


def _bare(ax: Any) -> None:
    """Take the ticks away, and leave a thin frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("#c9cbc9")
    ax.spines[:].set_linewidth(0.8)


def _draw_step(ax: Any, name: str, step: np.ndarray, picture: Picture) -> None:
    """Draw one picture on the way."""
    if name in ("grey", "background"):
        ax.imshow(step, cmap="gray", vmin=0, vmax=1)
    elif name == "ink":
        ax.imshow(step, cmap="gray_r", vmin=0, vmax=float(step.max()) or 1.0)
    else:
        ax.imshow(step > 0, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    ax.set_title(TITLES[name], loc="left", fontsize=10, color=INK)
    _bare(ax)
    if name == "digits":
        for k in range(1, len(picture) + 1):
            rows, cols = (np.flatnonzero((step == k).any(axis=axis)) for axis in (1, 0))
            if not len(rows):
                continue
            pad = max(3, max(step.shape) / 120)
            corner = (cols[0] - pad, rows[0] - pad)
            wide, high = cols[-1] - cols[0] + 2 * pad, rows[-1] - rows[0] + 2 * pad
            from matplotlib.patches import Rectangle

            ax.add_patch(Rectangle(corner, wide, high, fill=False, color=OURS, linewidth=1.4))
            ax.text(corner[0], corner[1] - 2, str(k), color=OURS, fontsize=8, ha="left", va="bottom")


def _write_result(ax: Any, picture: Picture) -> None:
    """Say in words what was found."""
    ax.set_axis_off()
    found = f"{len(picture)} digit{'s' * (len(picture) != 1)}"
    ink = "dark ink on light paper" if picture.is_dark else "light ink on dark paper"
    ax.text(0.04, 0.62, found, fontsize=20, color=INK, transform=ax.transAxes, va="center")
    ax.text(0.04, 0.42, ink, fontsize=10, color=QUIET, transform=ax.transAxes, va="center")
