"""The command `nncore export` writes a saved network for another program."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import click

import nncore

RECORD = "layers, weights, biases and the record of the training, but not its history nor its examples"
KEEPS = {  # suffix: what a file of that format keeps
    ".onnx": RECORD,
    ".safetensors": RECORD,
    ".html": f"{RECORD}, and shows them in any browser",
    ".c": "what it takes to compute the outputs, and nothing else",
    ".json": "sizes, weights, biases and cost, as the book's network2 does",
    ".npz": "everything that MODEL holds",
}


@click.command(
    short_help="Write a network as a page, or for another program: HTML, ONNX, safetensors, C, JSON."
)
@click.argument("model", type=Path)
@click.argument("output", type=Path)
@click.option("--label", is_flag=True, help="ONNX: also give the output label, the class or the classes.")
@click.option(
    "--dtype",
    type=click.Choice(["float16", "float32", "float64"]),
    help="The numbers in the file.  [default: those of MODEL; in ONNX float32, in HTML float16]",
)
def export(
    model: Path, output: Path, label: bool, dtype: Literal["float16", "float32", "float64"] | None
) -> None:
    """Write the network in the file MODEL to the file OUTPUT, in the format that the name of OUTPUT says.

    \b
      .onnx         for onnxruntime, browsers, phones, and Netron, which draws it
                    (needs onnx: pip install onnx)
      .safetensors  arrays for PyTorch and its relatives
                    (needs safetensors: pip install safetensors)
      .html         a page that shows the network in any browser: draw a digit, and see every layer
      .c            a C99 function NAME_predict, after the name of OUTPUT
      .json         the book's network2
      .npz          nncore's own

    MODEL may be any of these but .c, an ONNX file of another library included, if its network is a chain of
    layers that nncore has.

    \b
    Examples:
      nncore export digits.npz digits.html
      nncore export digits.npz digits.onnx --label
      nncore export digits.npz digits.c
      nncore export from_pytorch.onnx digits.npz
    """
    suffix = output.suffix.lower()
    if suffix not in KEEPS:
        raise click.BadParameter(
            f"{str(output)!r} names no format that is written; its name ends in one of {', '.join(KEEPS)}",
            param_hint="OUTPUT",
        )
    net = nncore.load(model)
    if suffix in (".json", ".npz"):
        net.copy(cast(Any, dtype)).save(output, label=label)
    else:
        net.save(output, label=label, dtype=dtype)
    click.echo(f"{output}: {output.stat().st_size:,} bytes. It keeps {KEEPS[suffix]}.")
    if suffix == ".onnx" and net.dtype == "float64" and dtype is None:
        click.echo(
            "Its numbers are float32, and those of MODEL float64, which --dtype float64 keeps.", err=True
        )
