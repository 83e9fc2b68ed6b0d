"""nncore: the networks of Michael Nielsen's "Neural Networks and Deep Learning", at the speed of the machine.

>>> import nncore as nn
>>> train, validation, test = nn.datasets.load_sample()
>>> net = nn.Network([784, 30, 10], seed=0)
>>> history = net.SGD(train, epochs=3, mini_batch_size=10, eta=0.5, lmbda=1.0, evaluation_data=validation)
>>> digits = net.predict(test)
"""

import importlib
from typing import TYPE_CHECKING, Any

from nncore import augment, datasets, kernels, native, schedules
from nncore.datasets import Dataset
from nncore.history import History
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax
from nncore.network import Network, load
from nncore.training import DivergenceError

if TYPE_CHECKING:
    from nncore import plot, universality
    from nncore.doctor import diagnose
    from nncore.ensemble import Ensemble
    from nncore.eta_search import find_eta
    from nncore.inspection import check_gradients, trace

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
    "kernels",
    "load",
    "native",
    "plot",
    "schedules",
    "trace",
    "universality",
]

ROOMS = {  # imported when they are first asked for
    "Ensemble": "ensemble",
    "check_gradients": "inspection",
    "diagnose": "doctor",
    "find_eta": "eta_search",
    "plot": "plot",
    "trace": "inspection",
    "universality": "universality",
}


def __getattr__(name: str) -> Any:
    if name not in ROOMS:
        raise AttributeError(f"module 'nncore' has no attribute {name!r}")
    room = importlib.import_module(f"nncore.{ROOMS[name]}")
    return room if name == ROOMS[name] else getattr(room, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *ROOMS})
