"""The `nncore` command: train, evaluate, predict, info.

Exit codes: 0 done; 1 the data or a file is not what it should be (one line says how); 2 the command line is not;
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

import nncore

DATA = "sample (10,000 digits that ship with nncore), mnist, or the path of a folder or file that holds MNIST."


class Commands(click.Group):
    """Says in one line, without a traceback, what is wrong with the data or a file."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever reads the output has seen enough: click ends quietly
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
            raise click.ClickException(reason) from error
        except (ValueError, TypeError, ImportError, nncore.DivergenceError) as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)


class Sizes(click.ParamType[list[int]]):
    """The book's list of sizes: 784,30,10."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        try:
            sizes = [int(size) for size in str(value).strip("[]").split(",")]
        except ValueError:
            sizes = []
        if len(sizes) < 2 or min(sizes) < 1:
            self.fail(f"{value!r} is not a list of sizes, input first, such as 784,30,10.", param, ctx)
        return sizes


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(nncore.__version__, prog_name="nncore")
def main() -> None:
    """The networks of "Neural Networks and Deep Learning", at the speed of the machine.

    \b
    nncore train                          learn 8,000 digits in about a second
    nncore train --output digits.npz      the same, and keep the network
    nncore evaluate digits.npz            how many digits of the test set it gets right
    nncore predict digits.npz three.png   which digit is this?
    nncore info                           what this machine runs

    `nncore COMMAND --help` explains a command and its options, with examples.
    """


@main.command()
@click.option("--data", default="sample", show_default=True, metavar="DATA", help="What to learn: " + DATA)
@click.option(
    "--layers", type=Sizes(), default="784,30,10", show_default=True, metavar="SIZES",
    help="Neurons in each layer: 784 pixels first, 10 digits last, the hidden layers between.",
)
...
