"""The command `nncore info` prints facts about this machine, or about a saved network or ensemble."""

from __future__ import annotations

import os
import platform
import textwrap
import time
from pathlib import Path

import click
import numpy as np

import nncore
from nncore import targets
from nncore.files import kinds


@click.command(
    short_help="Print what a saved network or ensemble is, or what this machine runs and how fast."
)
@click.argument("model", metavar="[MODEL]", type=Path, required=False)
def info(model: Path | None) -> None:
    """Print facts about the network or the ensemble in the file MODEL; without MODEL, about this machine.

    The facts about a network are its layers, cost, seed, what it was trained on and how, and the last
    accuracies that the file holds; an ensemble is a list of networks. The facts about the machine are the
    versions, the CPU, the kernels that are built, the kernels in use, and the speed of one core, measured
    just now.

    \b
    Examples:
      nncore info
      nncore info digits.npz
    """
    if model is None:
        _echo(machine())
    elif kinds.recognise(model) == kinds.ENSEMBLE:
        ensemble = nncore.Ensemble.load(model)
        click.echo(f"An ensemble of {len(ensemble)} networks, which answer together.")
        for i, net in enumerate(ensemble):
            click.echo(f"\nnetwork {i}")
            _echo(describe_network(net))
    else:
        _echo(describe_network(nncore.load(model)))


def _echo(lines: dict[str, str]) -> None:
    """Print names and values in two columns."""
    width = max(map(len, lines))
    for name, value in lines.items():
        click.echo(f"{name:<{width}}  {value}")


def describe_network(net: nncore.Network) -> dict[str, str]:
    """Return facts about a network and its training, by their names."""
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
    lines |= describe_training(net.training_record)
    history = net.history
    for name in ("training_accuracy", "evaluation_accuracy", "training_cost", "evaluation_cost"):
        curve = getattr(history, name, ())
        if curve:
            last = f"{curve[-1]:.2%}" if name.endswith("accuracy") else f"{curve[-1]:.4g}"
            lines[name.replace("_", " ")] = f"{last} after the last epoch"
    if history is None and net.epochs_trained:
        lines["history"] = "the file holds none"
    return lines


def describe_training(record: nncore.TrainingRecord) -> dict[str, str]:
    """Return facts about each run of the training, by their names."""
    lines = {}
    for i, run in enumerate(record):
        number = f" ({i + 1})" if len(record) > 1 else ""
        lines[f"trained on{number}"] = str(run.data)
        lines[f"targets{number}"] = run.data.targets
        if run.data.class_names:
            lines[f"classes{number}"] = ", ".join(run.data.class_names)
        if run.data.columns:
            lines[f"columns{number}"] = textwrap.shorten(", ".join(run.data.columns), 300, placeholder=" ...")
        lines[f"trained by{number}"] = f"{run.settings}; {run.epochs} epochs, seed {run.settings.seed}"
        versions = ", ".join(f"{name} {version}" for name, version in run.settings.versions.items())
        lines[f"trained with{number}"] = versions
    if record.left_out:
        lines["other runs"] = f"{record.left_out}, of which the file keeps no record"
    return lines


def machine() -> dict[str, str]:
    """Return facts about this machine: versions, CPU, targets built, the target in use and why, the peak."""
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
