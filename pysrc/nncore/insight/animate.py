"""`animate` trains a network and films how it learns."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _given, _validation, choices
from nncore.files.atomic import write_file
from nncore.insight.plot.grids import grid
from nncore.insight.plot.plane import boundary
from nncore.training import rules
from nncore.training.history import History
from nncore.training.pictures import INK, OURS, in_words, per_cent, signed, styled
from nncore.training.run import record_interrupt
from nncore.training.steps import Steps

if TYPE_CHECKING:
    from nncore.network import Network

PICTURES = 30  # neurons whose weights are filmed
POINTS = 80  # of the plane, along each axis
WRITERS = {".gif": "pillow", ".mp4": "ffmpeg"}
DOTS = 100  # for each inch


def animate(
    net: Network,
    training_data: Any,
    path: str | os.PathLike[str],
    epochs: int,
    mini_batch_size: int,
    eta: float,
    lmbda: float = 0.0,
    *,
    evaluation_data: Any = None,
    momentum: float | None = None,
    rule: choices.RuleName | rules.Rule = "sgd",
    frames: int = 100,
    frames_per_second: int = 20,
) -> History:
    """Train a network, and write a film of it: what it learns at the left, how well it answers at the right.

    At the left are the weights of up to 30 neurons of the first layer as pictures; or the plane with the
    boundary, if the network has two inputs; or else the distribution of all weights. At the right is the
    accuracy (or, of networks that answer numbers, the cost). The training is that of `Network.SGD`, to the
    bit.

    Parameters
    ----------
    net : Network
        The network, which is trained.
    training_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        The training examples.
    path : str or path
        Where the film is written: the name ends in ``.gif``, or in ``.mp4``, which needs the program ffmpeg.
    epochs, mini_batch_size, eta, lmbda, momentum, rule
        As for `Network.SGD`.
    evaluation_data : as training_data, optional
        What is measured in each frame; by default the training data.
    frames : int, default 100
        How many pictures the film has, besides that of the start. Each shows the training by epochs/frames
        further on.
    frames_per_second : int, default 20
        How fast the film runs. The last picture stands for two seconds.

    Returns
    -------
    History
        The record of the training, as `Network.SGD` returns it without evaluation data. Ctrl-C ends the
        training with a warning, and the film has what was trained until then.

    Raises
    ------
    ValueError
        The name ends in something else.
    OSError
        The program ffmpeg is missing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     film = pathlib.Path(folder, "learning.gif")
    ...     history = nn.animate(net, train, film, 1, 10, 0.5, evaluation_data=test, frames=2)
    ...     film.stat().st_size > 10_000
    True
    """
    _validation.check_network(net)
    target = Path(_given.path(path))
    epochs = _validation.integer("epochs", epochs, 1)
    frames = _validation.integer("frames", frames, 1)
    rate = _validation.integer("frames_per_second", frames_per_second, 1)
    steps = Steps(net, training_data, mini_batch_size, eta, lmbda, momentum=momentum, rule=rule)
    with styled(None), tempfile.TemporaryDirectory(prefix="nncore-film-") as folder:
        film = _Film(net, training_data if evaluation_data is None else evaluation_data, epochs)
        writer, file = _writer(target, rate), Path(folder, f"film{target.suffix.lower()}")
        with writer.saving(film.figure, file, DOTS):
            film.draw(0.0)
            writer.grab_frame()
            try:
                for frame in range(1, frames + 1):
                    goal = round(epochs * steps.n * frame / frames)
                    while steps.images < goal:
                        steps.train(min(goal - steps.images, steps.n - steps.done or steps.n))
                    film.draw(steps.images / steps.n)
                    writer.grab_frame()
            except KeyboardInterrupt:
                record_interrupt(steps.history, "frame")
            writer.fig = _as_one_image(film.figure)
            for _ in range(2 * rate):
                writer.grab_frame()
        write_file(target, file.read_bytes())
    return steps.history


def _writer(path: Path, rate: int) -> Any:
    """Return matplotlib's writer of the kind that the name asks for."""
    from matplotlib import animation

    kind = WRITERS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"path: a name that ends in .gif or .mp4 needed, got {os.fspath(path)!r:.80}")
    if not animation.writers.is_available(kind):
        raise OSError(
            "animate: a film in MP4 is made by the program ffmpeg, which is not found: install it (on Debian "
            "or Ubuntu: apt-get install ffmpeg), or take a name that ends in .gif"
        )
    return animation.writers[kind](fps=rate)


def _as_one_image(figure: Any) -> Any:
    """Return a figure that looks the same and is drawn at once: it shows a picture of this one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure.set_layout_engine("none")  # everything stays where it was drawn last
    figure.set_dpi(DOTS)
    figure.canvas.draw()
    picture: Any = Figure(figsize=figure.get_size_inches(), dpi=DOTS)
    FigureCanvasAgg(picture)
    picture.figimage(np.asarray(figure.canvas.buffer_rgba()))
    return picture


def answers_classes(net: Network, data: Any) -> bool:
    """Return whether the network has an accuracy on the data: not where the targets are numbers."""
    try:
        net.accuracy(data)
    except ValueError:
        return False
    return True


class _Film:
    """The figure whose pictures the film shows."""

    def __init__(self, net: Network, data: Any, epochs: int) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.net, self.data, self.epochs = net, data, epochs
        self.measured: list[tuple[float, float]] = []
        self.classifies = answers_classes(net, data)
        figure: Any = Figure(figsize=(9, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        self.figure = figure
        self.figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        self.left, right = self.figure.subfigures(1, 2)
        self.curve = right.subplots()
        self.start = [np.asarray(w).ravel().copy() for w in net.weights]
        self.most = 0.0

    def draw(self, epoch: float) -> None:
        """Draw the network as it is after so many epochs."""
        value = self.net.accuracy(self.data) if self.classifies else self.net.cost(self.data)
        self.measured.append((epoch, value))
        self._draw_curve(value)
        self.left.clear()
        pictures = self._pictures()
        if self.net.input_shape == (2,) and self.classifies:
            boundary(self.net, self.data, points=POINTS, ax=self.left.subplots())
        elif pictures is None:
            self._draw_histogram()
        else:
            self._draw_weights(pictures)

    def _draw_curve(self, value: float) -> None:
        ax, name = self.curve, "accuracy" if self.classifies else "cost"
        shown = per_cent(value) if self.classifies else in_words(value)
        ax.clear()
        epochs, values = zip(*self.measured, strict=True)
        ax.plot(epochs, values, color=OURS, linewidth=2.4)
        ax.plot(epochs[-1:], values[-1:], "o", color=OURS, clip_on=False)
        ax.set_xlim(0, self.epochs)
        ax.set_ylim(0, 1 if self.classifies else 1.05 * max(values) or 1)
        ax.set_xlabel("epochs")
        ax.set_title(f"{name} {shown} after {epochs[-1]:.1f} epochs")
        if self.classifies:
            ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")

    def _pictures(self) -> Any:
        """Return the weights of the first neurons as pictures (neurons, height, width), or None."""
        w = np.asarray(self.net.weights[0])
        if w.ndim == 4:
            return w[:PICTURES, 0]
        side = round(w.shape[1] ** 0.5)
        return w[:PICTURES].reshape(-1, side, side) if side > 2 and side * side == w.shape[1] else None

    def _draw_weights(self, pictures: Any) -> None:
        """Draw pictures in one scale, which doubles when they outgrow it."""
        largest = float(np.quantile(np.abs(pictures), 0.995))
        while self.most < largest:
            self.most = 2 * self.most or 2.0 ** np.floor(np.log2(largest))
        _, axes = grid(len(pictures), 6 if len(pictures) > 12 else None, self.left)
        for ax, picture in zip(axes, pictures, strict=True):
            ax.imshow(picture, cmap=signed(), vmin=-self.most, vmax=self.most, interpolation="nearest")
            ax.grid(False)
        self.left.suptitle(
            f"weights of layer 2, from \u2212{self.most:g} to {self.most:g}", fontsize=10, x=0.5
        )

    def _draw_histogram(self) -> None:
        ax, now = self.left.subplots(), np.concatenate([np.asarray(w).ravel() for w in self.net.weights])
        before = np.concatenate(self.start)
        room = max(float(np.abs(now).max()), float(np.abs(before).max())) or 1.0
        bins = np.linspace(-room, room, 61)
        ax.stairs(np.sqrt(np.histogram(now, bins)[0]), bins, fill=True, color=OURS, label="now")
        ax.stairs(np.sqrt(np.histogram(before, bins)[0]), bins, color=INK, label="at the start")
        ax.set_yticks([])
        ax.set_xlabel("weight")
        ax.legend(loc="upper right")
        ax.set_title(f"all {now.size:,} weights")
