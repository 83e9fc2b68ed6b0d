"""Print a hash of the parameters of trained networks, for every target that runs here and both dtypes.

    python tools/hash_training.py > after.txt        # and the same with another version of nncore; then diff

Two versions that print the same lines train to the same bits. The networks and rules cover every path through
the core: the fused step and the general one, the first layer over its non-zero inputs with and without lazy
rows, wide and active layers, dropout, convolutions, pooling alone, distorted images, and teams of threads.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np

import nncore as nn

DTYPES = ("float32", "float64")


def named(module: object, *names: str) -> object:
    """The first of the names that the module has: the names of classes have changed between versions."""
    return next(getattr(module, name) for name in names if hasattr(module, name))


def cases() -> dict[str, tuple[dict, dict]]:
    """For each name the arguments of Network and of SGD."""
    dense = {"layers": [784, 30, 10], "cost": "cross-entropy"}
    wide = [nn.Dense(300, "relu"), nn.Dense(300, "relu", dropout=0.5), nn.Softmax(10, dropout=0.5)]
    conv = [nn.Conv2D(20, 5, "relu"), nn.MaxPool2D(2), nn.Conv2D(40, 5, "relu"), nn.MaxPool2D(2)]
    conv += [nn.Dense(100, "relu"), nn.Softmax(10)]
    same = [nn.MaxPool2D(2), nn.Conv2D(6, 3, "tanh", padding="same"), nn.MaxPool2D((3, 2)), nn.Dense(10)]
    image = {"input_shape": (1, 28, 28)}
    rotate, elastic = named(nn.augment, "Rotate", "rotate"), named(nn.augment, "Elastic", "elastic")
    return {
        "dense": (dense, {}),
        "dense, L2": (dense, {"lmbda": 5.0}),
        "dense, momentum, L2": (dense, {"lmbda": 5.0, "momentum": 0.5}),
        "dense, mini-batches of 1": (dense, {"mini_batch_size": 1}),
        "dense, mini-batches of 300": (dense, {"mini_batch_size": 300}),
        "dense, L1": (dense, {"l1": 5.0}),
        "dense, nesterov": (dense, {"rule": "nesterov", "eta": 0.1}),
        "dense, adam": (dense, {"rule": "adam", "eta": 0.001}),
        "dense, reals": (dense, {"reals": True}),
        "tanh and quadratic": (
            {"layers": [nn.Dense(40, "tanh"), nn.Dense(10, "linear")], "input_shape": (784,)},
            {"eta": 0.02},
        ),
        "wide, dropout": ({"layers": wide, "input_shape": (784,)}, {"eta": 0.05}),
        "convolutions": ({"layers": conv, **image}, {"eta": 0.03, "lmbda": 0.1}),
        "convolutions, two threads": ({"layers": conv, **image}, {"eta": 0.03, "threads": 2}),
        "convolutions, adam": ({"layers": conv, **image}, {"eta": 0.001, "rule": "adam"}),
        "pooling, same padding": ({"layers": same, **image}, {"eta": 0.3, "momentum": 0.3}),
        "distorted images": (
            {"layers": conv, **image},
            {"eta": 0.03, "augment": [rotate(10), elastic(8, 4)]},
        ),
    }


def print_hashes(dtype: str) -> None:
    """Train every case on the bundled digits, with the target in use."""
    train, validation, _ = nn.datasets.load_sample()
    train, validation = train[:1000], validation[:200]
    for name, (network, training) in cases().items():
        training = {"mini_batch_size": 10, "eta": 0.5} | training
        net = nn.Network(**network, dtype=dtype, seed=3)
        data = train
        if training.pop("reals", False):
            data = (np.asarray(train.images.reshape(len(train), -1), dtype) / 256, train.labels)
        history = net.SGD(data, 2, evaluation_data=validation, monitor="evaluation_cost", **training)
        bits = net.parameters.tobytes() + np.array(history.evaluation_cost).tobytes()
        digest = hashlib.sha256(bits + net.feedforward(validation).tobytes()).hexdigest()[:16]
        print(f"{os.environ['NNCORE_TARGET']:6} {dtype} {name:26} {digest}", flush=True)


def main() -> None:
    if len(sys.argv) > 1:
        return print_hashes(sys.argv[1])
    targets = named(nn, "targets", "native").targets_supported()
    for target in targets:
        for dtype in DTYPES:
            environment = os.environ | {"NNCORE_TARGET": target}
            subprocess.run([sys.executable, __file__, dtype], check=True, env=environment)


if __name__ == "__main__":
    main()
