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


class Trainer:
    def __init__(self, work, X, Y):
        self.work = work
        images = np.round(X * 256).astype(np.uint8).reshape(-1, 28, 28)
        self.data = nn.datasets.Dataset(images, np.argmax(Y, axis=1))
        self.net = nn.Network(list(work.sizes), cost="cross-entropy", dtype="float32", seed=work.seed)
        self.note = f"target {nn.native.target()[0]}"
        biases, weights = work.parameters()
        self.net.biases, self.net.weights = [b[:, None] for b in biases], weights

        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self.train, daemon=True).start()

    def train(self):
        work = self.work
        self.go.acquire()
        self.net.SGD(self.data, 10**6, work.mini_batch_size, work.eta, work.lmbda, callbacks=self.wait)

    def wait(self, net, history):
        self.done.release()
        self.go.acquire()

    def epoch(self):
        self.go.release()
        self.done.acquire()

    def feedforward(self, X):
        return self.net.feedforward(X)
