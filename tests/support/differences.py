"""Gradients by central differences: (C(p + h) - C(p - h)) / 2h for one parameter p at a time."""

import numpy as np
import pytest


def central_difference(f, array, index, h):
    """The slope of f() in array[index]. f reads the array, whose number is moved and put back."""
    before = array[index]
    array[index] = before + h
    above = f()
    array[index] = before - h
    below = f()
    array[index] = before
    return (above - below) / (2 * h)


def check_gradient(nabla, f, array, h=1e-5, rel=1e-6, abs=1e-9, indices=None):
    """nabla holds the slopes of f() in the numbers of array, or in those at `indices`."""
    for index in np.ndindex(array.shape) if indices is None else indices:
        index = tuple(np.atleast_1d(index))
        assert nabla[index] == pytest.approx(central_difference(f, array, index, h), rel=rel, abs=abs), index
