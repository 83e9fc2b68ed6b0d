"""Softmax: four numbers and the ten outputs of a digit, compared with the core's functions."""

import numpy as np
import pytest
from support.page import DESK, PHONE, Served, overflow, values

import nncore as nn

BOOK = [2.5, -1.0, 3.2, 0.5]  # of chapter 3


def opened(open_page, fragment="#softmax", **context):
    page = open_page(fragment, **context)
    page.wait_for_selector("[data-softmax]")
    return page


def check_four(page, z, temperature=1.0):
    """Compare the four numbers, their exponentials and shares with the core."""
    z = np.array(z)
    np.testing.assert_allclose(values(page, "[data-z]"), z, rtol=0, atol=1e-12)
    exponentials = np.exp(z / temperature)
    np.testing.assert_allclose(values(page, "[data-exp]"), exponentials, rtol=1e-14)
    np.testing.assert_allclose(values(page, "[data-exp-sum]"), exponentials.sum(), rtol=1e-14)
    # the core's exponential is right to some units in the last place
    a = nn.functions.softmax(z / temperature)
    np.testing.assert_allclose(values(page, "[data-share]"), a, rtol=1e-13)
    assert page.locator("[data-share]").all_inner_texts() == [f"{each:.3f}" for each in a]
    assert page.locator("[data-share-sum]").inner_text() == "1.000"


def check_ten(page, net, x, temperature=1.0):
    """Compare the outputs by sigmoid and by softmax with the core."""
    z = nn.trace(net, x).z[-1].ravel()
    np.testing.assert_array_equal(values(page, "[data-output-z]"), z)
    np.testing.assert_array_equal(values(page, "[data-sigmoid]"), nn.functions.sigmoid(z))
    np.testing.assert_array_equal(values(page, "[data-softmax]"), nn.functions.softmax(z / temperature))
    assert values(page, "[data-sigmoid-sum]")[0] == pytest.approx(nn.functions.sigmoid(z).sum(), rel=1e-14)
    assert values(page, "[data-softmax-sum]")[0] == pytest.approx(1.0, abs=1e-14)
    return z


def wait_for_temperature(page, temperature):
    text = "Softmax" if temperature == 1 else f"Softmax, T = {temperature}"
    page.wait_for_function(
        "text => document.querySelector('h4:last-of-type').textContent.trim() === text", arg=text
    )


def test_it_begins_with_the_book_s_numbers_and_a_digit(open_page, served):
    page = opened(open_page)
    check_four(page, BOOK)
    assert page.locator("[data-share]").all_inner_texts() == [
        "0.315",
        "0.009",
        "0.633",
        "0.043",
    ]  # as the book
    assert page.locator(".written").inner_text().endswith("= 24.53 / 38.73 = 0.633")
    x = nn.datasets.load_sample()[2][78][0]
    z = check_ten(page, served.network, x)
    a, b = np.argsort(-z)[:2]
    sigmoid, softmax = nn.functions.sigmoid(z), nn.functions.softmax(z)
    assert page.locator(".differs").inner_text() == (
        f"Sigmoid asks of each output alone: {a} has {sigmoid[a]:.3f}, {b} has {sigmoid[b]:.3f}, and nothing "
        f"ties them. Softmax shares 1 among all: {a} has {softmax[a]:.3f}, {b} has {softmax[b]:.3f}, so they "
        "can be read as probabilities."
    )
    assert sigmoid.sum() > 1.1
    assert page.locator("[data-sigmoid-sum]").inner_text() == f"{sigmoid.sum():.3f}"
    lines = page.locator("[data-python]").inner_text()
    np.testing.assert_allclose(
        eval(lines.splitlines()[-1], {"nn": nn, "z": np.array(BOOK)}), values(page, "[data-share]")
    )


def test_a_number_is_dragged_and_all_shares_follow(open_page):
    page = opened(open_page)
    before = values(page, "[data-share]")
    box = page.locator("[data-z='0']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=5)  # 20 steps of 0.05
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('[data-share=\"0\"]').dataset.value > 0.5")
    check_four(page, [3.5, -1.0, 3.2, 0.5])
    after = values(page, "[data-share]")
    assert after[0] > before[0]
    assert all(now < then for now, then in zip(after[1:], before[1:], strict=True))
    assert page.locator(".share.on [data-z]").get_attribute("data-z") == "0"
    assert page.locator(".written").inner_text().endswith(f"= {after[0]:.3f}")


def test_by_keys_alone(open_page, served):
    page = opened(open_page)
    page.locator("[data-z='3']").focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.share.on [data-z]').dataset.z === '3'")
    check_four(page, [2.5, -1.0, 3.2, 0.95])
    page.keyboard.press("Tab")  # the field of the temperature
    page.keyboard.press("Tab")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    wait_for_temperature(page, 0.32)
    check_four(page, [2.5, -1.0, 3.2, 0.95], 0.32)
    page.keyboard.press("5")
    page.wait_for_function("() => document.querySelector('.ten h3').textContent.endsWith(', a 5')")
    test = nn.datasets.load_sample()[2]
    index = int(page.url.partition("digit=")[2].partition("&")[0])
    assert test.labels[index] == 5
    check_ten(page, served.network, test[index][0], 0.32)


def test_extremes(open_page, served):
    x = nn.datasets.load_sample()[2][78][0]
    page = opened(open_page)
    page.fill("input.field", "0.05")
    page.keyboard.press("Enter")
    wait_for_temperature(page, 0.05)
    check_ten(page, served.network, x, 0.05)
    for key, most in [("Home", 2.5), ("Shift+ArrowUp", 10.0)]:
        page.locator("[data-z='0']").focus()
        for _ in range(20):
            page.keyboard.press(key)
        page.wait_for_function(f"() => document.querySelector('[data-z]').dataset.value === '{most:g}'")
        check_four(page, [most, *BOOK[1:]], 0.05)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page.fill("input.field", "0")
    page.keyboard.press("Enter")
    page.wait_for_selector(".refusal")
    assert page.locator(".refusal").inner_text() == "temperature: a number from 0.05 to 100 needed, got 0."
    check_four(page, [10.0, *BOOK[1:]], 0.05)  # the last good value stays


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, theme):
    page = opened(open_page, color_scheme=theme)
    for size in (DESK, {"width": 1920, "height": 1080}):
        page.set_viewport_size(size)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}


def test_a_finger_drags_on_a_phone(open_page):
    page = opened(open_page, size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
    box = page.locator("[data-z='1']").bounding_box()
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, points in [
        ("touchStart", [x]),
        ("touchMove", [x + 20]),
        ("touchMove", [x + 40]),
        ("touchEnd", []),
    ]:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": each, "y": y} for each in points]},
        )
    page.wait_for_function("() => document.querySelector('[data-z=\"1\"]').dataset.value === '-0.5'")
    check_four(page, [2.5, -0.5, 3.2, 0.5])


def test_links_and_other_networks(open_page):
    net = nn.Network([nn.Dense(12), nn.Softmax(10)], input_shape=(784,), seed=1)
    for network in (net, nn.Network([784, 5, 1], seed=1), nn.Network([2, 3, 1], seed=1)):
        served = Served(network, "own.npz")
        try:
            page = open_page("#softmax?z=[1,2,3,4]&temperature=2&row=0", server=served)
            check_four(page, [1.0, 2.0, 3.0, 4.0], 2.0)
            if network.sizes[0] == 2:
                page.wait_for_selector(".empty")
                continue
            page.wait_for_selector("[data-softmax]")
            check_ten(page, network, nn.datasets.load_sample()[2][78][0], 2.0)
            own = "Softmax" if network is net else "Sigmoid"
            assert page.locator("h4", has_text="the network's own").inner_text().startswith(own)
        finally:
            served.close()
    page = opened(open_page, "#softmax?z=[1,2,3]&temperature=-1&row=77")  # what does not fit is left out
    check_four(page, BOOK)
