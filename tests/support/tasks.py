"""Functions that tests send to other processes, which import them from here."""

from nncore.sweeps import training


def total(data, attempt):
    return int(data.get().sum())


def checkpoints_every(seconds):
    training.CHECKPOINT_SECONDS = seconds
