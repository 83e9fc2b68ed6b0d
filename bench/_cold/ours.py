"""nncore, cold: `python -m _cold.ours RECIPE`, with a recipe in JSON."""

import json
import sys

import nncore as nn


def main(recipe):
    load = nn.datasets.load_sample if recipe["data"] == "sample" else nn.datasets.load_mnist
    training, _, test = load()
    training = training[: recipe["examples"]]
    convolutions = [layer for n in recipe["filters"] for layer in (nn.Conv2D(n, 5, "relu"), nn.MaxPool2D(2))]
    layers = [*convolutions, *(nn.Dense(n, "relu") for n in recipe["hidden"]), nn.Softmax(10)]
    shape = (1, 28, 28) if convolutions else (784,)
    net = nn.Network(layers, input_shape=shape, init="he", seed=recipe["seed"])
    etas = recipe["etas"]
    rule = {"momentum": recipe["momentum"], "schedule": etas.__getitem__}
    net.SGD(training, len(etas), recipe["mini_batch_size"], etas[0], progress=False, **rule)
    print(net.accuracy(test), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
