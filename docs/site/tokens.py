"""The colours and type of `nncore play`: its tokens.css becomes a style sheet of the site."""

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import nncore

TOKENS = Path(nncore.__file__).parent / "play" / "static" / "tokens.css"


def copy(app: Sphinx) -> None:
    if app.builder.format == "html":
        folder = app.outdir / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOKENS, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_css_file(TOKENS.name, priority=400)  # before site.css, which uses it
    app.connect("builder-inited", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
