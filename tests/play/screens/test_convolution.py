"""Convolution: the window moves over a digit; every product, sum and map is the core's."""

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, values

from nncore.play.screens.convolution import own_convolutional

READY = "[data-net=dense] [data-output]"


def opened(open_page, fragment="#convolution", **how):
    page = open_page(fragment, **how)
    page.wait_for_selector(READY)
    return page


def shifted(image, right, down):
    moved = np.zeros((28, 28), np.float32)
    rows, columns = np.mgrid[0:28, 0:28]
    kept = (rows - down >= 0) & (rows - down < 28) & (columns - right >= 0) & (columns - right < 28)
    moved[kept] = image.reshape(28, 28)[(rows - down)[kept], (columns - right)[kept]]
    return moved


def check(page, image, k, row, column):
    """Compare what is shown of one neuron with the core."""
    net = own_convolutional()
    maps, pooled, outputs = net.activations(image.reshape(1, 1, 28, 28))
    w, b = net.weights[0].reshape(20, 5, 5)[k].astype(float), net.biases[0].ravel()[k]
    products = w * image.reshape(28, 28)[row : row + 5, column : column + 5]
    np.testing.assert_array_equal(
        np.float32(values(page, "[data-cell=filter]")), w.ravel().astype(np.float32)
    )
    np.testing.assert_allclose(values(page, "[data-cell=product]"), products.ravel(), rtol=1e-12, atol=1e-12)
    plus, minus, bias, z, a = (
        values(page, f"[data-sum={part}]")[0] for part in ("plus", "minus", "bias", "z", "a")
    )
    assert plus == pytest.approx(products[products > 0].sum())
    assert minus == pytest.approx(products[products < 0].sum())
    assert bias == b
    assert z == pytest.approx(plus + minus + bias, abs=1e-5)
    assert a == pytest.approx(maps[0, k, row, column], abs=1e-6)
    assert values(page, "[data-number=a]") == [a]
    kept = pooled[0, k, row // 2, column // 2]
    assert values(page, "[data-number=pooled]")[0] == pytest.approx(kept, abs=1e-6)
    assert values(page, "[data-four=taken]")[0] == pytest.approx(kept, abs=1e-6)
    np.testing.assert_allclose(values(page, "[data-net=convolutional] [data-output]"), outputs[0], atol=1e-6)


def test_every_number_of_a_neuron_is_the_core_s(open_page, sample):
    image = sample[2].to_float()[78]
    page = opened(open_page)
    check(page, image, 13, 12, 15)
    page.locator("nn-window.digit").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function("() => location.hash.includes('row=13') && location.hash.includes('column=17')")
    page.locator("[data-map='17']").click()
    page.wait_for_function(
        "() => document.querySelector('.two h3').textContent.startsWith('Filter 17, at row 13, column 17')"
    )
    check(page, image, 17, 13, 17)
    box = page.locator("nn-window.digit").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 10.5 / 28, box["y"] + box["height"] * 20.5 / 28)
    page.wait_for_function(
        "() => document.querySelector('.two h3').textContent === 'Filter 17, at row 18, column 8'"
    )
    check(page, image, 17, 18, 8)


def test_a_shift_moves_the_outputs_of_both_networks(open_page, served, sample):
    image = sample[2].to_float()[78]
    page = opened(open_page)
    page.get_by_role("button", name="Shift the digit right").click()
    page.get_by_role("button", name="Shift the digit right").click()
    page.get_by_role("button", name="Shift the digit down").click()
    page.wait_for_function("() => location.hash.includes('right=2&down=1')")
    page.wait_for_selector("[data-moved=dense]")
    moved = shifted(image, 2, 1)
    page.wait_for_function(
        "all => document.querySelector('nn-window.digit').now.values.every((x, at) => x === all[at])",
        arg=moved.ravel().tolist(),
    )
    check(page, moved, 13, 12, 15)
    for kind, net in (("convolutional", own_convolutional()), ("dense", served.network)):
        before, after = (net.feedforward(x.reshape(net.input_shape)) for x in (image, moved))
        np.testing.assert_allclose(values(page, f"[data-net={kind}] [data-output]"), after.ravel(), atol=1e-6)
        far = values(page, f"[data-moved={kind}]")[0]
        assert far == pytest.approx(abs(after.ravel() - before.ravel()).sum(), abs=1e-5)
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-moved=dense]", state="detached")
    check(page, image, 13, 12, 15)


def test_digits_are_chosen_by_key_and_shared_with_draw(open_page, sample):
    page = opened(open_page)
    page.keyboard.press("7")
    page.wait_for_function("() => document.querySelector('.one .cap').textContent.includes('a 7')")
    index = int(page.url.partition("digit=")[2].partition("&")[0])
    assert sample[2].labels[index] == 7
    page.get_by_text("Draw one").click()
    page.wait_for_selector(".screen.draw [data-output]")
    assert f"digit={index}" in page.url


@pytest.mark.parametrize("fragment", ["#convolution", "#convolution?right=-4&down=4&map=19&row=23&column=23"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, fragment):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = opened(open_page, fragment, size=size)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = opened(open_page, fragment, size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
