"""The screens of ``nncore play`` in notebooks: each is a widget that asks the kernel's own network.

    import nncore as nn
    nn.widgets.Draw(net)        # the last line of a cell shows it

They run wherever anywidget does: Jupyter, Colab, VS Code, marimo. The same files draw them as in the page,
and the same classes answer them, `nncore.play.screens`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncore.widgets.draw import Draw
    from nncore.widgets.widget import Widget

__all__ = ["Draw", "Widget"]


def __getattr__(name: str) -> Any:  # anywidget is imported when a widget is first used
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"nncore.widgets.{name.lower()}"), name)
    except ImportError as error:
        if error.name != "anywidget":
            raise
        raise ImportError("nncore.widgets: the package anywidget is needed: pip install anywidget") from None


def __dir__() -> list[str]:
    return __all__
