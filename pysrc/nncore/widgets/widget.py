"""A `Widget` shows one screen of ``nncore play`` in a notebook, and answers what it asks."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import traitlets

from nncore import _validation
from nncore.datasets import load_sample
from nncore.files import es_modules
from nncore.network import Network
from nncore.play import wire
from nncore.play.digits import own_digits
from nncore.play.screens import SCREENS
from nncore.play.screens.screen import Screen
from nncore.play.workbench import Workbench

if TYPE_CHECKING:  # what is used of a class that has no types of its own

    class AnyWidget:
        """The base of a widget, as type checkers see it."""

        _esm: str
        _css: str

        def __init__(self, **traits: Any) -> None: ...
        def send(self, content: Any, buffers: Sequence[Any] | None = None) -> None: ...
        def on_msg(self, callback: Callable[..., Any]) -> None: ...
        def close(self) -> None: ...

else:
    from anywidget import AnyWidget

HOST = "hosts/notebook.js"
STYLES = ("tokens.css", "vendor/uPlot.css", "page.css")


def styles(*screens: str) -> str:
    """Return the styles of the front end, for the inside of widgets alone."""
    text = es_modules.styles(*STYLES, *(f"screens/{each}.css" for each in screens))
    text = re.sub(r":root|\.nn(?![\w-])", ":scope", text)  # the element that the widget is given
    return (
        f"@scope (.nn) {{\n{text}\n:scope {{ background: var(--paper); padding: 1rem; overflow-x: auto }}\n}}"
    )


class Widget(AnyWidget):
    """The base of the widgets. A screen's widget is a class that says its name:

        class Softmax(Widget):
            screen_name = "softmax"

    Parameters
    ----------
    net : Network
        The network that the screen shows. It is not copied: what is shown is what it is now.
    state : dict, optional
        The state of the screen, as a link of ``nncore play`` holds it.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images of 28 x 28 in ten classes, such as Fashion-MNIST's. By default
        the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set: it follows the reader, and the screen follows it when it is assigned.

    Examples
    --------
    >>> class Softmax(Widget):
    ...     screen_name = "softmax"
    """

    screen_name: ClassVar[str] = ""
    state: Any = traitlets.Dict().tag(sync=True)
    _screen: Screen | None = None  # until the widget is made

    def __init_subclass__(cls, **keywords: Any) -> None:
        if "screen_name" in vars(cls):  # and not in a class that traitlets makes of it
            cls._esm = es_modules.esm(f"screens/{cls.screen_name}.js", HOST)
            cls._css = styles(cls.screen_name)
        super().__init_subclass__(**keywords)

    def __init__(self, net: Network, state: Mapping[str, Any] | None = None, *, data: Any = None) -> None:
        _validation.check_network(net)
        self.net = net
        self._begin(net, state, data)

    def _begin(self, net: Network, state: Mapping[str, Any] | None, data: Any) -> None:
        """Make the screen, and the widget around it."""
        digits = None if data is None else own_digits(data)
        bench = Workbench(net, "", load_sample() if data is None else tuple(data), digits)
        super().__init__(state={} if state is None else dict(state))
        self._frames = Frames(self)
        self._screen = SCREENS[self.screen_name](bench, self._frames.push)
        self._answered: dict[
            str, tuple[Mapping[str, Any], Any]
        ] = {}  # by question, the last: what was given, the answer
        self.on_msg(type(self)._receive)

    def _given(self, question: str, name: str) -> Any:
        """Return what the front end gave with a question when it was last answered; None before that."""
        return self._answered[question][0].get(name) if question in self._answered else None

    def _answer(self, question: str) -> Any:
        """Return the last answer to a question, or None."""
        return self._answered[question][1] if question in self._answered else None

    def _receive(self, content: Any, buffers: Sequence[Any]) -> None:
        """Take a message of the front end: a question, or that a frame was seen."""
        if not isinstance(content, Mapping):
            return
        if "seen" in content:
            self._frames.seen(content["seen"])
        elif "ask" in content:
            self.send(*parted({"id": content.get("id"), **self._reply(content, buffers)}))

    def _reply(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> dict[str, Any]:
        try:
            given = wire.with_arrays(
                dict(content["with"]), dict(enumerate(memoryview(each) for each in buffers)), wire.DEEPEST
            )
            answer = cast(Screen, self._screen).ask(content["ask"], given)
            self._answered[content["ask"]] = given, answer
        except (ValueError, TypeError, OSError, MemoryError, KeyError) as error:
            return {"error": " ".join(str(error).split())}
        return {"answer": answer}

    def close(self) -> None:
        """End the widget, and what its screen has started."""
        if self._screen is not None:
            self._screen.close()
        super().close()


class Frames:
    """Frames sends what a screen pushes: of each name the newest, after the page has seen the last frame."""

    widget: Widget
    lock: Any
    number: int
    unseen: bool

    def __init__(self, widget: Widget) -> None:
        self.widget, self.lock = widget, threading.Lock()
        self.waiting: dict[str, Any] = {}
        self.number, self.unseen = 0, False

    def push(self, name: str, value: Any) -> None:
        """Send a frame now or as soon as the last was seen; it may be called from any thread."""
        with self.lock:
            self.waiting[name] = value
        self._send()

    def seen(self, number: Any) -> None:
        """Note that the page has seen a frame."""
        with self.lock:
            if number != self.number:
                return
            self.unseen = False
        self._send()

    def _send(self) -> None:
        with self.lock:
            if self.unseen or not self.waiting:
                return
            name = next(iter(self.waiting))
            value = self.waiting.pop(name)
            self.number, self.unseen = self.number + 1, True
            number = self.number
        value = value() if callable(value) else value
        self.widget.send(*parted({"push": name, "value": value, "seq": number}))


def parted(content: Mapping[str, Any]) -> tuple[Any, list[bytes]]:
    """Return what JSON can hold of a message, and the bytes of its arrays."""
    buffers: list[Any] = []
    return wire.without_arrays(content, buffers), [buffer.tobytes() for buffer in buffers]
