"""Make the pictures of the first hour: a photo of ten digits, its steps, and the screens that the page shows.

    python docs/start/draw_pictures.py [FOLDER]

They are written into docs/start/pictures, or into FOLDER. It needs Playwright and a Chromium (`pip install
playwright`; NNCORE_BROWSER names the program), Pillow, SciPy and matplotlib.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from playwright.sync_api import Page, sync_playwright

import nncore as nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from support.page import DESK, PHONE, Served, browser_program, settle

HERE = Path(__file__).resolve().parent
ROWS, COLS = 640, 1000


def photo() -> Image.Image:
    """Return a photo of the digits 0 to 9 on lined paper: each the first of its class in the test digits."""
    _, _, test = nn.datasets.load_sample()
    rng = np.random.default_rng(3)
    ink = np.zeros((ROWS, COLS))
    for digit in range(10):
        image = test.images[np.flatnonzero(test.labels == digit)[0]]
        large = Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC)
        top = 90 + 280 * (digit // 5) + rng.integers(-12, 12)
        left = 50 + 190 * (digit % 5) + rng.integers(-14, 14)
        ink[top : top + 140, left : left + 140] = np.clip((np.asarray(large) / 255 - 0.25) * 2, 0, 1)
    y, x = np.mgrid[:ROWS, :COLS]
    sheet = np.stack([0.95 - 0.75 * ink, 0.93 - 0.72 * ink, 0.85 - 0.45 * ink], axis=2)
    sheet[(y + 0.01 * x) % 46 < 2] *= np.array([0.78, 0.86, 0.95])
    sheet *= (1 - 0.45 * x / COLS)[:, :, None]
    shown = np.clip(sheet + rng.normal(0, 0.012, sheet.shape), 0, 1)
    return Image.fromarray((255 * shown).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))


def commands(folder: Path) -> None:
    """Do in a folder what the page has done when it first opens `nncore play`, and at its end."""
    for line in ("train --output digits.npz", "predict digits.npz photo.jpg --show",
                 "train --network conv --output better.npz", "export better.npz better.html"):  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "nncore", *line.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )


def screen(page: Page, name: str, folder: Path) -> None:
    """Take a picture of a screen, as it is when it has answered; My handwriting has read the photo."""
    page.wait_for_selector(".screen h1")
    page.evaluate(f"location.hash = '#{name}'")
    page.wait_for_selector(f".screen.{name} h1")
    if name == "train":
        page.wait_for_selector(".go:not([data-state=running])", timeout=60_000)
    if name == "handwriting":
        page.wait_for_selector(".digits")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a picture…").click()
        chooser.value.set_files(folder / "photo.jpg")
        page.wait_for_selector("h3:text-is('photo.jpg')")
    settle(page)
    page.screenshot(path=folder / f"{name}.png")


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    os.environ.pop("NNCORE_DATA", None)  # Train, live shows the bundled digits, as to a reader without MNIST
    photo().save(target / "photo.jpg", quality=82)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        work = Path(name)
        (work / "photo.jpg").write_bytes((target / "photo.jpg").read_bytes())
        commands(work)
        Image.open(work / "photo-steps.png").convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(
            target / "photo-steps.png", optimize=True
        )
        browser = driver.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        for name, pictures in (("digits.npz", ("draw", "train")), ("better.npz", ("handwriting",))):
            served = Served(nn.load(work / name), name)
            page = browser.new_context(viewport=DESK).new_page()
            page.goto(served.server.address)
            for picture in pictures:
                screen(page, picture, target)
            served.close()
        page = browser.new_context(viewport=PHONE, has_touch=True, offline=True).new_page()
        page.goto((work / "better.html").as_uri())
        page.wait_for_timeout(1500)
        page.screenshot(path=target / "page.png")
        browser.close()


if __name__ == "__main__":
    main()
