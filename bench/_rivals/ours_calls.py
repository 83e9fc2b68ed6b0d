"""nncore, a call of `SGD(epochs=1)` for each epoch: what a loop in user code pays."""

from . import ours

LABEL = "nncore, SGD(epochs=1)"
FORM = "Network.SGD, float32, a call for each epoch"
PACKAGES = ("nncore",)


def takes(work):
    return work.rule == "sgd"  # each call of SGD begins Adam anew


class Trainer(ours.Trainer):
    calls = True
