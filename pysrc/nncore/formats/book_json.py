"""`read` and `write` exchange networks with the book's network2, whose files are JSON:

    {"sizes": [784, 30, 10], "weights": [[[...], ...], ...], "biases": [[[...], ...], ...],
     "cost": "CrossEntropyCost"}

For each layer after the input, weights are (n_out, n_in) and biases (n_out, 1), as lists of rows. Each
program reads the files of the other. Before the text is parsed, its lists are counted: there may be no more
than its sizes need. So a file takes at most about twelve times its own size in memory.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from nncore import _given
from nncore.files.atomic import new_file
from nncore.files.kinds import refusal
from nncore.files.streams import open_file, refuse_all_but_files

MOST_BYTES = 64_000_000  # of a file: about three million weights
SIZES = re.compile(rb'"sizes"\s*:\s*\[([\s\d,]{1,10000})\]')
MOST_LISTS = 2_000_000
OTHER_LISTS = 1000  # more lists, objects and strings than those of the network may stand in the file

COSTS = ("QuadraticCost", "CrossEntropyCost")  # the names of the program that a file may use

Arrays = list[NDArray[np.float64]]


def write(
    path: str | os.PathLike[str],
    sizes: Sequence[int],
    weights: Iterable[NDArray[Any]],
    biases: Iterable[NDArray[Any]],
    cost: str,
    known: Sequence[str] = (),
) -> None:
    """Write a network to exactly this path, whole or not at all: a crash leaves an older file as it was.

    Parameters
    ----------
    path : path
        The file. Its contents are replaced, and its permissions are kept.
    sizes : sequence of int
        Neurons in each layer, the input first.
    weights, biases : sequence of ndarray
        (n_out, n_in) and (n_out, 1) for each layer after the input. Every digit is kept.
    cost : str
        One of `COSTS` or of `known`.
    known : sequence of str
        The names of further costs, of the reader's own.

    Raises
    ------
    ValueError
        The parameters or the cost could not be read again.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from nncore.formats import book_json
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "neuron.json")
    ...     book_json.write(path, [2, 1], [np.array([[0.5, -1.0]])], [np.array([[2.0]])], "QuadraticCost")
    ...     book_json.read(path)
    ([2, 1], [array([[ 0.5, -1. ]])], [array([[2.]])], 'QuadraticCost')
    """
    content = {
        "sizes": list(sizes),
        "weights": [w.tolist() for w in weights],
        "biases": [b.tolist() for b in biases],
        "cost": cost,
    }
    path = file_at(path, to_write=True)
    text = json.dumps(content).encode("ascii")
    try:
        _parse(parse_json(text), known)
    except ValueError as error:
        raise ValueError(
            f"{path}: nothing was written, as the network could not be read again: {error}"
        ) from error
    with new_file(path) as file:
        file.write(text)


def read(path: str | os.PathLike[str], known: Sequence[str] = ()) -> tuple[list[int], Arrays, Arrays, str]:
    """Read a network that `write`, or `save` of the book's network2, wrote.

    Parameters
    ----------
    path : path
        The file.
    known : sequence of str
        The names of costs that it may have, besides `COSTS`.

    Returns
    -------
    sizes : list of int
    weights, biases : list of ndarray
        float64, (n_out, n_in) and (n_out, 1).
    cost : str
        One of `COSTS` or of `known`.

    Raises
    ------
    ValueError
        The file is damaged, or it is not a network of network2; the message names the file. Nothing in it
        can run, and no memory is taken for what it only claims to hold.
    OSError
        The file cannot be opened.
    """
    with open_file(path) as file:
        try:
            return _parse(parse_json(file.read(MOST_BYTES + 1)), known)
        except (ValueError, RecursionError) as error:
            raise refusal(path, "a network that network2 saved", error, own="network2") from error


def parse_json(text: bytes) -> Any:
    """Return what the JSON of a network holds, if it has no more lists than its sizes need.

    Raises
    ------
    ValueError
        It is no JSON, too long, or has more lists, objects and strings than a network.
    RecursionError
        Its lists nest too deep.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes; nncore.Network.save writes large networks")
    match = SIZES.search(text)
    sizes = [int(n) for n in match[1].split(b",") if n.strip()] if match else []
    needed = 2 * len(sizes) + 2 * sum(sizes)  # a list of each layer and of each neuron, in weights and biases
    if sum(map(text.count, (b"[", b"{", b'"'))) > min(needed + OTHER_LISTS, MOST_LISTS):
        raise ValueError("it has more lists than its sizes say")
    return json.loads(text.decode("utf-8-sig"), parse_constant=_refuse)


def file_at(path: str | os.PathLike[str], *, to_write: bool = False) -> Path:
    """Return the path with symbolic links resolved. It must not be a device, which may never end."""
    file = Path(os.path.realpath(_given.path(path)))
    if file.exists():
        refuse_all_but_files(file, to_write=to_write)
    return file


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant:.20}, which is not a finite number")


def _parse(content: Any, known: Sequence[str] = ()) -> tuple[list[int], Arrays, Arrays, str]:
    """Return the network that the content of a file describes, or raise a ValueError with the reason."""
    if not isinstance(content, dict):
        raise ValueError(
            f"it holds a {type(content).__name__}, not an object with sizes, weights, biases, cost"
        )
    sizes, weights, biases, cost = (content.get(name) for name in ("sizes", "weights", "biases", "cost"))
    if not isinstance(sizes, list) or len(sizes) < 2 or not all(type(n) is int and n > 0 for n in sizes):
        raise ValueError(
            f"its sizes are {str(sizes)[:80]}, not a list of two sizes or more, such as [784, 30, 10]"
        )
    if cost not in (*COSTS, *known):
        raise ValueError(
            f"its cost is {str(cost)[:80]!r}, not one of {', '.join((*COSTS, *known))} (if it is a class of "
            "your own: network2.load(filename, cost=...))"
        )
    shapes = list(pairwise(sizes))
    return (
        sizes,
        _arrays("weights", weights, [(n, n_prev) for n_prev, n in shapes]),
        _arrays("biases", biases, [(n, 1) for _, n in shapes]),
        cost,
    )


def _arrays(name: str, layers: Any, shapes: list[tuple[int, int]]) -> Arrays:
    """Return one array for each layer, made from the numbers that are there and never from sizes alone."""
    if not isinstance(layers, list) or len(layers) != len(shapes):
        raise ValueError(f"its {name} are not {len(shapes)} layers, as its sizes say")
    arrays = []
    for l, (rows, shape) in enumerate(zip(layers, shapes, strict=True)):
        try:
            if {*map(type, rows)} - {list} or {*map(type, chain.from_iterable(rows))} - {int, float}:
                raise ValueError  # true, or "0.5", which NumPy would take for numbers
            array = np.array(rows, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            raise ValueError(f"its {name}[{l}] are not rows of numbers, all of one length") from None
        if array.shape != shape:
            raise ValueError(f"its {name}[{l}] have shape {array.shape}, not {shape} as its sizes say")
        if not np.isfinite(array).all():
            raise ValueError(f"its {name}[{l}] hold a number that is not finite")
        arrays.append(array)
    return arrays
