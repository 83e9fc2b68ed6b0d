"""A real browser for the tests of the page: they do what a reader does, and compare what it shows with the core.

Each test gets a function that opens a page. Errors in a page, and requests that would leave the machine, fail the
test. The browser is ``NNCORE_BROWSER``, or a Chromium in one of the usual places, driven by Playwright.
"""

import asyncio
import os
import shutil
import threading

import pytest

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PLACES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def browser_program():
    """Return the path of a Chromium, or None."""
    given = os.environ.get("NNCORE_BROWSER")
    return given or next(filter(None, map(shutil.which, PLACES)), None)


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser: pip install playwright")
    program = browser_program()
    if program is None:
        pytest.skip("no Chromium is found: apt-get install chromium, or name one in NNCORE_BROWSER")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])  # CI runs as root
        yield browser
        browser.close()


class Served:
    """A server in a thread of its own, until `close`."""

    def __init__(self, network=None, name=""):
        from nncore.play.server import Server
        from nncore.play.workbench import Stock

        self.server = Server(Stock(network, name))
        listening = threading.Event()

        async def run():
            self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
            await self.server.run(listening.set)

        def serve():
            try:
                asyncio.run(run())
            except asyncio.CancelledError:
                pass

        self.thread = threading.Thread(target=serve, daemon=True)
        self.thread.start()
        assert listening.wait(30)

    @property
    def network(self):
        """The network that each connection begins with."""
        return self.server.stock.workbench().net

    def close(self):
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(30)


@pytest.fixture(scope="session")
def served():
    """A server with the default network, one for all tests."""
    served = Served()
    yield served
    served.close()


@pytest.fixture
def open_page(browser, served, request):
    """A function (fragment="", size=DESK, touch=False, server=served, **context) -> a page that shows a screen."""
    opened, faults = [], []

    def open_page(fragment="", size=None, touch=False, server=None, **context):
        host = (server or served).server.address.partition("#")
        place = browser.new_context(viewport=size or DESK, has_touch=touch, **context)
        page = place.new_page()
        page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
        page.on("console", lambda said: said.type == "error" and faults.append(f"console: {said.text}"))
        page.on(
            "request",
            lambda asked: asked.url.startswith((host[0], "blob:", "ws://127.0.0.1"))
            or faults.append(f"a request to {asked.url}"),
        )
        opened.append(place)
        token = host[2]
        page.goto(f"{host[0]}#{token}{'' if not fragment else '&' + fragment.removeprefix('#')}")
        page.wait_for_selector(".screen h1")
        return page

    yield open_page
    for place in opened:
        place.close()
    assert not faults, faults


def values(page, selector):
    """Return the exact numbers of the elements that a selector finds."""
    return [float(text) for text in page.eval_on_selector_all(selector, "all => all.map(one => one.dataset.value)")]


def overflow(page):
    """Return by how many pixels the page is wider and higher than its window, and which texts are cut."""
    return page.evaluate(
        """() => ({
          wide: document.documentElement.scrollWidth - innerWidth,
          high: document.documentElement.scrollHeight - innerHeight,
          cut: [...document.querySelectorAll("main *")].filter(el => el.childElementCount === 0 && el.textContent.trim()
            && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).overflowX !== "visible"
            && getComputedStyle(el).display !== "inline").map(el => el.textContent.trim()),
        })"""
    )
