"""Pages have no progress bars, which a slow machine would leave in what their cells print.

A kernel that runs a page begins with `STARTUP`: nncore then takes it for no place where somebody waits.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

STARTUP = """\
from nncore.training import progress

progress.is_interactive = lambda: False
del progress
"""


def setup(app: Sphinx) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="nncore-docs-ipython-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "no_progress.py").write_text(STARTUP)
    os.environ["IPYTHONDIR"] = str(folder)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
