"""The directive `screen`: a small site is built, opened from the disk in Chromium, and used by a reader."""

import io
import re

import numpy as np
import pytest

for package in ("sphinx", "myst_parser"):
    pytest.importorskip(package, reason='pip install ".[docs]"')

from sphinx.application import Sphinx  # noqa: E402
from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: E402
from support.page import DESK, PHONE, values  # noqa: E402
from support.site_screens import SITE, bundles, networks  # noqa: E402

from nncore.play.screens import SCREENS  # noqa: E402

CONF = f"""
import sys
sys.path.insert(0, {str(SITE)!r})
extensions = ["myst_parser", "screen_directive"]
html_theme = "basic"
"""
FILLING = "A line of text.\n\n" * 60


def screen(name, state=""):
    return f"```{{screen}} {name}\n{f':state: {state}' if state else ''}\n```\n\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site with a page that is shown live, and one with all screens."""
    source = tmp_path_factory.mktemp("source")
    (source / "conf.py").write_text(CONF)
    (source / "below").mkdir()
    (source / "index.md").write_text("# Site\n\n```{toctree}\nbelow/live\nall\n```\n")
    live = screen("draw", '{"digit": 3}') + screen("plane", '{"epochs": 20}') + FILLING + screen("neuron")
    (source / "below" / "live.md").write_text(f"# Live\n\n{live}")
    (source / "all.md").write_text("# All\n\n" + "".join(screen(name) for name in SCREENS))
    assert built(source, source / "out") == ""
    return source / "out"


def built(source, out):
    """Build a site, and return what Sphinx warns of."""
    said = io.StringIO()
    with patch_docutils(source), docutils_namespace():  # several builds, in one process
        Sphinx(source, source, out, out / ".doctrees", "html", status=None, warning=said).build()
    return said.getvalue()


@pytest.fixture
def open_page(browser, site):
    """A function: name of a page, size and so on -> the page, offline. Faults and requests fail the test."""
    contexts, faults = [], []

    def open_page(name, size=DESK, **options):
        context = browser.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning") and faults.append(said.text))
        page.on(
            "request",
            lambda asked: asked.url.startswith(("blob:", "data:", site.as_uri())) or faults.append(asked.url),
        )
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def figure(page, name):
    """The figure of a screen, as soon as it is shown."""
    place = page.locator(f'figure[data-screen="{name}"]')
    place.scroll_into_view_if_needed()
    page.wait_for_selector(f'figure[data-screen="{name}"][data-shown]')
    page.wait_for_timeout(500)
    return place


def test_a_page_has_live_screens_and_pictures_of_the_others(site):
    text = (site / "all.html").read_text()
    figures = re.findall(r'<figure class="nn-screen" data-screen="(\w+)" data-state="{}"( data-live)?>', text)
    assert [name for name, _ in figures] == list(SCREENS)
    assert [name for name, live in figures if live] == bundles.answered()
    for name in SCREENS:
        for theme in ("light", "dark"):
            picture = re.search(
                rf'src="_static/screens/{name}-{theme}.webp"[^>]* width="1300" height="\d+"', text
            )
            assert picture, f"{name}: a reader's place moves when the picture arrives"
            assert (site / "_static" / "screens" / f"{name}-{theme}.webp").stat().st_size < 100_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (screen("drawing"), "screen: one of draw, train, .* needed, got 'drawing'"),
        (screen("draw", "{digit: 3}"), "state: JSON needed, got '{digit: 3}'"),
        (screen("draw", "[3]"), "state: an object of JSON needed"),
        (screen("draw", '{"digits": 3}'), "state: the screen draw has no digits"),
        (screen("draw", '{"digit": 3000}'), "state: the site has the test digits 0 to 249, got 3000"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, text, message):
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text(f"# Site\n\n{text}")
    assert re.search(message, built(tmp_path, tmp_path / "out"))


def test_a_screen_computes_in_a_page_from_the_disk(open_page):
    page = open_page("below/live")
    net, test = networks.workbench().net, networks.workbench().test
    draw = figure(page, "draw")
    page.wait_for_selector(".outs [data-output]")
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[3]), atol=1e-6
    )
    np.testing.assert_allclose(values(page, "[data-neuron]"), net.activations(test.images[3])[0], atol=1e-6)

    # keys act where the reader has clicked, and nowhere else
    draw.locator("h3").first.click()
    page.keyboard.press("7")
    page.wait_for_timeout(500)
    seven = int(np.flatnonzero(test.labels[:250] == 7)[test.labels[:4].tolist().count(7)])
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[seven]), atol=1e-6
    )
    page.locator("h1").first.click()
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[seven]), atol=1e-6
    )

    # a drawing
    box = draw.locator("nn-pad canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=8)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert draw.locator(".answer .hero").inner_text() == "1"


def test_a_screen_trains_in_the_page(open_page):
    page = open_page("below/live")
    plane = figure(page, "plane")
    first = plane.locator("[data-parameter]").first
    before = first.get_attribute("data-value")
    plane.locator("h3").first.click()
    page.keyboard.press(" ")
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    page.wait_for_timeout(500)
    after = first.get_attribute("data-value")
    page.wait_for_timeout(500)
    assert before != after
    assert first.get_attribute("data-value") == after  # it is paused


def test_a_screen_is_loaded_when_the_reader_comes_near(open_page):
    page = open_page("below/live")
    figure(page, "draw")
    assert page.evaluate("document.querySelector('[data-screen=neuron]').dataset.shown") is None
    assert not page.evaluate("[...document.scripts].some((one) => one.src.includes('neuron.js'))")
    figure(page, "neuron")


def test_the_colours_follow_the_page(open_page):
    page = open_page("below/live", color_scheme="dark")
    figure(page, "draw")
    button = page.locator("figure[data-screen=draw] .btn").first
    ink = "one => getComputedStyle(one).color"
    dark = button.evaluate(ink)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.wait_for_timeout(300)
    light = button.evaluate(ink)
    assert (light, dark) == ("rgb(21, 23, 28)", "rgb(240, 241, 243)")


def test_a_phone_shows_a_screen_in_its_own_form(open_page):
    page = open_page("below/live", size=PHONE, has_touch=True)
    draw = figure(page, "draw")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert draw.locator(".screen").evaluate("one => one.style.zoom") == "1"
    page.touchscreen.tap(*centre(draw.get_by_text("A test digit")))
    page.wait_for_timeout(500)
    bench = networks.workbench()
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), bench.net.feedforward(bench.test.images[4]), atol=1e-6
    )


def centre(place):
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("name", bundles.answered())
def test_every_live_screen_shows_numbers_and_no_fault(open_page, name):
    page = open_page("all")
    place = figure(page, name)
    page.wait_for_timeout(1000)
    assert place.locator("[role=alert]").count() == 0
    assert place.locator("[data-value]").count() > 5
