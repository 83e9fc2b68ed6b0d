"""A network as one HTML file, opened from the disk: it answers as the core does, and asks for nothing."""

import functools

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, values
from support.strokes import strokes_of

import nncore as nn

OWN = """async () => {
  const { modules } = await unpacked("nncore-modules").json();
  const addresses = addressesOf(modules);
  const [load, forward, form] = await Promise.all(
    ["load", "forward", "mnist_form"].map((name) => import(addresses[`net/${name}.js`])));
  const bytes = new Uint8Array(await unpacked("nncore-network").arrayBuffer());
  window.own = { ...load, ...forward, ...form, content: load.load(bytes) };
}"""
OUTPUTS = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const { net } = own.content;
  const start = performance.now();
  const outputs = [];
  for (let at = 0; at < bytes.length; at += 784) {
    const x = Float32Array.from(bytes.subarray(at, at + 784), (byte) => byte / 256);
    outputs.push(Array.from(own.output(net, x).a));
  }
  return [outputs, (performance.now() - start) / outputs.length];
}"""


@functools.cache
def network(name):
    train, validation, _ = nn.datasets.load_sample()
    two = [nn.Conv2D(20, 5, "relu"), nn.MaxPool2D(2), nn.Conv2D(40, 5, "relu"), nn.MaxPool2D(2)]
    layers, epochs, eta = {
        "dense": ([nn.Dense(100), nn.Dense(10)], 3, 0.5),
        "softmax": ([nn.Dense(30, "tanh"), nn.Softmax(10)], 3, 0.1),
        "two convolutions": ([*two, nn.Dense(100, "relu"), nn.Softmax(10)], 1, 0.03),
    }[name]
    shape = (1, 28, 28) if isinstance(layers[0], nn.Conv2D) else (784,)
    net = nn.Network(layers, input_shape=shape, init="he" if len(shape) == 3 else "scaled", seed=2)
    data = train[:2000] if len(shape) == 3 else train
    net.SGD(data, epochs, 10, eta, 1.0, evaluation_data=validation[:200])
    return net


@pytest.fixture
def open_file(browser, tmp_path):
    """A function: network, size and so on -> a page from the disk. Faults and requests fail the test."""
    contexts, faults = [], []

    def open_file(net, size=DESK, **options):
        path = tmp_path / "net.html"
        net.save_html(path, **options.pop("save", {}))
        context = browser.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning") and faults.append(said.text))
        page.on(
            "request",
            lambda asked: asked.url.startswith(("blob:", path.as_uri())) or faults.append(asked.url),
        )
        page.goto(path.as_uri())
        page.wait_for_selector(".screen h1")
        page.path = path
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert not faults


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", ["dense", "softmax", "two convolutions"])
def test_1000_of_1000_labels_are_the_core_s(open_file, name, dtype):
    net, test = network(name), nn.datasets.load_sample()[2]
    page = open_file(net, save={"dtype": dtype})
    page.evaluate(OWN)
    outputs, milliseconds = page.evaluate(OUTPUTS, base64_of(test.images))
    outputs = np.array(outputs, np.float32)
    again = nn.load(page.path)
    core, exact = again.feedforward(test), again.copy("float64").feedforward(test)
    assert np.abs(outputs - exact).max() <= 1e-6
    assert np.abs(outputs - core).max() <= 1e-6 + np.abs(core - exact).max()  # the core's sums are float32
    assert (outputs.argmax(1) == again.predict(test)).sum() == 1000
    if dtype == "float32":  # rounded, two outputs that are nearly the same may change places
        assert (outputs.argmax(1) == net.predict(test)).sum() == 1000
    print(f"\n{name}, {dtype}: {page.path.stat().st_size:,} bytes, {milliseconds:.2f} ms a digit")


def base64_of(images):
    import base64

    return base64.b64encode(np.ascontiguousarray(images).tobytes()).decode()


@pytest.mark.parametrize("name", ["dense", "two convolutions"])
def test_a_page_has_at_most_220_kb(tmp_path, name):
    network(name).save_html(tmp_path / "net.html")
    assert (tmp_path / "net.html").stat().st_size <= 220_000


@pytest.mark.parametrize("name", ["dense", "softmax", "two convolutions"])
def test_every_number_shown_is_the_core_s(open_file, name):
    page = open_file(network(name))
    again = nn.load(page.path)
    page.evaluate(OWN)
    images = np.array(page.evaluate("() => Array.from(own.content.arrays.get('images'))"), np.uint8)
    labels = page.evaluate("() => Array.from(own.content.arrays.get('labels'))")
    images = images.reshape(50, 28, 28)
    answers = [
        int(each)
        for each in page.eval_on_selector_all(".gallery button", "all => all.map(b => b.dataset.answer)")
    ]
    assert answers == again.predict(images).tolist()
    right = sum(a == b for a, b in zip(answers, labels, strict=True))
    assert page.get_by_text(f"{right} of 50 right").is_visible()
    page.keyboard.press("7")
    page.wait_for_function("() => document.querySelector('.first .cap').textContent.includes('a 7')")
    shown = images[labels.index(7)]
    check_numbers(page, again, shown)
    page.locator(".gallery button").nth(20).click()
    page.wait_for_function(
        f"() => document.querySelector('.first .cap').textContent.includes('a {labels[20]}')"
    )
    check_numbers(page, again, images[20])


def check_numbers(page, net, pixels):
    page.wait_for_timeout(100)
    outputs = values(page, ".outs [data-output]")
    np.testing.assert_allclose(outputs, net.feedforward(pixels), atol=1e-6)
    answer = page.locator(".hero").get_attribute("data-answer")
    assert answer == str(net.predict(pixels))
    neurons = values(page, "[data-neuron]")
    if neurons:
        np.testing.assert_allclose(neurons, net.activations(pixels)[0][: len(neurons)], atol=1e-6)


def test_a_digit_that_is_drawn_is_answered_as_the_core_answers_it(open_file):
    net, test = network("dense"), nn.datasets.load_sample()[2]
    page = open_file(net)
    again = nn.load(page.path)
    page.evaluate(OWN)
    box = page.locator("nn-pad canvas").bounding_box()
    scale = box["width"] / 280
    for image, label in zip(test.images[:5], test.labels[:5], strict=True):
        page.get_by_role("button", name="Clear").click()
        strokes = strokes_of(image)
        for stroke in strokes:
            page.mouse.move(box["x"] + stroke[0][0] * scale, box["y"] + stroke[0][1] * scale)
            page.mouse.down()
            for x, y in stroke[1:]:
                page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
            page.mouse.up()
        page.wait_for_timeout(150)
        drawn = page.evaluate("() => Array.from(own.formOfStrokes(document.querySelector('nn-pad').drawn))")
        check_numbers(page, again, np.array(drawn, np.uint8))
        assert page.locator(".hero").get_attribute("data-answer") == str(
            again.predict(np.array(drawn, np.uint8))
        )
        assert label in range(10)


def test_a_finger_draws_and_the_page_does_not_scroll(open_file):
    page = open_file(network("dense"), size=PHONE, has_touch=True)
    box = page.locator("nn-pad canvas").bounding_box()
    finger = page.context.new_cdp_session(page)
    x = box["x"] + box["width"] / 2
    points = [box["y"] + box["height"] * share for share in np.linspace(0.9, 0.1, 12)]
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": points[0]}]})
    for y in points[1:]:
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(150)
    [stroke] = page.evaluate("() => document.querySelector('nn-pad').drawn")
    assert len(stroke) > 5
    assert stroke[0][1] - stroke[-1][1] > 200
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["dense", "two convolutions"])
def test_nothing_is_cut_or_wider_than_the_window(open_file, name, size):
    page = open_file(network(name), size=size, color_scheme="dark" if size is PHONE else "light")
    page.wait_for_timeout(200)
    found = overflow(page)
    assert found["wide"] <= 0
    assert found["cut"] == []
    dark = page.evaluate("document.documentElement.dataset.theme")
    assert dark == ("dark" if size is PHONE else "light")


def test_what_the_page_says_of_the_network_is_shown(open_file):
    page = open_file(network("softmax"), save={"title": "<b>Mine</b> & yours"})
    assert page.title() == "<b>Mine</b> & yours"
    assert page.locator(".name").inner_text() == "<b>Mine</b> & yours"
    assert "3 epochs on 8,000 digits that ship with nncore" in page.locator("#about").inner_text()
    assert page.locator("#about polyline").count() == 1


def xor():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), [0, 1, 1, 0]
    net = nn.Network([nn.Dense(4, "tanh"), nn.Dense(1)], input_shape=(2,), seed=1)
    net.minimize((X, y))
    return net


def test_a_network_that_reads_numbers_has_a_field_for_each(open_file):
    net = xor()
    page = open_file(net)
    again = nn.load(page.path)
    for a, b in [(0, 1), (1, 1), (0.25, 0.75)]:
        for at, value in enumerate((a, b)):
            field = page.locator(f"[data-input='{at}']")
            field.fill(str(value))
            field.press("Enter")
        page.wait_for_timeout(100)
        wanted = float(again.feedforward([a, b])[0])
        assert values(page, "[data-output]") == pytest.approx([wanted], abs=1e-6)
        assert page.locator(".hero").inner_text() == str(again.predict([a, b]))
    page.locator("[data-input='0']").fill("many")
    page.locator("[data-input='0']").press("Enter")
    assert page.locator("[data-input='0']").get_attribute("aria-invalid") == "true"
    page.locator("input[type=range]").first.fill("0.5")
    page.wait_for_timeout(100)
    assert values(page, "[data-output]") == pytest.approx(
        [float(again.feedforward([0.5, 0.75])[0])], abs=1e-6
    )


def test_numbers_and_classes_come_out_of_networks_that_read_numbers(open_file):
    rng = np.random.default_rng(0)
    X, y = rng.normal(0.4, 0.3, (40, 3)).astype(np.float32), rng.random((40, 2))
    numbers = nn.Network([nn.Dense(5, "tanh"), nn.Dense(2, "linear")], input_shape=(3,), seed=1)
    numbers.SGD((X, y), 2, 5, 0.1)
    page = open_file(numbers)
    usual = numbers.training_record.data
    inputs = [
        float(each) for each in page.eval_on_selector_all("[data-input]", "all => all.map(one => one.value)")
    ]
    assert inputs == [round(usual.mean, 2)] * 3 or inputs == [round(usual.mean, 3)] * 3
    wanted = nn.load(page.path).feedforward(np.array(inputs, np.float32))
    assert values(page, "[data-output]") == pytest.approx(wanted.tolist(), abs=1e-6)
    classes = nn.Network([nn.Softmax(3)], input_shape=(100,), seed=1)
    page = open_file(classes)
    numbers = rng.random(100).astype(np.float32)
    page.locator("textarea").fill(", ".join(map(str, numbers)))
    page.locator("textarea").blur()
    page.wait_for_timeout(100)
    wanted = nn.load(page.path).feedforward(numbers)
    assert values(page, ".outs [data-output]") == pytest.approx(wanted.tolist(), abs=1e-6)
    page.locator("textarea").fill("1 2")
    page.locator("textarea").blur()
    page.get_by_text("100 numbers needed, got 2").wait_for()


def test_the_policy_in_the_page_lets_nothing_be_loaded(browser, tmp_path):
    xor().save_html(tmp_path / "net.html")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "net.html").as_uri())
    page.wait_for_selector(".screen h1")
    refused = page.evaluate(
        """async () => {
          const seen = [];
          const note = (event) => seen.push(event.effectiveDirective);
          document.addEventListener("securitypolicyviolation", note);
          await fetch("http://127.0.0.1:9/").catch(() => {});
          const image = new Image();
          image.src = "http://127.0.0.1:9/a.png";
          const script = document.createElement("script");
          script.src = "http://127.0.0.1:9/a.js";
          document.head.append(script);
          await new Promise((done) => setTimeout(done, 300));
          return seen.sort();
        }"""
    )
    context.close()
    assert refused == ["connect-src", "img-src", "script-src-elem"]
