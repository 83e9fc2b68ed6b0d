"""Many tasks over an executor: they get their data once, can be stopped, and warn each for itself."""

import concurrent.futures
import multiprocessing
import os
import pickle
import threading
import time
import warnings

import numpy as np
import pytest
from support.tasks import total

from nncore._work import handed
from nncore._work.handed import Handed
from nncore._work.stop import Stop
from nncore._work.warned import warned
from nncore._work.workplace import Workplace, follow, workplace


@pytest.fixture(scope="module")
def processes():
    """One worker process."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


def made():
    return np.arange(3)


def test_stop_reaches_threads_and_copies_in_other_processes(tmp_path):
    (tmp_path / "going-on").touch()
    stop = Stop(tmp_path / "going-on")
    copy = pickle.loads(pickle.dumps(stop))
    assert not stop.is_set()
    assert not copy.is_set()
    stop.check()
    stop.set()
    copy._looked = 0.0
    assert stop.is_set()
    assert copy.is_set()
    with pytest.raises(KeyboardInterrupt):
        copy.check(10)


def test_stop_without_a_file_is_for_threads_alone():
    stop = Stop()
    stop.set()
    assert stop.is_set()
    assert not pickle.loads(pickle.dumps(stop)).is_set()


def test_a_copy_looks_at_the_file_now_and_then_only(tmp_path):
    (tmp_path / "going-on").touch()
    copy = pickle.loads(pickle.dumps(Stop(tmp_path / "going-on")))
    assert not copy.is_set()
    (tmp_path / "going-on").unlink()
    assert not copy.is_set()  # it has just looked
    copy._looked -= 1
    assert copy.is_set()


def test_handed_objects_travel_by_file_by_function_or_with_the_task(tmp_path):
    value = np.arange(3)
    by_file = Handed(value, tmp_path / "data.pickle")
    by_file.write()
    for sent in (Handed(value), by_file, Handed(value, None, made)):
        assert sent.get() is value
        back = pickle.loads(pickle.dumps(sent))
        assert back.get().tolist() == [0, 1, 2]
        assert back.get() is back.get()
    assert len(pickle.dumps(Handed(np.zeros(10**5), tmp_path / "data.pickle"))) < 1000


def test_a_file_that_a_worker_cannot_read_is_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder: the worker on .* cannot read .*all machines"):
        Handed(None, tmp_path / "data.pickle").get()


def test_tasks_here_get_the_object_itself_and_those_elsewhere_a_file(processes):
    data = np.arange(4)
    with workplace(None, 2) as work:
        assert work.here
        assert work.hand("data", data).path is None
    with workplace(processes, None) as work:
        sent = work.hand("data", data)
        assert not work.here
        assert sent.path is not None
        assert sent.path.parent == work.scratch
        assert processes.submit(total, sent, "").result() == 6
    assert not work.scratch.exists()


def test_without_a_common_folder_the_object_goes_with_the_task(processes, monkeypatch):
    monkeypatch.setattr("nncore._work.workplace.is_shared", lambda executor, folder: False)
    with workplace(processes, None) as work:
        assert work.scratch is None
        assert processes.submit(total, work.hand("data", np.arange(4)), "").result() == 6


def test_a_folder_that_workers_do_not_share_is_refused(processes, tmp_path, monkeypatch):
    monkeypatch.setattr("nncore._work.workplace._read_token", os.path.join)  # another text
    with (
        pytest.raises(ValueError, match="folder: a worker of the executor does not find"),
        workplace(processes, None, tmp_path),
    ):
        pass


def test_a_file_system_that_does_not_answer_stops_nothing(tmp_path):
    (tmp_path / "file").touch()
    copy = pickle.loads(pickle.dumps(Stop(tmp_path / "file" / "going-on")))
    assert not copy.is_set()  # NotADirectoryError


def test_scratch_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(processes, tmp_path):
    left = tmp_path / ".nncore-work-left"
    left.mkdir()
    (left / "data.pickle").write_bytes(b"large")
    with workplace(processes, None, tmp_path) as first:
        assert not left.exists()
        with workplace(processes, None, tmp_path) as second:
            assert first.scratch.exists()
            assert second.scratch != first.scratch
            assert not first.stop.is_set()
    assert list(tmp_path.glob(".nncore-work-*")) == []


@pytest.mark.parametrize("reached", [True, False])
def test_ctrl_c_stops_what_runs_and_cancels_what_it_does_not_reach(monkeypatch, reached):
    began = threading.Event()

    def task(stop):
        began.set()
        while not stop.is_set():
            time.sleep(0.001)
        return "stopped"

    def interrupted():
        assert began.wait(30)
        raise KeyboardInterrupt

    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        work = Workplace(executor, reached, Stop(), None)
        pending = {executor.submit(task, work.stop): i for i in range(3)}
        futures = list(pending)
        monkeypatch.setattr("nncore._work.workplace.TICK", 0.001)
        with pytest.raises(KeyboardInterrupt):
            follow(pending, lambda i, future: None, work, interrupted)
    assert futures[0].result() == "stopped"
    if reached:
        assert [future.result() for future in futures] == ["stopped"] * 3


def test_warnings_of_threads_go_to_lists_of_their_own(recwarn):
    meeting = threading.Barrier(3)
    found = {}

    def work(name):
        with warned() as texts:
            meeting.wait(30)
            warnings.warn(name, stacklevel=1)
            meeting.wait(30)
        found[name] = texts

    filters = list(warnings.filters)
    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    meeting.wait(30)
    warnings.warn("mine", stacklevel=1)
    meeting.wait(30)
    for thread in threads:
        thread.join()
    assert found == {"a": ["a"], "b": ["b"]}
    assert warnings.filters == filters
    assert [str(each.message) for each in recwarn] == ["mine"]


def test_warned_may_be_nested():
    with warned() as outer:
        with warned() as inner:
            warnings.warn("inner", stacklevel=1)
        warnings.warn("outer", stacklevel=1)
    assert (inner, outer) == (["inner"], ["outer"])


def test_data_are_read_once_by_a_process(tmp_path):
    sent = Handed(np.arange(3), tmp_path / "data.pickle")
    sent.write()
    handed._read.cache_clear()
    for _ in range(3):
        pickle.loads(pickle.dumps(sent)).get()
    assert handed._read.cache_info().misses == 1
