"""Functions that load data: MNIST and its relatives, the bundled digits, own pictures and tables."""

from nncore.datasets.bundled import load_sample
from nncore.datasets.class_folders import read_folder
from nncore.datasets.csv_file import read_csv
from nncore.datasets.dataset import Dataset
from nncore.datasets.idx import read_idx
from nncore.datasets.mnist import load_mnist
from nncore.datasets.named import load
from nncore.datasets.picture import Picture, read_picture
from nncore.datasets.table import Table
from nncore.datasets.toy import toy

__all__ = [
    "Dataset",
    "Picture",
    "Table",
    "load",
    "load_mnist",
    "load_sample",
    "read_csv",
    "read_folder",
    "read_idx",
    "read_picture",
    "toy",
]
