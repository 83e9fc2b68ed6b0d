"""nncore, through its public door: one call of SGD for each epoch, with all that it does around the epoch."""

import numpy as np

import nncore as nn

LABEL = "nncore"
FORM = "Network.SGD(data, epochs=1, ...), float32"
PACKAGES = ("nncore",)


class Trainer:
    def __init__(self, work, X, Y):
        self.work = work
        images = np.round(X * 256).astype(np.uint8).reshape(-1, 28, 28)
        self.data = nn.datasets.Dataset(images, np.argmax(Y, axis=1))
        self.net = nn.Network(list(work.sizes), cost="cross-entropy", dtype="float32", seed=work.seed)
        self.note = f"target {nn.native.target()[0]}"
        biases, weights = work.parameters()
        self.net.biases, self.net.weights = [b[:, None] for b in biases], weights

    def epoch(self):
        work = self.work
        options = {} if work.threads == 1 else {"threads": work.threads}
        self.net.SGD(self.data, 1, work.mini_batch_size, work.eta, work.lmbda, **options)

    def feedforward(self, X):
        return self.net.feedforward(X)
