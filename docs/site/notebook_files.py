"""Beside the page of a notebook lies the notebook, executed, to download: chapter1.html, chapter1.ipynb."""

from pathlib import Path
from typing import Any

import nbformat
from notebooks.translate import translated
from sphinx.application import Sphinx


def is_notebook(app: Sphinx, page: str) -> bool:
    return "kernelspec" in app.env.metadata.get(page, {})


def link(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give the page's template the name of its notebook."""
    if is_notebook(app, page):
        context["notebook"] = page.rpartition("/")[2] + ".ipynb"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write each executed notebook, in Markdown that Jupyter shows, beside its page."""
    if exception is not None or app.builder.format != "html":
        return
    executed = Path(app.env.mystnb_config.output_folder)
    for page in sorted(app.env.found_docs):
        if is_notebook(app, page):
            notebook = nbformat.read(executed / f"{page}.ipynb", as_version=4)
            source = Path(app.env.doc2path(page))
            target = app.outdir / f"{page}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(translated(notebook, source, Path(app.srcdir)), target)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", link)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
