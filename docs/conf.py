"""The documentation site: `pip install ".[docs]"`, then `sphinx-build -W -n docs build/site`.

The build is offline. It runs every notebook (chapters, how-to pages); an error in a cell fails it.
Every module of `docs/site` is an extension of Sphinx, written for this site.
"""

import hashlib
import os
import sys
from pathlib import Path

import nncore

HERE = Path(__file__).parent
PACKAGE = Path(nncore.__file__).parent
sys.path.insert(0, str(HERE / "site"))

project = "nncore"
author = "the authors of nncore"
copyright = "the authors of nncore, MIT licence"
version = release = nncore.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    *sorted(path.stem for path in (HERE / "site").glob("*.py")),
]
exclude_patterns = ["_static", "_templates", "site"]
highlight_language = "text"  # of blocks that name none: commands, folders
templates_path = ["_templates"]
nitpicky = True

# ---- pages in Markdown, and notebooks

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 4  # headings are targets of links under the names that code hosts give them


def fingerprint() -> str:
    """Return a hash of the package: with other sources, every notebook is run again."""
    hashed = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".so", ".pyd"):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:16]


nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "notebooks" / fingerprint())
nb_execution_in_temp = True  # files that cells write go nowhere
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

# What notebooks and terminals run: this nncore, on the bundled digits, with pictures of one style.
os.environ.pop("NNCORE_DATA", None)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
os.environ["MATPLOTLIBRC"] = str(HERE / "_static" / "plot.mplstyle")
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else each kernel warns of its debugger

# ---- reference

autodoc_typehints = "none"  # docstrings say the types, in words
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(np|numpy|onnx|matplotlib|pandas|click|sklearn|concurrent|logging)\..*",
    ),  # others' documentation
]

# ---- appearance: colours and type are those of `nncore play`, see docs/play.md

html_theme = "pydata_sphinx_theme"
html_title = "nncore"
html_favicon = str(PACKAGE / "play" / "static" / "icon.svg")
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": []}
html_context = {"default_mode": "auto"}  # as the system is; without it the theme complains
html_theme_options = {
    "logo": {"text": "nncore"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 7,
    "article_header_end": ["notebook-link"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_center": [],
    "footer_end": [],
    "pygments_light_style": "bw",
    "pygments_dark_style": "bw",
}
mathjax_path = (
    "vendor/mathjax/startup.js"  # MathJax 3.2.2 in its parts: what a page needs, and nothing from elsewhere
)
mathjax3_config = {
    "loader": {"load": ["core", "input/tex", "output/svg", "a11y/assistive-mml"]},
    "svg": {"fontCache": "global"},
}
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

# ---- links to files of the repository: which of them are pages of the site

repository_pages = {
    "README.md": "index",
    "ARCHITECTURE.md": "explanation/house",
    "CHANGELOG.md": "project/changelog",
    "CONTRIBUTING.md": "project/contributing",
    "SECURITY.md": "project/security",
    "bench/README.md": "project/benchmarks",
    "nncore/README.md": "project/core",
}
