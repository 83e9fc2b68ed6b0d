"""These functions draw networks, their data and their training with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from nncore.insight.plot.data import augmented, images
from nncore.insight.plot.errors import confusion, misclassified
from nncore.insight.plot.maps import feature_maps, filters
from nncore.training.learning_curves import history

__all__ = ["augmented", "confusion", "feature_maps", "filters", "history", "images", "misclassified"]
