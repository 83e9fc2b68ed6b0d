"""The command `nncore play`: its address, Ctrl-C, and ports that are taken."""

import inspect
import re
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from support.play import Client

import nncore as nn

COMMAND = [sys.executable, "-m", "nncore", "play", "--no-browser"]
LINE = re.compile(r"nncore play: http://127\.0\.0\.1:(\d+)/#token=([\w-]{43}) \(Ctrl-C ends it\)\n")


NO_CTRL_C = pytest.mark.skipif(sys.platform == "win32", reason="no Ctrl-C can be sent to one process there")


def started(*arguments):
    """Start the command, and return the process and what its line says."""
    run = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = run.stdout.readline()
    if not (match := LINE.fullmatch(line)):
        run.kill()
        raise AssertionError((line, *run.communicate()))
    return run, SimpleNamespace(port=int(match[1]), token=match[2])


def interrupted(run):
    run.send_signal(signal.SIGINT)
    out, error = run.communicate(timeout=20)
    return run.returncode, out, error


@NO_CTRL_C
def test_it_serves_a_file_until_ctrl_c(tmp_path):
    nn.Network([784, 10, 10], seed=1).save(tmp_path / "ten.npz")
    run, server = started(str(tmp_path / "ten.npz"))
    try:
        with Client(server) as client:
            assert client.welcome()["network"]["title"] == "ten.npz, 784-10-10"
            idle = socket.create_connection(("127.0.0.1", server.port))  # as browsers open in advance
            began = time.monotonic()
            assert interrupted(run) == (0, "Stopped.\n", "")
            assert time.monotonic() - began < 5
            idle.close()
    finally:
        run.kill()


@NO_CTRL_C
def test_connections_made_at_the_moment_of_ctrl_c_leave_no_traceback():
    run, server = started()
    try:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
        assert interrupted(run) == (0, "Stopped.\n", "")
        for connection in idle:
            connection.close()
    finally:
        run.kill()


@NO_CTRL_C
def test_it_ends_at_once_while_the_first_network_is_trained():
    run, _ = started()
    try:
        assert interrupted(run) == (0, "Stopped.\n", "")
    finally:
        run.kill()


def test_a_port_that_is_taken_is_named_and_a_free_one_with_it(tmp_path):
    nn.Network([784, 10], seed=1).save(tmp_path / "net.npz")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [*COMMAND, "--port", str(port), str(tmp_path / "net.npz")],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (run.returncode, run.stdout) == (1, "")
    said = re.fullmatch(
        rf"Error: port {port} is taken, perhaps by another nncore play: take a free one, such as (\d+), or "
        r"leave the port out\n",
        run.stderr,
    )
    assert said
    run, server = started("--port", said[1], str(tmp_path / "net.npz"))
    run.kill()
    run.communicate()
    assert server.port == int(said[1])


def test_a_file_that_is_no_network_is_refused_before_anything_is_served(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no network")
    run = subprocess.run(
        [*COMMAND, str(tmp_path / "a.npz")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert "a.npz: expected" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"network": 3}, TypeError, "net: an nn.Network needed, got 3"),
        ({"port": 70000}, ValueError, "port: below 2\\*\\*16 needed, got 70000"),
        ({"port": "a"}, TypeError, "port: a whole number needed"),
        ({"browser": "no"}, TypeError, "browser: True or False needed, got 'no'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        nn.play(**arguments)


def test_in_an_event_loop_it_says_what_to_do():
    import asyncio

    async def cell():
        nn.play(browser=False)

    with pytest.raises(RuntimeError, match="nncore play FILE"):
        asyncio.run(cell())


def test_play_is_a_function_and_a_package():
    from nncore.play import play

    assert nn.play.play is play
    assert inspect.signature(type(nn.play).__call__) == inspect.signature(play)
    with pytest.raises(TypeError, match="net: an"):
        nn.play(3)
