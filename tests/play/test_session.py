"""One connection: questions in order, the newest frame alone, sentences for errors; and what ends with it."""

import json
import logging
import socket
import threading
import time

import numpy as np
import pytest
from support.play import Busy, Client, closed, honest

import nncore as nn
from nncore.play.screens import Draw
from nncore.play.workbench import Workbench


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_welcome_says_what_is_open(server):
    with Client(server) as client:
        welcome = client.welcome()
    assert welcome["version"] == nn.__version__
    assert "draw" in welcome["screens"]
    network = welcome["network"]
    assert network["title"] == "small.npz, 784-12-10"
    assert [layer["kind"] for layer in network["layers"]] == ["dense", "dense"]


def test_answers_come_in_the_order_of_the_questions(server):
    with Client(server) as client:
        client.welcome()
        for i in range(40):
            client.send("busy", {"id": i, "ask": "sleep", "with": {"seconds": 0.01 * (i % 3 == 0)}})
        answers = [client.receive().content for _ in range(40)]
    assert answers == [{"id": i, "answer": "slept"} for i in range(40)]


def test_whoever_draws_waits_for_no_other_thread(server, monkeypatch):
    threads = []
    forward, network = Draw.ask_forward, Draw.ask_network

    def noted(answer):
        return lambda *given, **named: (
            threads.append(threading.current_thread().name) or answer(*given, **named)
        )

    monkeypatch.setattr(Draw, "ask_forward", noted(forward))
    monkeypatch.setattr(Draw, "ask_network", noted(network))
    with Client(server) as client:
        client.welcome()
        for name, arguments in (("network", {}), ("forward", {"pixels": np.zeros(784, np.float32)})):
            client.send("draw", {"id": 1, "ask": name, "with": arguments})
            assert "answer" in client.receive().content
    assert threads[0].startswith("nncore-play-questions")
    assert not threads[1].startswith("nncore-play-questions")


def test_large_networks_are_answered_in_a_thread_of_their_own():
    def is_quick(net, name="forward"):
        return Draw(Workbench(net, "", nn.datasets.load_sample()), None).is_quick(name)

    convolutions = [nn.Conv2D(2, 5), nn.MaxPool2D(2), nn.Dense(10)]
    assert is_quick(nn.Network([784, 100, 10]))
    assert not is_quick(nn.Network([784, 30, 10]), "html")
    assert not is_quick(nn.Network([784, 300, 10]))
    assert not is_quick(nn.Network(convolutions, input_shape=(1, 28, 28)))


@pytest.mark.parametrize(
    ("screen", "ask", "arguments", "text"),
    [
        ("nonsense", "x", {}, "screen: one of draw, "),
        (
            "draw",
            "nonsense",
            {},
            "ask: one of example, examples, forward, html, network needed, got 'nonsense'",
        ),
        ("draw", "forward", {}, "forward: missing a required argument: 'pixels', got nothing"),
        ("draw", "forward", {"pixel": 1}, "forward: missing a required argument: 'pixels', got pixel"),
        ("draw", "__class__", {}, "ask: one of"),
        ("", "nonsense", {}, "ask: describe, or open with name and data, needed; got 'nonsense'"),
        ("", "open", {"name": "a", "data": "b"}, "data: the bytes of a file (uint8) needed, got 'b'"),
    ],
)
def test_wrong_questions_are_answered_by_a_sentence(server, screen, ask, arguments, text):
    with Client(server) as client:
        client.welcome()
        answer = client.ask(screen, ask, **arguments)
        assert answer["error"].startswith(text)
        assert "answer" in client.ask("", "describe")


@pytest.mark.parametrize(
    ("ask", "kind"), [("fault", KeyError), ("mistake", TypeError), ("no_message", TypeError)]
)
def test_a_fault_is_logged_with_its_traceback_and_answered_by_a_sentence(server, caplog, ask, kind):
    with Client(server) as client, caplog.at_level(logging.WARNING, "nncore"):
        client.welcome()
        error = client.ask("busy", ask)["error"]
        assert error == f"A fault of nncore's ended this question ({kind.__name__}); its log says where."
        assert "answer" in client.ask("", "describe")
    record = next(record for record in caplog.records if record.exc_info)
    assert record.exc_info[0] is kind
    assert f"busy: {ask}" in record.getMessage()


def test_an_error_without_a_text_gets_one(server):
    with Client(server) as client:
        client.welcome()
        assert client.ask("busy", "no_memory")["error"] == "There is not enough memory for this."


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"id": 1},
        {"ask": "describe"},
        {"id": 1.5, "ask": "describe"},
        {"id": True, "ask": "describe"},
        {"id": 10**18, "ask": "describe"},
        {"id": 1, "ask": 2},
        {"id": 1, "ask": "describe", "with": []},
        {"id": 1, "ask": "describe", "more": 1},
        {"seen": "1"},
    ],
)
def test_what_is_no_question_closes_the_socket(server, content):
    with Client(server) as client:
        client.welcome()
        client.socket.send(packed(content))
        assert closed(client) == 4400
    honest(server)


def packed(content):
    """Return the bytes of a message with any content."""
    text = json.dumps({"screen": "", "content": content, "lengths": []}).encode()
    return len(text).to_bytes(4, "little") + text + bytes(-(4 + len(text)) % 8)


@pytest.mark.parametrize("data", ['{"id": 1}', b"", b"\0" * 8, b"\xff" * 100])
def test_what_is_no_message_closes_the_socket(server, data):
    with Client(server) as client:
        client.welcome()
        client.socket.send(data)
        assert closed(client) == 4400
    honest(server)


def test_the_next_frame_is_sent_when_the_last_was_seen_and_is_the_newest(server):
    with Client(server) as client:
        client.welcome()
        client.ask("busy", "start")
        first = client.receive().content
        assert first["push"] == "frame"
        with pytest.raises(TimeoutError):
            client.socket.recv(0.2)
        client.send("busy", {"seen": first["seq"] + 100})  # of no frame
        with pytest.raises(TimeoutError):
            client.socket.recv(0.1)
        client.send("busy", {"seen": first["seq"]})
        second = client.receive().content
        assert second["seq"] == first["seq"] + 1
        assert second["value"]["i"] > first["value"]["i"] + 5


def test_frames_are_seen_while_a_question_is_answered(server):
    with Client(server) as client:
        client.welcome()
        client.ask("busy", "start")
        client.send("busy", {"id": 77, "ask": "sleep", "with": {"seconds": 0.5}})
        frames = 0
        while (content := client.receive().content).get("id") != 77:
            frames += 1
            client.send("busy", {"seen": content["seq"]})
        assert frames > 5


def test_what_a_client_started_ends_when_it_goes_away(server):
    with Client(server) as client:
        client.welcome()
        client.ask("busy", "start")
        thread = Busy.threads[-1]
        assert thread.is_alive()
    wait_for(lambda: not thread.is_alive())


def test_what_a_client_started_ends_when_its_process_is_killed(server):
    client = Client(server)
    client.welcome()
    client.ask("busy", "start", size=100_000)
    thread = Busy.threads[-1]
    client.socket.socket.shutdown(socket.SHUT_RDWR)  # without a good-bye
    wait_for(lambda: not thread.is_alive())
    wait_for(lambda: not server.sessions)


def test_an_array_comes_back_from_the_core(server):
    with Client(server) as client:
        client.welcome()
        pixels = np.zeros(784, np.float32)
        answer = client.ask("draw", "forward", pixels=pixels)["answer"]
        assert [layer["a"].shape for layer in answer["layers"]] == [(12,), (10,)]


def test_a_large_file_is_taken_behind_the_token(server):
    with Client(server) as client:
        client.welcome()
        answer = client.ask("", "open", name="large.npz", data=np.zeros(10_000_000, np.uint8))
        assert answer["error"].startswith("large.npz: expected")
        assert "answer" in client.ask("", "describe")
