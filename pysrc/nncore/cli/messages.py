"""The command line reports errors, warnings and results in plain sentences, without a traceback."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

import click

import nncore
from nncore.training.run import DivergenceError


class Commands(click.Group):
    """A group of commands that reports an error with the data or a file in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings_as_sentences():
                return super().invoke(ctx)
        except click.UsageError as error:
            raise with_what_is_meant(error, self) from None
        except BrokenPipeError:
            raise  # the program that reads our output has closed it: click ends quietly
        except (OSError, ValueError, ImportError, MemoryError, DivergenceError) as error:
            reason = str(error)
            if isinstance(error, OSError) and error.filename and error.strerror:
                reason = f"{error.filename}: {error.strerror}"
            raise click.ClickException(for_a_shell(" ".join(reason.split())) or "out of memory") from error
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)


OPTIONS: dict[str, tuple[str, ...]] = {  # what other programs call an option
    "--eta": ("--lr", "--learning-rate", "--learning_rate", "--alpha"),
    "--lmbda": ("--lambda", "--l2", "--weight-decay", "--weight_decay"),
    "--mini-batch": ("--batch", "--batch-size", "--batch_size", "--mini-batch-size", "--mini_batch_size"),
    "--layers": ("--hidden", "--sizes", "--units", "--hidden-layer-sizes"),
    "--rule": ("--optimizer", "--optimiser", "--solver"),
    "--output": ("--out", "--save", "--model"),
    "--data": ("--dataset", "--file", "--csv"),
}
NUMBERED = re.compile(r"\d+\.\d+")  # an experiment or an exercise of the book


def with_what_is_meant(error: click.UsageError, commands: click.Group) -> click.UsageError:
    """Let the error of an option or a command that is not there name the one that is meant."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        known = {option for parameter in error.ctx.command.params for option in parameter.opts}
        meant = [name for name, others in OPTIONS.items() if error.option_name in others and name in known]
        said = f"No such option '{error.option_name}'. Did you mean '{' or '.join(meant)}'?"
        return click.UsageError(said, error.ctx) if meant else error
    if found := re.fullmatch(r"No such command '(.*)'\.", error.message):
        word = found[1]
        groups = [(name, each) for name, each in commands.commands.items() if isinstance(each, click.Group)]
        meant = [f"nncore {name} {word}" for name, each in groups if word in each.commands]
        if NUMBERED.fullmatch(word):
            meant = [f"nncore book show {word}", f"nncore book exercise {word}"]
        return click.UsageError(f"{error.message} Type {' or '.join(meant)}.", error.ctx) if meant else error
    return error


@contextlib.contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """Print each warning as one line on standard error, without the place in the code that it comes from."""

    def show(message: Warning | str, *where: Any, **more: Any) -> None:
        click.echo(f"Warning: {' '.join(str(message).split())}", err=True)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


IN_A_SHELL = {  # what the library says for Python, and what to type in a shell instead
    "nn.diagnose(net, data, eta=...)": "nncore diagnose MODEL --eta ETA",
    "nn.diagnose(net, data)": "nncore diagnose MODEL",
    "nn.find_eta(layers, data)": "nncore find-eta",
    "nn.Ensemble.load reads it": '"nncore info" prints what is in it',
    "nn.load reads it": '"nncore info" prints what is in it',
    "nn.datasets.load_mnist reads it": "the option --data takes it",
    "net.SGD(data, 30, 10, 0.5) trains it: 30 epochs, mini-batches of 10, eta = 0.5.": (
        "nncore train --output MODEL trains one."
    ),
    "nn.diagnose(net, training_data)": "nncore diagnose MODEL",
    "as load_mnist(path=...) or in NNCORE_DATA, or use load_sample(), whose 10,000 digits ship with nncore": (
        "as --data FOLDER or in $NNCORE_DATA, or use --data sample, the 10,000 digits that ship with nncore"
    ),
    'cost="cross-entropy"': "--cost cross-entropy",
    'init="scaled"': "--init scaled",
}


def for_a_shell(text: str) -> str:
    """Replace the Python in what the library says by the commands and options of the command line."""
    for python, shell in IN_A_SHELL.items():
        text = text.replace(python, shell)
    return text


def echo_accuracy(net: nncore.Network, test: nncore.Dataset) -> None:
    """Print the line with which train and evaluate end."""
    accuracy = net.accuracy(test)
    click.echo(f"Test accuracy: {accuracy:.2%} ({round(accuracy * len(test))} of {len(test)} digits).")
