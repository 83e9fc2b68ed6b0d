"""The lists of non-zero inputs that are kept: when they are used again, when not, and when they go."""

import gc
import mmap
import os
import signal
import threading
import time

import numpy as np
import pytest

import nncore as nn
from nncore import _entries
from nncore.datasets import Dataset

M, ETA = 10, 0.5


@pytest.fixture(autouse=True)
def nothing_kept():
    _entries._kept.clear()
    yield
    _entries._kept.clear()


@pytest.fixture
def listings(monkeypatch):
    """How often inputs were listed: a list that grows by the number of examples."""
    made = []

    def count(data, array, most, threads):
        if data.entries is None:
            before = [kept.entries for kept in _entries._kept.values()]
            found = list_entries(data, array, most, threads)
            if not any(data.entries is entries for entries in before if entries is not None):
                made.append(len(data))
            return found
        return list_entries(data, array, most, threads)

    list_entries = _entries.list_entries
    monkeypatch.setattr(_entries, "list_entries", count)
    return made


def digits(n=60, seed=0):
    """Images of which a fifth of the pixels are not zero, and labels."""
    rng = np.random.default_rng(seed)
    X = (rng.integers(1, 256, (n, 784)) * (rng.random((n, 784)) < 0.2)).astype(np.uint8)
    return X, rng.integers(0, 10, n)


def trained(data, dtype="float32"):
    net = nn.Network([784, 5, 10], seed=1, dtype=dtype)
    history = net.SGD(data, 1, M, ETA)
    assert history.sparse
    return net.parameters.copy()


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def test_a_second_run_on_a_sample_lists_nothing(sample, listings):
    first = trained(sample[0])
    assert np.array_equal(trained(sample[0]), first)
    assert listings == [8000]


@pytest.mark.parametrize("as_floats", [False, True])
def test_a_second_run_on_read_only_arrays_lists_nothing(listings, as_floats):
    X, y = digits()
    X = frozen((X / 256).astype(np.float32) if as_floats else X)
    first = trained((X, y))
    assert np.array_equal(trained((X, y)), first)
    assert listings == [60]


def test_parts_and_selections_of_a_dataset_have_lists_of_their_own(sample, listings):
    train = sample[0]
    few, ones = train[:50], train.only(1)
    for data in (few, ones, few, ones, train[:50]):
        other = Dataset(data.images.copy(), data.labels)
        assert np.array_equal(trained(data), trained(other))
    assert [n for n in listings if n == 50] == [50] * 4  # of the slice once, and of its three copies
    assert [n for n in listings if n == len(ones)] == [len(ones)] * 3


@pytest.mark.parametrize("of_dataset", [False, True])
def test_writeable_arrays_are_listed_anew(listings, of_dataset):
    X, y = digits()
    data = Dataset(X, y) if of_dataset else (X, y)
    trained(data)
    X[:] = digits(seed=1)[0]
    copy = Dataset(X.copy(), y) if of_dataset else (X.copy(), y)
    assert np.array_equal(trained(data), trained(copy))
    assert listings == [60] * 3
    assert not _entries._kept


def test_an_array_that_was_made_writeable_again_is_listed_anew(listings):
    X, y = digits()
    X = frozen(X)
    trained((X, y))
    X.flags.writeable = True
    X[59, 783] ^= 1  # one bit, in the last byte
    X.flags.writeable = False
    assert np.array_equal(trained((X, y)), trained((X.copy(), y)))
    assert listings == [60] * 3


def test_an_array_that_another_view_writes_to_is_listed_anew():
    X, y = digits()
    view = X[:]
    X.flags.writeable = False
    trained((X, y))
    view[3, 100:200] = 7
    assert np.array_equal(trained((X, y)), trained((X.copy(), y)))


def test_memory_that_others_may_write_to_is_never_kept(listings):
    X, y = digits()
    memory = mmap.mmap(-1, X.nbytes)
    memory.write(X.tobytes())
    array = np.frombuffer(memory, np.uint8).reshape(X.shape)
    read_only = np.frombuffer(memoryview(memory).toreadonly(), np.uint8).reshape(X.shape)
    for data in (array, read_only):
        trained((data, y))
        trained((data, y))
    assert listings == [60] * 4
    assert not _entries._kept


def test_bytes_are_kept_without_a_checksum(listings):
    X, y = digits()
    X = np.frombuffer(X.tobytes(), np.uint8).reshape(X.shape)
    assert np.array_equal(trained((X, y)), trained((X, y)))
    assert listings == [60]
    assert [kept.checksum for kept in _entries._kept.values()] == [None]


def test_each_dtype_has_a_list_of_its_own(listings):
    X, y = digits()
    X = frozen(X)
    trained((X, y))
    trained((X, y), "float64")
    trained(Dataset(X, y))
    trained((X, y), "float64")
    assert listings == [60] * 2


def test_a_list_goes_with_its_array():
    X, y = digits()
    X = frozen(X)
    trained((X, y))
    assert len(_entries._kept) == 1
    del X
    gc.collect()
    assert not _entries._kept


def test_only_the_last_lists_are_kept():
    arrays = [frozen(digits(20, seed)[0]) for seed in range(_entries.KEPT + 2)]
    for X in arrays:
        trained((X, np.zeros(20, int)))
    owners = [kept.owner() for kept in _entries._kept.values()]
    assert all(owner is X for owner, X in zip(owners, arrays[2:], strict=True))


def test_that_there_are_too_many_inputs_is_kept_too(listings):
    X = frozen(np.ones((40, 784), np.float32))
    for _ in range(2):
        net = nn.Network([784, 5, 10], seed=1)
        assert not net.SGD((X, np.zeros(40, int)), 1, M, ETA).sparse
    assert [kept.entries for kept in _entries._kept.values()] == [None]


def test_sealed_memory_cannot_be_made_writeable():
    array = _entries.sealed(np.arange(6).reshape(2, 3))
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    for each in (array, array.base):
        with pytest.raises(ValueError, match="WRITEABLE"):
            each.flags.writeable = True


def test_threads_that_train_on_one_dataset_share_its_list(sample, listings):
    results = []
    threads = [threading.Thread(target=lambda: results.append(trained(sample[0][:500]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, results[0]) for result in results)
    assert len(_entries._kept) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_can_list_while_its_parent_does(sample):
    with _entries._in_use:  # as another thread of the parent would hold it
        child = os.fork()
        if not child:
            os._exit(0 if trained(sample[0][:50]).size else 1)
    for _ in range(600):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended
    assert status == 0


def test_entries_of_other_data_are_refused():
    kernels = nn.targets.kernels("float32")
    X, _ = digits()
    data = kernels.Data(X)
    assert data.entries is None
    data.list_entries()
    for other in (kernels.Data(X[:50]), kernels.Data(X, scale=0.5), kernels.Data(None, X.astype(np.float32))):
        with pytest.raises(ValueError, match="entries"):
            other.entries = data.entries
    same = kernels.Data(X)
    same.entries = data.entries
    assert same.entries is data.entries
    assert same.entries_listed


@pytest.mark.every_target
@pytest.mark.parametrize("as_floats", [False, True])
@pytest.mark.parametrize("n_in", [1, 15, 16, 63, 64, 65, 130, 784, 1100])
def test_lists_do_not_depend_on_the_threads(kernels, n_in, as_floats):
    """Training over the lists gives the same bits, whoever wrote them."""
    rng = np.random.default_rng(n_in)
    X = (rng.integers(1, 256, (700, n_in)) * (rng.random((700, n_in)) < 0.3)).astype(np.uint8)
    y = rng.integers(0, 3, 700)
    results = []
    for threads in (1, 2, 3, 4):
        inputs = (None, X.astype(kernels.dtype)) if as_floats else (X, None)
        data = kernels.Data(*inputs, y.astype(np.intp), None, 1 / 256)
        assert data.list_entries(1.0, threads)
        program = kernels.Program(n_in, "log-likelihood")
        program.add_dense(3, activation="softmax")
        program.complete()
        parameters = np.zeros(program.size, kernels.dtype)
        order = np.arange(700, dtype=np.intp)
        kernels.train(program, parameters, data, order, 10, kernels.Rule("sgd", 0.01))
        results.append(parameters.tobytes())
    assert len(set(results)) == 1
    with pytest.raises(ValueError, match="threads: 1 to 256 needed"):
        kernels.Data(X).list_entries(1.0, 0)
