"""The log holds each epoch of each run, after crashes, restarts and changes of what is monitored too."""

import csv
import math
import pickle

import numpy as np
import pytest

import nncore as nn

DATA = np.random.default_rng(0).random((20, 4)).astype(np.float32), np.arange(20) % 2


def train(net, epochs, log, **more):
    return net.SGD(DATA, epochs, 5, 0.5, callbacks=log, evaluation_data=DATA, **more)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(path, *columns):
    return [tuple(int(row[name]) for name in columns) for row in rows(path)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


@pytest.fixture
def net():
    return nn.Network([4, 2], seed=0)


def test_the_numbers_are_those_of_the_history(net, path):
    history = train(net, 3, nn.callbacks.CSVLog(path), monitor=["training_cost", "learning_speeds"])
    found = rows(path)
    assert list(found[0])[:3] == ["run", "epoch", "training_cost"]
    for name in ("training_cost", "eta", "seconds", "elapsed", "images", "threads"):
        assert [float(row[name]) for row in found] == getattr(history, name)
    assert [float(row["learning_speed_0"]) for row in found] == [row[0] for row in history.learning_speeds]


def test_pandas_reads_it_as_to_frame_gives_it(net, path):
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    history = train(net, 3, nn.callbacks.CSVLog(path))
    read = pandas.read_csv(path, index_col="epoch").drop(columns="run")
    frame = history.to_frame()
    assert read.columns.tolist() == frame.columns.tolist()
    for (
        name
    ) in frame.columns:  # pandas 2 rounds in the last digits as it reads; the file has them all, see below
        assert read[name].tolist() == pytest.approx(frame[name].tolist(), rel=1e-9)


def test_another_run_follows_and_a_resumed_one_goes_on(net, path):
    log = nn.callbacks.CSVLog(path)
    first = train(net, 2, log)
    train(nn.Network([4, 2], seed=1), 1, log)
    assert numbers(path, "run", "epoch") == [(1, 1), (1, 2), (2, 1)]
    train(net, 1, log)  # a run of its own, since it does not resume
    train(net, 1, log, resume=net.history)
    assert numbers(path, "run", "epoch") == [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2)]
    assert [row["elapsed"] for row in rows(path)][:2] == [repr(seconds) for seconds in first.elapsed]


def test_another_process_goes_on_from_a_checkpoint_and_replaces_what_was_lost(net, path):
    train(net, 1, nn.callbacks.CSVLog(path))
    train(net, 2, nn.callbacks.CSVLog(path))
    checkpoint = net.copy()
    lost = train(net, 2, pickle.loads(pickle.dumps(nn.callbacks.CSVLog(path))), resume=net.history)
    assert len(lost) == 4
    history = train(checkpoint, 3, nn.callbacks.CSVLog(path), resume=checkpoint.history)
    assert numbers(path, "run", "epoch") == [(1, 1), (2, 1), (2, 2), (2, 3), (2, 4), (2, 5)]
    assert [float(row["elapsed"]) for row in rows(path)[1:]] == history.elapsed


def test_columns_that_come_later_are_empty_before(net, path):
    log = nn.callbacks.CSVLog(path)
    net.SGD(DATA, 1, 5, 0.5, callbacks=log)
    train(net, 2, log, resume=net.history)
    net.SGD(DATA, 1, 5, 0.5, callbacks=log)
    costs = [row["evaluation_cost"] for row in rows(path)]
    assert [cost == "" for cost in costs] == [True, False, False, True]
    assert math.isfinite(float(costs[1]))
    assert numbers(path, "run", "epoch") == [(1, 1), (1, 2), (1, 3), (2, 1)]


def test_a_row_that_was_cut_off_and_a_file_that_is_gone_are_written_anew(net, path):
    log = nn.callbacks.CSVLog(path)
    train(net, 2, log)
    path.write_bytes(path.read_bytes()[:-7])
    train(net, 1, log, resume=net.history)
    assert numbers(path, "epoch") == [(1,), (2,), (3,)]
    path.unlink()
    train(net, 1, log, resume=net.history)
    assert numbers(path, "epoch") == [(1,), (2,), (3,), (4,)]


def test_a_row_is_appended_without_writing_the_others_anew(net, path, monkeypatch):
    written = []
    write = nn.callbacks.CSVLog._write
    monkeypatch.setattr(nn.callbacks.CSVLog, "_write", lambda *given: written.append(1) or write(*given))
    log = nn.callbacks.CSVLog(path)
    train(nn.Network([4, 2], seed=3), 2, log, monitor="learning_speeds")
    train(net, 5, log)
    assert len(written) == 2
    assert len(rows(path)) == 7


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"epoch,run\n1,1\n",
        b"run,epoch\none,1\n",
        b"run,epoch,eta\n1,1\n",
        b"run,epoch,eta,eta\n1,1,1,1\n",
        b"run,epoch\n" + b"9" * 5000 + b",1\n",
        b"\xff\xfe\n",
        b"no line's end",
        b'run,epoch\n1,"1\n',
    ],
)
def test_a_file_of_somebody_else_is_refused_and_not_changed(net, path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"log\.csv exists and no CSVLog wrote it; name another file"):
        nn.callbacks.CSVLog(path)
    assert path.read_bytes() == content
    path.unlink()
    log = nn.callbacks.CSVLog(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no CSVLog wrote it"):
        train(net, 1, log)
    assert path.read_bytes() == content


def test_an_empty_file_is_written_to(net, path):
    path.touch()
    train(net, 1, nn.callbacks.CSVLog(path))
    assert numbers(path, "run", "epoch") == [(1, 1)]
