"""Take the pictures of all screens, light and dark, into docs/site/screens/pictures.

    pip install ".[browser,pictures]"
    python docs/site/screens/take_pictures.py [SCREEN ...]

It needs a Chromium; NNCORE_BROWSER names the program. Take them again when a screen has changed.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "tests"))
from support.page import Served, browser_program, settle  # noqa: E402

WINDOW = {"width": 1280, "height": 1000}
SCALE = 1.25  # pixels of the picture for each pixel of the page
QUALITY = 65
# What the reader has done before the picture: a key, if any, and the seconds until the next.
KEYS: dict[str, list[tuple[str, float]]] = {"train": [(" ", 4.0), (" ", 1.0)], "overfitting": [("", 40.0)]}


def main() -> None:
    os.environ.pop("NNCORE_DATA", None)  # the bundled digits, on every machine
    os.chdir(tempfile.gettempdir())  # where The book, run, says that results are
    chosen = sys.argv[1:]
    served = Served()
    (HERE / "pictures").mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        for theme in ("light", "dark"):
            place = browser.new_context(viewport=WINDOW, color_scheme=theme, device_scale_factor=SCALE)
            page = place.new_page()
            page.goto(served.server.address)
            page.wait_for_selector(".screen h1")
            names = page.eval_on_selector_all(".rail a.s", "all => all.map(one => one.hash.slice(1))")
            for name in names:
                if not chosen or name in chosen:
                    take(page, f"{served.server.address.partition('#')[0]}#{name}", name, theme)
            place.close()
        browser.close()
    served.close()


def take(page: Any, address: str, name: str, theme: str) -> None:
    """Open a screen, do what a reader would do, and write its picture."""
    page.goto(address)
    page.wait_for_selector(f".screen.{name} h1")
    settle(page)
    page.wait_for_timeout(2000)
    for key, seconds in KEYS.get(name, []):
        if key:
            page.keyboard.press(key)
        page.wait_for_timeout(1000 * seconds)
    picture = Image.open(io.BytesIO(page.locator(f".screen.{name}").screenshot()))
    path = HERE / "pictures" / f"{name}-{theme}.webp"
    picture.convert("RGB").save(path, quality=QUALITY, method=6)
    print(f"{path.name}: {picture.width} x {picture.height}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
