"""Files in and out. What a network is, `nncore.network` knows; here there are descriptions and arrays."""

from nncore.formats import npz

__all__ = ["npz"]
