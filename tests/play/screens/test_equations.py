"""The four equations: every cell is a number of nn.trace, every gradient a central difference of C."""

import numpy as np
import pytest
from support.page import DESK, PHONE, Served, overflow, values

import nncore as nn

DIGIT = 78  # which the screen begins with


@pytest.fixture(scope="module")
def test_digits():
    return nn.datasets.load_sample()[2]


def opened(open_page, fragment="#equations", **context):
    page = open_page(fragment, **context)
    page.wait_for_selector("[data-title]")
    return page


def wait_for(page, text):
    page.wait_for_function("text => document.querySelector('[data-title]').textContent === text", arg=text)


def row(page, q):
    """Return the numbers of a row of cells, each row once."""
    return np.array(values(page, f":not(.outer) > .line [data-q={q}][data-j]"))


def one(page, name):
    (value,) = values(page, f"[data-{name}]")
    return value


def central_difference(net, x, y, arrays, p, entry):
    """Return (C(v + h) - C(v - h)) / 2h by one parameter, from the core's cost in float64."""
    net = net.copy("float64")
    v, h = getattr(net, arrays)[p][entry], 1e-5
    costs = []
    for moved in (v + h, v - h):
        getattr(net, arrays)[p][entry] = moved
        costs.append(net.cost((x[None], y[None])))
    return (costs[0] - costs[1]) / (2 * h)


def check_all_rows(page, net, x, y, layer):
    """Compare every cell with nn.trace, but for the pictures of matrices."""
    seen, last = nn.trace(net, x, y), len(net.layers) + 1
    np.testing.assert_array_equal(row(page, f"a{last}"), seen.a[-1].ravel())
    np.testing.assert_array_equal(row(page, f"d{last}"), seen.delta[-1].ravel())
    np.testing.assert_array_equal(row(page, "y"), seen.y.ravel())
    np.testing.assert_array_equal(row(page, f"z{layer}"), seen.z[layer - 2].ravel())
    np.testing.assert_array_equal(row(page, f"a{layer}"), seen.a[layer - 2].ravel())
    np.testing.assert_array_equal(row(page, f"d{layer}"), seen.delta[layer - 2].ravel())
    matrix = page.evaluate("() => [...document.querySelector('[data-matrix] nn-picture').values]")
    p = sum(not isinstance(each, nn.MaxPool2D) for each in net.layers[: layer - 1])
    np.testing.assert_array_equal(matrix, seen.nabla_w[p].ravel())
    np.testing.assert_array_equal(values(page, ".sides i"), seen.delta[layer - 1].ravel())
    # BP2 in two factors: their product is delta
    np.testing.assert_allclose(
        row(page, f"u{layer}") * row(page, f"s{layer}"), seen.delta[layer - 2].ravel(), rtol=1e-12, atol=0
    )
    np.testing.assert_allclose(
        row(page, f"u{layer}"),
        net.weights[p].astype(float).T @ seen.delta[layer - 1].ravel(),
        rtol=1e-9,
        atol=1e-12,
    )
    assert one(page, "cost") == seen.cost
    return seen


def test_every_cell_is_a_number_of_nn_trace(open_page, served, test_digits):
    net = served.network
    page = opened(open_page)
    x, y = test_digits[DIGIT]
    seen = check_all_rows(page, net, x, y, 2)
    a = seen.a[-1].ravel()
    np.testing.assert_allclose(row(page, "s3"), a * (1 - a), rtol=1e-12)
    assert page.locator(".struck [data-q=s3]").count() == 10  # cross-entropy cancels it
    assert page.locator(".s.gone").count() == 1
    text = page.locator(".case .cap").first.inner_text()
    assert text == f"It answers {a.argmax()}, with {a.max():.3f}.\nCost C = {seen.cost:.4f}"
    shown = page.locator("[data-q=d3]").all_inner_texts()[:10]
    assert shown == [f"{d:.4f}".replace("-", "\u2212") for d in seen.delta[-1].ravel()]


def test_what_is_pointed_at_is_a_product_and_equals_the_central_difference(open_page, served, test_digits):
    net, (image, label) = served.network, test_digits[DIGIT]
    x, y = image.reshape(-1), np.eye(10)[label]
    page = opened(open_page)
    (k,) = (
        at
        for at, on in enumerate(
            page.eval_on_selector_all(".first [data-q=a2]", "all => all.map(c => c.classList.contains('on'))")
        )
        if on
    )
    seen = nn.trace(net, image, label)
    wait_for(page, f"How C changes with the weight from neuron {k} of layer 2 to output 8")
    a, delta = values(page, "[data-factor]")
    assert one(page, "number") == seen.nabla_w[1][8, k] == a * delta
    difference = central_difference(net, x, y, "weights", 1, (8, k))
    assert one(page, "difference") == pytest.approx(difference, rel=1e-7)
    assert one(page, "relative") < 1e-7
    assert page.locator("code").inner_text() == f"nn.trace(net, *test[78]).nabla_w[1][8, {k}]"

    page.hover("[data-q=d2][data-j='3']")
    wait_for(page, "The error of neuron 3 of layer 2")
    page.wait_for_selector("[data-difference]")
    u, slope = values(page, "[data-factor]")
    assert one(page, "number") == seen.delta[0][3, 0] == u * slope
    assert one(page, "difference") == pytest.approx(
        central_difference(net, x, y, "biases", 0, (3, 0)), rel=1e-7
    )
    framed = page.eval_on_selector_all(".c.on", "all => all.map(c => c.dataset.q + c.dataset.j)")
    assert framed == ["u23", "s23", "d23"]
    assert page.locator(".v.on [data-q=d3]").count() == 10  # all of delta^3 is a factor

    page.hover("[data-q=d3][data-j='3']")
    wait_for(page, "The error of output 3")
    page.wait_for_selector("[data-difference]")
    a, target = values(page, "[data-factor]")
    assert one(page, "number") == seen.delta[1][3, 0] == a - target
    assert one(page, "difference") == pytest.approx(
        central_difference(net, x, y, "biases", 1, (3, 0)), rel=1e-7
    )

    page.hover("[data-q=u2][data-j='3']")
    wait_for(page, "What the errors of layer 3 say to neuron 3 of layer 2")
    terms = np.array(values(page, "[data-factor]")).reshape(-1, 2)
    products = net.weights[1][:, 3].astype(float) * seen.delta[1].ravel()
    np.testing.assert_allclose(terms.prod(axis=1), sorted(products, key=abs)[:-4:-1], rtol=1e-12)

    page.hover(".first [data-q=a2][data-j='5']")
    wait_for(page, "The activation of neuron 5 of layer 2")
    assert one(page, "number") == seen.a[0][5, 0]
    assert values(page, "[data-factor]") == [seen.z[0][5, 0]]

    page.hover("[data-symbol=w3]")
    wait_for(page, "The weights from layer 2 to layer 3")
    box = page.locator("[data-matrix]").bounding_box()
    page.mouse.move(box["x"] + 7.5 * box["width"] / 30, box["y"] + 3.5 * box["height"] / 10)
    wait_for(page, "How C changes with the weight from neuron 7 of layer 2 to output 3")
    assert one(page, "number") == seen.nabla_w[1][3, 7]


def test_the_last_one_stays_a_click_holds_and_escape_lets_go(open_page):
    page = opened(open_page)
    page.hover("[data-q=d2][data-j='3']")
    page.mouse.move(700, 790)  # away from every cell
    wait_for(page, "The error of neuron 3 of layer 2")
    page.click("[data-q=d2][data-j='5']")
    page.hover("[data-q=d2][data-j='9']")
    wait_for(page, "The error of neuron 5 of layer 2")
    assert page.locator(".held").inner_text() == "Held. Escape lets go."
    page.keyboard.press("Escape")
    wait_for(page, "Nothing is pointed at")
    assert page.locator(".on").count() == 0
    page.hover("[data-q=d2][data-j='9']")
    wait_for(page, "The error of neuron 9 of layer 2")


def test_the_step_is_the_core_s_and_is_undone(open_page, served, test_digits):
    page = opened(open_page)
    image, label = test_digits[DIGIT]
    data = (image.reshape(1, -1), np.array([label]))
    stepped = served.network.copy("float64")
    cost = one(page, "cost")
    for step in (1, 2):
        eta = [0.02, 0.01][step - 1]
        page.fill("input.field", str(eta))
        page.keyboard.press("Enter")
        stepped.SGD(data, epochs=1, mini_batch_size=1, eta=eta, progress=False)
        expected = stepped.cost(data)
        # SGD adds the products of BP4 to the weights in another order than the screen's copy
        page.wait_for_function(
            "C => Math.abs(document.querySelector('[data-moved]').dataset.value - C) < 1e-9", arg=expected
        )
        page.get_by_role("button", name="Take the step").click()
        page.wait_for_function(f"() => document.querySelector('[data-steps]')?.dataset.value === '{step}'")
        assert one(page, "cost") == pytest.approx(expected, rel=1e-9)
        np.testing.assert_allclose(
            row(page, "d2"), nn.trace(stepped, image, label).delta[0].ravel(), rtol=1e-7, atol=1e-12
        )
    assert one(page, "cost") < cost / 2
    page.get_by_role("button", name="Start again").click()
    page.wait_for_function(f"() => document.querySelector('[data-cost]').dataset.value === '{cost!r}'")
    assert page.locator("[data-steps]").count() == 0
    np.testing.assert_array_equal(row(page, "a3"), nn.trace(served.network, image, label).a[1].ravel())


def test_the_curve_is_the_cost_along_the_step(open_page, served, test_digits):
    page = opened(open_page)
    image, label = test_digits[DIGIT]
    x, y = image.reshape(1, -1), np.array([label])
    net = served.network.copy("float64")
    nabla_b, nabla_w = net.backprop(x, y)
    start, weights, biases = net.cost((x, y)), [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    slope = sum(float((nabla**2).sum()) for nabla in nabla_b + nabla_w)
    points = [
        [float(part) for part in point.split(",")]
        for point in page.locator("path.cost").get_attribute("d").removeprefix("M").split(" L")
    ]
    most = float(page.locator(".along .x").last.inner_text())
    costs = []
    for percent, _ in points:
        net.weights = [w - most * percent / 100 * nabla for w, nabla in zip(weights, nabla_w, strict=True)]
        net.biases = [b - most * percent / 100 * nabla for b, nabla in zip(biases, nabla_b, strict=True)]
        costs.append(net.cost((x, y)))
    heights = start * 1.08 * (1 - np.array(points)[:, 1] / 100)
    np.testing.assert_allclose(heights, costs, atol=start * 1e-3)  # the path has two decimals
    (x0, y0), (x1, y1) = (
        [float(part) for part in point.split(",")]
        for point in page.locator("path.promise").get_attribute("d").removeprefix("M").split(" L")
    )
    promised = (y1 - y0) / 100 * start * 1.08 / ((x1 - x0) / 100 * most)
    assert promised == pytest.approx(slope, rel=1e-9)


def test_a_difference_that_rounding_hides_is_said_to_be_so(open_page):
    net = nn.Network([784, 12, 10], seed=1)
    net.biases[0][0] = -200  # saturated
    served = Served(net, "saturated.npz")
    try:
        page = opened(open_page, "#equations?at=d2,0", server=served)
        page.wait_for_selector("[data-difference]")
        assert one(page, "difference") == 0
        assert 0 < abs(one(page, "number")) < 1e-30
        assert " Both are below its rounding, " in page.locator(".number .cap").first.inner_text()
        assert page.locator("[data-relative]").count() == 0
    finally:
        served.close()


def test_everything_is_reached_by_keys_alone(open_page, served, test_digits):
    page = opened(open_page)
    seen = nn.trace(served.network, *test_digits[DIGIT])

    def tab_to(name):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.getAttribute('aria-label') ?? ''").startswith(
                name
            ):
                return
        raise AssertionError(f"Tab does not reach {name}")

    tab_to("BP1, the output layer")
    page.keyboard.press("ArrowDown")  # the first cell
    for key in ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    wait_for(page, "The error of output 2")
    assert one(page, "number") == seen.delta[1][2, 0]
    page.wait_for_function(
        "() => document.querySelector('.quietly[aria-live]').textContent.startsWith('error delta 3 2: ')"
    )
    tab_to("BP2:")
    page.keyboard.press("ArrowRight")
    wait_for(page, "The errors of layer 2")
    page.keyboard.press("ArrowRight")
    wait_for(page, "The weights from layer 2 to layer 3")
    tab_to("BP4, the weights")
    for key in ["ArrowRight", "ArrowRight", "ArrowDown"]:
        page.keyboard.press(key)
    wait_for(page, "How C changes with the weight from neuron 1 of layer 2 to output 1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".held")
    for key in ["ArrowUp", "ArrowUp"]:
        page.keyboard.press(key)
    wait_for(page, "The activation of neuron 1 of layer 2")
    tab_to("eta")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-steps]")
    page.keyboard.press("Escape")
    wait_for(page, "Nothing is pointed at")
    page.keyboard.press("4")
    first = int(np.flatnonzero(test_digits.labels == 4)[test_digits.labels[: DIGIT + 1].tolist().count(4)])
    page.wait_for_function(
        f"() => document.querySelector('h3.small').textContent === 'Test digit {first}, a 4'"
    )


def test_the_reader_s_own_drawing_has_the_label_that_the_reader_chooses(open_page, served):
    page = open_page("#draw")
    page.wait_for_selector("[data-output]")
    x = np.array(page.evaluate("() => [...document.querySelector('nn-pad').pixels]"), np.float32)
    page.keyboard.press("]")
    page.goto(page.url.partition("#")[0] + "#equations")
    page.wait_for_selector(".equations [data-title]")
    assert page.locator("h3.small").first.inner_text().startswith("My drawing, a")
    check_all_rows(page, served.network, x, 3, 2)  # it answers 3, so that is the label at first
    page.select_option("[data-label]", "5")
    page.wait_for_function("() => document.querySelector('[data-q=y][data-j=\"5\"]').dataset.value === '1'")
    check_all_rows(page, served.network, x, 5, 2)
    page.get_by_role("button", name="Next digit").click()
    page.wait_for_function(
        "() => document.querySelector('h3.small').textContent.startsWith('Test digit 0, a ')"
    )
    page.get_by_role("button", name="My drawing").click()
    page.wait_for_function("() => document.querySelector('h3.small').textContent.startsWith('My drawing')")
    page.get_by_role("button", name="My drawing").click()  # once more: go and change it
    page.wait_for_selector(".draw nn-pad")


NETWORKS = {
    "quadratic": lambda: nn.Network([784, 30, 10], cost="quadratic", seed=1),
    "deep": lambda: nn.Network(
        [nn.Dense(100, "tanh"), nn.Dense(40, "relu"), nn.Softmax(10)], input_shape=(784,), seed=1
    ),
    "convolution": lambda: nn.Network(
        [nn.Conv2D(3, 5, activation="relu"), nn.MaxPool2D(2), nn.Dense(100, "sigmoid"), nn.Softmax(10)],
        input_shape=(1, 28, 28), seed=1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "layers"), [("quadratic", [2]), ("deep", [3, 2]), ("convolution", [4])])
def test_other_networks(open_page, test_digits, name, layers):
    net = NETWORKS[name]()
    served = Served(net, f"{name}.npz")
    try:
        page = opened(open_page, server=served)
        for layer in layers:
            if page.locator("[data-layers]").count():
                page.select_option("[data-layers]", str(layer))
            page.wait_for_selector(f"[data-q=d{layer}]")
            check_all_rows(page, net, *test_digits[DIGIT], layer)
            page.wait_for_selector("[data-difference]")
            assert one(page, "relative") < 1e-6
            assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
        if name == "quadratic":
            assert page.locator(".struck, .gone").count() == 0
            page.hover("[data-q=d3][data-j='8']")
            wait_for(page, "The error of output 8")
            a, y, slope = values(page, "[data-factor]")
            assert one(page, "number") == (a - y) * slope
        if name == "convolution":
            said = "Here layers 4 and 5 are shown; layers 2 and 3 are made of feature maps, and not shown."
            assert page.locator(".kept").inner_text() == said
    finally:
        served.close()


def test_a_finger_points_and_the_answer_is_in_view(open_page):
    page = opened(open_page, size=PHONE, touch=True)
    assert overflow(page)["wide"] == 0
    page.tap("[data-q=d3][data-j='8']")
    wait_for(page, "The error of output 8")
    box = page.locator(".number").bounding_box()
    assert box["y"] + box["height"] <= PHONE["height"] + 1
    assert page.locator(".cells .c").first.inner_text() == ""  # no numbers in narrow cells
    low = page.eval_on_selector_all(
        "main button, main select",
        "all => all.filter(b => b.getClientRects().length).map(b => b.offsetHeight)",
    )
    assert min(low) >= 44


def go(page, fragment):
    """Follow a link within the page, and wait until the screen shows it."""
    page.evaluate("() => document.querySelector('[data-title]')?.removeAttribute('data-title')")
    page.goto(page.url.partition("#")[0] + "#" + fragment)
    page.wait_for_selector("[data-title]")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls_on_a_desk(open_page, theme):
    page = opened(open_page, color_scheme=theme)
    for fragment in ("", "?at=u2,3", "?layer=1", "?at=none", "?at=d2,29&eta=999999"):
        if fragment:
            go(page, f"equations{fragment}")
        for size in (DESK, {"width": 1920, "height": 1080}):
            page.set_viewport_size(size)
            page.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
            )
            assert overflow(page) == {"wide": 0, "high": 0, "cut": []}, fragment


def test_a_link_of_a_stranger_points_at_nothing_that_is_not_there(open_page):
    page = opened(open_page)
    for at in ("d2,30", "n3,10,0", "n3,3", "x9", "d9", "n3,0,30", "w3,1", "y,10", "<b>", "d2,1,1"):
        go(page, f"equations?at={at}")
        assert page.locator("[data-title]").inner_text().startswith("How C changes with the weight")


def test_the_numbers_stay_when_the_core_stops(open_page):
    served = Served()
    page = opened(open_page, server=served)
    before = values(page, "[data-q][data-j]")
    served.close()
    page.wait_for_selector("[role=alert]")
    page.hover("[data-q=d2][data-j='3']")
    wait_for(page, "The error of neuron 3 of layer 2")
    assert values(page, "[data-q][data-j]") == before
