"""The screens of ``nncore play`` in notebooks: each is a widget that asks the kernel's own network.

    import nncore as nn
    nn.widgets.Draw(net)        # the last line of a cell shows it
    nn.widgets.Train()          # screens that train make their own network

They run wherever anywidget does: Jupyter, Colab, VS Code, marimo. The same files draw them as in the page,
and the same classes answer them, `nncore.play.screens`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncore.widgets.draw import Draw
    from nncore.widgets.experiments import (
        Book,
        Doctor,
        Neuron,
        Overfitting,
        Plane,
        Speeds,
        Train,
        Universality,
    )
    from nncore.widgets.of_network import Convolution, Equations, Handwriting, Mistakes, Softmax
    from nncore.widgets.widget import Widget

__all__ = [
    "Book",
    "Convolution",
    "Doctor",
    "Draw",
    "Equations",
    "Handwriting",
    "Mistakes",
    "Neuron",
    "Overfitting",
    "Plane",
    "Softmax",
    "Speeds",
    "Train",
    "Universality",
    "Widget",
]
MODULES = {"Draw": "draw", "Widget": "widget"} | dict.fromkeys(
    ("Convolution", "Equations", "Handwriting", "Mistakes", "Softmax"), "of_network"
)  # those of all others are `experiments`


def __getattr__(name: str) -> Any:  # anywidget is imported when a widget is first used
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"nncore.widgets.{MODULES.get(name, 'experiments')}")
    except ImportError as error:
        if error.name not in ("anywidget", "traitlets"):  # which anywidget brings
            raise
        raise ImportError("nncore.widgets: the package anywidget is needed: pip install anywidget") from None
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
