"""`read_keras` reads the file ``mnist.npz`` that Keras downloads, and others with the same four arrays."""

from __future__ import annotations

import os

from nncore.datasets.dataset import Dataset
from nncore.files import npy
from nncore.files.kinds import refusal
from nncore.files.streams import LARGEST_DEFLATE_RATIO, MOST_UNPACKED, open_file


def read_keras(path: str | os.PathLike[str]) -> tuple[Dataset, Dataset]:
    """Read the training and the test data of Keras' ``mnist.npz``.

    Raises
    ------
    ValueError
        The file is damaged or holds something else.
    """
    with open_file(path) as file:
        try:
            with npy.open_zip(file) as archive:
                npy.check_sizes(archive, min(npy.size_of(file) * LARGEST_DEFLATE_RATIO, MOST_UNPACKED))
                arrays = {}
                for name in sorted(npy.KERAS_NAMES):
                    entry = archive.getinfo(f"{name}.npy")
                    if entry.compress_type not in npy.COMPRESSIONS:
                        raise ValueError(f"its entry {name!r} is compressed in a way that NumPy does not use")
                    arrays[name] = npy.read_array(archive, entry, kinds="iu")
            return tuple(  # type: ignore[return-value]
                Dataset(arrays[f"x_{part}"], arrays[f"y_{part}"].reshape(-1)) for part in ("train", "test")
            )
        except MemoryError:
            raise
        except Exception as error:  # zipfile raises many kinds of errors for damaged files
            raise refusal(path, "the mnist.npz of Keras", error, own="keras") from error
