"""Kill processes (kill -9) while they save or train, and check that their files are always whole.

    python tests/fuzz/kills.py --kills 1000               a long round, with a new seed
    python tests/fuzz/kills.py --kills 1 --seed 7         the first kill of a seed again

A process saves networks under a few names, without end, until it is killed at a random moment. Then every
file must be one that was saved, as a whole, and the next save must remove what the killed process left.
In one round of ten, a process trains a network and saves it after each epoch. It is killed and begun again
until it is done: the network must be the same, to the bit, as without any kill.
"""

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nncore as nn
from nncore.files import atomic

SAVER = """
import sys, numpy as np, nncore as nn
folder, i = sys.argv[1], 0
nets = [nn.Network([10, n, 10], seed=n) for n in (30, 5000)]  # 3 KB and 400 KB
print("ready", flush=True)
while True:
    for net in nets:
        net.parameters[:] = i % 1000
        net.save(f"{folder}/{net.sizes[1]}.npz")
    nn.Ensemble(nets).save(f"{folder}/ensemble.npz")
    nets[0].save(f"{folder}/30.json")
    i += 1
"""

RUNNER = """
import sys, numpy as np, nncore as nn
path = sys.argv[1]
data = np.random.default_rng(0).random((40, 6)), np.arange(40) % 3
def fresh():
    return nn.Network([6, 20, 3], seed=5)
try:
    net = nn.load(path)
except FileNotFoundError:
    net = fresh()
print("ready", flush=True)
for epoch in range(net.epochs_trained, 100):
    net.SGD(data, 1, 4, 0.05, rule="adam", resume=net.history)
    net.save(path)
print("done", flush=True)
"""


def start(program, *arguments):
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE)
    process.stdout.readline()  # "ready"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def saves(rng, folder):
    """Kill a process that saves; return what is wrong with its files."""
    process = start(SAVER, folder)
    time.sleep(rng.random() * rng.choice((0.02, 0.3)))
    faults = ["the process that saves has ended by itself"] if process.poll() is not None else []
    kill(process)
    for path in sorted(folder.iterdir()):
        if atomic.TEMPORARY.fullmatch(path.name):
            continue
        try:
            found = nn.Ensemble.load(path) if path.name == "ensemble.npz" else [nn.load(path)]
            for net in found:
                if (
                    len(np.unique(np.concatenate([each.ravel() for each in [*net.weights, *net.biases]])))
                    != 1
                ):
                    faults.append(f"{path.name} mixes two saves")
        except ValueError as error:
            faults.append(f"{path.name}: {error}")
    left = sum(1 for path in folder.iterdir() if atomic.TEMPORARY.fullmatch(path.name))
    if left > 1:
        faults.append(f"{left} temporary files")
    nn.Network([2, 1], init="zeros").save(folder / "next.npz")
    if [path.name for path in folder.iterdir() if atomic.TEMPORARY.fullmatch(path.name)]:
        faults.append("the next save left a temporary file")
    return faults


def runs(rng, folder, wanted):
    """Kill a process that trains and saves, again and again until one is done; compare its network."""
    path, deaths = folder / "run.npz", 0
    while True:
        process = start(RUNNER, path)
        try:
            done = process.wait(rng.random() * 0.5) == 0
        except subprocess.TimeoutExpired:
            done = False
        kill(process)
        if done:
            break
        deaths += 1
        if deaths > 200:
            return ["it never ends"]
    found = nn.load(path)
    if found.parameters.tobytes() != wanted.parameters.tobytes():
        return [f"after {deaths} kills the network is another one than without"]
    return []


def uninterrupted(folder):
    """The network of a run that nobody kills."""
    start(RUNNER, folder / "wanted.npz").communicate()
    return nn.load(folder / "wanted.npz")


def run(kills, seed):
    """Kill so many processes that save, and as many runs; return the faults."""
    faults, begin = [], time.monotonic()
    print(f"{kills} kills, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="nncore-kills-") as folder:
        wanted = uninterrupted(Path(folder))
        for i in range(kills):
            rng = random.Random(f"{seed}-{i}")
            own = Path(folder) / str(i // 10)  # ten rounds go on with the files of the one before
            own.mkdir(exist_ok=True)
            found = saves(rng, own)
            if i % 10 == 9:
                own = Path(folder) / f"run-{i}"
                own.mkdir()
                found += runs(rng, own, wanted)
            for fault in found:
                print(f"kill {i}: {fault}", flush=True)
                faults.append((i, fault))
    print(f"{len(faults)} faults in {kills} kills, {time.monotonic() - begin:.0f} seconds, seed {seed}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    sys.exit(bool(run(arguments.kills, seed)))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
