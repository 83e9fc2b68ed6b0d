"""How fast the page of `nncore play` answers, and what watching a training costs the training.

    python bench/play.py                  both, in a minute; it needs Playwright and a Chromium
    python bench/play.py --digits 50 --seconds 1 --rounds 3

**Answers.** A digit is drawn on the screen Draw, as strokes; the time ends when all numbers of the page stand
in its document: 784 pixels are made, sent, answered and written. The wait for the screen's next frame, up to
16 ms, is left out: what counts is the time until the answer is there, and that of the frame which writes it.
Idle, and while another page trains at full speed.

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

CLOCK = """() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => ask((time) => {
    const start = performance.now();
    draw(time);
    window.lastDrawing = performance.now() - start;
  });
  const message = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", { set(receive) {
    message.set.call(this, (event) => {
      receive(event);
      window.lastMessage = performance.now();
    });
  } });
}"""
DRAW = """async (digits) => {
  const pad = document.querySelector("nn-pad");
  const times = [];
  for (const strokes of digits) {
    const start = performance.now();
    await new Promise((done) => {
      const seen = new MutationObserver(() => { seen.disconnect(); done(); });
      const outputs = document.querySelector(".outs");
      seen.observe(outputs, { subtree: true, attributes: true, attributeFilter: ["data-value"] });
      pad.dispatchEvent(new CustomEvent("strokes", { detail: strokes }));
    });
    times.push(window.lastMessage - start + window.lastDrawing);
    await new Promise((done) => setTimeout(done, 20));
  }
  return times;
}"""


def opened(browser, server, fragment, clock=False):
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    if clock:
        page.add_init_script(f"({CLOCK})()")
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
    """Return the milliseconds from each drawn digit to all numbers."""
    page.evaluate(DRAW, digits[:5])
    return page.evaluate(DRAW, digits)


def shown(name, times):
    late = sorted(times)[int(0.95 * (len(times) - 1))]
    median = statistics.median(times)
    print(f"{name:<36} median {median:5.2f} ms, 95 % within {late:5.2f} ms ({len(times)} digits)")


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
        draw = opened(browser, served.server, "draw", clock=True)
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
