"""nncore: the networks of Michael Nielsen's "Neural Networks and Deep Learning", at the speed of the machine.

>>> import nncore as nn
>>> train, validation, test = nn.datasets.load_sample()
>>> net = nn.Network([784, 30, 10], seed=0)
>>> history = net.SGD(train, epochs=3, mini_batch_size=10, eta=0.5, lmbda=1.0, evaluation_data=validation)
>>> digits = net.predict(test)
"""

import importlib
from typing import TYPE_CHECKING, Any

from nncore import datasets, functions, targets
from nncore.datasets import Dataset
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax
from nncore.network import Network, load
from nncore.training import augment, schedules
from nncore.training.history import History
from nncore.training.sgd import DivergenceError

if TYPE_CHECKING:
    from nncore.ensemble import Ensemble
    from nncore.insight import plot
    from nncore.insight.doctor import diagnose
    from nncore.insight.find_eta import find_eta
    from nncore.insight.inspection import check_gradients, trace

__version__ = "0.1.0"
__all__ = [
    "Conv2D",
    "Dataset",
    "Dense",
    "DivergenceError",
    "Ensemble",
    "History",
    "MaxPool2D",
    "Network",
    "Softmax",
    "augment",
    "check_gradients",
    "datasets",
    "diagnose",
    "find_eta",
    "functions",
    "load",
    "plot",
    "schedules",
    "targets",
    "trace",
]

LAZY = {  # public names whose modules are imported when they are first used
    "Ensemble": "ensemble",
    "check_gradients": "insight.inspection",
    "diagnose": "insight.doctor",
    "find_eta": "insight.find_eta",
    "plot": "insight.plot",
    "trace": "insight.inspection",
}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'nncore' has no attribute {name!r}")
    module = importlib.import_module(f"nncore.{LAZY[name]}")
    return module if LAZY[name].endswith(f".{name}") and name == "plot" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
