"""nncore: the networks of Michael Nielsen's "Neural Networks and Deep Learning", at the speed of the machine.

>>> import nncore as nn
>>> train, validation, test = nn.datasets.load_sample()
>>> net = nn.Network([784, 30, 10], seed=0)
>>> history = net.SGD(train, epochs=3, mini_batch_size=10, eta=0.5, lmbda=1.0, evaluation_data=validation)
>>> digits = net.predict(test)
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from nncore import _hints, _namesake, datasets, functions, targets
from nncore.datasets import Dataset
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax
from nncore.network import Network, load
from nncore.training import augment, rules, schedules, stopping
from nncore.training.history import History
from nncore.training.monitoring import Monitor
from nncore.training.run import DivergenceError, NotLearningWarning
from nncore.training.training_record import TrainingRecord

if TYPE_CHECKING:
    from nncore import callbacks, distributed, widgets
    from nncore.ensemble import Ensemble
    from nncore.insight import plot
    from nncore.insight.animate import animate
    from nncore.insight.diagnose import diagnose
    from nncore.insight.find_eta import find_eta
    from nncore.insight.gradient_check import check_gradients
    from nncore.insight.trace import trace
    from nncore.play import play
    from nncore.sweeps.sweep import sweep
    from nncore.training.steps import Steps

__version__ = "0.1.0"
__all__ = [
    "Conv2D",
    "Dataset",
    "Dense",
    "DivergenceError",
    "Ensemble",
    "History",
    "MaxPool2D",
    "Monitor",
    "Network",
    "NotLearningWarning",
    "Softmax",
    "Steps",
    "TrainingRecord",
    "animate",
    "augment",
    "callbacks",
    "check_gradients",
    "datasets",
    "diagnose",
    "distributed",
    "find_eta",
    "functions",
    "load",
    "play",
    "plot",
    "rules",
    "schedules",
    "stopping",
    "sweep",
    "targets",
    "trace",
    "widgets",
]

LAZY = {  # public names that are imported when they are first used: "module:name", or a module
    "Ensemble": "nncore.ensemble:Ensemble",
    "Steps": "nncore.training.steps:Steps",
    "animate": "nncore.insight.animate:animate",
    "callbacks": "nncore.callbacks",
    "check_gradients": "nncore.insight.gradient_check:check_gradients",
    "diagnose": "nncore.insight.diagnose:diagnose",
    "distributed": "nncore.distributed",
    "find_eta": "nncore.insight.find_eta:find_eta",
    "play": "nncore.play",  # a package that can be called
    "plot": "nncore.insight.plot",
    "sweep": "nncore.sweeps.sweep:sweep",
    "trace": "nncore.insight.trace:trace",
    "widgets": "nncore.widgets",
}


_namesake.warn_of_its_files(__path__[0])


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise _hints.error("module 'nncore'", name, sys.modules[__name__], _hints.PACKAGE)
    module, _, attribute = LAZY[name].partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, attribute) if attribute else imported


def __dir__() -> list[str]:
    return sorted(__all__)
