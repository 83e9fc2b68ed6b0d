"""Descriptions of layers that are not those of nncore, and a comparison of lists of arrays."""

from types import SimpleNamespace

import numpy as np


def layers(*pairs):
    """Layer descriptions, as nncore.Dense and nncore.Softmax carry them."""
    return [SimpleNamespace(n=n, activation=activation) for n, activation in pairs]


def equal(got, wanted):
    """Lists of arrays: the same shapes, and the same numbers to a few last digits."""
    assert [g.shape for g in got] == [np.shape(w) for w in wanted]
    for g, w in zip(got, wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-14, atol=1e-15)
