"""`TensorBoard` writes what a run measures for the viewer of that name."""

from __future__ import annotations

import math
import os
import time
import weakref
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.callbacks import runs
from nncore.insight import neurons
from nncore.insight.diagnose import diagnose
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore._validation import Examples
    from nncore.network import Network

MOST = 200  # examples, on which the neurons are looked at
BINS = 64  # of a histogram


class TensorBoard:
    """A TensorBoard is a callback that writes costs, accuracies and more for TensorBoard.

    The viewer is another package: ``pip install tensorboard``, then ``tensorboard --logdir FOLDER``.
    nncore writes its files with tensorboardX: ``pip install tensorboardX``.

    Each run has a folder of its own: the first the given one, another run of this object, or of a later
    process, that folder with a number. A run that is resumed goes on in its folder.

    Parameters
    ----------
    folder : str or path-like
        The folder of the run. It is made if need be.
    histograms : bool, default False
        Whether the histograms of the weights and biases of each layer are written.
    data : as training_data, optional
        Some examples. On at most 200 of them are measured: how fast each layer learns (chapter 5), and the
        share of its neurons that are saturated, on the same side, for all of them. After epochs 1, 2, 4, 8
        and so on, what the doctor finds is written as a text: see `nncore.diagnose`.

    Raises
    ------
    ImportError
        tensorboardX is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     board = nn.callbacks.TensorBoard(folder)
    ...     history = net.SGD(train[:100], 1, 10, 0.5, evaluation_data=test, callbacks=board)
    """

    folder: Path
    histograms: bool

    def __init__(self, folder: str | PathLike[str], histograms: bool = False, *, data: Any = None) -> None:
        self.folder = Path(folder)
        self.histograms = _validation.flag("TensorBoard, histograms", histograms)
        self.data = data
        self._watch = runs.RunWatch()
        self._events: EventFile | None = None
        self._started: float | None = None  # seconds of the first epoch, which tell runs apart
        self._examples: Examples | None = None
        _tensorboardx()

    def __call__(self, net: Network, history: History) -> None:
        """Write the values of the epoch that has just ended."""
        if self._watch.is_new(history) or self._events is None:
            self.close()
            self._events = self._begin(net, history)
        step, events = len(history), self._events
        for side in ("evaluation", "training"):
            for kind in ("cost", "accuracy"):
                if values := getattr(history, f"{side}_{kind}"):
                    events.scalar(f"{kind}/{side}", values[-1], step)
        events.scalar("run/eta", history.eta[-1], step)
        events.scalar("run/seconds", history.seconds[-1], step)
        speeds: Any = history.learning_speeds[-1] if history.learning_speeds else None
        if speeds is None and self.data is not None:
            speeds = net.learning_speeds(self.data)
        for (l, w, b), speed in zip(neurons.parameters(net), _row(speeds, net), strict=True):
            events.scalar(f"learning_speed/layer_{l + 2}", speed, step)
            if self.histograms:
                events.histogram(f"weights/layer_{l + 2}", w, step)
                events.histogram(f"biases/layer_{l + 2}", b, step)
        if self._examples is not None:
            self._look_inside(events, self._examples, net, history)
        events.flush()

    def _begin(self, net: Network, history: History) -> EventFile:
        """Open the folder of a run: a new one, or that of a run that goes on."""
        resumed = len(history) > 1 and self._started in (None, history.elapsed[0])
        self._started = history.elapsed[0]
        folder = _last(self.folder) if resumed else _free(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        events = EventFile(folder, len(history) if resumed else None)
        if self.data is not None:
            given = net._examples("data", self.data)
            self._examples = given.subset(np.linspace(0, given.n - 1, min(given.n, MOST)).astype(np.intp))
        events.text("network", repr(net), len(history))
        return events

    def _look_inside(self, events: EventFile, examples: Examples, net: Network, history: History) -> None:
        """Write the shares of saturated neurons, and now and then what the doctor finds."""
        step = len(history)
        X = np.asarray(_validation.seen(examples.X), net.dtype)
        y = np.tile([0.0, 1.0], (net.sizes[-1], 1))  # every output is wanted high and low
        activations = [np.moveaxis(a, 0, -1) for a in net.activations(X)]
        for l, found in enumerate(neurons.stuck(net, activations, y)):
            if net.layers[l].activation in neurons.SATURATION:
                events.scalar(f"saturated_neurons/layer_{l + 2}", float(found.mean()), step)
        if step & (step - 1) == 0:
            events.text("doctor", str(diagnose(net, self.data, history)), step)

    def close(self) -> None:
        """Close the file. Another epoch opens another one; nothing is lost without this call."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def __getstate__(self) -> dict[str, Any]:  # an open file cannot be copied
        return {**vars(self), "_events": None}

    def __repr__(self) -> str:
        return f"TensorBoard({str(self.folder)!r}, histograms={self.histograms})"


class EventFile:
    """An EventFile is a file that TensorBoard reads: what `flush` has written is on the disk.

    tensorboardX's `SummaryWriter` writes in a thread, and its `flush` does not wait for that.
    """

    close: Callable[[], Any]

    def __init__(self, folder: Path, resumed_at: int | None) -> None:
        tensorboardx = _tensorboardx()
        self._summary = tensorboardx.summary
        self._event = tensorboardx.proto.event_pb2.Event
        other = f".{os.urandom(4).hex()}"  # so that two files of one second are two
        self._file = tensorboardx.event_file_writer.EventsWriter(str(folder / "events"), other)
        self.close = weakref.finalize(self, self._file.close)  # at the latest when nothing refers to it
        if resumed_at is not None:  # what was written of this epoch and later ones counts no more
            log = tensorboardx.proto.event_pb2.SessionLog
            self._write(resumed_at, session_log=log(status=log.START))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number, if it was measured."""
        if math.isfinite(value):
            self._write(step, summary=self._summary.scalar(tag, float(value)))

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """Write the histogram of some numbers."""
        numbers = np.asarray(values, np.float64).ravel()
        self._write(step, summary=self._summary.histogram(tag, numbers, BINS))

    def text(self, tag: str, text: str, step: int) -> None:
        """Write a text, line by line as it stands."""
        lines = "".join(f"    {line}\n" for line in text.splitlines())
        self._write(step, summary=self._summary.text(tag, lines))

    def _write(self, step: int, **content: Any) -> None:
        self._file.write_event(self._event(wall_time=time.time(), step=step, **content))

    def flush(self) -> None:
        """Write all to the disk."""
        self._file.flush()


def _tensorboardx() -> Any:
    """Import tensorboardX, or say how to install it."""
    try:
        import tensorboardX
        import tensorboardX.event_file_writer
        import tensorboardX.proto.event_pb2
        import tensorboardX.summary
    except ImportError:
        raise ImportError("TensorBoard: tensorboardX is needed: pip install tensorboardX") from None
    return tensorboardX


def _row(speeds: Any, net: Network) -> list[float]:
    """Return the learning speed of each layer, NaN if none was measured."""
    return list(speeds) if np.ndim(speeds) else [math.nan] * len(net.biases)


def _used(folder: Path) -> bool:
    """Return whether a run was written to a folder."""
    return folder.is_dir() and any(file.name.startswith("events.out.") for file in folder.iterdir())


def _numbered(folder: Path, number: int) -> Path:
    """Return the folder of run `number` of those that begin in `folder`."""
    return folder if number == 1 else folder.with_name(f"{folder.name}-{number}")


def _free(folder: Path) -> Path:
    """Return the first of the numbered folders that holds no run."""
    number = 1
    while _used(_numbered(folder, number)):
        number += 1
    return _numbered(folder, number)


def _last(folder: Path) -> Path:
    """Return the last of the numbered folders that holds a run, or the first if there is none."""
    number = 1
    while _used(_numbered(folder, number + 1)):
        number += 1
    return _numbered(folder, number)
