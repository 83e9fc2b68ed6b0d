"""`text` makes one HTML file of a network, which needs nothing else; `read` takes the network out of it.

The page holds two elements that no browser shows: the network (see `page_model.py`), and the modules and
styles of the front end, compressed alike. Its last lines unpack both. A policy inside the page forbids the
browser to load anything for it.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.files import es_modules
from nncore.files.kinds import PAGE_MARK, refusal
from nncore.files.streams import open_file
from nncore.formats.npz import Entries
from nncore.formats.page_model import Multiples, pack, packed, unpack

MOST_BYTES = 2**28  # of a file
ENTRIES = {True: "file/draw.js", False: "file/inputs.js"}  # what shows a network that reads drawings, or not
BEGIN = ("file/loader.js", "file/begin.js")  # the page's own script
STYLES = ("tokens.css", "page.css", "screens/draw.css", "file/file.css")
NETWORK = re.compile(rb'<script type="application/x-nncore" id="nncore-network">([^<]*)</script>')
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:"
)

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{mark}
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<main class="nn file" data-nncore data-page>
<p class="name">{title}</p>
<div id="stage"><noscript>This page needs JavaScript, which this browser has switched off.</noscript></div>
<section id="gallery"></section>
<section id="about"></section>
</main>
<script type="application/x-nncore" id="nncore-network">{network}</script>
<script type="application/x-nncore" id="nncore-modules">{modules}</script>
<script>
{begin}</script>
</body>
</html>
"""


def text(
    description: Mapping[str, Any],
    page: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any] | Multiples],
    about: str,
) -> str:
    """Return the page of a network.

    Parameters
    ----------
    description, page, arrays
        The network: see `page_model.pack`. ``page["title"]`` is the title of the page, and ``page["draws"]``
        says whether the network reads drawings.
    about : str
        HTML that stands below the network: how it was trained.
    """
    entry = ENTRIES[bool(page["draws"])]
    modules = es_modules.collect(entry)
    styles = es_modules.styles(*STYLES, used_by=modules)
    code = {"entry": entry, "modules": modules, "styles": styles, "about": about}
    return PAGE.format(
        mark=PAGE_MARK,
        policy=html.escape(POLICY, quote=False),
        title=html.escape(page["title"]),
        network=pack(description, page, arrays),
        modules=packed(json.dumps(code, ensure_ascii=False).encode()),
        begin="".join(map(es_modules.text_of, BEGIN)),
    )


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description of the network in a page, and its arrays, "weights_0" and so on.

    Nothing of the page is looked at but the one element that holds the network, and nothing in it runs.

    Raises
    ------
    ValueError
        The page is damaged, or nncore did not write it.
    OSError
        The file cannot be opened.
    """
    with open_file(path) as file:
        content = file.read(MOST_BYTES + 1)
    try:
        if len(content) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        found = NETWORK.findall(content)
        if len(found) != 1:
            raise ValueError(f"it has {len(found)} elements that hold a network, and 1 is needed")
        header, arrays = unpack(found[0])
        parameters = {name: array for name, array in arrays.items() if name.startswith(("weights", "biases"))}
        description = header["description"]
    except MemoryError:
        raise
    except Exception as error:  # json raises more than one kind
        raise refusal(path, "a page that nncore saved", error, own="page") from error
    return description, Entries((name, _reals(array)) for name, array in parameters.items())


def _reals(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers as float32; biases become the book's columns."""
    reals = array.astype(np.float32)
    return reals.reshape(-1, 1) if reals.ndim == 1 else reals
