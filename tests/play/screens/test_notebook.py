"""The widget Draw in a notebook: its kernel answers, while nobody looks, and Chromium shows."""

import numpy as np
import pytest
from support.notebook import Notebook
from support.page import values

import nncore as nn

for package in ("anywidget", "nbclient", "ipykernel"):
    pytest.importorskip(package, reason=f"pip install {package}")

CELLS = [
    "import nncore as nn\nnet = nn.Network([784, 12, 10], seed=1)",
    "widget = nn.widgets.Draw(net, {'digit': 3})\nwidget",
]


@pytest.fixture(scope="module")
def notebook():
    notebook = Notebook(*CELLS)
    yield notebook
    notebook.close()


def test_a_notebook_shows_the_numbers_of_its_kernel(notebook, browser, tmp_path):
    (tmp_path / "cell.html").write_text("<!doctype html><body><div id=cell style='width:900px'></div></body>")
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "cell.html").as_uri())
    notebook.show(page)
    notebook.carry(page, 1.5)
    net, test = nn.Network([784, 12, 10], seed=1), nn.datasets.load_sample()[2]
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[3]), atol=1e-6
    )
    np.testing.assert_allclose(values(page, "[data-neuron]"), net.activations(test.images[3])[0], atol=1e-6)
    assert notebook.run("widget.answer") == str(net.predict(test.images[3]))

    # the reader's key goes to Python
    page.locator(".cell").first.focus()
    page.keyboard.press("7")
    notebook.carry(page, 1)
    index = int(notebook.run("widget.state['digit']"))
    assert test.labels[index] == 7
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[index]), atol=1e-6
    )

    # Python's state goes to the screen
    notebook.run("widget.state = {**widget.state, 'digit': 11}")
    notebook.carry(page, 1)
    np.testing.assert_allclose(
        values(page, ".outs [data-output]"), net.feedforward(test.images[11]), atol=1e-6
    )
    assert notebook.run("bool((widget.outputs == net.feedforward(widget.pixels)).all())") == "True"

    # a drawing
    box = page.locator("nn-pad canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=8)
    page.mouse.up()
    notebook.carry(page, 1)
    outputs = [float(each) for each in notebook.run("widget.outputs.tolist()").strip("[]").split(",")]
    np.testing.assert_allclose(values(page, ".outs [data-output]"), outputs, atol=1e-7)
    assert notebook.run("widget.pixels.reshape(28, 28)[14].max() > 0.9") in ("True", "np.True_")
    assert notebook.run("len(widget.state['strokes'])") == "1"
    page.screenshot(path=tmp_path / "notebook.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100
    page.evaluate("end()")
    page.close()
    assert not faults
