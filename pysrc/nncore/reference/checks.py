"""What the reference refuses, as `nncore.Network` does: data that would give numbers without a meaning."""

import numpy as np


def array(name, values):
    """The values as an array. A mask would be lost in it, and with it that some of them are missing."""
    parts = [values, *values] if isinstance(values, (list, tuple)) else [values]
    if any(np.ma.is_masked(part) for part in parts):
        raise ValueError(f"{name}: some values are masked, and a network needs all: leave out their rows")
    return np.asarray(values)


def images(shape, X):
    """Images have their axes in the order of `input_shape`, channels first; so have flat rows."""
    axes, wanted = ([n for n in given if n != 1] for given in (X.shape, shape))
    if len(shape) == 3 and len(axes) > 2 and axes[-len(wanted):] != wanted:
        wanted = tuple(map(int, shape))
        raise ValueError(f"X: images (channels, height, width) = {wanted} needed, got shape {X.shape}; "
                         "X.transpose(0, 3, 1, 2) puts channels that came last before the others")


def pair(data):
    """A tuple is (X, y), a list holds pairs (x, y): a list of two lists could be either."""
    if isinstance(data, list) and len(data) == 2 and not any(isinstance(each, tuple) for each in data):
        raise ValueError("data: a list of two can be read in two ways: type (X, y), or [(x, y), (x, y)]")


def several(X):
    """X is an array of examples. One alone, without an axis for their number, is not meant for a training."""
    if X.ndim < 2 or (X.ndim == 2 and X.shape[1] == 1 < X.shape[0]):
        raise ValueError(f"data: examples needed, got one x of shape {X.shape}; a list of one is [(x, y)]")


def targets(y, cost):
    """The cross-entropy takes targets for probabilities, the log-likelihood a row of them for shares of 1."""
    if cost == "cross-entropy" and y.size and not (y.min() >= -1e-6 and y.max() <= 1 + 1e-6):
        raise ValueError(f"y: the cross-entropy needs targets from 0 to 1, got {y.min():g} to {y.max():g}; "
                         'numbers need cost="quadratic" and a linear output layer')
    if cost == "log-likelihood" and not (np.all(y >= 0) and np.all(np.abs(y.sum(axis=1) - 1) < 1e-3)):
        raise ValueError("y: softmax needs targets of at least 0 that sum to 1 in each row; "
                         "y / y.sum(axis=1, keepdims=True) are shares")
