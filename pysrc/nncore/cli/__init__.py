"""The `nncore` command: train, evaluate, predict, replay, info; `_cli_book` and `_cli_doctor` add theirs.

Exit codes: 0 done; 1 the data or a file is not what it should be, and one line says how; 2 the command line
is not; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import platform
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

import nncore

SAMPLE = "sample"
MNIST = "mnist"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Commands(click.Group):
    """Says in one line, without a traceback, what is wrong with the data or a file."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # the reader of our output has seen enough: click ends quietly
        except (OSError, ValueError, ImportError, MemoryError, nncore.DivergenceError) as error:
            reason = str(error)
            if isinstance(error, OSError) and error.filename and error.strerror:
                reason = f"{error.filename}: {error.strerror}"
            raise click.ClickException(" ".join(reason.split()) or "out of memory") from error
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(nncore.__version__, prog_name="nncore", message="%(prog)s %(version)s")
def main() -> None:
    """The networks of "Neural Networks and Deep Learning", at the speed of the machine.

    \b
    nncore train                          learns to read digits, in about a second
    nncore train --output digits.npz      the same, and keeps the network
    nncore evaluate digits.npz            how many digits of a test set it gets right
    nncore predict digits.npz three.png   which digit is this?
    nncore diagnose digits.npz            why it does not learn, in plain words
    nncore find-eta                       which learning rate to use
    nncore replay overfitting             the author's own run, digit for digit
    nncore book list                      every experiment of the book, to run and to compare
    nncore info                           what runs on this machine, and how fast

    "nncore train --help" explains the options of train, and so for each command.
    """


def sizes(ctx: click.Context, param: click.Parameter, value: str) -> list[int]:
    """The book's list of sizes: 784,30,10."""
    try:
        layers = [int(size) for size in value.strip("[]").split(",")]
    except ValueError:
        layers = []
    if len(layers) < 2 or min(layers) < 1:
        raise click.BadParameter(f"{value!r} is not a list of sizes, the input's first, such as 784,30,10.")
    return layers


DIGITS = {
    SAMPLE: '"sample", the 10,000 digits that ship with nncore',
    MNIST: '"mnist", all 70,000 (found through NNCORE_DATA, or downloaded once)',
}


def data_option(what: str = "", sets: Sequence[str] = (SAMPLE, MNIST)) -> Decorator:
    """--data: one of `sets`, the first if none is named, or a folder."""
    known = "; ".join([*(DIGITS[name] for name in sets), "or the path of a folder that holds MNIST"])
    return click.option("--data", metavar="DATA", default=sets[0], show_default=True, help=f"{what}{known}.")


NETWORK = (
    click.option(
        "--layers",
        metavar="SIZES",
        callback=sizes,
        default="784,100,10",
        show_default=True,
        help="Neurons in each layer, as in the book: 784 pixels, the hidden layers, 10 digits.",
    ),
    click.option(
        "--cost",
        type=click.Choice(["quadratic", "cross-entropy", "log-likelihood"]),
        default="cross-entropy",
        show_default=True,
        help="What is made small. log-likelihood makes the output layer a softmax.",
    ),
    click.option(
        "--init",
        type=click.Choice(["scaled", "large", "he", "zeros"]),
        default="scaled",
        show_default=True,
        help="How the first weights are drawn: large as in chapter 1, scaled as in chapter 3.",
    ),
    click.option(
        "--mini-batch",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="Digits to look at before each step.",
    ),
    click.option(
        "--lmbda",
        type=click.FloatRange(min=0),
        help="The strength of L2 regularisation.  [default: a 10,000th of the number of training digits]",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Rules the first weights and the shuffling: one seed, one result.",
    ),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which network is trained, and how: those of train and of find-eta."""
    for option in reversed(NETWORK):
        command = option(command)
    return command


@main.command(short_help="Learn to read handwritten digits.")
@data_option()
@network_options
@click.option(
    "--epochs",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How often to go through the training digits.",
)
@click.option(
    "--eta",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="The learning rate: how far a step goes.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="The numbers to compute with. float32 is twice as fast.",
)
@click.option("--output", metavar="FILE", type=Path, help="Where to keep the network, such as digits.npz.")
def train(
    data: str,
    layers: list[int],
    cost: str,
    init: str,
    epochs: int,
    mini_batch: int,
    eta: float,
    lmbda: float | None,
    seed: int,
    dtype: str,
    output: Path | None,
) -> None:
    """Train a network to read handwritten digits.

    It learns the training digits, counts the validation digits that it gets right after each epoch, and is
    tested at the end on digits that it has not seen. Ctrl-C ends the training; with --output, what was
    learned by then is kept.

    \b
    Examples:
      nncore train
      nncore train --layers 784,30,10 --epochs 5 --output digits.npz
      nncore train --data mnist --layers 784,30,10 --epochs 30
    Chapter 1 of the book, its first run:
      nncore train --data mnist --layers 784,30,10 --cost quadratic \\
                   --init large --eta 3 --lmbda 0 --epochs 30
    """
    if output is not None:
        check_output(output)
    training, validation, test = load_data(data)
    n_in = training.images[0].size
    if layers[0] != n_in or layers[-1] != 10:
        raise click.BadParameter(
            f"the digits have {n_in} pixels and are of 10 kinds: {n_in},30,10 for a hidden layer of 30 "
            f"neurons, {n_in},10 for none; got {','.join(map(str, layers))}.",
            param_hint="--layers",
        )
    if lmbda is None:
        lmbda = len(training) / 10_000
    net = nncore.Network(layers, cost=cost, init=init, dtype=dtype, seed=seed)
    click.echo(
        f"Learning {len(training)} digits: layers {','.join(map(str, layers))}, {cost} cost, eta {eta:g}, "
        f"lmbda {lmbda:g}, mini-batches of {mini_batch}, seed {seed}."
    )

    def report(net: nncore.Network, history: nncore.History) -> None:
        right = round(history.evaluation_accuracy[-1] * len(validation))
        click.echo(f"Epoch {len(history) - 1}: {right} / {len(validation)}")

    bar = sys.stderr.isatty()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="interrupted")  # said below, and by the exit code
        history = net.SGD(
            training,
            epochs,
            mini_batch,
            eta,
            lmbda,
            evaluation_data=validation,
            monitor=("evaluation_accuracy",),
            callbacks=[] if bar and sys.stdout.isatty() else [report],
            progress=bar,
        )
    if output is not None:
        net.save(output)
        click.echo(f"The network is kept in {output}.")
    if history.interrupted:
        click.echo(f"Stopped after {len(history)} epochs.", err=True)
        raise click.exceptions.Exit(130)
    if output is None:
        click.echo("The network is not kept: --output digits.npz would do that.")
    echo_accuracy(net, test)


def check_output(output: Path) -> None:
    """Refuse, before the training, a file that could not be written after it, or that someone may miss."""
    if not output.parent.is_dir():
        raise click.ClickException(f"--output: there is no folder {output.parent}; make it first.")
    if not os.access(output.parent, os.W_OK):
        raise click.ClickException(f"--output: the folder {output.parent} may not be written.")
    if output.is_dir():
        raise click.ClickException(f"--output: {output} is a folder; name a file in it, such as digits.npz.")
    if output.exists():
        try:
            nncore.load(output)
        except ValueError:
            raise click.ClickException(
                f"--output: {output} is there already and is not a network of nncore; name another file."
            ) from None


def load_data(data: str) -> tuple[nncore.Dataset, nncore.Dataset, nncore.Dataset]:
    """Training, validation and test digits of the set that --data names."""
    if data == SAMPLE:
        return nncore.datasets.load_sample()
    return nncore.datasets.load_mnist(None if data == MNIST else data)


def echo_accuracy(net: nncore.Network, test: nncore.Dataset) -> None:
    """The line that train and evaluate end with."""
    accuracy = net.accuracy(test)
    click.echo(f"Test accuracy: {accuracy:.2%} ({round(accuracy * len(test))} of {len(test)} digits).")


@main.command(short_help="Count the test digits that a network gets right.")
@click.argument("model", type=Path)
@data_option("Whose test digits: ")
def evaluate(model: Path, data: str) -> None:
    """Count the test digits that the network in the file MODEL gets right.

    \b
    Examples:
      nncore evaluate digits.npz
      nncore evaluate digits.npz --data mnist
    """
    net = nncore.load(model)
    _, _, test = load_data(data)
    echo_accuracy(net, test)


@main.command(short_help="Say which digit an image shows.")
@click.argument("model", type=Path)
@click.argument("images", metavar="IMAGE...", type=Path, nargs=-1, required=True)
@click.option("--invert", is_flag=True, help="For dark digits on light paper: turn light and dark round.")
def predict(model: Path, images: tuple[Path, ...], invert: bool) -> None:
    """Say which digit each IMAGE shows, and how active (in per cent) that digit's neuron is.

    The network in the file MODEL was trained on images like MNIST's: 28 x 28 pixels, a light digit on a dark
    ground, about 20 pixels high and centred. Others are misread. An IMAGE is a file of one image or more:

    \b
      .png, .pgm and other pictures (with Pillow: pip install pillow)
      .npy, a NumPy array: (28, 28) or (784,) for one image, (n, 28, 28) or
            (n, 784) for n; bytes 0 to 255, or floats 0 to 1
      IDX,  MNIST's own format, plain or gzip

    \b
    Examples:
      nncore predict digits.npz three.png
      nncore predict digits.npz --invert scan.png
      nncore predict digits.npz t10k-images-idx3-ubyte.gz
    """
    net = nncore.load(model)
    for path in images:
        X = read_images(path, net.sizes[0])
        if invert:
            X = np.maximum(np.float32(255 / 256) - X, 0)
        elif np.median(X) > 0.5:
            click.echo(f"{path}: mostly light; for dark digits on light paper, add --invert.", err=True)
        for i, a in enumerate(net.feedforward(X)):
            name = path if len(X) == 1 else f"{path}[{i}]"
            click.echo(f"{name}: {np.argmax(a)} ({a.max():.1%})")


def read_images(path: Path, n_in: int) -> NDArray[np.float32]:
    """The images of a file as rows (n, n_in), from 0 to 255/256 or 1."""
    with open(path, "rb") as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        array = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: no header can ask for memory
    elif start[:2] in (b"\0\0", b"\x1f\x8b"):
        array = nncore.datasets.read_idx(path)
    else:
        array = read_picture(path)
    one = array.size == n_in
    if not array.size or not (one or (array.ndim > 1 and array[0].size == n_in)):
        raise ValueError(
            f"{path}: images of {n_in} pixels needed (28 x 28 for MNIST), got shape {array.shape}"
        )
    X = array.reshape(1 if one else len(array), n_in)
    if X.dtype == np.uint8:
        return X * np.float32(1 / 256)
    if X.dtype.kind != "f":
        raise ValueError(f"{path}: bytes (uint8) or floats from 0 to 1 needed, got {X.dtype}")
    if not (X.min() >= 0 and X.max() <= 1):
        raise ValueError(f"{path}: floats from 0 to 1 needed, got {X.min():g} to {X.max():g}")
    return X.astype(np.float32)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The grey values of a picture, (rows, cols); what is transparent shows white paper."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"{path}: reading pictures needs Pillow: pip install pillow") from error
    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA")
    except Exception as error:  # Pillow's many formats fail in many ways
        raise ValueError(f"{path}: not a picture that can be read ({error})") from error
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("L"))


def program(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The name of one of the author's programs."""
    from nncore.reproduction.replay import PROGRAMS

    if value not in PROGRAMS:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(PROGRAMS)}.")
    return value


@main.command(short_help="Replay one of the author's own runs, digit for digit.")
@click.argument("name", metavar="NAME", callback=program)
@click.option("--epochs", type=click.IntRange(min=1), help="No more than so many.  [default: the author's]")
@data_option(sets=(MNIST,))
@click.option(
    "--published",
    metavar="FILE",
    type=Path,
    help="The author's file of the run, fig/NAME.json in his repository: compare with every figure in it.",
)
def replay(name: str, epochs: int | None, data: str, published: Path | None) -> None:
    """Train as one of the author's seeded programs did, and say when the published curve is left, if it is.

    \b
    NAME is one of
      overfitting, regularized                  1,000 images, 400 epochs
      overfitting_full, regularized_full        50,000 images, 30 epochs
      weight_initialization_30, weight_initialization_100
                                                two ways to draw the first weights
      multiple_eta                              three learning rates
      more_data                                 nine sizes of the training set

    The published figures of overfitting and weight_initialization_30 ship with nncore.

    \b
    Examples:
      nncore replay overfitting
      nncore replay overfitting --epochs 60 --published fig/overfitting.json
    """
    from nncore.reproduction import replay as author

    figures = None if published is None else author.read_published(name, published)
    digits = nncore.datasets.load_mnist(None if data == MNIST else data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="interrupted")  # said below, and by the exit code
        result = author.run(name, epochs, data=digits)
    histories = {name: result} if isinstance(result, nncore.History) else result
    for key, comparison in author.compare(name, histories, figures).items():
        history = histories[key]
        seen = [(column, getattr(history, column)) for column in author.EVERYTHING]
        last = [f"{column} {values[-1]:.4f}" for column, values in seen if values]
        if last:
            click.echo(f"{key}, epoch {len(history) - 1}: {', '.join(last).replace('_', ' ')}.")
        click.echo(f"{key} {comparison}.")
    if any(history.interrupted for history in histories.values()):
        click.echo("Stopped.", err=True)
        raise click.exceptions.Exit(130)


@main.command(short_help="Print what runs on this machine, and how fast.")
def info() -> None:
    """Print the versions, the CPU, the kernels built and chosen, and the peak measured just now."""
    lines = {
        "nncore": nncore.__version__,
        "Python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        "NumPy": np.__version__,
        **nncore.targets.describe(),
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        click.echo(f"{name:<{width}}  {value}")


from nncore.cli import book, diagnose  # noqa: E402, F401  (add their commands)
