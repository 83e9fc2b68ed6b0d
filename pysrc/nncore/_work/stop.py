"""A `Stop` tells trainings to end, in this process and in others."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

LOOK = 0.2  # seconds between two looks at the file, which may lie on another machine


class Stop:
    """A Stop is set once, and then ends trainings as Ctrl-C would.

    Threads of this process see it at once. Other processes get a copy of it, which looks for a file: it is
    there as long as the work goes on. So the work stops, too, when its folder is removed.

    Parameters
    ----------
    path : Path, optional
        The file. Without one, other processes do not learn of the stop.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._event, self._looked = threading.Event(), 0.0

    def set(self) -> None:
        """Tell all trainings to stop."""
        self._event.set()
        if self.path is not None:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def is_set(self) -> bool:
        """Return whether trainings are to stop."""
        if self._event.is_set():
            return True
        if self.path is not None and time.monotonic() - self._looked >= LOOK:
            self._looked = time.monotonic()
            try:
                os.stat(self.path)
            except FileNotFoundError:
                self._event.set()
            except OSError:  # a file system that does not answer just now
                pass
        return self._event.is_set()

    def check(self, images: int = 0) -> None:
        """End the training, as Ctrl-C does, if this is set; ``SGD(progress=stop.check)`` calls it often."""
        if self.is_set():
            raise KeyboardInterrupt

    def __reduce__(self) -> tuple[Any, ...]:
        return Stop, (self.path,)
