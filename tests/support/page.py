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


class Finger:
    """A finger on a page that was opened with `touch=True`."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)

    def send(self, kind, *points):
        """Send touchStart, touchMove or touchEnd with points (x, y)."""
        touches = [{"x": float(x), "y": float(y)} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def draw(self, points):
        """Touch the page, move along the points, and let go."""
        first, *others = points
        self.send("touchStart", first)
        for point in others:
            self.send("touchMove", point)
        self.send("touchEnd")


def check_desk(page, fragments, ready, sizes=(DESK, {"width": 1920, "height": 1080})):
    """Check that nothing is cut and nothing scrolls, in each of these states."""
    for fragment in fragments:
        page.evaluate("hash => { location.hash = hash; }", fragment)
        for size in sizes:
            page.set_viewport_size(size)
            page.wait_for_selector(ready)
            settle(page)
            assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
