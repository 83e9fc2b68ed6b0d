"""The page of `nncore play` for tests: a server in a thread, and what a page shows."""

import os
import shutil

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PLACES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def browser_program():
    """Return the path of a Chromium, or None."""
    given = os.environ.get("NNCORE_BROWSER")
    return given or next(filter(None, map(shutil.which, PLACES)), None)


class Served:
    """A server in a thread of its own, until `close`."""

    def __init__(self, network=None, name=""):
        from nncore.play.workbench import Stock
        from support.play import serving

        self.context = serving(Stock(network, name))
        self.server = self.context.__enter__()

    @property
    def network(self):
        """The network that each connection begins with."""
        return self.server.stock.workbench().net

    def close(self):
        self.context.__exit__(None, None, None)


def values(page, selector):
    """Return the exact numbers of the elements that a selector finds."""
    return [
        float(text)
        for text in page.eval_on_selector_all(selector, "all => all.map(one => one.dataset.value)")
    ]


def settle(page):
    """Wait until the core has answered all questions of a page, and the page has drawn the answers."""
    page.evaluate(
        """async () => {
          const { cores } = await import("/lib/core.js");
          const frame = () => new Promise(done => requestAnimationFrame(done));
          do { await frame(); await frame(); } while ([...cores].some(core => core.open.size));
          await frame();
        }"""
    )


def overflow(page):
    """Return by how many pixels the page is wider and higher than its window, and which texts are cut."""
    return page.evaluate(
        """() => ({
          wide: document.documentElement.scrollWidth - innerWidth,
          high: document.documentElement.scrollHeight - innerHeight,
          cut: [...document.querySelectorAll("main *")].filter(el => {
            const style = getComputedStyle(el);
            return el.childElementCount === 0 && el.textContent.trim() && el.scrollWidth > el.clientWidth + 1
              && !el.closest(".quietly") && style.overflowX !== "visible" && style.display !== "inline";
          }).map(el => el.textContent.trim()),
        })"""
    )
