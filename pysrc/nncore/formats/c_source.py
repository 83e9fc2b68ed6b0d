"""`write` writes a network as one file of C99, which needs the standard library's expf and tanhf alone.

Every constant has the bits of the parameter. Each weighted input z is summed in double, whose products of
floats are exact: of n inputs, z is off by at most ``2^-53 n sum_k |w_jk a_k|`` before it is rounded to float.
So the error of a layer is that of one rounding, ``2^-24 |z|``, and of expf or tanhf, however wide it is. A
float64 network computes in double throughout: there z is off by at most ``2^-53 (n + 1) sum_k |w_jk a_k|``.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.files.atomic import write_file
from nncore.formats.c_functions import ACTIVATIONS, CONV2D, DENSE, MAX_POOL
from nncore.formats.parts import Parts, Step
from nncore.layers import Conv2D, Dense, MaxPool2D

NAME_LENGTH = 20  # with "_predict" and the like, C99's 31 characters that linkers tell apart
MOST_STACK = 256_000  # bytes of activations that are put on the stack
PER_LINE = 8


def write(path: str | os.PathLike[str], parts: Parts) -> None:
    """Write a network to exactly this path, whole or not at all."""
    stem = Path(os.fspath(path)).stem
    write_file(path, "".join(source(parts, identifier(stem))).encode("ascii"))


def identifier(text: str) -> str:
    """Make a name of C of any text.

    Examples
    --------
    >>> identifier("my digits-2"), identifier("3rd"), identifier("_Net")
    ('my_digits_2', 'net_3rd', 'net_Net')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", plain).strip("_")
    if not name or not name[0].isalpha() or text.startswith("_"):  # C keeps names with _ in front for itself
        name = f"net_{name}".rstrip("_")
    return name[:NAME_LENGTH].rstrip("_")


def source(parts: Parts, name: str) -> Iterator[str]:
    """Give the text of the file, piece by piece."""
    real = "float" if parts.dtype == np.float32 else "double"
    steps = list(parts.steps())
    n_in, n_out = math.prod(parts.input_shape), math.prod(steps[-1].shape_after)
    bytes_needed = sum(math.prod(step.shape_after) for step in steps[:-1]) * parts.dtype.itemsize
    is_static = bytes_needed > MOST_STACK
    yield _header(parts, name, real, n_in, n_out, bytes_needed, is_static)
    yield "#include <math.h>\n\n"
    yield f"enum {{ {name.upper()}_INPUTS = {n_in}, {name.upper()}_OUTPUTS = {n_out} }};\n\n"
    yield f"void {name}_predict(const {real} *x, {real} *y);\n"
    for step in steps:
        if step.w is not None and step.b is not None:
            yield f"\n/* layer {step.l + 2}: {_comment(step.layer.short())} */\n"
            yield from _constants(f"w{step.l + 2}", step.w, real)
            yield from _constants(f"b{step.l + 2}", step.b, real)
    yield from _functions(steps, real)
    yield f"\nvoid {name}_predict(const {real} *x, {real} *y)\n{{\n"
    for step in steps[:-1]:
        shape = " * ".join(map(str, step.shape_after))
        yield f"    {'static ' if is_static else ''}{real} a{step.l + 2}[{shape}];\n"
    for step in steps:
        yield from _calls(step, "x" if step.l == 0 else f"a{step.l + 1}", "y" if step is steps[-1] else None)
    yield "}\n"


def _header(
    parts: Parts, name: str, real: str, n_in: int, n_out: int, bytes_needed: int, is_static: bool
) -> str:
    """Return the comment on top of the file."""
    facts = parts.facts()
    shape = " x ".join(map(str, parts.input_shape))
    lines = [
        f"{name}_predict: a network of nncore {parts.description['nncore']} as a function of C99, without "
        "dependencies or allocation.",
        "",
        f"input    x[{n_in}]"
        + (f": {shape}, (channels, height, width), row by row" if " x " in shape else ""),
        "         where they are pixels, each is its byte divided by 256",
        *(f"layer {step.l + 2:<2} {step.layer.short()}{_maps(step)}" for step in parts.steps()),
        f"output   y[{n_out}]: the activations of the output layer",
        f"cost     {facts['cost']}",
    ]
    if "classes" in facts:
        lines.append(f"classes  {facts['classes']}")
    if is_static:
        lines.append(
            f"memory   {bytes_needed} bytes, which are static: only one thread at a time may call it"
        )
    else:
        lines.append(f"memory   {bytes_needed} bytes of stack; several threads may call it")
    lines += [
        "",
        "Example:",
        "",
        f"    {real} x[{n_in}], y[{n_out}];   // fill x",
        f"    {name}_predict(x, y);",
    ]
    if n_out > 1:
        lines += [
            "    int best = 0;  // the class: the neuron with the largest activation",
            f"    for (int j = 1; j < {n_out}; j++)",
            "        if (y[j] > y[best])",
            "            best = j;",
        ]
    lines += [
        "",
        "To compile it: cc -std=c99 -O2 -c FILE.c, and -lm to link. The letters are the book's: w weights, b",
        "biases, z weighted inputs, a activations; the input is layer 1.",
    ]
    text = "\n".join(f" * {_comment(line)}".rstrip() for line in lines)
    return f"/*\n{text}\n */\n"


def _maps(step: Step) -> str:
    """Return the shape of the maps that a layer makes: " -> 20 x 24 x 24"."""
    return f" -> {' x '.join(map(str, step.shape_after))}" if len(step.shape_after) == 3 else ""


def _comment(text: str) -> str:
    """Return text that may stand in a comment of C, whatever it was."""
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in text)
    return plain.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")


def _constants(name: str, array: NDArray[Any], real: str) -> Iterator[str]:
    """Give a constant array. The shortest digits that give the same bits are those that NumPy prints."""
    suffix, shape = "f" if real == "float" else "", " x ".join(map(str, array.shape))
    yield f"static const {real} {name}[{array.size}] = {{{f'  /* {shape} */' if array.ndim > 1 else ''}\n"
    flat = [str(value) for value in array.reshape(-1)]
    for i in range(0, len(flat), PER_LINE):
        yield "    " + ", ".join(f"{digits}{suffix}" for digits in flat[i : i + PER_LINE]) + ",\n"
    yield "};\n"


def _functions(steps: Iterable[Step], real: str) -> Iterator[str]:
    """Give the functions that these layers need, each once; the C compiler warns of others."""
    layers = [step.layer for step in steps]
    needed = {ACTIVATIONS[layer.activation]: None for layer in layers if layer.activation != "linear"}
    kinds = ((Dense, DENSE), (Conv2D, CONV2D), (MaxPool2D, MAX_POOL))
    needed |= {text: None for kind, text in kinds if any(isinstance(layer, kind) for layer in layers)}
    f = "f" if real == "float" else ""
    for text in needed:
        yield "\n" + re.sub(r"\b(exp|tanh)\(", rf"\1{f}(", text.replace("REAL", real)).replace(
            "1.0", f"1.0{f}"
        )


def _calls(step: Step, before: str, last: str | None) -> Iterator[str]:
    """Give the calls that compute the activations of a layer."""
    layer, l = step.layer, step.l + 2
    a, n = last or f"a{l}", math.prod(step.shape_after)
    yield f"\n    /* layer {l}: {_comment(layer.short())} */\n"
    if isinstance(layer, MaxPool2D):
        channels, height, width = step.shape
        t, c = layer.size
        yield f"    max_pool({before}, {channels}, {height}, {width}, {t}, {c}, {a});\n"
        return
    if isinstance(layer, Conv2D):
        channels, height, width = step.shape
        t, c = layer.kernel_size
        above, left = ((t - 1) // 2, (c - 1) // 2) if layer.padding == "same" else (0, 0)
        yield f"    conv2d({before}, {channels}, {height}, {width}, w{l}, b{l}, {layer.filters}, {t}, {c}, "
        yield f"{above}, {left}, {step.shape_after[1]}, {step.shape_after[2]}, {a});\n"
    else:
        yield f"    dense({before}, {math.prod(step.shape)}, w{l}, b{l}, {n}, {a});\n"
    if layer.activation != "linear":
        yield f"    {layer.activation}_of({a}, {n});\n"
