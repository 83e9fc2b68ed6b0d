"""A `Table` collects the outcomes of a sweep's trainings while they run, and shows how far they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nncore._work.stop import Stop
from nncore.network import Network
from nncore.sweeps.configs import Arguments
from nncore.sweeps.results import Result
from nncore.sweeps.training import INTERRUPTED, Outcome
from nncore.training.history import History

Run = tuple[int, int, Arguments]  # the number of the config, the seed, the arguments


class Table:
    """A Table collects the outcomes of a sweep's trainings, and shows how far they are.

    Parameters
    ----------
    runs : list of (number of the config, seed, arguments)
    labels : list of str
        What each of them is called.
    n : int
        The number of training examples.
    """

    runs: list[Run]
    labels: list[str]
    left: list[int]
    images: int
    ended: int

    def __init__(self, runs: list[Run], labels: list[str], n: int) -> None:
        self.runs, self.labels = runs, labels
        self.left = [arguments["epochs"] * n for _, _, arguments in runs]  # images
        self.images, self.ended = sum(self.left), 0
        self._found: dict[int, Result] = {}
        self._bar: Any = None
        self._line: Callable[[Result], Any] | None = None
        self._bar_in_use = threading.Lock()

    def show(self, bar: Any, progress: Any) -> None:
        """Show progress by a bar, or call a function with each result."""
        self._bar, self._line = bar, progress if callable(progress) else None

    def counter(self, i: int, stop: Stop) -> Callable[[int], None]:
        """Return what a training in this process calls with the number of images that it has used."""

        def count(images: int) -> None:
            stop.check()
            self._update(i, images)

        return count

    def add(self, i: int, outcome: Outcome, network: Network | Path | None = None) -> None:
        """Take the outcome of a training, and where its network is."""
        config, seed, arguments = self.runs[i]
        result = Result(
            config,
            arguments,
            seed,
            self.labels[i],
            history=None if outcome.history is None else History.from_dict(outcome.history),
            error=outcome.error,
            warnings=outcome.warnings,
            network=network,
        )
        if isinstance(network, Network) and network.history is not None:
            result.history = network.history
        self._found[i] = result
        self.ended += outcome.error != INTERRUPTED
        self._update(i, self.left[i])
        if self._line is not None:
            self._line(result)

    def _update(self, i: int, images: int) -> None:
        with self._bar_in_use:
            images = min(images, self.left[i])
            self.left[i] -= images
            if self._bar is not None:
                self._bar.set_postfix({"trainings": f"{self.ended}/{len(self.runs)}"}, refresh=False)
                self._bar.update(images)

    def results(self) -> list[Result]:
        """Return a result for each training; those without an outcome were interrupted."""
        return [
            self._found.get(i) or Result(config, arguments, seed, self.labels[i], error=INTERRUPTED)
            for i, (config, seed, arguments) in enumerate(self.runs)
        ]
