"""Mistakes: cells filter the test digits, a digit is opened on Draw, a map shows where all lie."""

import numpy as np
import pytest
from support.page import DESK, PHONE, Served, overflow, values

import nncore as nn
from nncore.play.screens.mistakes import on_principal_axes

READY = ".matrix [data-cell]"


@pytest.fixture(scope="module")
def network(served):
    return served.network


@pytest.fixture(scope="module")
def answers(network, sample):
    """The test digits' labels, the network's answers, and its outputs."""
    test = sample[2]
    return test.labels, network.predict(test), network.feedforward(test.to_float())


def opened(open_page, fragment="#mistakes", **how):
    page = open_page(fragment, **how)
    page.wait_for_selector(READY)
    return page


def shown(page):
    return [
        int(text)
        for text in page.eval_on_selector_all("[data-digit]", "all => all.map(one => one.dataset.digit)")
    ]


def test_every_count_and_every_output_is_the_core_s(open_page, answers):
    labels, predicted, outputs = answers
    page = opened(open_page)
    counts = np.zeros((10, 10))
    np.add.at(counts, (labels, predicted), 1)
    assert np.array_equal(values(page, "[data-cell]"), counts.ravel())
    assert values(page, "[data-number=right]") == [np.trace(counts)]
    assert values(page, "[data-number=accuracy]") == [np.trace(counts) / 1000]
    wrong = np.flatnonzero(labels != predicted)
    order = wrong[np.argsort(-outputs[wrong, predicted[wrong]], kind="stable")][:40]
    assert shown(page) == list(order)
    assert np.array_equal(
        np.float32(values(page, "[data-digit] [data-value]")),
        outputs[order, predicted[order]].astype(np.float32),
    )
    assert np.array_equal(np.float32(values(page, "[data-output]")), outputs[order[0]].astype(np.float32))
    text = page.locator("[data-digit]").first.inner_text()
    assert text.split("\n")[0] == f"{labels[order[0]]} as {predicted[order[0]]}"


def test_a_cell_filters_and_keys_do_what_clicks_do(open_page, answers):
    labels, predicted, outputs = answers
    page = opened(open_page)
    page.locator("[data-cell='9,4']").click()
    page.wait_for_selector(".matrix .on")
    found = shown(page)
    assert set(found) == set(np.flatnonzero((labels == 9) & (predicted == 4)))
    assert page.locator(".right h3").inner_text() == f"{len(found)} digits 9, answered as 4"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('row=8&column=8')")
    right = np.flatnonzero((labels == 8) & (predicted == 8))
    assert shown(page) == list(right[np.argsort(outputs[right, 8], kind="stable")][:40])  # the least sure
    other = opened(open_page, "#mistakes?row=8&column=8")
    assert shown(other) == shown(page)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.hash.includes('row')")


def test_a_digit_is_shown_and_opened_on_draw(open_page, answers):
    _, _, outputs = answers
    page = opened(open_page)
    third = shown(page)[2]
    page.locator("[data-digit]").nth(2).hover()
    page.wait_for_selector(f"[data-shown='{third}']")
    assert np.array_equal(np.float32(values(page, "[data-output]")), outputs[third].astype(np.float32))
    page.locator("[data-digit]").nth(2).click()
    page.wait_for_selector(".screen.draw [data-output]")
    page.wait_for_function(f"() => location.hash.includes('digit={third}')")
    page.wait_for_function(
        f"() => document.querySelector('.first .cap').textContent.includes('digit {third},')"
    )
    np.testing.assert_allclose(values(page, "[data-output]"), outputs[third], atol=1e-6)


def test_the_map_has_the_principal_axes_of_a_layer(open_page, network, sample):
    page = opened(open_page)
    page.get_by_role("tab", name="Layer 2").click()
    page.wait_for_selector("nn-digits")
    a = network.activations(sample[2].to_float())[0]
    points, shares = on_principal_axes(a)
    page.wait_for_function("() => document.querySelector('nn-digits').places.length === 2000")
    np.testing.assert_allclose(values(page, "[data-share]"), shares, rtol=1e-4)
    places = np.array(page.evaluate("() => [...document.querySelector('nn-digits').places]")).reshape(-1, 2)
    across, up = np.polyfit(points[:, 0], places[:, 0], 1), np.polyfit(points[:, 1], -places[:, 1], 1)
    assert across[0] == pytest.approx(up[0], rel=1e-3)  # one scale
    np.testing.assert_allclose(np.polyval(across, points[:, 0]), places[:, 0], atol=0.1)
    box = page.locator("nn-digits").bounding_box()
    lonely = max(range(1000), key=lambda k: np.sort(np.hypot(*(places - places[k]).T))[1])
    page.mouse.move(box["x"] + places[lonely, 0], box["y"] + places[lonely, 1])
    page.wait_for_selector(f"[data-shown='{lonely}']")
    page.mouse.click(box["x"] + places[lonely, 0], box["y"] + places[lonely, 1])
    page.wait_for_selector(".screen.draw [data-output]")
    assert f"digit={lonely}" in page.url


def test_a_network_that_reads_no_digits_says_so(open_page):
    served = Served(nn.Network([2, 3, 1], seed=1), "xor.npz")
    try:
        page = open_page("#mistakes", server=served)
        page.wait_for_selector(".empty")
        assert "reads no digits" in page.locator(".empty").inner_text()
    finally:
        served.close()


@pytest.mark.parametrize("fragment", ["#mistakes", "#mistakes?row=8&column=6&layer=1"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, fragment):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = opened(open_page, fragment, size=size)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = opened(open_page, fragment, size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
