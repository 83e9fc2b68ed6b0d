"""Callbacks for ``net.SGD(..., callbacks=[...])`` that keep, print, log and draw a run while it trains.

A callback is any function: it is called after each epoch as ``callback(net, history)``. An exception that it
raises ends the run; network and history are then whole, and the history says why it stopped. The objects of
this module are callbacks that many runs need. Each may serve several runs, one after the other, and runs
that are resumed, also in another process.

>>> import tempfile
>>> import nncore as nn
>>> train, validation, test = nn.datasets.load_sample()
>>> net = nn.Network([784, 30, 10], seed=0)
>>> with tempfile.TemporaryDirectory() as folder:
...     keep = [nn.callbacks.Checkpoint(f"{folder}/digits.npz"), nn.callbacks.CSVLog(f"{folder}/digits.csv")]
...     history = net.SGD(train, 3, 10, 0.5, evaluation_data=validation, callbacks=keep)
...     nn.load(f"{folder}/digits.npz").epochs_trained
3
"""

from nncore.callbacks.checkpoint import Checkpoint
from nncore.callbacks.csv_log import CSVLog
from nncore.callbacks.epoch_table import EpochTable
from nncore.callbacks.live_plot import Plot
from nncore.callbacks.tensorboard import TensorBoard

__all__ = ["CSVLog", "Checkpoint", "EpochTable", "Plot", "TensorBoard"]
