"""`Plot` draws the learning curves of a run while it trains."""

from __future__ import annotations

import io
import os
import sys
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from nncore.callbacks import runs
from nncore.files.atomic import new_file
from nncore.training import learning_curves
from nncore.training.history import MONITORED, History
from nncore.training.pictures import STYLE, import_pyplot

if TYPE_CHECKING:
    from nncore.network import Network

SIZE = 6.4, 4.4  # inches
DOTS = 144  # in an inch, twice those of a usual screen


class Plot:
    """A Plot is a callback that draws costs and accuracies after each epoch, as `nncore.plot.history` does.

    In a notebook the picture stands below the cell and is replaced by the next one. With a path, it is
    written to a file, which always holds a whole picture: viewers that watch it show the run live.

    Parameters
    ----------
    path : str or path-like, optional
        The file, such as "digits.svg" or "digits.png"; its ending says which format. Without it, the picture
        is shown in the notebook.
    every : int, default 1
        The number of epochs from one picture to the next. A picture takes about a tenth of a second. The
        first epoch of a run always gives one.

    Raises
    ------
    ValueError
        There is no path, and this is no notebook; or matplotlib writes no such format.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import os, tempfile
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plot = nn.callbacks.Plot(f"{folder}/digits.svg")
    ...     history = net.SGD(train, 2, 10, 0.5, evaluation_data=validation, callbacks=plot)
    ...     os.listdir(folder)
    ['digits.svg']
    """

    path: Path | None
    every: int

    def __init__(self, path: str | PathLike[str] | None = None, *, every: int = 1) -> None:
        self.path = None if path is None else runs.file_path("Plot", path)
        self.every = runs.each("Plot", every)
        self._watch = runs.RunWatch()
        self._shown: str | None = None  # the name of the place in the notebook
        if self.path is None and not _in_notebook():
            raise ValueError("Plot: a file needed, since this is no notebook: nn.callbacks.Plot('run.png')")
        import_pyplot()
        if self.path is not None:
            _check_format(self.path)

    def __call__(self, net: Network, history: History) -> None:
        """Draw the run so far, if the number of its epochs is a multiple of `every` or it is a new one."""
        new = self._watch.is_new(history)
        if not new and len(history) % self.every:
            return
        curves = {name: values for name in MONITORED if (values := getattr(history, name))}
        if not curves:
            raise ValueError(
                "Plot: nothing is monitored: call SGD with evaluation_data=..., or monitor='training_cost'"
            )
        if self.path is None:
            self._show(_picture(curves, "png"), new)
            return
        picture = _picture(curves, self.path.suffix[1:].lower())
        with new_file(self.path) as file:
            file.write(picture)

    def _show(self, picture: bytes, new: bool) -> None:
        """Show the picture in the notebook, in place of the last one of this run."""
        from IPython.display import Image, display, update_display

        image = Image(picture, width=round(SIZE[0] * DOTS / 2))
        if new or self._shown is None:
            self._shown = f"nncore-{os.urandom(8).hex()}"
            display(image, display_id=self._shown)
        else:
            update_display(image, display_id=self._shown)

    def __repr__(self) -> str:
        return f"Plot({'' if self.path is None else repr(str(self.path)) + ', '}every={self.every})"


def _check_format(path: Path) -> None:
    """Refuse the name of a file of a format that matplotlib does not write."""
    from matplotlib.figure import Figure

    known = Figure().canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        raise ValueError(
            f"Plot: a name that ends in .png, .svg or .pdf needed, got {path.name!r}: matplotlib writes "
            f"{', '.join(sorted(known))}"
        )


def _picture(curves: dict[str, list[float]], format: str) -> bytes:
    """Return a picture of learning curves as the contents of a file; pyplot does not know the figure."""
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with import_pyplot().rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        learning_curves.draw(figure, curves)
        figure.savefig(out, format=format, dpi=DOTS)
    return out.getvalue()


def _in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"
