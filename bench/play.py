"""How fast the page of `nncore play` answers, and what watching a training costs the training.

    python bench/play.py                  both, in a minute; it needs Playwright and a Chromium
    python bench/play.py --digits 50 --seconds 1 --rounds 3

**Answers.** Digits are drawn on the screen Draw, as strokes. The clock starts where the pad handles the
last movement of the pen, and stops when all numbers stand in the page's document and all its pictures
are painted. Between lie the ink on the pad, the form of MNIST, a message, the core's answer, and all
that the screen says of it; nothing is left out. The browser shows it with the next frame that it makes,
at most 16 ms later: the second number, which has the wait of a screen in it. Idle, and while another
page trains at full speed and shows it.

**Cost.** A training runs at full speed; by turns a page shows its state 20 times a second, and none does.
What is compared are the images trained in a second, with the measurements after each epoch and without.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.page import Served, browser_program
from support.strokes import strokes_of

from nncore import datasets

DRAW = """async (digits) => {
  const pad = document.querySelector("nn-pad");
  const times = [];
  let shown = () => {}; // it is called when the screen is written
  Object.defineProperty(pad, "pixels", { configurable: true, set: () => shown() });
  const told = (strokes) => new Promise((done) => {
    shown = () => queueMicrotask(() => queueMicrotask(() => done(performance.now()))); // after the pictures
    pad.tell(strokes);
  });
  const pause = () => new Promise((done) => setTimeout(done, 10 + 20 * Math.random()));
  for (const strokes of digits) {
    const last = strokes.at(-1);
    await told([...strokes.slice(0, -1), last.slice(0, -3)]);
    await pause();
    const start = performance.now();
    const answered = await told([...strokes.slice(0, -1), last]);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push([answered - start, performance.now() - start]);
    await pause();
  }
  return times;
}"""


def opened(browser, server, fragment):
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    host, _, token = server.address.partition("#")
    page.goto(f"{host}#{token}&{fragment}")
    return page


def training_page(browser, server):
    """Open Train, start it at full speed, and return the page and its trainer."""
    before = set(server.sessions)
    page = opened(browser, server, "train?beside=&at=0&speed=3&epochs=1000")
    page.wait_for_selector(".go:not([data-state=running])")
    page.click(".go")
    page.wait_for_selector(".go[data-state=running]")
    (session,) = set(server.sessions) - before
    return page, session.screens["train"]


def answers(page, digits):
    """Return for each digit the milliseconds until all numbers stand there, and until they are seen."""
    page.evaluate(DRAW, digits[:5])
    return page.evaluate(DRAW, digits)


def shown(name, times):
    written, in_frame = (sorted(each) for each in zip(*times, strict=True))
    late = written[int(0.95 * (len(written) - 1))]
    print(
        f"{name:<36} median {statistics.median(written):5.2f} ms, 95 % within {late:5.2f} ms; "
        f"in the browser's frame {statistics.median(in_frame):5.1f} ms ({len(times)} digits)"
    )


def images_a_second(screen, seconds):
    """Return how many images a run is trained on in a second: of the clock, and of training alone."""
    run = screen.run
    images, trained, start = run.images, run.steps.seconds, time.perf_counter()
    time.sleep(seconds)
    with screen.trainer.still():
        images = run.images - images
        return images / (time.perf_counter() - start), images / (run.steps.seconds - trained)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--digits", type=int, default=200)
    options.add_argument("--seconds", type=float, default=1.0, help="of a turn")
    options.add_argument("--rounds", type=int, default=7)
    given = options.parse_args()
    _, _, test = datasets.load_sample()
    digits = [strokes_of(image) for image in test.images[: given.digits]]
    served = Served()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program(), args=["--no-sandbox"])
        draw = opened(browser, served.server, "draw")
        draw.wait_for_selector("[data-output]")
        shown("a drawn digit, idle", answers(draw, digits))
        page, screen = training_page(browser, served.server)
        data = "MNIST" if screen.digits.is_mnist else "the bundled digits"
        shown("a drawn digit, while another trains", answers(draw, digits))
        draw.close()
        publish, watched, alone, frames = screen.trainer._publish, [], [], []
        for _ in range(given.rounds):
            serial = screen.serial
            watched.append(images_a_second(screen, given.seconds))
            frames.append((screen.serial - serial) / given.seconds)
            screen.trainer._publish = lambda: None
            alone.append(images_a_second(screen, given.seconds))
            screen.trainer._publish = publish
        for k, what in enumerate(("with measurements", "training alone")):
            with_page, without = (statistics.median(turn[k] for turn in turns) for turns in (watched, alone))
            print(
                f"{what:<18} {with_page:9,.0f} images a second watched, {without:9,.0f} not: the page costs "
                f"{1 - with_page / without:5.1%} of the training on {data}"
            )
        print(f"{statistics.median(frames):.0f} states a second were shown")
        page.close()
        browser.close()
    served.close()


if __name__ == "__main__":
    main()
