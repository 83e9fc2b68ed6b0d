"""`play` opens a page in the browser where one sees a network think. It needs nothing but a browser.

Python answers the page's questions; the page asks, draws and keeps the reader's state. `server.py` serves it
on this machine alone (`door.py` says to whom), `wire.py` packs what is said, `session.py` is one connection,
`workbench.py` what its screens share, and `screens/` has what each screen asks of the core.
"""

from __future__ import annotations

import sys
import threading
import types
from typing import TYPE_CHECKING

from nncore import _validation

if TYPE_CHECKING:
    from nncore.network import Network

__all__ = ["play"]


def play(
    network: Network | None = None, *, port: int = 0, browser: bool = True, name: str = "your network"
) -> None:
    """Open a page in the browser that shows a network at work, until Ctrl-C.

    The page draws digits and answers them, trains while you watch, and shows every number on the way. It is
    served by this program, for this machine alone.

    Parameters
    ----------
    network : Network, optional
        The network that is open at first. It is copied: the page changes nothing of it. By default a network
        with 30 hidden neurons is trained on the bundled digits, in about a second.
    port : int, default 0
        The port on 127.0.0.1; 0 takes a free one.
    browser : bool, default True
        Whether the browser is opened. The address is printed in any case.
    name : str
        What the page calls the network.

    Raises
    ------
    OSError
        The port is taken.
    RuntimeError
        An event loop runs already, as in a notebook.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.play(nn.Network([784, 30, 10]))  # doctest: +SKIP
    nncore play: http://127.0.0.1:40371/#token=... (Ctrl-C ends it)
    """
    if network is not None:
        _validation.check_network(network)
    port = _validation.integer("port", port, 0, bits=16)
    browser = _validation.flag("browser", browser)
    if runs_in_event_loop():
        raise RuntimeError(
            "play: an event loop runs here already, as in a notebook: save the network, and type in a shell "
            "nncore play FILE"
        )
    serve(network, name, port, browser)


def runs_in_event_loop() -> bool:
    """Return whether this thread runs an event loop, so that it cannot run another."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def serve(network: Network | None, name: str, port: int, browser: bool) -> None:
    """Serve the page until Ctrl-C; the address is printed, and opened in the browser if `browser` says so."""
    import asyncio
    import logging

    try:
        from nncore.play.server import Server
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "websockets":
            raise
        raise ImportError("play: the package websockets is needed: pip install websockets") from None
    from nncore.play.workbench import Stock

    logging.basicConfig(
        format="%(message)s"
    )  # faults are written to stderr, if the program has no log of its own
    server = Server(Stock(network, name if network is not None else ""), port)

    def announce() -> None:
        print(f"nncore play: {server.address} (Ctrl-C ends it)", flush=True)
        if browser:
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()

    try:
        asyncio.run(server.run(announce))
    except KeyboardInterrupt:
        print("Stopped.")


class CallableModule(types.ModuleType):
    """The type of this module: ``nncore.play`` is the package, and a function as well."""

    @staticmethod
    def __call__(
        network: Network | None = None, *, port: int = 0, browser: bool = True, name: str = "your network"
    ) -> None:
        play(network, port=port, browser=browser, name=name)


sys.modules[__name__].__class__ = CallableModule
