"""Each screen as a widget in a notebook: the numbers that it shows are those that Python has."""

import json

import numpy as np
import pytest
from support.notebook import Notebook
from support.page import values

for package in ("anywidget", "nbclient", "ipykernel"):
    pytest.importorskip(package, reason=f"pip install {package}")

START = """\
import json
import numpy as np
import nncore as nn
from nncore.book import universality
from nncore.play.screens.neuron import learned
data = nn.datasets.load_sample()
net = nn.Network([784, 12, 10], cost="cross-entropy", seed=1)
net.SGD(data[0], 2, 10, 0.25, progress=False)
def goal(x):
    return universality.inverse_sigmoid(universality.f(x))
def as_text(numbers):
    return json.dumps(np.asarray(numbers, float).ravel().tolist())
"""
SPEEDS = "w.net.learning_speeds(data[0][:1000])"
OUTPUT = "[*w.net.weights[-1][0], w.net.biases[-1][0, 0]]"
# The widget, what is read in the page once it is there, and the same in Python.
WIDGETS = {
    "Draw": ("(net, {'digit': 3})", ".outs [data-output]", "net.feedforward(data[2].images[3])"),
    "Equations": ("(net, {'digit': 3})", ":not(.outer) > .line [data-q=d3][data-j]", "w.trace.delta[-1]"),
    "Handwriting": ("(net)", "[data-accuracy=test] [data-when=before]", "net.accuracy(data[2])"),
    "Convolution": (
        "(net, {'digit': 3})",
        "[data-net=dense] [data-output]",
        "net.feedforward(data[2].images[3])",
    ),
    "Softmax": ("(net, {'digit': 3})", "[data-output-z]", "w.z"),
    "Mistakes": ("(net)", ".matrix [data-cell]", "w.confusion"),
    "Train": ("({'at': '1', 'beside': ''}, data=data)", "[data-run=A] .v", "w.net.accuracy(data[2])"),
    "Speeds": ("({'epoch': 2}, data=data)", "[data-speed]", SPEEDS),
    "Overfitting": (
        "({'runs': ['none'], 'epochs': 5}, data=data)",
        "[data-run=none][data-done=true] td",
        "[*w.curves['none'][-1, 1:], w.curves['none'][-1, 1] - w.curves['none'][-1, 2]]",
    ),
    "Doctor": ("({'setup': 'zeros'})", "[data-accuracy]", "w.net.accuracy(data[1])"),
    "Plane": ("({'epochs': 20})", "[data-parameter]", OUTPUT),
    "Neuron": (
        "({'w': 2.0, 'b': 2.0, 'x': 1.0, 'eta': 0.15, 'epoch': 150})",
        "[data-cost=quadratic] [data-number=a]",
        "learned(2.0, 2.0, 1.0, 0.15, 'quadratic')['a'][150]",
    ),
    "Universality": (
        "({'N': 5})",
        "[data-mean]",
        "universality.deviation(universality.approximate(goal, 5), goal).mean",
    ),
    "Book": ("()", "[data-row='1.1'] [data-cell=book]", "0.9542"),
}


@pytest.fixture(scope="module")
def notebook():
    notebook = Notebook(START)
    yield notebook
    notebook.close()


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_shows_the_numbers_of_its_kernel(notebook, browser, tmp_path, name):
    given, selector, expected = WIDGETS[name]
    (tmp_path / "cell.html").write_text(
        "<!doctype html><body><div id=cell style='width:1100px'></div></body>"
    )
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "cell.html").as_uri())
    notebook.run(f"w = nn.widgets.{name}{given}\nw")
    notebook.show(page)
    for _ in range(60):
        notebook.carry(page, 0.5)
        if page.locator(selector).count():
            break
    notebook.carry(page, 0.5)  # the last state
    text = notebook.run(f"as_text({expected})")
    np.testing.assert_allclose(values(page, selector), json.loads(text.strip("'")), rtol=2e-6, atol=1e-6)
    assert page.locator(".said.bad").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200
    page.screenshot(path=tmp_path / f"{name}.png")
    page.evaluate("end()")
    notebook.run("w.close()")
    page.close()
    assert not faults
