"""One cluster of two worker processes on this machine, for all tests that need one."""

import contextlib
import warnings

import pytest

import nncore as nn


@pytest.fixture(scope="session")
def cluster():
    """The executor of a LocalCluster with two workers."""
    pytest.importorskip("distributed")
    with contextlib.ExitStack() as stack:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of packages that Dask uses
            executor = stack.enter_context(nn.distributed.dask(workers=2))
        yield executor
