"""`Checkpoint` saves the network while it trains."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from nncore import _validation
from nncore.callbacks import runs
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.network import Network

EPOCH = "{epoch}"


class Checkpoint:
    """A Checkpoint is a callback that saves the network after every so many epochs.

    A file is written whole or not at all: whenever the process ends, by a crash too, the last checkpoint can
    be read. It holds all that training needs: ``net = nn.load(path)`` and ``net.SGD(...,
    resume=net.history)`` go on to the same parameters, to the bit, as a run without a pause.

    Parameters
    ----------
    path : str or path-like
        The file, such as "digits.npz". It is replaced by each checkpoint. Or a name with ``{epoch}``, such
        as "digits-{epoch}.npz": then each checkpoint has a file of its own, and the number is that of the
        network's epochs so far, ``net.epochs_trained``.
    every : int, default 1
        The number of epochs from one checkpoint to the next, counted by ``net.epochs_trained``.
    keep : int, optional
        How many files remain, with ``{epoch}`` in the name: those with the largest numbers up to the present
        one. By default all do.

    Raises
    ------
    ValueError
        The name promises a format that does not hold all that training needs, such as .onnx or .json.

    Examples
    --------
    >>> import os, tempfile
    >>> import nncore as nn
    >>> net = nn.Network([1, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = nn.callbacks.Checkpoint(f"{folder}/net-{{epoch}}.npz", every=10, keep=2)
    ...     history = net.SGD(([[0.0], [1.0]], [[1.0], [0.0]]), 45, 1, 0.5, callbacks=checkpoint)
    ...     sorted(os.listdir(folder))
    ['net-30.npz', 'net-40.npz']
    """

    path: Path
    every: int
    keep: int | None

    def __init__(self, path: str | PathLike[str], *, every: int = 1, keep: int | None = None) -> None:
        self.path = runs.file_path("Checkpoint", path, "npz", why="which cannot hold what training needs")
        self.every = runs.each("Checkpoint", every)
        self.keep = None if keep is None else _validation.integer("Checkpoint, keep", keep, 1)
        if EPOCH in str(self.path.parent):
            raise ValueError(
                f"Checkpoint: {EPOCH} belongs in the name of the file, not of a folder; got {path}"
            )
        if keep is not None and EPOCH not in self.path.name:
            raise ValueError(
                f"Checkpoint, keep: a name with {EPOCH} needed, such as net-{EPOCH}.npz; a file without "
                "it is replaced by each checkpoint"
            )

    def __call__(self, net: Network, history: History) -> None:
        """Save the network if its number of epochs is a multiple of `every`."""
        if net.epochs_trained % self.every:
            return
        net.save(self._file(net.epochs_trained))
        if self.keep is not None:
            for epoch in sorted(self._saved(net.epochs_trained))[: -self.keep]:
                self._file(epoch).unlink(missing_ok=True)

    def _file(self, epoch: int) -> Path:
        """Return the file of the checkpoint after so many epochs."""
        return self.path.with_name(self.path.name.replace(EPOCH, str(epoch)))

    def _saved(self, last: int) -> list[int]:
        """Return the epochs up to `last` of which there is a checkpoint."""
        parts = [re.escape(part) for part in self.path.name.split(EPOCH)]
        name = re.compile(parts[0] + "(0|[1-9][0-9]{0,17})" + r"\1".join(parts[1:]))
        found = (name.fullmatch(file.name) for file in self.path.parent.iterdir())
        return [epoch for match in found if match and (epoch := int(match[1])) <= last]

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.path)!r}, every={self.every}, keep={self.keep})"
