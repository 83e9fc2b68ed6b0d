"""One neuron: both runs, every number of them, and what a reader does with mouse, keys and finger."""

import re

import numpy as np
import pytest
from support.page import PHONE, Finger, check_desk, overflow, settle, values

import nncore as nn
from nncore.reproduction.experiments import one_neuron

COSTS = ("quadratic", "cross-entropy")


def shown(page, name, of):
    return values(page, f"[data-number='{name}'][data-of='{of}']")[0]


def output(page, cost):
    return values(page, f"[data-cost='{cost}'] [data-number=a]")[0]


def go_to(page, epoch):
    page.get_by_role("slider", name="Epoch").fill(str(epoch))
    settle(page)


def trained(w, b, x, eta, cost, epochs):
    net = nn.Network([1, 1], cost=cost, dtype="float64", init="zeros", seed=0)
    net.weights[0], net.biases[0] = [[w]], [[b]]
    if epochs:
        net.SGD(([[x]], [[0.0]]), epochs, 1, eta, progress=False)
    return net


def check_numbers(page, w, b, x, eta, epochs):
    """Compare all numbers on the screen with a network that the core trains."""
    for cost in COSTS:
        net = trained(w, b, x, eta, cost, epochs)
        assert shown(page, "w", cost) == net.weights[0].item()
        assert shown(page, "b", cost) == net.biases[0].item()
        a = net.feedforward([x]).item()
        assert output(page, cost) == pytest.approx(a, rel=1e-14)
        assert shown(page, "C", cost) == pytest.approx(net.cost(([[x]], [[0.0]])), rel=1e-12)
        _, nabla_w = net.backprop([[x]], [[0.0]])
        assert shown(page, "gradient", cost) == pytest.approx(nabla_w[0].item(), rel=1e-12)
        slope = page.locator(f"[data-slope='{cost}'], [data-slope='both']")
        assert float(slope.get_attribute("data-value")) == pytest.approx(a * (1 - a), rel=1e-12)
    assert shown(page, "z", "start") == pytest.approx(w * x + b)
    a = 1 / (1 + np.exp(-(w * x + b)))
    assert shown(page, "a", "start") == pytest.approx(a, rel=1e-14)
    assert shown(page, "slope", "start") == pytest.approx(a * (1 - a), rel=1e-12)


@pytest.fixture
def neuron(open_page):
    page = open_page("#neuron")
    page.wait_for_selector("[data-slope]")
    return page


def test_every_number_is_that_of_a_network_which_the_core_trains(neuron):
    for epochs in (150, 0, 1, 300):
        go_to(neuron, epochs)
        assert values(neuron, "[data-epoch]") == [epochs]
        check_numbers(neuron, 2.0, 2.0, 1.0, 0.15, epochs)
    for cost in COSTS:
        assert output(neuron, cost) == one_neuron.learn(2.0, 2.0, cost)["output"][300]


def test_the_book_s_outputs_stand_where_the_start_is_the_book_s(neuron):
    assert values(neuron, "[data-book]") == [0.98]
    assert neuron.locator("[data-cost=quadratic] [data-book]").inner_text() == "the book: 0.98"
    neuron.get_by_role("button", name="0.6 and 0.9, easy").click()
    neuron.wait_for_function("() => document.querySelectorAll('[data-book]').length === 2")
    assert values(neuron, "[data-book]") == [0.82, 0.09]
    go_to(neuron, 300)
    assert round(output(neuron, "quadratic"), 2) == 0.09
    check_numbers(neuron, 0.6, 0.9, 1.0, 0.15, 300)
    neuron.locator("[data-scrub=eta]").press("ArrowUp")
    neuron.wait_for_function("() => !document.querySelector('[data-book]')")


def test_a_number_is_dragged_and_both_runs_follow(neuron):
    box = neuron.locator("[data-scrub=w]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    neuron.mouse.move(x, y)
    neuron.mouse.down()
    for pixels in range(4, 84, 4):
        neuron.mouse.move(x - pixels, y)
    neuron.mouse.up()
    settle(neuron)
    assert neuron.locator("[data-scrub=w]").inner_text() == "1.00"
    check_numbers(neuron, 1.0, 2.0, 1.0, 0.15, 150)
    neuron.locator("[data-scrub=x]").press("Shift+ArrowDown")
    neuron.wait_for_function("() => document.querySelector('[data-scrub=x]').value === 0.5")
    settle(neuron)
    check_numbers(neuron, 1.0, 2.0, 0.5, 0.15, 150)
    assert "for the input 0.50" in neuron.locator(".lead").inner_text()
    neuron.wait_for_function("() => location.hash === '#neuron?w=1&x=0.5'")


@pytest.mark.parametrize("start", [(5, 5, 2, 5), (-5, -5, -2, 0.01), (5, -5, 0, 5), (5, 5, -2, 5)])
def test_extreme_starts_are_exact_too(open_page, start):
    w, b, x, eta = start
    page = open_page(f"#neuron?w={w}&b={b}&x={x}&eta={eta}&epoch=7")
    page.wait_for_selector("[data-slope]")
    for epochs in (7, 0, 300):
        go_to(page, epochs)
        for cost in COSTS:
            net = trained(w, b, x, eta, cost, epochs)
            assert shown(page, "w", cost) == net.weights[0].item()
            assert output(page, cost) == pytest.approx(net.feedforward([x]).item(), rel=1e-13, abs=1e-300)
            assert shown(page, "C", cost) == pytest.approx(net.cost(([[x]], [[0.0]])), rel=1e-9)
    assert overflow(page)["wide"] == 0


def test_a_link_to_impossible_numbers_says_what_is_possible(open_page):
    page = open_page("#neuron?w=1e9")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text() == "w: a number from -10 to 10 needed, got 1000000000"


def test_it_works_by_keys_alone(neuron):
    neuron.keyboard.press("s")
    settle(neuron)
    assert values(neuron, "[data-epoch]") == [151]
    check_numbers(neuron, 2.0, 2.0, 1.0, 0.15, 151)
    for _ in range(80):
        neuron.keyboard.press("Tab")
        if neuron.evaluate("() => document.activeElement.dataset.scrub") == "b":
            break
    neuron.keyboard.type("-1.5")
    neuron.keyboard.press("Enter")
    settle(neuron)
    check_numbers(neuron, 2.0, -1.5, 1.0, 0.15, 151)
    neuron.keyboard.press("Space")
    neuron.wait_for_selector("[data-state=running]")
    neuron.wait_for_function("() => Number(document.querySelector('[data-epoch]').dataset.value) > 155")
    neuron.keyboard.press("Space")
    neuron.wait_for_selector("[data-state=paused]")
    epoch = int(values(neuron, "[data-epoch]")[0])
    check_numbers(neuron, 2.0, -1.5, 1.0, 0.15, epoch)
    assert neuron.locator("[aria-live]").inner_text().startswith(f"After {epoch} epochs the output is ")


def test_what_was_set_a_moment_ago_is_there_when_one_comes_back(neuron):
    neuron.locator("[data-scrub=w]").press("ArrowUp")
    neuron.keyboard.press("]")
    neuron.wait_for_selector(".screen:not(.neuron) h1")
    neuron.wait_for_timeout(300)
    assert not neuron.url.endswith("w=2.05")  # the address is that of the other screen
    neuron.keyboard.press("[")
    neuron.wait_for_selector(".neuron [data-slope]")
    assert neuron.locator("[data-scrub=w]").inner_text() == "2.05"
    assert neuron.url.endswith("#neuron?w=2.05")


def test_a_run_begins_again_behind_its_end_and_ends_at_the_last_epoch(open_page):
    page = open_page("#neuron?epoch=300", reduced_motion="reduce")
    page.wait_for_selector("[data-slope]")
    page.get_by_role("button", name="Run").click()
    assert values(page, "[data-epoch]")[0] < 300
    go_to(page, 290)  # which pauses it
    page.get_by_role("button", name="Run").click()
    page.wait_for_function("() => document.querySelector('[data-epoch]').dataset.value === '300'")
    page.wait_for_selector("[data-state=paused]")


def test_the_epoch_is_chosen_on_the_curve(neuron):
    box = neuron.locator("[data-cost=cross-entropy] nn-canvas").bounding_box()
    neuron.mouse.click(box["x"] + 32 + (box["width"] - 40) / 3, box["y"] + 100)
    settle(neuron)
    assert values(neuron, "[data-epoch]") == [100]
    check_numbers(neuron, 2.0, 2.0, 1.0, 0.15, 100)


def test_the_book_s_other_gradient_is_explained(neuron):
    assert neuron.locator("[role=note]").count() == 0
    neuron.get_by_role("button", name="The book’s gradient?").click()
    assert "∂C/∂a" in neuron.locator("[role=note]").inner_text()
    neuron.keyboard.press("Escape")
    neuron.wait_for_selector("[role=note]", state="detached")


def test_the_lines_of_python_give_the_numbers_on_the_screen(neuron, capsys):
    go_to(neuron, 40)
    neuron.get_by_role("button", name="The same in Python").click()
    lines = neuron.locator("[data-python]").inner_text()
    exec(lines, {"nn": nn})
    printed = [float(number) for number in re.findall(r"-?\d+\.\d+", capsys.readouterr().out)]
    expected = [shown(neuron, "w", COSTS[1]), shown(neuron, "b", COSTS[1]), output(neuron, COSTS[1])]
    np.testing.assert_allclose(printed[-3:], expected, rtol=1e-7)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls_on_a_desk(open_page, theme):
    page = open_page("#neuron", color_scheme=theme)
    states = ("#neuron", "#neuron?w=-5&b=-5&x=-2&eta=5&epoch=0", "#neuron?w=0.6&b=0.9&epoch=300")
    check_desk(page, states, "[data-slope]")


def test_a_finger_drags_a_number_on_a_phone(open_page):
    page = open_page("#neuron", size=PHONE, touch=True)
    page.wait_for_selector("[data-slope]")
    assert overflow(page)["wide"] == 0
    box = page.locator("[data-scrub=b]").bounding_box()
    x, y = box["x"] + 20, box["y"] + 10
    Finger(page).draw([(x - 4 * step, y) for step in range(11)])
    settle(page)
    assert page.locator("[data-scrub=b]").inner_text() == "1.50"
    check_numbers(page, 2.0, 1.5, 1.0, 0.15, 150)
