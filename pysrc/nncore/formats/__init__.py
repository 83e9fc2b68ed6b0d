"""Reading and writing files: descriptions and arrays, which `nncore.network` turns into networks."""

from nncore.formats import npz

__all__ = ["npz"]
