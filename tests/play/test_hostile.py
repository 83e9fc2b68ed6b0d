"""Whatever a client does, the server answers the next one, and its memory is bounded."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.play import SILENT, Client, closed, honest, request

from nncore.play import server as server_module

SERVER = """
import sys
sys.path.insert(0, {tests!r})
import asyncio, nncore as nn
from nncore.play.screens import SCREENS
from nncore.play.server import Server
from nncore.play.workbench import Stock
from support.play import Busy
SCREENS["busy"] = Busy
server = Server(Stock(nn.Network([784, 12, 10], seed=1), "small.npz"))
asyncio.run(server.run(lambda: print(server.port, server.token, flush=True)))
"""


def test_a_message_that_is_too_large_is_refused_by_its_length(server):
    with Client(server) as client:
        client.welcome()
        client.socket.send(bytes(40_000_001))
        assert closed(client) == 1009
    honest(server)


def test_a_hundred_connections(server):
    clients = [Client(server) for _ in range(100)]
    try:
        codes = []
        for client in clients:
            try:
                client.welcome()
            except Exception:
                codes.append(client.socket.close_code)
        assert len(codes) == 100 - server_module.MOST_CONNECTIONS
        assert set(codes) == {4429}
    finally:
        for client in clients:
            client.close()
    deadline = time.monotonic() + 10
    while server.sessions and time.monotonic() < deadline:
        time.sleep(0.01)
    honest(server)


def test_clients_that_say_nothing_are_at_most_so_many(server, monkeypatch):
    monkeypatch.setattr(server_module, "FIRST_MESSAGE", 600.0)
    strangers = [Client(server, first=SILENT) for _ in range(40)]
    assert [closed(stranger) for stranger in strangers[32:]] == [4429] * 8
    for stranger in strangers:
        stranger.close()
    honest(server)


def test_clients_that_say_nothing_are_closed_in_time(server, monkeypatch):
    monkeypatch.setattr(server_module, "FIRST_MESSAGE", 0.2)
    strangers = [Client(server, first=SILENT) for _ in range(5)]
    assert [closed(stranger) for stranger in strangers] == [4401] * 5
    honest(server)
    for stranger in strangers:
        stranger.close()


HALF = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half the headers": b"GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "a long line": b"GET /" + b"x" * 100_000,
    "many headers": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00",
    "zeros": bytes(10_000),
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "a body": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\n" + bytes(1000),
}


@pytest.mark.parametrize("name", HALF)
def test_half_a_handshake(server, name):
    half = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        for each in half:
            with contextlib.suppress(OSError):  # the server has closed it already
                each.sendall(HALF[name])
        honest(server)
        assert request(server)[0] == 200
    finally:
        for each in half:
            each.close()
    honest(server)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process from /proc")
def test_a_client_that_never_reads_takes_bounded_memory():
    """It asks for large answers, lets frames be pushed, and reads nothing."""
    tests = str(Path(__file__).parents[1])
    run = subprocess.Popen(
        [sys.executable, "-c", SERVER.format(tests=tests)], stdout=subprocess.PIPE, text=True
    )
    try:
        port, token = run.stdout.readline().split()
        server = SimpleNamespace(port=int(port), token=token)
        honest(server)
        before = resident(run.pid)
        client = Client(server)
        client.welcome()
        client.ask("busy", "start", size=900_000)
        asking = threading.Thread(target=ask_in_vain, args=(client,), daemon=True)
        asking.start()
        peak = 0
        until = time.monotonic() + 2
        while time.monotonic() < until:
            peak = max(peak, resident(run.pid) - before)
            time.sleep(0.02)
        assert peak < 100_000_000
        honest(server)
        client.socket.socket.shutdown(socket.SHUT_RDWR)
        asking.join(10)
        honest(server)
    finally:
        run.kill()
        run.wait()
        run.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no Ctrl-C can be sent to one process there")
def test_ctrl_c_ends_what_clients_have_started():
    tests = str(Path(__file__).parents[1])
    run = subprocess.Popen(
        [sys.executable, "-c", SERVER.format(tests=tests)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        port, token = run.stdout.readline().split()
        with Client(SimpleNamespace(port=int(port), token=token)) as client:
            client.welcome()
            client.ask("busy", "start")
            run.send_signal(signal.SIGINT)
            run.wait(10)
    finally:
        run.kill()
        run.wait()
        run.stdout.close()


def ask_in_vain(client):
    """Ask for the network's weights again and again, until the socket is closed."""
    with contextlib.suppress(Exception):
        for number in range(100_000):
            client.send("draw", {"id": number, "ask": "network"})


def resident(pid):
    """Return the bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
