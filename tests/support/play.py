"""A server of `nncore play` in a thread, and clients for it."""

import asyncio
import http.client
import json
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import ClassVar

import pytest
from websockets.sync.client import connect

from nncore.play import wire
from nncore.play.author import author
from nncore.play.digits import digits_at_hand
from nncore.play.screens import Screen
from nncore.play.server import Server


@contextmanager
def without_mnist():
    """Hide MNIST and the author's files, and forget afterwards what was found without them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NNCORE_DATA", raising=False)
        for kept in (author, digits_at_hand):
            kept.cache_clear()
        yield
    for kept in (author, digits_at_hand):
        kept.cache_clear()


@contextmanager
def serving(stock, port=0):
    """Serve in a thread, and give the Server once it listens."""
    server, listening, parts = Server(stock, port), threading.Event(), {}

    async def main():
        parts["loop"], parts["task"] = asyncio.get_running_loop(), asyncio.current_task()
        await server.run(listening.set)

    def run():
        with suppress(asyncio.CancelledError):
            asyncio.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert listening.wait(20)
    try:
        yield server
    finally:
        parts["loop"].call_soon_threadsafe(parts["task"].cancel)
        thread.join(20)
        assert not thread.is_alive()


SILENT = object()  # the first message of a client that sends none


class Client:
    """A Client speaks as the page does."""

    def __init__(self, server, token=None, origin=None, first=None):
        self.stack, self.number = ExitStack(), 0
        address = f"127.0.0.1:{server.port}"
        opening = connect(
            f"ws://{address}/socket",
            origin=origin or f"http://{address}",
            compression=None,
            max_size=None,
            proxy=None,
        )
        self.socket = self.stack.enter_context(opening)
        if first is None:
            first = json.dumps({"token": token or server.token})
        if first is not SILENT:
            self.socket.send(first)

    def close(self):
        self.stack.close()

    def receive(self, timeout=20):
        return unpacked(self.socket.recv(timeout))

    def welcome(self):
        return self.receive().content["welcome"]

    def send(self, screen, content):
        self.socket.send(wire.pack(screen, content))

    def ask(self, screen, ask, **arguments):
        """Ask, and return the content of the answer; frames that come meanwhile are seen, and left out."""
        self.number += 1
        self.send(screen, {"id": self.number, "ask": ask, "with": arguments})
        while True:
            other, content = self.receive()
            if content.get("id") == self.number:
                return content
            self.send(other, {"seen": content["seq"]})

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def unpacked(data):
    assert isinstance(data, bytes)
    return wire.unpack(data)


def honest(server):
    """Check that the server lets the page in and answers."""
    with Client(server) as client:
        assert client.welcome()["network"]["draws"]
        assert client.ask("", "describe")["answer"]["sizes"][0] == 784


def closed(client):
    """Wait until the server has closed the socket; return the code."""
    deadline = time.monotonic() + 20
    try:
        while time.monotonic() < deadline:
            client.socket.recv(20)
    except Exception:
        return client.socket.close_code
    raise AssertionError("the server did not close the socket")


def request(server, path="/", method="GET", **headers):
    """Send a request of HTTP; return (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    found = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return found


class Busy(Screen):
    """Busy pushes frames as fast as it can, from a thread, until it is closed."""

    threads: ClassVar[list] = []

    def __init__(self, bench, push):
        super().__init__(bench, push)
        self.ended = threading.Event()

    def ask_start(self, size=1000):
        def run():
            i = 0
            while not self.ended.is_set():
                i += 1
                self.push("frame", {"i": i, "filling": "x" * size})
                time.sleep(0.0005)

        thread = threading.Thread(target=run, name="busy")
        self.threads.append(thread)
        thread.start()
        return None

    def ask_sleep(self, seconds):
        time.sleep(seconds)
        return "slept"

    def ask_fault(self):
        return {}["a key that is not there"]

    def ask_mistake(self):
        return len(3)

    def ask_no_message(self):
        return {1, 2}

    def ask_no_memory(self):
        raise MemoryError

    def close(self):
        self.ended.set()
