"""nncore: the networks of Michael Nielsen's "Neural Networks and Deep Learning", at the speed of the machine.

>>> import nncore as nn
>>> train, validation, test = nn.datasets.load_sample()
>>> net = nn.Network([784, 30, 10], seed=0)
>>> history = net.SGD(train, epochs=3, mini_batch_size=10, eta=0.5, lmbda=1.0, evaluation_data=validation)
>>> digits = net.predict(test)
"""

from nncore import datasets, kernels, native
from nncore.datasets import Dataset
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax
from nncore.network import Network, load
from nncore.training import DivergenceError, History

__version__ = "0.1.0"
__all__ = [
    "Conv2D",
    "Dataset",
    "Dense",
    "DivergenceError",
    "History",
    "MaxPool2D",
    "Network",
    "Softmax",
    "datasets",
    "kernels",
    "load",
    "native",
]
