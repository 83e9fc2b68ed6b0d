"""Functions that load MNIST, or the 10,000 digits that ship with nncore, into a `Dataset`."""

from nncore.datasets.bundled import load_sample
from nncore.datasets.dataset import Dataset
from nncore.datasets.idx import read_idx
from nncore.datasets.mnist import load_mnist

__all__ = ["Dataset", "load_mnist", "load_sample", "read_idx"]
