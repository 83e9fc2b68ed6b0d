"""A decorator draws in the style of `nn.plot`; `grid` makes the axes for small pictures."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

from nncore import _validation
from nncore.training.pictures import new_figure, styled


def drawn(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function draw in the style of images, unless it is given axes or a figure."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def in_style(*arguments: Any, **named: Any) -> Any:
        given = signature.bind(*arguments, **named).arguments
        with styled(given.get("ax", given.get("figure")), framed=True):
            return function(*arguments, **named)

    return in_style


def grid(count: int, columns: int | None, figure: Any, height: float = 0.95) -> tuple[Any, list[Any]]:
    """Make a grid of axes without ticks for small pictures, about twice as wide as high: (figure, axes)."""
    most = max(1, math.ceil(math.sqrt(2 * count)))
    columns = most if columns is None else _validation.integer("columns", columns, 1)
    columns = min(columns, max(count, 1))
    rows = max(1, math.ceil(count / columns))
    if figure is None:
        figure = new_figure(0.9 * columns + 0.6, height * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]
