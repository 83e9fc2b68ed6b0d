"""From a cold process to a printed accuracy, by nncore and PyTorch: `python bench/time_to_accuracy.py`.

A process is started, imports its library, reads all of MNIST, trains, tests, and prints the accuracy: its
time is from the start to that line. Both take the same network, rule, learning rates and mini-batches. Before
it is measured, PyTorch tries its forms of the network with one thread and with all for some mini-batches, and
takes the fastest. For each of three seeds both run in turn; times and accuracies are medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nncore
from nncore.cli import recipes

HERE = Path(__file__).resolve().parent
CONV = recipes.convolutional((28, 28), 50_000)
RECIPES = {  # by the accuracy in per cent that is the goal
    97: {"filters": (), "hidden": (100,), "etas": (0.02, 0.004), "momentum": 0.9, "mini_batch_size": 10},
    98: {"filters": (8, 16), "hidden": (64,), "etas": (0.01, 0.001), "momentum": 0.9, "mini_batch_size": 10},
    99: {  # that of `nncore train --data mnist --network conv`
        "filters": tuple(layer.filters for layer in CONV.layers if isinstance(layer, nncore.Conv2D)),
        "hidden": tuple(layer.n for layer in CONV.layers if type(layer) is nncore.Dense),
        "etas": (CONV.eta,) * (CONV.epochs - 1) + (CONV.eta / 10,),
        "momentum": CONV.momentum,
        "mini_batch_size": CONV.mini_batch,
    },
}
CONVOLUTIONAL_FORMS, DENSE_FORMS = ("contiguous", "channels last", "windows"), ("contiguous",)
PILOT = 120  # mini-batches, the first 20 not counted


def first_line(program, recipe):
    """What a cold process prints, as a number, and the seconds until then."""
    path = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))  # the same nncore
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", f"_cold.{program}", json.dumps(recipe)],
        cwd=HERE,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
    if process.returncode:
        raise SystemExit(f"{program} failed")
    return float(line), seconds


def best_form(recipe, threads):
    """PyTorch's fastest form of this network, and number of threads."""
    forms = CONVOLUTIONAL_FORMS if recipe["filters"] else DENSE_FORMS
    tried = [{"form": form, "threads": number} for form in forms for number in sorted({1, threads})]
    return min(tried, key=lambda form: first_line("pytorch", recipe | form | {"pilot": PILOT})[0])


def has_pytorch():
    """Whether a process of its own can import PyTorch."""
    return not subprocess.run([sys.executable, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--goals", nargs="+", type=int, choices=RECIPES, default=list(RECIPES), metavar="PERCENT"
    )
    parser.add_argument("--seeds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--data", choices=("mnist", "sample"), default="mnist", help="(default: mnist)")
    parser.add_argument("--examples", type=int, help="train on the first so many, to try things out")
    parser.add_argument("--ours-only", action="store_true", help="do without PyTorch")
    options = parser.parse_args()
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    pytorch = not options.ours_only and has_pytorch()
    about = f"nncore {nncore.__version__}, {nncore.targets.cpu()}, {threads} cores"
    print(f"{about}; medians of {options.seeds} seeds")
    missed = []
    for goal in options.goals:
        recipe = RECIPES[goal] | {"data": options.data, "examples": options.examples}
        programs = {"ours": {}} | ({"pytorch": best_form(recipe | {"seed": 0}, threads)} if pytorch else {})
        runs = {program: [] for program in programs}
        for seed in range(1, options.seeds + 1):
            for program, form in programs.items():
                runs[program].append(first_line(program, recipe | form | {"seed": seed}))
        print(f"\n{goal} %: {RECIPES[goal]}")
        median = {}
        for program, pairs in runs.items():
            accuracy, median[program] = (statistics.median(values) for values in zip(*pairs, strict=True))
            lowest = min(accuracy for accuracy, _ in pairs)
            form = f"   {programs[program]}" if programs[program] else ""
            print(
                f"  {program:8} {median[program]:7.2f} s   {accuracy:.2%} (lowest {lowest:.2%}){form}",
                flush=True,
            )
            if program == "ours" and accuracy < goal / 100:
                missed.append(goal)
        if pytorch:
            print(f"  nncore is {median['pytorch'] / median['ours']:.1f} times as fast")
    if missed and options.data == "mnist" and not options.examples:
        sys.exit(f"below the goal: {', '.join(f'{goal} %' for goal in missed)}")


if __name__ == "__main__":
    main()
