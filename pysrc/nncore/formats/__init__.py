"""This package reads and writes files of descriptions and arrays, which make up a network."""

from nncore.formats import npz

__all__ = ["npz"]
