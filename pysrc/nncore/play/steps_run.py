"""A `StepsRun` is what a `Trainer` trains by `nncore.Steps`, up to a goal."""

from __future__ import annotations

import nncore


class StepsRun:
    """The base of the runs: how far one is, and whether it has ended.

    Attributes
    ----------
    steps : Steps
        It trains the network.
    goal : int
        The number of images after which the run pauses.
    error : str
        Why the training ended, if it left the finite numbers.
    """

    steps: nncore.Steps
    goal: int
    error: str

    @property
    def images(self) -> int:
        """How many training images were used so far."""
        return self.steps.images

    @property
    def n(self) -> int:
        """The number of training images."""
        return self.steps.n

    @property
    def mini_batch_size(self) -> int:
        """m, as it is now."""
        return self.steps.mini_batch_size

    @property
    def finished(self) -> bool:
        """Whether the goal is reached, or cannot be."""
        return bool(self.error) or self.images >= self.goal
