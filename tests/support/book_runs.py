"""Runs of the book's experiments for tests: in an empty folder, on a few digits, and slowly if asked."""

import threading
import time
from contextlib import contextmanager

import nncore as nn
from nncore.play.screens import book
from nncore.reproduction import single_run


@contextmanager
def slow_epochs(monkeypatch):
    """Let each epoch write a checkpoint, and take a tenth of a second, until the given event is set."""
    quick, write = threading.Event(), single_run._write_checkpoint

    def writing(*given):
        write(*given)
        if not quick.is_set():
            time.sleep(0.1)

    monkeypatch.setattr(single_run, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(single_run, "_write_checkpoint", writing)
    yield quick
    quick.set()


@contextmanager
def empty_folder(tmp_path, monkeypatch):
    """Give an empty folder of results, and let the experiments run on few of the bundled digits."""
    sample = nn.datasets.load_sample()
    small = (sample[0][:200], sample[1][:50], sample[2][:50])
    monkeypatch.setattr(single_run, "_loaded", lambda data: small)
    monkeypatch.setattr(book, "has_mnist", lambda: True)
    monkeypatch.setattr(book, "RESULTS", tmp_path / "results")
    single_run._prepared.cache_clear()
    yield tmp_path / "results"
    single_run._prepared.cache_clear()
