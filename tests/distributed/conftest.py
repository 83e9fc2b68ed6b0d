"""One cluster of two worker processes on this machine, for all tests that need one."""

import contextlib
import warnings

import pytest

import nncore as nn


@contextlib.contextmanager
def others_warnings_ignored():
    """Dask and what it uses leave sockets open for a while when a cluster starts and ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def cluster():
    """The executor of a cluster with two workers; the context manager closes it within half a minute."""
    pytest.importorskip("distributed")
    with contextlib.ExitStack() as stack:
        with others_warnings_ignored():
            executor = stack.enter_context(nn.distributed.dask(workers=2))
        yield executor
        with others_warnings_ignored():
            stack.close()
