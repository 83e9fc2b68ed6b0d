"""Universality: bumps dragged, a function drawn, SGD's try, towers; every number against the core."""

import numpy as np
import pytest
from support.page import PHONE, Finger, check_desk, overflow, settle, values

import nncore as nn
from nncore.book import universality
from nncore.reproduction.experiments.universality_measurements import surface

TOP = 2.4  # of the figure, and its margins in pixels
LEFT, RIGHT, ABOVE, BELOW = 36, 8, 8, 24


def goal(x):
    return universality.inverse_sigmoid(universality.f(x))


def at(page, x, value):
    """Return the place on the screen of a point in the figure."""
    box = page.locator("nn-canvas.plot").bounding_box()
    left = box["x"] + LEFT + x * (box["width"] - LEFT - RIGHT)
    return left, box["y"] + ABOVE + (TOP - value) / (2 * TOP) * (box["height"] - ABOVE - BELOW)


def drag(page, *points):
    """Drag the mouse through points of the figure."""
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, *point), steps=8)
    page.mouse.up()
    settle(page)


def built(N, w, heights=None, steps=None, function=goal):
    net = universality.approximate(function, N, w=w)
    if steps is not None:
        net.biases[0] = -w * np.array(steps)[:, None]
    if heights is not None:
        net.weights[1] = np.repeat(heights, 2)[None] * np.tile([1.0, -1.0], N)
    return net


def mean(page):
    return values(page, "[data-mean]")[0]


@pytest.fixture
def page(open_page):
    page = open_page("#universality")
    page.wait_for_selector("[data-mean]")
    return page


def test_it_begins_with_the_book_s_five_bumps(page):
    assert mean(page) == universality.deviation(built(5, 1000.0), goal).mean
    assert page.locator("[data-mean]").inner_text() == "0.49"
    assert page.locator(".dev .cap").inner_text() == "0.09 above the challenge"
    np.testing.assert_array_equal(values(page, "[data-height]"), goal((np.arange(5) + 0.5) / 5))
    places = [-0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1.1]
    np.testing.assert_allclose(values(page, "[data-step]"), places)
    np.testing.assert_allclose(values(page, "[data-h]"), built(5, 1000.0).weights[1][0])


def test_a_bump_is_dragged_and_the_network_follows(page):
    heights = np.round(values(page, "[data-height]"), 2)
    drag(page, (0.3, heights[1]), (0.31, -1.2), (0.3, -1.45))
    shown = np.array(values(page, "[data-height]"))
    assert abs(shown[1] + 1.45) < 0.02
    heights[1] = shown[1]
    np.testing.assert_array_equal(shown, heights)
    net = built(5, 1000.0, heights)
    assert mean(page) == universality.deviation(net, goal).mean
    output = page.evaluate(
        "() => { const c = document.querySelector('nn-canvas.plot'); return c.clientWidth }"
    )
    assert output > 600
    page.wait_for_function("() => location.hash.includes('heights=')")
    page.get_by_role("button", name="Start again").click()
    page.wait_for_function("() => document.querySelector('[data-mean]').textContent === '0.49'")


def test_the_challenge_is_met_by_hand_with_the_keys(page):
    """Each bump is brought to the median of the goal in it, by arrow keys alone."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.classList.contains('plot')"):
            break
    aims = [np.median(goal(np.linspace(k, k + 1, 400) / 5)) for k in range(5)]
    for k, aim in enumerate(aims):
        page.keyboard.press("ArrowRight")
        now = values(page, f"[data-height='{k}']")[0]
        for _ in range(abs(round((aim - now) / 0.05))):
            page.keyboard.press("ArrowUp" if aim > now else "ArrowDown")
        settle(page)
        assert abs(values(page, f"[data-height='{k}']")[0] - aim) < 0.051
    assert mean(page) == universality.deviation(built(5, 1000.0, values(page, "[data-height]")), goal).mean
    assert mean(page) < 0.4
    assert page.locator(".dev .cap").inner_text() == "within the challenge of 0.40"
    assert page.locator(".first [aria-live]").inner_text().startswith("Bump 4: height ")


def test_a_step_is_moved_by_its_number(page):
    page.locator("[data-step='3']").press("Shift+ArrowUp")
    settle(page)
    steps = values(page, "[data-step]")
    assert steps[3] == 0.5
    net = built(5, 1000.0, values(page, "[data-height]"), steps)
    assert mean(page) == universality.deviation(net, goal).mean
    page.locator("[data-h='2']").press("ArrowDown")
    settle(page)
    net = built(5, 1000.0, values(page, "[data-height]"), steps)
    assert mean(page) == universality.deviation(net, goal).mean
    assert values(page, "[data-h='3']")[0] == -values(page, "[data-h='2']")[0]


@pytest.mark.parametrize("N", [1, 20, 200])
def test_the_number_of_bumps_is_chosen(page, N):
    field = page.locator("[data-set=N] .field")
    field.fill(str(N))
    field.press("Enter")
    settle(page)
    page.wait_for_function(f"() => document.querySelector('.second h3').textContent.includes('{2 * N} ')")
    w = max(1000, 200 * N)
    page.wait_for_function(f"() => document.querySelector('[data-set=w]').value === {w}")
    assert mean(page) == universality.deviation(built(N, w), goal).mean
    many = f"The network: {2 * N} neurons, the first 20 drawn"
    few = f"The network: {2 * N} hidden neurons"
    assert page.locator(".second h3").inner_text() == (few if N <= 10 else many)


def test_a_wrong_number_of_bumps_is_refused_and_the_last_good_one_stays(page):
    field = page.locator("[data-set=N] .field")
    field.fill("0")
    field.press("Enter")
    assert page.locator(".refusal").inner_text() == "N: a whole number from 1 to 200 needed, got 0."
    assert page.locator("[data-mean]").inner_text() == "0.49"


@pytest.mark.parametrize("w", [1000, 20])
def test_best_heights_are_better_than_any_near_them(open_page, w):
    page = open_page(f"#universality?w={w}")
    page.wait_for_selector("[data-mean]")
    page.get_by_role("button", name="Best heights").click()
    page.wait_for_selector("[aria-pressed=true]:text('Best heights')")
    settle(page)
    heights, least = np.array(values(page, "[data-height]")), mean(page)
    assert least == universality.deviation(built(5, w, heights), goal).mean
    random = np.random.default_rng(1)
    for size in (0.01, 0.1, 0.5):
        for _ in range(10):
            other = built(5, w, heights + size * random.standard_normal(5))
            assert universality.deviation(other, goal).mean > least - 1e-3


def test_a_function_is_drawn_and_the_network_follows(page):
    page.get_by_role("button", name="Draw a function").click()
    drag(page, (0.0, -1.0), (0.5, 1.5), (1.0, -0.5))
    own_of_link = "JSON.parse(new URLSearchParams(location.hash.split('?')[1]).get('own'))"
    page.wait_for_function(
        f"() => {{ const own = {own_of_link}; return own && Math.abs(own[100] + 0.5) < 0.05; }}"
    )
    own = np.array(page.evaluate(f"() => {own_of_link}"))
    x = np.linspace(0, 1, 101)
    assert len(own) == 101
    assert abs(own - np.interp(x, [0, 0.5, 1], [-1, 1.5, -0.5])).max() < 0.05

    def drawn(x):
        return np.interp(x, np.linspace(0, 1, 101), own)

    deviation = universality.deviation(universality.approximate(drawn, 5, w=1000.0), drawn)
    assert (mean(page), values(page, "[data-max]")[0]) == deviation
    assert "the goal, yours" in page.locator(".first .key").inner_text()
    page.locator("nn-canvas.plot").focus()
    page.keyboard.press("ArrowRight")  # the pen of the keys stands in the middle
    page.keyboard.press("ArrowDown")
    settle(page)
    assert "At x = 0.50 the goal is" in page.locator(".first [aria-live]").inner_text()
    assert mean(page) != deviation.mean


def test_sgd_tries_the_same_while_one_watches(page):
    page.evaluate(
        """() => { window.seen = new Set(); const note = () => {
            const at = document.querySelector('[data-sgd]'); if (at) window.seen.add(at.dataset.epoch);
            requestAnimationFrame(note) }; note(); }"""
    )
    page.get_by_role("button", name="Let SGD try").click()
    page.wait_for_selector("[data-sgd-button]:text('Hide SGD')")
    text = page.locator(".fourth .cap").inner_text()
    assert text.startswith("After 3,000 epochs (")
    assert text.endswith("with 10 neurons. They need not stand in pairs.")
    deviation = values(page, "[data-sgd]")[0]
    assert deviation < mean(page) / 2
    assert page.evaluate("() => window.seen.size") > 1
    from nncore.play.screens.universality_attempt import Attempt

    again = Attempt(1, 10, goal, np.linspace(0, 1, 5)[:, None], lambda name, value: None)
    again.thread.join()
    assert deviation == universality.deviation(again.net, goal).mean  # the same network, to the bit
    page.get_by_role("button", name="Hide SGD").click()
    page.wait_for_selector("[data-sgd]", state="detached")


def test_sgd_is_stopped(open_page):
    page = open_page("#universality?N=200&w=40000")
    page.wait_for_selector("[data-mean]")
    page.locator("h1").click()
    page.keyboard.press("Space")
    page.wait_for_selector("[data-sgd-button]:text('Stop')")
    page.keyboard.press("Space")
    page.wait_for_selector("[data-sgd-button]:text('Hide SGD')")
    assert 0 < int(page.locator("[data-sgd]").get_attribute("data-epoch")) < 3000


def test_two_inputs_are_a_surface_of_towers(page):
    page.get_by_role("button", name="Two inputs").click()
    page.wait_for_selector("[data-tower]")
    net = universality.approximate_by_towers(surface, 5, w=1000.0)
    assert mean(page) == universality.deviation(net, surface).mean
    assert page.locator(".second h3").inner_text() == "The network: 12 steps, 25 towers"
    assert values(page, "[data-tower]") == [net.weights[2][0, 12]]
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    settle(page)
    assert page.locator(".one").inner_text().startswith("Tower 3, 3: h = ")
    page.locator("[data-tower]").press("Shift+ArrowUp")
    settle(page)
    net.weights[2] = net.weights[2].round(2)
    net.weights[2][0, 18] += 0.1
    assert values(page, "[data-tower]")[0] == pytest.approx(net.weights[2][0, 18])
    assert mean(page) == pytest.approx(universality.deviation(net, surface).mean, rel=1e-12)
    before = page.locator("nn-canvas.surface canvas").screenshot()
    page.locator("nn-canvas.surface").press("ArrowRight")
    settle(page)
    assert page.locator("nn-canvas.surface canvas").screenshot() != before
    page.get_by_role("button", name="Let SGD try").click()
    page.wait_for_selector("[data-sgd-button]:text('Hide SGD')")
    assert values(page, "[data-sgd]")[0] < 0.05
    assert page.locator(".first h3").inner_text() == "What SGD has learned, 37 neurons"


@pytest.mark.parametrize(
    "fragment", ["", "?N=3&heights=[1,0.5,-1]", "?inputs=2&N=3&w=600", "?best=true&w=50"]
)
def test_the_lines_of_python_give_the_deviation(open_page, fragment, capsys):
    page = open_page(f"#universality{fragment}")
    page.wait_for_selector("[data-mean]")
    page.get_by_role("button", name="The same in Python").click()
    lines = page.locator("[data-python]").inner_text()
    assert len(lines.splitlines()) <= 6
    exec(lines, {"nn": nn})
    assert float(capsys.readouterr().out) == pytest.approx(mean(page), abs=1e-4)  # four decimals of heights


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls_on_a_desk(open_page, theme):
    page = open_page("#universality", color_scheme=theme)
    states = (
        "#universality?N=7&w=1400&heights=[-2.4,2.4,-2.4,2.4,-2.4,2.4,-2.4]",
        "#universality?N=200&w=40000",
        "#universality?inputs=2&N=12&w=2400",
    )
    check_desk(page, states, "[data-mean]")


def test_a_finger_draws_a_function_on_a_phone(open_page):
    page = open_page("#universality?draw=true", size=PHONE, touch=True)
    page.wait_for_selector("[data-mean]")
    assert overflow(page)["wide"] == 0
    start = at(page, 0.1, 1.0)
    Finger(page).draw([start, *(at(page, x, 1.0) for x in np.linspace(0.1, 0.9, 15))])
    settle(page)
    assert page.evaluate("() => scrollY") == 0
    assert "yours" in page.locator(".first .key").inner_text()
    np.testing.assert_allclose(values(page, "[data-height]")[1:4], 1.0, atol=0.02)
