"""The directive `terminal`: commands that are run when the site is built, and what they print.

    ```{terminal}
    :files: photo.png
    nncore train --output digits.npz
    nncore predict digits.npz photo.png
    ```

Each line is a command of the shell; one that fails, fails the build. The blocks of a page share a folder,
which is removed in the end; `:files:` copies files into it, from the page's folder. Where a code host shows
the page, the commands alone stand there.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LONGEST = 120  # seconds of a block
PLACES: dict[str, Path] = {}  # of each page that is being read: its folder


def place(page: str) -> Path:
    """Return the folder of a page's commands, with a command `nncore` of the Python that builds the site."""
    if page not in PLACES:
        PLACES[page] = Path(tempfile.mkdtemp(prefix="nncore-docs-"))
        (PLACES[page] / ".bin").mkdir()
        command = PLACES[page] / ".bin" / "nncore"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m nncore "$@"\n')
        command.chmod(0o755)
    return PLACES[page]


def run(commands: list[str], folder: Path) -> str:
    """Run commands one after the other, and return what they print.

    Raises
    ------
    ValueError
        One of them has failed.
    """
    environment = {
        **os.environ,
        "PATH": f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "88",
    }
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=folder, env=environment, timeout=LONGEST, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise ValueError(f"exit code {done.returncode} of {'; '.join(commands)}\n{done.stdout}")
    return done.stdout


class Terminal(SphinxDirective):
    """Show commands, and below them what they print."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "files": directives.unchanged_required,
        "first": directives.nonnegative_int,  # so many lines of the output are shown, from its beginning
        "last": directives.nonnegative_int,  # and so many from its end
    }

    def run(self) -> list[nodes.Node]:
        folder, here = place(self.env.docname), Path(self.env.doc2path(self.env.docname)).parent
        commands = [line for line in self.content if line.strip()]
        try:
            for name in self.options.get("files", "").split():
                self.env.note_dependency(str(here / name))
                shutil.copy(here / name, folder)
            printed = run(commands, folder).splitlines()
        except (ValueError, OSError, subprocess.TimeoutExpired) as error:
            raise self.error(f"terminal: {error}") from None
        first, last = self.options.get("first"), self.options.get("last")
        if first is not None and last is not None and len(printed) > first + last:
            printed = [*printed[:first], "...", *printed[len(printed) - last :]] if last else printed[:first]
        shown = nodes.container(classes=["terminal"])
        shown += nodes.literal_block("", "\n".join(commands), language="text", classes=["terminal-commands"])
        if printed:
            shown += nodes.literal_block("", "\n".join(printed), language="text", classes=["terminal-output"])
        return [shown]


def end(app: Sphinx, doctree: nodes.document) -> None:
    """Remove the folder of a page that is read."""
    folder = PLACES.pop(app.env.docname, None)
    if folder is not None:
        shutil.rmtree(folder)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("terminal", Terminal)
    app.connect("doctree-read", end)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
