"""A `Server` serves the page and its sockets on 127.0.0.1, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from nncore.play import door, wire
from nncore.play.session import LONGEST_REASON, MALFORMED, REFUSED, TOO_MANY, Session

if TYPE_CHECKING:
    from nncore.play.workbench import Stock

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
SOCKET = "/socket"
MOST_CONNECTIONS = 32
MOST_STRANGERS = 32  # connections that have not yet said the token
FIRST_MESSAGE = 10.0  # seconds until it must have come,
MOST_FIRST = 4096  # and the bytes that it may have
BACKLOG = 128
LAST_WORDS = 1.0  # seconds for browsers to say good-bye: one that has only connected says nothing


class Server:
    """A Server serves the page, and a `Session` for each socket that knows the token.

    Parameters
    ----------
    stock : Stock
        The network that each connection begins with.
    port : int
        0 takes a free one.
    """

    stock: Stock
    port: int
    token: str
    files: dict[str, Path]
    strangers: int

    def __init__(self, stock: Stock, port: int = 0) -> None:
        self.stock, self.port = stock, port
        self.token = door.new_token()
        self.files = known_files()
        self.strangers = 0
        self.sessions: set[Session] = set()

    @property
    def address(self) -> str:
        """The page's address with the token, once the server listens."""
        return door.page_address(self.port, self.token)

    async def run(self, listening: Callable[[], None]) -> None:
        """Serve until this is cancelled. `listening` is called as soon as the address is known.

        Raises
        ------
        OSError
            The port is taken, or not for everybody; the message says what to do.
        """
        logger = logging.getLogger("nncore.play")
        logger.addHandler(logging.NullHandler())
        try:
            server = await serve(
                self._greet,
                door.ADDRESS,
                self.port,
                process_request=self._respond,
                process_response=self._add_headers,
                compression=None,
                server_header=None,
                open_timeout=FIRST_MESSAGE,
                ping_interval=None,  # the other end is on this machine: it does not vanish in silence
                max_size=MOST_FIRST,
                max_queue=1,
                logger=logger,
                backlog=BACKLOG,
            )
        except (OSError, OverflowError) as error:
            raise self._port_error(error) from error
        try:
            self.port = server.sockets[0].getsockname()[1]
            listening()
            await server.wait_closed()
        finally:
            await _accept_no_more(server.sockets)
            server.close()
            with contextlib.suppress(TimeoutError):  # what is left then is cancelled with the event loop
                async with asyncio.timeout(LAST_WORDS):
                    await server.wait_closed()

    def _port_error(self, error: Exception) -> OSError:
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            with socket.create_server((door.ADDRESS, 0)) as free:
                other = free.getsockname()[1]
            return OSError(
                f"port {self.port} is taken, perhaps by another nncore play: take a free one, such as "
                f"{other}, or leave the port out"
            )
        if number == errno.EACCES:
            return OSError(f"port {self.port} is the administrator's: take one from 1024 on, or leave it out")
        return OSError(f"port {self.port}: the server cannot listen there ({error})")

    def _respond(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file, or a refusal; None lets a socket be opened."""
        if not door.knows_host(request.headers.get_all("Host"), self.port):
            return answer(HTTPStatus.FORBIDDEN, "This server has another name: 127.0.0.1 or localhost.\n")
        if request.method != "GET":
            refusal = answer(HTTPStatus.METHOD_NOT_ALLOWED, "GET alone is answered.\n")
            refusal.headers["Allow"] = "GET"
            return refusal
        path = request.path.partition("?")[0]
        if path == SOCKET:
            if not door.knows_origin(request.headers.get_all("Origin"), self.port):
                return answer(HTTPStatus.FORBIDDEN, "Only the page of this server may open a socket.\n")
            return None
        file = self.files.get(path)
        if file is None:
            return answer(HTTPStatus.NOT_FOUND, "There is no such file.\n")
        return answer(HTTPStatus.OK, file.read_bytes(), TYPES[file.suffix])

    def _add_headers(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Give each answer the headers of `door.headers`."""
        for name, value in door.headers(self.port).items():
            response.headers[name] = value

    async def _greet(self, connection: ServerConnection) -> None:
        """Let a client in that says the token at once, if there is room."""
        if self.strangers >= MOST_STRANGERS:
            return await connection.close(TOO_MANY, "too many connections wait for the first message")
        self.strangers += 1
        try:
            async with asyncio.timeout(FIRST_MESSAGE):
                first = await connection.recv()
            code, reason = self._judge(first)
        except TimeoutError:
            code, reason = REFUSED, f"no message within {FIRST_MESSAGE:g} seconds"
        except (ConnectionClosed, UnicodeDecodeError):
            return None
        finally:
            self.strangers -= 1
        if code:
            return await connection.close(code, reason[:LONGEST_REASON])
        if len(self.sessions) >= MOST_CONNECTIONS:
            return await connection.close(TOO_MANY, f"at most {MOST_CONNECTIONS} connections: close a tab")
        connection.protocol.max_message_size = wire.MOST_BYTES
        session = Session(connection, self.stock)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)
        return None

    def _judge(self, first: str | bytes) -> tuple[int, str]:
        """Return the code and the reason to refuse a client after its first message; 0 lets it in."""
        if not isinstance(first, str):
            return MALFORMED, 'the first message is text: {"token": "..."}'
        try:
            said = json.loads(first)
        except (ValueError, RecursionError):
            return MALFORMED, 'the first message is JSON: {"token": "..."}'
        if not isinstance(said, dict) or not door.knows_token(said.get("token"), self.token):
            return REFUSED, "another token is needed: open the address that nncore play has printed"
        return 0, ""


def answer(status: HTTPStatus, body: str | bytes, kind: str = TYPES[".txt"]) -> Response:
    """Return the answer to a request, after which the connection is closed."""
    content = body.encode() if isinstance(body, str) else body
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"})
    return Response(status.value, status.phrase, headers, content)


def known_files(folder: Path = STATIC) -> dict[str, Path]:
    """Return the files of the page by the paths of their addresses. Nothing else is ever read.

    A path that comes from outside is looked up here, and never joined to a folder.
    """
    files = {
        "/" + file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix in TYPES
    }
    if index := files.get("/index.html"):
        files["/"] = index
    return files


async def _accept_no_more(listeners: Iterable[socket.socket]) -> None:
    """Accept no more connections, and let the server know those just accepted, so that it closes them.

    Python 3.13 prints a traceback for a connection that is accepted while its server closes.
    """
    with contextlib.suppress(NotImplementedError):  # Windows' event loop watches no sockets
        for listener in listeners:
            asyncio.get_running_loop().remove_reader(listener)
    await asyncio.sleep(0)
