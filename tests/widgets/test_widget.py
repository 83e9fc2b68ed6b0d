"""A widget answers what the front end asks, with the numbers of its network."""

import numpy as np
import pytest

import nncore as nn

anywidget = pytest.importorskip("anywidget", reason="pip install anywidget")

from nncore.play.screens import SCREENS  # noqa: E402
from nncore.play.screens.screen import Screen  # noqa: E402
from nncore.widgets.widget import Frames, Widget, styles  # noqa: E402


@pytest.fixture
def net():
    return nn.Network([784, 12, 10], seed=1)


@pytest.fixture
def draw(net, monkeypatch):
    widget = nn.widgets.Draw(net, {"digit": 3})
    widget.sent = []
    monkeypatch.setattr(
        type(widget), "send", lambda self, content, buffers=None: self.sent.append((content, buffers))
    )
    yield widget
    widget.close()


def ask(widget, name, buffers=(), **given):
    """What is sent back to the front end, as it comes: by the message that a comm hands on."""
    widget._handle_custom_msg({"id": 7, "ask": name, "with": given}, list(buffers))
    return widget.sent.pop()


def array(pixels):
    return {"array": 0, "type": pixels.dtype.name, "shape": list(pixels.shape)}


def test_a_question_is_answered_by_the_network(draw, net):
    pixels = nn.datasets.load_sample()[2].to_float()[5]
    content, buffers = ask(draw, "forward", [memoryview(pixels.tobytes())], pixels=array(pixels))
    last = content["answer"]["layers"][-1]["a"]
    outputs = np.frombuffer(buffers[last["array"]], last["type"]).reshape(last["shape"])
    np.testing.assert_array_equal(outputs, net.feedforward(pixels))
    assert content["id"] == 7
    np.testing.assert_array_equal(draw.pixels, pixels)
    np.testing.assert_array_equal(draw.outputs, outputs)
    assert draw.answer == net.predict(pixels)


def test_the_widget_shows_the_network_as_it_is_now(draw, net):
    pixels = np.full(784, 0.5, np.float32)
    ask(draw, "forward", [memoryview(pixels.tobytes())], pixels=array(pixels))
    before = draw.outputs
    net.biases[1][:] += 1
    ask(draw, "forward", [memoryview(pixels.tobytes())], pixels=array(pixels))
    assert (draw.outputs > before).all()


def test_before_it_is_shown_nothing_is_known(draw):
    assert (draw.pixels, draw.outputs, draw.answer) == (None, None, None)
    assert draw.state == {"digit": 3}


@pytest.mark.parametrize(
    ("name", "given", "buffers", "message"),
    [
        ("nothing", {}, [], "ask: one of .* needed, got 'nothing'"),
        ("forward", {}, [], "forward: missing"),
        ("forward", {"pixels": array(np.zeros(3, np.float32))}, [b"\0" * 12], "pixels: 784 numbers needed"),
        ("forward", {"pixels": array(np.zeros(784, np.float32))}, [b"\0" * 12], "a buffer of 12 bytes"),
        ("forward", {"pixels": array(np.zeros(784, np.float32))}, [], "names a buffer that is not there"),
    ],
)
def test_what_does_not_fit_is_answered_by_a_sentence(draw, name, given, buffers, message):
    import re

    content, _ = ask(draw, name, buffers, **given)
    assert re.search(message, content["error"]), content
    assert "answer" not in content


def test_messages_of_others_are_passed_over(draw):
    for content in ("text", 3, None, {}, {"id": 1}, {"seen": "x"}):
        draw._handle_custom_msg(content, [])
    assert draw.sent == []


def test_the_front_end_is_one_module_and_its_styles_stay_inside():
    assert "screens/draw.js" in nn.widgets.Draw._esm
    assert nn.widgets.Draw._css.startswith("@scope (.nn) {")
    assert ":root" not in styles("draw")


def test_another_network_than_ours_is_refused():
    with pytest.raises(TypeError, match="net"):
        nn.widgets.Draw("digits.npz")


class Counting(Screen):
    """A screen that pushes frames, as training does."""

    def ask_count(self, up_to):
        for i in range(up_to):
            self.push("frame", lambda i=i: {"value": i})
        return {"done": up_to}


def test_a_screen_of_one_line_and_the_newest_frame_only(net, monkeypatch):
    monkeypatch.setitem(SCREENS, "draw", Counting)

    class Count(Widget):
        screen_name = "draw"

    widget, sent = Count(net), []
    monkeypatch.setattr(Count, "send", lambda self, content, buffers=None: sent.append(content))
    widget._handle_custom_msg({"id": 1, "ask": "count", "with": {"up_to": 5}}, [])
    assert sent == [
        {"push": "frame", "value": {"value": 0}, "seq": 1},
        {"id": 1, "answer": {"done": 5}},
    ]
    widget._handle_custom_msg({"seen": 1}, [])
    widget._handle_custom_msg({"seen": 1}, [])
    assert sent[2:] == [{"push": "frame", "value": {"value": 4}, "seq": 2}]
    widget.close()


def test_frames_of_two_names_take_turns():
    class Sink:
        def send(self, content, buffers):
            sent.append((content["push"], content["value"], content["seq"]))

    sent, frames = [], Frames(Sink())
    for value in (1, 2, 3):
        frames.push("a", value)
        frames.push("b", value)
    for seq in (1, 2, 3):
        frames.seen(seq)
    assert sent == [("a", 1, 1), ("b", 3, 2), ("a", 3, 3)] or sent == [
        ("a", 1, 1),
        ("a", 3, 2),
        ("b", 3, 3),
    ]
