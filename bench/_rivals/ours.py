"""nncore, through its public door: one call of SGD for all epochs of a measurement."""

import numpy as np

import nncore as nn

LABEL = "nncore"
FORM = "Network.SGD, float32, one call for all epochs of a measurement"
PACKAGES = ("nncore",)


def network(work, **options):
    """The network of a workload, with its parameters."""
    convolutions = [
        part for n in work.filters for part in (nn.Conv2D(n, 5, work.activation), nn.MaxPool2D(2))
    ]
    hidden = [nn.Dense(n, work.activation, work.dropout) for n in work.sizes[1:-1]]
    if work.output == "softmax":
        output = nn.Softmax(work.sizes[-1], dropout=work.dropout)
    else:
        output = nn.Dense(work.sizes[-1], work.output, work.dropout)
    shape = (1, 28, 28) if work.filters else work.sizes[:1]
    layers = [*convolutions, *hidden, output]
    net = nn.Network(layers, cost=work.cost, input_shape=shape, dtype="float32", **options)
    biases, weights = work.parameters()
    net.biases, net.weights = [b[:, None] for b in biases], weights
    return net


class Trainer:
    calls = False  # whether each epoch is a call of its own

    def __init__(self, work, X, Y):
        self.work, self.data = work, (X, Y)
        if work.data == "digits":
            images = np.round(X * 256).astype(np.uint8).reshape(-1, 28, 28)
            self.data = nn.datasets.Dataset(images, np.argmax(Y, axis=1))
        self.net = network(work, seed=work.seed)
        self.note = f"target {nn.targets.target()[0]}"

    def epochs(self, count, shuffle=True):
        work = self.work
        for epochs in [1] * count if self.calls else [count]:
            history = self.net.SGD(
                self.data,
                epochs,
                work.mini_batch_size,
                work.eta,
                work.lmbda,
                rule=work.rule,
                threads=work.threads,
                shuffle=shuffle,
                progress=False,
            )
        self.sparse, self.threads_run = history.sparse, history.threads[-1]
        return history.steps[-1] * (count if self.calls else 1)

    def feedforward(self, X):
        return self.net.feedforward(X)
