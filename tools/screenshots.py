"""Write a picture of every screen of `nncore play`: on a desk and on a phone, light and dark.

    python tools/screenshots.py FOLDER [SCREEN ...]

It needs Playwright and a Chromium (`pip install playwright`; NNCORE_BROWSER names the program).
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.page import DESK, PHONE, Served, browser_program, overflow

SIZES = {"desk": DESK, "phone": PHONE, "projector": {"width": 1920, "height": 1080}}


def main() -> None:
    folder, chosen = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    served = Served()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        for size, viewport in SIZES.items():
            for theme in ("light", "dark"):
                place = browser.new_context(viewport=viewport, has_touch=size == "phone", color_scheme=theme)
                page = place.new_page()
                page.goto(served.server.address)
                page.wait_for_selector(".screen h1")
                names = page.eval_on_selector_all(".rail a.s", "all => all.map(one => one.hash.slice(1))")
                for name in names:
                    if chosen and name not in chosen:
                        continue
                    page.goto(f"{served.server.address.partition('#')[0]}#{name}")
                    page.wait_for_selector(f".screen.{name} h1")
                    page.wait_for_timeout(2500)
                    path = folder / f"{name}-{size}-{theme}.png"
                    page.screenshot(path=path, full_page=size == "phone")
                    print(path, overflow(page))
                place.close()
        browser.close()
    served.close()


if __name__ == "__main__":
    main()
