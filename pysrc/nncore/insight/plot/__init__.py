"""These functions draw networks, their data and their training with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from nncore.insight.plot.answer import outputs
from nncore.insight.plot.data import augmented, images
from nncore.insight.plot.errors import confusion, misclassified
from nncore.insight.plot.graph import network
from nncore.insight.plot.histograms import weights
from nncore.insight.plot.maps import feature_maps, filters
from nncore.insight.plot.picture_steps import picture_steps
from nncore.insight.plot.plane import boundary
from nncore.training.learning_curves import history

__all__ = [
    "augmented",
    "boundary",
    "confusion",
    "feature_maps",
    "filters",
    "history",
    "images",
    "misclassified",
    "network",
    "outputs",
    "picture_steps",
    "weights",
]
