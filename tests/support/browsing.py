"""A real browser for the tests of the page: they do what a reader does, and compare what it shows with the
core.

Each test gets a function that opens a page. Errors in a page, and requests that would leave the machine,
fail the test. The browser is ``NNCORE_BROWSER``, or a Chromium in one of the usual places. Playwright
drives it.
"""

import pytest

from support.page import DESK, Served, browser_program


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright drives the browser: pip install playwright"
    )
    program = browser_program()
    if program is None:
        pytest.skip("no Chromium is found: apt-get install chromium, or name one in NNCORE_BROWSER")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])  # CI runs as root
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served():
    """A server with the default network, one for all tests."""
    served = Served()
    yield served
    served.close()


@pytest.fixture
def open_page(browser, served, request):
    """A function: fragment, size, touch, server and what a context takes -> a page that shows a screen."""
    opened, faults = [], []

    def open_page(fragment="", size=None, touch=False, server=None, **context):
        host = (server or served).server.address.partition("#")
        place = browser.new_context(viewport=size or DESK, has_touch=touch, **context)
        page = place.new_page()
        page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
        # Chromium asks for the icon again when the address changes, also from a server that has ended
        page.on(
            "console",
            lambda said: (
                said.type == "error"
                and not said.location["url"].endswith("/icon.svg")
                and faults.append(f"console: {said.text}")
            ),
        )
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith((host[0], "blob:", "ws://127.0.0.1"))
                or faults.append(f"a request to {asked.url}")
            ),
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
