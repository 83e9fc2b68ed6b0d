"""`write` makes the scripts that show screens of `nncore play` on pages of the site.

A page that is opened from the disk cannot load modules. So each screen is a plain script, which hands its
modules over as texts; `loader.js` makes blobs of them, as an exported page does. Modules that several screens
import are in a script of their own, and so are the networks and digits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from nncore.files import es_modules
from nncore.play.screens import SCREENS

from . import networks

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
FOLDERS = ("hosts", "answers", "numbers")  # of modules that stand beside the front end's
HOST = "hosts/site.js"
STYLES = ("tokens.css", "vendor/uPlot.css", "page.css")


def answered() -> list[str]:
    """Return the names of the screens that the site answers, in the order of the rail."""
    return [name for name in SCREENS if (HERE / "answers" / f"{name}.js").is_file()]


def stage(folder: Path) -> None:
    """Put the front end's modules and those of the site into one folder, where they import one another."""
    shutil.copytree(es_modules.STATIC, folder, dirs_exist_ok=True)
    for each in FOLDERS:
        shutil.copytree(HERE / each, folder / each, dirs_exist_ok=True)


def write(folder: Path) -> None:
    """Write the scripts, the style sheet and the pictures of all screens into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {name: taken(name, content) for name, content in contents().items()}
    version = hashlib.sha256("".join(scripts.values()).encode()).hexdigest()[:12]
    scripts["loader"] = es_modules.text_of("loader.js", HERE).replace("VERSION", json.dumps(version))
    for name, text in scripts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    colours = re.sub(":root", ".nn-screen", es_modules.styles("tokens.css"))
    dark = colours.replace(".nn-screen[data-theme=dark]", "html[data-theme=dark] .nn-screen")
    (folder / "screens.css").write_text(dark + es_modules.styles("screens.css", root=HERE), encoding="utf-8")
    for picture in PICTURES.glob("*.webp"):
        shutil.copy(picture, folder)


def taken(name: str, content: Any) -> str:
    """Return the script that hands something over to `loader.js`."""
    return f"nncoreScreens.take({json.dumps(name)}, {json.dumps(content, ensure_ascii=False)});\n"


def contents() -> dict[str, Any]:
    """Return what each script hands over: of a screen its modules and styles, of data their bytes."""
    names = answered()
    with tempfile.TemporaryDirectory(prefix="nncore-site-") as staged:
        root = Path(staged)
        stage(root)
        modules = {
            name: es_modules.collect(f"screens/{name}.js", f"answers/{name}.js", HOST, root=root)
            for name in names
        }
        everything = es_modules.collect(
            HOST, *(f"{kind}/{name}.js" for name in names for kind in ("screens", "answers")), root=root
        )
    times = Counter(module.name for each in modules.values() for module in each)
    found: dict[str, Any] = {
        "shared": {
            "modules": [module for module in everything if times[module.name] > 1],
            "styles": inner(es_modules.styles(*STYLES)),
        }
    }
    for name, own in modules.items():
        found[name] = {
            "modules": [module for module in own if times[module.name] == 1],
            "styles": inner(es_modules.styles(f"screens/{name}.css")),
        }
    return found | {
        name: base64.b64encode(content).decode("ascii") for name, content in networks.packed().items()
    }


def inner(styles: str) -> str:
    """Return styles for the inside of a figure, whose outermost element is ``div.nn``."""
    return re.sub(r":root", ".nn", styles)
