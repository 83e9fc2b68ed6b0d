"""Draw: a digit is drawn, chosen or linked; every number on the screen is the core's."""

import re

import numpy as np
import pytest
from support.page import DESK, PHONE, Served, overflow, settle, values
from support.strokes import strokes_of

import nncore as nn

SEEN = "() => [...document.querySelector('nn-picture.p').values]"
SHOWN = "() => document.querySelector('[data-answer]').dataset.answer"


def draw(page, strokes):
    """Draw strokes, given in units of 280 a side, with the mouse."""
    box = page.locator("nn-pad canvas").bounding_box()
    unit = box["width"] / 280
    for stroke in strokes:
        (x, y), *others = stroke
        page.mouse.move(box["x"] + x * unit, box["y"] + y * unit)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + x * unit, box["y"] + y * unit)
        page.mouse.up()


@pytest.fixture(scope="module")
def network(served):
    return served.network


def test_the_page_begins_with_a_digit_that_is_already_read(open_page, network):
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    assert page.evaluate(SHOWN) == "3"
    assert page.title() == "Draw · nncore play"
    assert page.locator(".rail .foot").inner_text() == "Connected to the core\n784-30-10"


def test_every_number_is_the_core_s(open_page, network):
    page = open_page("#draw")
    page.wait_for_selector("[data-sum=a]")
    x = np.array(page.evaluate(SEEN), np.float32)
    hidden, outputs = (a[0] for a in network.activations(x[None]))
    np.testing.assert_array_equal(np.float32(values(page, "[data-output]")), network.feedforward(x[None])[0])
    np.testing.assert_array_equal(np.float32(values(page, "[data-neuron]")), hidden.astype(np.float32))
    selected = int(page.locator(".cell.on").get_attribute("data-neuron"))
    best = int(outputs.argmax())
    assert selected == np.argmax(hidden * abs(network.weights[1][best]))  # the loudest voice
    products = network.weights[0][selected].astype(float) * x
    shown = {part: values(page, f"[data-sum={part}]")[0] for part in ("plus", "minus", "bias", "z", "a")}
    # the page adds up 784 numbers in float64, whose products are rounded to float32
    assert shown["plus"] == pytest.approx(products[products > 0].sum(), abs=784 * 2e-8)
    assert shown["minus"] == pytest.approx(products[products < 0].sum(), abs=784 * 2e-8)
    assert shown["bias"] == network.biases[0][selected, 0]
    assert shown["plus"] + shown["minus"] + shown["bias"] == pytest.approx(shown["z"], abs=1e-5)
    text = page.locator(".answer .cap").inner_text()
    order = np.argsort(-outputs)
    assert text == f"It answers {order[0]}.\nNext is {order[1]}, {outputs[order[1]]:.3f}."


def test_an_output_is_taken_apart_into_its_summands(open_page, network):
    page = open_page("#draw?digit=0")
    page.locator("[data-output='4']").click()
    page.wait_for_selector("[data-term]")
    x = np.array(page.evaluate("() => [...document.querySelector('nn-pad').pixels]"), np.float32)
    hidden, outputs = (a[0] for a in network.activations(x[None]))
    np.testing.assert_allclose(values(page, "[data-term]"), hidden * network.weights[1][4], rtol=1e-6)
    assert values(page, "[data-sum=a]")[0] == pytest.approx(outputs[4], abs=1e-7)
    assert page.url.endswith("#draw?digit=0&layer=3&neuron=4") or "neuron=4" in page.url


def drawn_and_read(page, network, images, pen=draw):
    """Draw images; return the page's answers and those of the core to the same pixels."""
    shown, known = [], []
    for image in images:
        page.keyboard.press("c")
        pen(page, strokes_of(image))
        settle(page)
        x = np.array(page.evaluate("() => [...document.querySelector('nn-pad').pixels]"), np.float32)
        shown.append(page.evaluate(SHOWN))
        known.append(str(network.predict(x[None])[0]))
    return shown, known


def test_drawn_digits_are_answered_as_the_core_answers_them(open_page, network):
    _, _, test = nn.datasets.load_sample()
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    shown, known = drawn_and_read(page, network, test.images[:4])
    assert shown == known
    assert sum(one == str(label) for one, label in zip(shown, test.labels, strict=False)) >= 3


@pytest.mark.slow
def test_of_200_drawn_digits_95_percent_are_read_rightly(open_page, network):
    _, _, test = nn.datasets.load_sample()
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    shown, known = drawn_and_read(page, network, test.images[:200])
    assert shown == known
    right = sum(one == str(label) for one, label in zip(shown, test.labels, strict=False))
    print(f"{right} of 200 drawn digits are read rightly")
    assert right >= 190


def test_keys_do_all_that_buttons_do(open_page, network):
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    _, _, test = nn.datasets.load_sample()
    page.keyboard.press("7")
    page.wait_for_function("() => /a 7/.test(document.querySelector('.first .cap').textContent)")
    first = int(np.flatnonzero(test.labels == 7)[0])
    assert f"digit={first}" in page.url
    page.keyboard.press("7")
    page.wait_for_function(f"() => !location.hash.includes('digit={first}')")
    page.keyboard.press("c")
    page.wait_for_function("() => document.querySelector('.answer').textContent.includes('The pad is empty')")
    zeros = network.feedforward(np.zeros((1, 784), np.float32))[0]
    np.testing.assert_array_equal(np.float32(values(page, "[data-output]")), zeros)
    page.keyboard.press("d")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("?")
    page.wait_for_selector("[role=dialog]")
    page.keyboard.press("Escape")
    for _ in range(60):  # the tab key reaches the neurons; Enter selects
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.neuron") == "0":
            break
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".cell.on").get_attribute("data-neuron") == "0"


def test_a_link_carries_the_drawing_and_not_the_token(open_page):
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    page.keyboard.press("c")
    draw(page, [[[80, 60], [200, 60], [120, 220]]])
    settle(page)
    page.wait_for_timeout(400)  # a drawing is kept in the address a moment later
    outputs, link = values(page, "[data-output]"), page.url
    assert "token" not in link
    assert len(link) < 2048
    other = open_page(re.sub(r"^[^#]*", "", link))
    other.wait_for_selector("[data-output]")
    np.testing.assert_allclose(
        values(other, "[data-output]"), outputs, atol=0.02
    )  # points are rounded to whole units


def test_undo_takes_back_the_last_stroke(open_page):
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    page.keyboard.press("c")
    draw(page, [[[140, 40], [140, 240]]])
    settle(page)
    one = values(page, "[data-output]")
    draw(page, [[[40, 140], [240, 140]]])
    settle(page)
    assert values(page, "[data-output]") != one
    page.keyboard.press("Control+z")
    settle(page)
    assert values(page, "[data-output]") == one


def test_a_finger_draws_and_the_page_does_not_scroll(open_page):
    page = open_page("#draw", size=PHONE, touch=True)
    page.wait_for_selector("[data-output]")
    box = page.locator("nn-pad canvas").bounding_box()
    touch = page.context.new_cdp_session(page)

    def send(kind, points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + box["width"] / 2, box["y"] + 30
    send("touchStart", [{"x": x, "y": y}])
    for step in range(1, 20):
        send("touchMove", [{"x": x, "y": y + 10 * step}])
    send("touchEnd", [])
    settle(page)
    assert page.evaluate("() => scrollY") == 0
    assert page.evaluate(SHOWN) == "1"
    assert overflow(page)["wide"] == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["#draw", "#draw?layer=3&neuron=9", "#draw?strokes=[]"])
def test_nothing_is_cut_and_nothing_scrolls_on_a_desk(open_page, theme, fragment):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = open_page(fragment, size=size, color_scheme=theme)
        page.wait_for_selector("[data-output]")
        settle(page)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}


def test_other_networks_are_shown_layer_by_layer(open_page):
    net = nn.Network(
        [
            nn.Conv2D(3, 5, activation="relu"),
            nn.MaxPool2D(2),
            nn.Dense(12, activation="tanh"),
            nn.Softmax(10),
        ],
        input_shape=(1, 28, 28),
        cost="log-likelihood",
        seed=2,
    )
    served = Served(net, "three.npz")
    try:
        page = open_page("#draw", server=served)
        page.wait_for_selector("[data-output]")
        assert page.locator(".second nn-picture").count() == 3
        page.get_by_role("tab", name="Layer 4").click()
        page.locator("[data-neuron='5']").click()
        page.wait_for_selector("[data-term]")
        x = np.array(page.evaluate("() => [...document.querySelector('nn-pad').pixels]"), np.float32)
        a = network_activations(net, x)
        np.testing.assert_allclose(values(page, "[data-neuron]"), a[2], atol=1e-6)
        np.testing.assert_allclose(values(page, "[data-output]"), a[3], atol=1e-6)
        assert overflow(page)["wide"] == 0
    finally:
        served.close()


def network_activations(net, x):
    return [a[0].ravel() for a in net.activations(x.reshape(1, 1, 28, 28))]


def test_a_network_that_reads_no_pictures_says_so(open_page):
    served = Served(nn.Network([2, 3, 1], seed=1), "xor.npz")
    try:
        page = open_page("#draw", server=served)
        page.wait_for_selector(".empty")
        assert page.locator(".empty").inner_text() == "The network takes 2 numbers; a drawing has 28 x 28."
    finally:
        served.close()


def test_the_page_keeps_the_drawing_when_the_core_stops(open_page):
    served = Served()
    page = open_page("#draw", server=served)
    page.wait_for_selector("[data-output]")
    before = values(page, "[data-output]")
    served.close()
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text().startswith("The core has stopped. Your drawing is kept.")
    assert values(page, "[data-output]") == before
