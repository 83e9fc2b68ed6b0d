"""A `Session` is one connection: its workbench, its screens, and the order of what is said.

Questions are answered one at a time, in the order in which they came: by one thread, or at once where a
screen says that the answer takes a fraction of a millisecond. Frames that a screen pushes are sent
beside the answers: only the newest of each name, and only when the page has seen the last frame of that
screen. So a page that does not read makes nothing pile up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from websockets.exceptions import ConnectionClosed

import nncore
from nncore import _log
from nncore.play import wire
from nncore.play.screens import SCREENS
from nncore.training.run import DivergenceError

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from nncore.play.screens.screen import Screen
    from nncore.play.workbench import Stock, Workbench

MALFORMED = 4400  # the codes that close a socket
REFUSED = 4401
TOO_MANY = 4429
BROKEN = 1011
LONGEST_REASON = 100  # letters of it
MOST_QUESTIONS = 64  # that wait, and bytes of them
MOST_BYTES = wire.MOST_BYTES
TOLD = (
    ValueError,
    TypeError,
    OSError,
    MemoryError,
    ImportError,
    DivergenceError,
)  # their text is for the reader


class Session:
    """A Session answers one client, from its welcome until it goes away."""

    connection: ServerConnection
    stock: Stock
    bench: Workbench
    loop: asyncio.AbstractEventLoop
    worker: ThreadPoolExecutor
    pusher: ThreadPoolExecutor
    lock: threading.Lock
    woken: bool
    ended: bool
    creating: threading.Lock
    wake: asyncio.Event
    number: int
    bytes_waiting: int
    room: asyncio.Event

    def __init__(self, connection: ServerConnection, stock: Stock) -> None:
        self.connection, self.stock = connection, stock
        self.loop = asyncio.get_running_loop()
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="nncore-play-questions")
        self.pusher = ThreadPoolExecutor(1, thread_name_prefix="nncore-play-frames")
        self.screens: dict[str, Screen] = {}
        self.lock = threading.Lock()  # of what the threads of the screens touch: the next three
        self.waiting: dict[str, dict[str, Any]] = {}  # by screen and name, the value of the newest frame
        self.woken = False
        self.ended = False
        self.creating = threading.Lock()
        self.wake = asyncio.Event()
        self.unseen: dict[str, int] = {}  # by screen, the number of the frame that the page has not yet seen
        self.number = 0
        self.questions: asyncio.Queue[tuple[str, dict[str, Any], int]] = asyncio.Queue()
        self.bytes_waiting = 0
        self.room = asyncio.Event()
        self.room.set()

    async def run(self) -> None:
        """Answer until the client goes away, or says what no page of ours says."""
        try:
            self.bench = await self.loop.run_in_executor(self.worker, self.stock.workbench)
            await self._send("", lambda: {"welcome": self._welcome()})
            parts = [asyncio.ensure_future(part()) for part in (self._read, self._answer_all, self._push_all)]
            try:
                await first_to_end(parts)
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
        except wire.MalformedMessage as error:
            await self.connection.close(MALFORMED, f"{error!s:.{LONGEST_REASON}}")
        except ConnectionClosed:
            pass
        except TOLD as error:  # there is nothing to work with
            await self.connection.close(BROKEN, f"{error!s:.{LONGEST_REASON}}")
        finally:
            with self.lock:
                self.ended = True
                self.waiting.clear()
            closing = self.loop.run_in_executor(self.pusher, self._close_screens)
            await asyncio.shield(closing)
            self.worker.shutdown(wait=False, cancel_futures=True)
            self.pusher.shutdown(wait=False, cancel_futures=True)

    def _welcome(self) -> dict[str, Any]:
        return {
            "version": nncore.__version__,
            "network": self.bench.description(),
            "screens": list(SCREENS),
        }

    async def _send(self, screen: str, content: Callable[[], Mapping[str, Any]]) -> None:
        """Send what `content` returns; it is called, and packed, in the thread of the questions."""
        data = await self.loop.run_in_executor(self.worker, lambda: wire.pack(screen, content()))
        await self.connection.send(data)

    async def _read(self) -> None:
        """Read messages: note what was seen, and put questions in the queue while there is room for them."""
        while True:
            data = await self.connection.recv()
            if isinstance(data, str):
                raise wire.MalformedMessage("text came where bytes are needed")
            screen, content = wire.unpack(data)
            if "seen" in content:
                self._note_seen(screen, content["seen"])
                continue
            check_question(content)
            self.bytes_waiting += len(data)
            self.questions.put_nowait((screen, content, len(data)))
            self._make_room()
            await self.room.wait()

    def _make_room(self) -> None:
        """Let `_read` go on if few questions wait, or let it stop."""
        if self.questions.qsize() < MOST_QUESTIONS and self.bytes_waiting < MOST_BYTES:
            self.room.set()
        else:
            self.room.clear()

    async def _answer_all(self) -> None:
        while True:
            screen, question, size = await self.questions.get()
            await self._send_answer(screen, question)
            del question
            self.bytes_waiting -= size
            self._make_room()

    async def _send_answer(self, screen: str, question: dict[str, Any]) -> None:
        known = self.screens.get(screen)
        if known is not None and known.is_quick(question["ask"]):
            data = self._answered(screen, question)  # the way to another thread would take as long
        else:
            data = await self.loop.run_in_executor(self.worker, self._answered, screen, question)
        await self.connection.send(data)

    def _answered(self, screen: str, question: dict[str, Any]) -> bytes:
        """Return the message that answers a question."""
        number, name = question["id"], question["ask"]
        try:
            answer = self._ask(screen, name, question.get("with", {}))
            return wire.pack(screen, {"id": number, "answer": answer})
        except Exception as error:
            return wire.pack(
                screen, {"id": number, "error": sentence_of(error, f"{screen or 'page'}: {name}")}
            )

    def _ask(self, screen: str, name: str, arguments: dict[str, Any]) -> Any:
        if screen == "":
            return ask_page(self.bench, name, arguments)
        return self._screen(screen).ask(name, arguments)

    def _screen(self, name: str) -> Screen:
        """Return the screen of this name, which is made when it is first asked."""
        with self.creating:
            if name not in self.screens:
                if name not in SCREENS:
                    raise ValueError(f"screen: one of {', '.join(SCREENS)} needed, got {name!r:.60}")
                if self.ended:
                    raise ValueError("the connection has ended")
                self.screens[name] = SCREENS[name](
                    self.bench, lambda kind, value: self._push(name, kind, value)
                )
            return self.screens[name]

    def _close_screens(self) -> None:
        with self.creating:
            for name, screen in self.screens.items():
                try:
                    screen.close()
                except Exception as error:
                    sentence_of(error, f"{name}: close")

    def _push(self, screen: str, name: str, value: Any) -> None:
        """Keep the newest frame of this name for the page; any thread may call this."""
        with self.lock:
            if self.ended:
                return
            frames = self.waiting.setdefault(screen, {})
            frames.pop(name, None)
            frames[name] = value
            if self.woken:
                return
            self.woken = True
            self.loop.call_soon_threadsafe(self.wake.set)

    def _note_seen(self, screen: str, number: Any) -> None:
        if type(number) is not int:
            raise wire.MalformedMessage("seen: the number of a frame needed")
        if self.unseen.get(screen) == number:
            del self.unseen[screen]
            self.wake.set()

    async def _push_all(self) -> None:
        """Send the frames that wait, each when the last frame of its screen was seen."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            with self.lock:
                self.woken = False
                screens = [screen for screen, frames in self.waiting.items() if frames]
            for screen in screens:
                if screen not in self.unseen:
                    self.number += 1
                    self.unseen[screen] = self.number
                    data = await self.loop.run_in_executor(self.pusher, self._frame, screen, self.number)
                    if data is None:
                        del self.unseen[screen]
                    else:
                        await self.connection.send(data)

    def _frame(self, screen: str, number: int) -> bytes | None:
        """Return the message of the frame of a screen that has waited longest; None if it cannot be made."""
        with self.lock:
            frames = self.waiting.get(screen)
            if not frames:
                return None
            name = next(iter(frames))
            value = frames.pop(name)
        try:
            value = value() if callable(value) else value
            return wire.pack(screen, {"push": name, "value": value, "seq": number})
        except Exception as error:
            text = sentence_of(error, f"{screen}: push {name}")
            return wire.pack(screen, {"push": name, "error": text, "seq": number})


async def first_to_end(parts: Sequence[asyncio.Future[None]]) -> None:
    """Wait until one of the parts of a session ends, and raise what ended it."""
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for part in done:
        part.result()


def check_question(content: dict[str, Any]) -> None:
    """Refuse what is no question: {"id": 7, "ask": "forward", "with": {...}}."""
    if not {"id", "ask"} <= content.keys() <= {"id", "ask", "with"}:
        raise wire.MalformedMessage("a question needs id and ask, and may have with")
    if type(content["id"]) is not int or abs(content["id"]) > wire.LARGEST_WHOLE:
        raise wire.MalformedMessage("id: a whole number needed")
    if not isinstance(content["ask"], str) or not isinstance(content.get("with", {}), dict):
        raise wire.MalformedMessage("ask is no text, or with no object")


def ask_page(bench: Workbench, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a question of the page itself."""
    if name == "describe" and not arguments:
        return bench.description()
    if name == "open" and set(arguments) == {"name", "data"}:
        data = arguments["data"]
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8:
            raise TypeError(f"data: the bytes of a file (uint8) needed, got {data!r:.60}")
        return bench.open(arguments["name"], data.data)
    raise ValueError(f"ask: describe, or open with name and data, needed; got {name!r:.60}")


def sentence_of(error: Exception, where: str) -> str:
    """Return what the reader is told of an error, and log it if it is a fault of ours.

    A TypeError is for the reader if it says what is needed: Python's own do not.
    """
    logger = _log.listener(_log.WARNING)
    if isinstance(error, TOLD) and not (isinstance(error, TypeError) and " needed" not in str(error)):
        return " ".join(str(error).split()) or "There is not enough memory for this."
    if logger is not None:
        logger.error("nncore play, %s", where, exc_info=error)
    return f"A fault of nncore's ended this question ({type(error).__name__}); its log says where."
