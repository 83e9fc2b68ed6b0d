"""The command `nncore play`: a page in the browser that shows a network at work."""

from __future__ import annotations

from pathlib import Path

import click

import nncore
from nncore.play import play as open_page


@click.command(short_help="Open a page in the browser that shows a network at work.")
@click.argument("model", metavar="[MODEL]", type=Path, required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of this machine on which the page is served.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser; print the address alone.")
def play(model: Path | None, port: int, no_browser: bool) -> None:
    """Open a page in the browser on which you draw digits, watch a network train, and see every number.

    The network is read from the file MODEL; without MODEL one is trained in about a second. The page is
    served by this command, for this machine alone, until Ctrl-C. Whoever has the whole address, with what
    stands behind #, can use the page.

    \b
    Examples:
      nncore play
      nncore play digits.npz
      nncore play --port 8000 --no-browser
    """
    net = None if model is None else nncore.load(model)
    open_page(net, port=port, browser=not no_browser, name="" if model is None else model.name)
