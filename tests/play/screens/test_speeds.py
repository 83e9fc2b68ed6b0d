"""Learning speeds: the bars and curves of each layer, while it learns; every number against the core."""

import re

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, settle, values

import nncore as nn
from nncore.play.digits import digits_at_hand


def opened(open_page, fragment="#speeds?epoch=3", **how):
    page = open_page(fragment, **how)
    page.wait_for_selector("[data-speed]")
    at_rest(page)
    return page


def at_rest(page):
    page.wait_for_selector("[data-state=paused], [data-state=new], [data-state=done]")
    settle(page)


def starts(page):
    return [
        float(text)
        for text in page.eval_on_selector_all("[data-speed]", "all => all.map(x => x.dataset.start)")
    ]


def check_speeds(page, layers, epochs, init="scaled", seed=0):
    """Compare the bars with a network that SGD trains."""
    net = nn.Network(layers, cost="cross-entropy", init=init, seed=seed)
    data = digits_at_hand().training[:1000]
    assert starts(page) == net.learning_speeds(data)
    if epochs:
        net.SGD(data, epochs, 1000, 0.1, 5.0, progress=False)
    assert values(page, "[data-epoch]") == [epochs]
    assert values(page, "[data-speed]") == net.learning_speeds(data)


def test_the_bars_are_the_core_s_and_the_book_s_stand_beside_them(open_page):
    page = opened(open_page)
    check_speeds(page, [784, 30, 30, 30, 30, 10], 3)
    assert values(page, "[data-book]") == [0.003, 0.017, 0.07, 0.285]
    first, *_, last, output = starts(page)
    assert values(page, "[data-ratio]") == [last / first]
    times = f"{last / first:.0f} times slower"
    text = page.locator(".ratio").inner_text()
    assert text.startswith(f"At the start layer 2 learns {times} than layer 5. After 3 epochs: ")
    assert output > last > first


def test_layers_are_added_and_the_run_is_paused_and_goes_on(open_page):
    page = opened(open_page)
    page.locator("[data-choice='hidden 2']").click()
    page.wait_for_function("() => document.querySelectorAll('[data-speed]').length === 3")
    page.locator("h1").click()
    page.keyboard.press("Space")
    at_rest(page)
    epochs = int(values(page, "[data-epoch]")[0])
    check_speeds(page, [784, 30, 30, 10], epochs)
    page.locator("h1").click()
    if epochs < 500:
        page.keyboard.press("e")
        page.wait_for_function(
            f"() => document.querySelector('[data-epoch]').dataset.value === '{epochs + 1}'"
        )
        at_rest(page)
        check_speeds(page, [784, 30, 30, 10], epochs + 1)
        assert page.url.endswith(f"epoch={epochs + 1}") or epochs == 499


def test_a_whole_run_ends_and_begins_again(open_page):
    page = opened(open_page, "#speeds?hidden=1&epoch=499")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("[data-state=done]")
    settle(page)
    check_speeds(page, [784, 30, 10], 500)
    page.get_by_role("button", name="Again").click()
    page.wait_for_selector("[data-state=running]")


def test_the_crosshair_chooses_the_epoch_of_the_bars(open_page):
    page = opened(open_page)
    page.locator("nn-curve").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.over .cap').textContent === 'bars: epoch 0'")
    assert values(page, "[data-speed]") == starts(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.over .cap').textContent === 'bars: epoch 2'")
    net = nn.Network([784, 30, 30, 30, 30, 10], cost="cross-entropy", seed=0)
    data = digits_at_hand().training[:1000]
    net.SGD(data, 2, 1000, 0.1, 5.0, progress=False)
    assert values(page, "[data-speed]") == net.learning_speeds(data)


def test_one_step_of_ten_images_and_other_weights(open_page):
    page = opened(open_page, "#speeds?hidden=1&data=all&epoch=0")
    page.get_by_role("button", name="One step").click()
    page.wait_for_function("() => document.querySelector('[data-images]').dataset.value === '10'")
    at_rest(page)
    assert values(page, "[data-speed]") != starts(page)
    before = starts(page)
    page.get_by_role("button", name="Other weights, seed 1").click()
    page.wait_for_selector("text=Other weights, seed 2")
    page.wait_for_function(
        f"() => Number(document.querySelector('[data-speed]').dataset.start) !== {before[0]}"
    )
    net = nn.Network([784, 30, 10], cost="cross-entropy", seed=1)
    assert starts(page) == net.learning_speeds(digits_at_hand().training[:1000])


def test_gradients_beyond_the_finite_numbers_are_said(open_page):
    page = opened(open_page, "#speeds?hidden=6&activation=relu&init=large&epoch=2")
    speeds = np.array(
        [float(x) for x in page.eval_on_selector_all("[data-speed]", "all => all.map(x => x.dataset.value)")]
    )
    assert not np.isfinite(speeds).all()
    texts = page.locator("[data-speed]").all_inner_texts()
    assert [text == "not finite" for text in texts] == (~np.isfinite(speeds)).tolist()
    assert page.locator(".ticks small").last.inner_text() == "1,000,000"


def test_a_link_to_an_impossible_network_says_what_is_possible(open_page):
    page = open_page("#speeds?hidden=9")
    page.wait_for_selector("[role=alert]")
    text = page.locator("[role=alert]").inner_text()
    assert text == "hidden: a whole number from 1 to 6 needed, got 9"


@pytest.mark.parametrize("fragment", ["#speeds?hidden=2&epoch=4", "#speeds?activation=relu&init=he&epoch=2"])
def test_the_lines_of_python_give_the_bars(open_page, fragment, capsys):
    page = opened(open_page, fragment)
    page.get_by_role("button", name="The same in Python").click()
    lines = page.locator("[data-python]").inner_text()
    assert len(lines.splitlines()) <= 6
    exec(lines, {"nn": nn})
    printed = [float(x) for x in re.findall(r"\d+\.\d+(?:e-?\d+)?", capsys.readouterr().out)]
    assert printed == [*starts(page), *values(page, "[data-speed]")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls_on_a_desk(open_page, theme):
    page = opened(open_page, "#speeds?epoch=1", color_scheme=theme)
    for fragment in (
        "#speeds?hidden=6&activation=relu&init=large&epoch=2",
        "#speeds?hidden=1&data=all&epoch=0",
    ):
        page.evaluate("hash => { location.hash = hash; }", fragment)
        settle(page)
        page.wait_for_selector("[data-speed]")
        at_rest(page)
        for size in (DESK, {"width": 1920, "height": 1080}):
            page.set_viewport_size(size)
            settle(page)
            assert overflow(page) == {"wide": 0, "high": 0, "cut": []}


def test_on_a_phone_a_finger_chooses_the_activation(open_page):
    page = opened(open_page, "#speeds?hidden=3&epoch=2", size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
    page.locator("[data-choice='activation tanh']").tap()
    page.wait_for_selector("[data-choice='activation tanh'][aria-pressed=true]")
    page.wait_for_function("() => !document.querySelector('[data-book]')")
    layers = [nn.Dense(30, activation="tanh") for _ in range(3)]
    net = nn.Network([*layers, nn.Dense(10)], input_shape=(784,), cost="cross-entropy", seed=0)
    np.testing.assert_array_equal(starts(page), net.learning_speeds(digits_at_hand().training[:1000]))
