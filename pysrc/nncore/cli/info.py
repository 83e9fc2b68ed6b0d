"""The command `nncore info`: this machine and its kernels, or what a saved network is."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import click
import numpy as np

import nncore
from nncore import targets


@click.command(short_help="Print what a saved network is, or what runs on this machine and how fast.")
@click.argument("model", metavar="[MODEL]", type=Path, required=False)
def info(model: Path | None) -> None:
    """Print facts about the network in the file MODEL; without MODEL, about this machine.

    Of a network: its layers, cost, seed, the epochs of its training, and the last accuracies that the file
    holds. Of the machine: the versions, the CPU, the kernels that are built, the one in use, and the speed of
    one core, measured just now.

    \b
    Examples:
      nncore info
      nncore info digits.npz
    """
    lines = machine() if model is None else describe_network(nncore.load(model))
    width = max(map(len, lines))
    for name, value in lines.items():
        click.echo(f"{name:<{width}}  {value}")


def describe_network(net: nncore.Network) -> dict[str, str]:
    """Say what a network is and how it was trained, as far as it knows."""
    lines = {"input": " x ".join(map(str, net.input_shape))}
    n_parameters = sum(array.size for array in (*net.weights, *net.biases))
    for l, layer in enumerate(net.layers):
        lines[f"layer {l + 2}"] = str(layer)  # the book counts the input as layer 1
    lines |= {
        "parameters": f"{n_parameters:,}",
        "cost": net.cost_name,
        "dtype": net.dtype,
        "seed": str(net.seed),
        "epochs trained": str(net.epochs_trained),
    }
    history = net.history
    for name in ("training_accuracy", "evaluation_accuracy", "training_cost", "evaluation_cost"):
        curve = getattr(history, name, ())
        if curve:
            last = f"{curve[-1]:.2%}" if name.endswith("accuracy") else f"{curve[-1]:.4g}"
            lines[name.replace("_", " ")] = f"{last} after the last epoch"
    if history is None and net.epochs_trained:
        lines["history"] = "the file holds none"
    return lines


def machine() -> dict[str, str]:
    """Say what runs on this machine: versions, CPU, targets built, the target in use and why, the peak."""
    chosen, why = targets.target()
    return {
        "nncore": nncore.__version__,
        "Python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        "NumPy": np.__version__,
        "CPU": f"{targets.cpu()}, {os.cpu_count()} cores",
        "targets built": ", ".join(targets.targets_built()),
        "target in use": f"{chosen} ({why})",
        "peak measured": ", ".join(f"{peak(dtype) / 1e9:.0f} GFLOP/s {dtype}" for dtype in targets.SUFFIX)
        + ", one core",
    }


def peak(dtype: str = "float32", seconds: float = 0.05) -> float:
    """Measure how many floating-point operations one core does in a second: multiply-adds in registers."""
    run, rounds, best = targets.kernels(dtype).peak, 100_000, 0.0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        operations = run(rounds)
        best = max(best, operations / (time.perf_counter() - start))
    return best
