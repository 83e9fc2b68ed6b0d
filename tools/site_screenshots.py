"""Write a picture of every page of the built documentation: on a desk and on a phone, light and dark.

    python tools/site_screenshots.py SITE FOLDER [PAGE ...]

SITE is the folder that `sphinx-build -W -n docs build/site` has filled; a PAGE is named like
`chapters/chapter1`. Beside the name of each picture stands by how many pixels the page is wider than its
window. It needs Playwright and a Chromium (`pip install playwright`; NNCORE_BROWSER names the program).
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.page import DESK, PHONE, browser_program
from support.site import opened, page_names

THEMES = ("light", "dark")
# Screens and pictures come when a reader is near them.
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 100));
  }
  scrollTo(0, 0);
}"""


def main() -> None:
    site, folder, chosen = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            for theme in THEMES:
                place = browser.new_context(viewport=viewport, has_touch=size == "phone", color_scheme=theme)
                page = place.new_page()
                for name in page_names(site):
                    if (chosen and name not in chosen) or (not chosen and name.startswith("files/")):
                        continue
                    wider = opened(page, site, name)
                    page.evaluate(SCROLL)
                    page.wait_for_load_state("networkidle")
                    path = folder / f"{name.replace('/', '-')}-{size}-{theme}.png"
                    page.screenshot(path=path, full_page=True)
                    print(path, wider)
                place.close()
        browser.close()


if __name__ == "__main__":
    main()
