"""nncore, through its public door: one call of SGD, whose epochs the driver starts through a callback.

So an epoch counts with its shuffle and all that SGD does around it; what SGD does once, before the first,
belongs to the first epoch, as it does for the others.
"""

import threading

import numpy as np

import nncore as nn

LABEL = "nncore"
FORM = "Network.SGD, float32, a call of many epochs"
PACKAGES = ("nncore",)


def network(work, **options):
    """The network of a workload, with its parameters."""
    convolutions = [
        part for n in work.filters for part in (nn.Conv2D(n, 5, work.activation), nn.MaxPool2D(2))
    ]
    hidden = [nn.Dense(n, work.activation, work.dropout) for n in work.sizes[1:-1]]
    output = nn.Softmax if work.filters else nn.Dense
    layers = [*convolutions, *hidden, output(work.sizes[-1], dropout=work.dropout)]
    shape = (1, 28, 28) if work.filters else work.sizes[:1]
    net = nn.Network(layers, cost=work.cost, input_shape=shape, dtype="float32", **options)
    biases, weights = work.parameters()
    net.biases, net.weights = [b[:, None] for b in biases], weights
    return net


class Trainer:
    def __init__(self, work, X, Y):
        self.work = work
        images = np.round(X * 256).astype(np.uint8).reshape(-1, 28, 28)
        self.data = nn.datasets.Dataset(images, np.argmax(Y, axis=1))
        self.net = network(work, seed=work.seed)
        self.note = f"target {nn.targets.target()[0]}"
        self.refused = None
        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self.train, daemon=True).start()

    def train(self):
        work = self.work
        self.go.acquire()
        settings = (10**6, work.mini_batch_size, work.eta, work.lmbda)
        try:
            self.net.SGD(self.data, *settings, callbacks=self.wait, threads=work.threads)
        except Exception as reason:
            self.refused = reason
            self.done.release()

    def wait(self, net, history):
        self.done.release()
        self.go.acquire()

    def epoch(self):
        self.go.release()
        self.done.acquire()
        if self.refused:
            raise self.refused

    def feedforward(self, X):
        return self.net.feedforward(X)
