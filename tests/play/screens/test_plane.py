"""Two inputs: points are set, weights dragged, wires cut, networks trained; every number is the core's."""

import re
from urllib.parse import parse_qs

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, values

import nncore as nn
from nncore.play.plane_run import flat, parts_of

READY = "[data-number=accuracy]:not([data-value=''])"
FIELD = "document.querySelector('nn-field[open]')"


def opened(open_page, fragment="#plane", **how):
    page = open_page(fragment, **how)
    page.wait_for_selector(READY)
    return page


def number(page, name):
    return values(page, f"[data-number={name}]")[0]


def shown_network(page, sizes, activation="tanh"):
    """Return a network of the core with the numbers that the page shows, read neuron by neuron."""
    net = nn.Network(sizes, activation=activation, cost="cross-entropy")
    weights, biases = parts_of(net)[::2], parts_of(net)[1::2]
    for l, (w, b) in enumerate(zip(weights, biases, strict=True)):
        for j in range(len(w)):
            page.locator(f"[data-node='{l + 2},{j}']").click()
            page.wait_for_function(
                "([l, j, last]) => last || document.querySelector('.numbers-lab h3').textContent "
                "=== `Neuron ${j} of layer ${l}`",
                arg=[l + 2, j, l == len(weights) - 1],
            )
            *w[j], b[j, 0] = values(page, "[data-parameter]")
    return net


def circles(seed=0):
    return nn.datasets.toy("circles", seed=seed)


def test_it_begins_with_a_network_that_the_core_has_trained(open_page):
    page = opened(open_page)
    net = nn.Network([2, 4, 1], activation="tanh", cost="cross-entropy", seed=1)
    net.SGD(circles(), 100, 10, 0.3)
    assert np.array_equal(flat(shown_network(page, [2, 4, 1])), flat(net))
    assert number(page, "epoch") == 100
    assert number(page, "accuracy") == net.accuracy(circles())
    assert number(page, "test") == net.accuracy(circles(1))
    assert number(page, "cost") == pytest.approx(net.cost(circles()), rel=1e-5)
    x0, x1, labels = np.array(page.evaluate(f"() => {FIELD}.marks.map(({{x, y, label}}) => [x, y, label])")).T
    np.testing.assert_array_equal(np.stack([x0, x1], 1), circles()[0].astype(np.float32))
    np.testing.assert_array_equal(labels, circles()[1])
    lines = page.locator("[data-python]").inner_text()
    space = {"nn": nn}
    exec(lines, space)
    assert np.array_equal(flat(space["net"]), flat(net))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_every_plane_shows_what_the_core_answers(open_page, activation):
    page = opened(open_page, f"#plane?data=moons&layers=[3,2]&activation={activation}&epochs=60")
    net = nn.Network([2, 3, 2, 1], activation=activation, cost="cross-entropy", seed=1)
    net.SGD(nn.datasets.toy("moons"), 60, 10, 0.3)
    middle = (np.arange(84) * 2 + 1) / 84 - 1
    x = np.stack(np.meshgrid(0.5 + 1.75 * middle, 0.25 - 1.75 * middle), -1).reshape(-1, 2)
    a = net.activations(x.astype(np.float32))
    large = np.array(page.evaluate(f"() => [...{FIELD}.shown.values]"))
    np.testing.assert_allclose(large, 2 * a[2][:, 0] - 1, atol=2e-5)
    in_small = np.arange(84 * 84).reshape(84, 84)[1::3, 1::3].ravel()
    for l in range(2):
        for j in range(a[l].shape[1]):
            place = f"document.querySelector('[data-node=\"{l + 2},{j}\"] nn-field')"
            small, top = page.evaluate(f"() => [[...{place}.shown.values], {place}.shown.max]")
            known = 2 * a[l][:, j] - 1 if activation == "sigmoid" else a[l][:, j]
            np.testing.assert_allclose(small, known[in_small], atol=1e-4)
            assert top >= (abs(known).max() if activation == "relu" else 1)


def test_it_trains_and_pauses_and_a_link_shows_the_same(open_page):
    page = opened(open_page, "#plane?epochs=0")
    assert number(page, "epoch") == 0
    page.keyboard.press("s")
    page.keyboard.press("e")
    page.wait_for_function("() => document.querySelector('[data-number=epoch]').dataset.value === '1'")
    page.keyboard.press(" ")
    page.wait_for_function("() => Number(document.querySelector('[data-number=epoch]').dataset.value) > 20")
    assert page.locator(".go").inner_text() == "Pause"
    assert page.get_by_role("button", name="One step").is_disabled()
    page.keyboard.press(" ")
    page.wait_for_selector("[data-state=paused]")
    page.wait_for_timeout(100)
    epochs = int(number(page, "epoch"))
    net = nn.Network([2, 4, 1], activation="tanh", cost="cross-entropy", seed=1)
    net.SGD(circles(), epochs, 10, 0.3)
    assert np.array_equal(flat(shown_network(page, [2, 4, 1])), flat(net))
    assert number(page, "cost") == pytest.approx(net.cost(circles()), rel=1e-5)
    other = opened(open_page, re.sub(r"^[^#]*", "", page.url))
    for name in ("epoch", "cost", "accuracy", "test"):
        assert number(other, name) == number(page, name)


def test_nand_is_set_by_hand_and_cannot_be_learned(open_page):
    page = opened(open_page)
    page.get_by_text("NAND by hand").click()
    page.wait_for_function("() => document.querySelectorAll('[data-parameter]').length === 3")
    assert values(page, "[data-parameter]") == [-2, -2, 3]
    assert number(page, "accuracy") == 1
    assert page.locator(".go").is_disabled()
    assert page.locator(".step-says").inner_text().startswith("A step cannot be learned")
    field = np.array(page.evaluate(f"() => [...{FIELD}.shown.values]")).reshape(84, 84)
    x = 0.5 + (np.arange(84) * 2 + 1) / 84 - 1
    z = -2 * x[None] - 2 * x[::-1, None] + 3
    sure = abs(z) > 1e-9
    assert np.array_equal(field[sure], np.where(z > 0, 1, -1)[sure])
    bias = page.locator("[data-parameter='2']")
    bias.focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert values(page, "[data-parameter='2']") == [1]  # -2 x0 - 2 x1 + 1: only (0, 0) has 1
    assert number(page, "accuracy") == 0.5
    page.get_by_role("button", name="sigmoid").click()  # the same weights
    page.wait_for_selector("[data-number=cost]")
    z = np.array([1, -1, -1, -3])
    y = np.array([1, 1, 1, 0])
    assert number(page, "cost") == pytest.approx(np.mean(np.log1p(np.exp(np.where(y, -z, z)))), rel=1e-9)
    assert page.locator(".go").is_enabled()


def test_xor_by_hand_is_right_everywhere(open_page):
    page = opened(open_page)
    page.get_by_text("XOR by hand").click()
    page.wait_for_selector("[data-node='2,1']")
    assert number(page, "accuracy") == 1
    field = np.array(page.evaluate(f"() => [...{FIELD}.shown.values]")).reshape(84, 84)
    x = 0.5 + (np.arange(84) * 2 + 1) / 84 - 1
    total = x[None] + x[::-1, None]
    sure = abs(abs(total - 1) - 0.5) > 1e-9  # away from the two lines
    assert np.array_equal(field[sure], np.where((total > 0.5) & (total < 1.5), 1, -1)[sure])


def test_points_are_set_by_clicks_and_by_keys(open_page):
    page = opened(open_page, "#plane?data=xor")
    page.keyboard.press("c")
    page.wait_for_function(f"() => {FIELD}.marks.length === 0")
    assert page.locator(".go").is_disabled()
    box = page.locator("nn-field[open] canvas").bounding_box()

    def click(x, y, **how):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"], **how)

    click(0.25, 0.5)
    page.keyboard.down("Shift")
    click(0.75, 0.25)
    page.keyboard.up("Shift")
    marks = f"() => {FIELD}.marks.map(({{x, y, label}}) => [x, y, label])"
    np.testing.assert_allclose(page.evaluate(marks), [[0, 0.5, 1], [1, 1, 0]], atol=0.01)
    page.keyboard.press("ArrowRight")  # from the middle, by a twentieth of half the window
    page.keyboard.press("Shift+Enter")
    np.testing.assert_allclose(page.evaluate(marks)[2], [0.55, 0.5, 0], atol=1e-9)
    click(0.75, 0.25)  # on a point: it goes
    assert len(page.evaluate(marks)) == 2
    page.keyboard.press("Control+z")
    page.wait_for_function(f"() => {FIELD}.marks.length === 3")
    page.locator(".marks .btn").nth(1).click()  # a click sets the other class, for a finger without Shift
    click(0.1, 0.9)
    assert page.evaluate(marks)[3][2] == 0
    page.wait_for_selector(READY)
    other = opened(open_page, re.sub(r"^[^#]*", "", page.url))
    assert other.evaluate(marks) == page.evaluate(marks)


def test_a_wire_that_is_cut_stays_cut_while_it_trains(open_page):
    page = opened(open_page)
    page.locator("[data-wire='1'] + .hit").dispatch_event("click")
    page.wait_for_selector(".wire.cut")
    page.locator("[data-node='2,0']").click()
    assert values(page, "[data-parameter='1']") == [0]
    before = values(page, "[data-parameter='0']")
    page.locator(".go").click()
    page.wait_for_function("() => Number(document.querySelector('[data-number=epoch]').dataset.value) > 150")
    page.locator(".go").click()
    page.wait_for_selector("[data-state=paused]")
    assert values(page, "[data-parameter='1']") == [0]
    assert values(page, "[data-parameter='0']") != before
    page.wait_for_timeout(100)
    assert parse_qs(page.url.partition("?")[2])["cut"] == ["1"]
    page.get_by_role("button", name="Join w from input 1").click()
    page.keyboard.press("e")
    page.wait_for_function("() => document.querySelector('[data-parameter=\"1\"]').dataset.value !== '0'")


def test_layers_grow_and_neurons_keep_their_weights(open_page):
    page = opened(open_page)
    old = shown_network(page, [2, 4, 1])
    page.get_by_role("button", name="One neuron more in layer 2").click()
    page.wait_for_selector("[data-node='2,4']")
    new = shown_network(page, [2, 5, 1])
    assert np.array_equal(new.weights[0][:4], old.weights[0])
    assert np.array_equal(new.weights[1][0, :4], old.weights[1][0])
    page.get_by_role("button", name="One hidden layer more").click()
    page.wait_for_selector("[data-node='3,4']")
    assert np.array_equal(shown_network(page, [2, 5, 5, 1]).weights[0], new.weights[0])
    page.get_by_role("button", name="One hidden layer less").click()
    page.wait_for_selector("[data-node='3,4']", state="detached")


def test_an_own_table_is_opened(open_page, tmp_path):
    path = tmp_path / "iris.csv"
    path.write_text("length,width,class\n1,10,small\n3,30,large\n2,20,large\n")
    page = opened(open_page)
    with page.expect_file_chooser() as chosen:
        page.get_by_text("Own table").click()
    chosen.value.set_files(path)
    page.wait_for_function(f"() => {FIELD}.marks.length === 3")
    assert page.locator(".across span").nth(1).inner_text() == "length"
    assert [text.strip() for text in page.locator(".marks .btn").all_inner_texts()] == ["small", "large"]
    path.write_text("1,2,3\n")
    with page.expect_file_chooser() as chosen:
        page.get_by_text("Own table").click()
    chosen.value.set_files(path)
    page.wait_for_selector("[role=alert]")
    assert "two classes needed" in page.locator("[role=alert]").inner_text()


def test_a_neuron_is_looked_at_by_pointing_at_it(open_page):
    page = opened(open_page)
    heading = page.locator(".left h3").first
    page.locator("[data-node='2,2']").hover()
    assert heading.inner_text() == "What neuron 2 of layer 2 says"
    large = page.evaluate(f"() => [...{FIELD}.shown.values]")
    net = shown_network(page, [2, 4, 1])
    middle = 1.5 * ((np.arange(84) * 2 + 1) / 84 - 1)
    x = np.stack(np.meshgrid(middle, -middle), -1).reshape(-1, 2).astype(np.float32)
    np.testing.assert_allclose(large, net.activations(x)[0][:, 2], atol=1e-5)
    page.mouse.move(5, 5)
    assert heading.inner_text() == "What the network answers"


@pytest.mark.parametrize(
    "fragment",
    [
        "#plane",
        "#plane?data=spirals&layers=[8,8,8]&layer=3&neuron=7&epochs=20",
        "#plane?activation=step&epochs=0",
    ],
)
def test_nothing_is_cut_and_nothing_scrolls(open_page, fragment):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = opened(open_page, fragment, size=size)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = opened(open_page, fragment, size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
