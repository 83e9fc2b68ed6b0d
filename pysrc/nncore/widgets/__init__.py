"""The screens of ``nncore play`` in notebooks: each is a widget that asks the kernel's own network.

    import nncore as nn
    nn.widgets.Draw(net)        # the last line of a cell shows it

They run wherever anywidget does: Jupyter, Colab, VS Code, marimo. The same files draw them as in the page,
and the same classes answer them, `nncore.play.screens`.
"""

try:
    import anywidget  # noqa: F401
except ImportError:
    raise ImportError("nncore.widgets: the package anywidget is needed: pip install anywidget") from None

from nncore.widgets.draw import Draw
from nncore.widgets.widget import Widget

__all__ = ["Draw", "Widget"]


def __dir__() -> list[str]:
    return __all__
