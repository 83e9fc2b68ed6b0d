"""`listener` is how nncore reports to Python's `logging`, under the name "nncore", if somebody listens.

    import logging

    logging.basicConfig(level=logging.INFO)     # the beginning and the end of runs, epochs, downloads

Nothing is reported before a program has imported `logging` itself: it would take longer to import than a
small training takes.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

DEBUG, INFO, WARNING = 10, 20, 30  # logging's own


def listener(level: int = INFO) -> Logger | None:
    """Return the logger, or None if nobody listens to reports of this level."""
    if "logging" not in sys.modules:
        return None
    logger = _logger()
    return logger if logger.isEnabledFor(level) else None


@functools.cache
def _logger() -> Logger:
    """Return the logger. Without a handler of the program's own, it writes nowhere."""
    import logging

    logger = logging.getLogger("nncore")
    logger.addHandler(logging.NullHandler())
    return logger
