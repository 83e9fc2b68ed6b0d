"""This module says who may come in, and what every answer carries. Its functions do nothing but compute.

A web page of a stranger, open in the same browser, can send requests to 127.0.0.1 too. Its requests name
another Origin; and if it has a name of its own that leads to 127.0.0.1 (DNS rebinding), another Host. Another
user of the same machine can send any headers, but does not know the token.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence

ADDRESS = "127.0.0.1"  # the server listens there alone
NAMES = (ADDRESS, "localhost")
HTTP = 80  # a browser leaves this port out


def new_token() -> str:
    """Return a token that nobody can guess: 32 random bytes, in letters that an address can hold."""
    return secrets.token_urlsafe(32)


def page_address(port: int, token: str) -> str:
    """Return the page's address. What stands behind # stays in the browser: no request carries it.

    >>> page_address(8000, "secret")
    'http://127.0.0.1:8000/#token=secret'
    """
    return f"http://{ADDRESS}:{port}/#token={token}"


def hosts(port: int) -> tuple[str, ...]:
    """Return the values of the header Host that are let in.

    >>> hosts(8000)
    ('127.0.0.1:8000', 'localhost:8000')
    """
    with_port = tuple(f"{name}:{port}" for name in NAMES)
    return (*with_port, *NAMES) if port == HTTP else with_port


def origins(port: int) -> tuple[str, ...]:
    """Return the values of the header Origin that may open a socket; a socket without one is refused.

    >>> origins(8000)
    ('http://127.0.0.1:8000', 'http://localhost:8000')
    """
    return tuple(f"http://{host}" for host in hosts(port))


def knows_host(given: Sequence[str], port: int) -> bool:
    """Return whether the Host headers of a request, of which there must be one, name this server."""
    return len(given) == 1 and given[0].lower() in hosts(port)


def knows_origin(given: Sequence[str], port: int) -> bool:
    """Return whether the Origin headers of a request, of which there must be one, name this server's page."""
    return len(given) == 1 and given[0].lower() in origins(port)


def knows_token(given: object, token: str) -> bool:
    """Return whether `given` is the token. The time that this takes does not depend on what was given."""
    if not isinstance(given, str):
        return False
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode())


def headers(port: int) -> dict[str, str]:
    """Return the headers of every answer.

    The page may load what this server serves, and show pictures that it made itself (blob:). It may not be
    shown within another page, and no other page gets hold of its window or of its files.
    """
    sockets = " ".join(f"ws://{host}" for host in hosts(port))  # some browsers do not count them as 'self'
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; connect-src 'self' {sockets}; img-src 'self' blob:; object-src 'none'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
