"""Give made and mutated files to every reader: each must read it, or refuse it by a ValueError that names it.

    python tests/fuzz/files.py --files 1000000              a long round, with a new seed
    python tests/fuzz/files.py --seed 7 --only 4711         one file again, with its traceback

Files are read in batches, each in a process of its own with limits (see `batches.py`). It also watches, by
Python's audit hooks, that no reader runs or imports anything, opens another file, or connects to anything.
The same seed makes the same files.
"""

import codecs
import contextlib
import os
import random
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import corpus as corpora  # noqa: E402
from batches import MEMORY, Driver  # noqa: E402
from desk import Desk  # noqa: E402
from made_files import any_file  # noqa: E402

import nncore as nn  # noqa: E402
from nncore.book import network2, network3  # noqa: E402
from nncore.files import kinds, npy  # noqa: E402

READERS = {
    "nn.load": nn.load,
    "nn.Ensemble.load": nn.Ensemble.load,
    "network2.load": network2.load,
    "network3.load": network3.load,
    "load_mnist": nn.datasets.load_mnist,
    "read_idx": nn.datasets.read_idx,
    "npy.read_file": npy.read_file,
    "recognise": kinds.recognise,
    "read_csv": nn.datasets.read_csv,
    "read_csv, numbers": lambda path: nn.datasets.read_csv(path, target=0, regression=True),
    "read_picture": nn.datasets.read_picture,
}
# Readers of a few kinds: files of others, which the same function refuses, they get only one in so many of.
OWN = {
    "nn.Ensemble.load": "ensemble network other",
    "network2.load": "network2 text other",
    "network3.load": "network other",
    "load_mnist": "pickle keras idx gzip other",
    "read_idx": "idx gzip other",
    "npy.read_file": "network ensemble keras idx other",
    "read_csv, numbers": "csv text",
    "read_folder": "other",
}
SOME = 6
READERS_OF_FOLDERS = {  # the name of the folder on the desk, and who reads it
    "read_folder": ("classes", nn.datasets.read_folder),
    "load_mnist, a set": ("digits", nn.datasets.load_mnist),
    "load, a set": ("letters", lambda folder: nn.datasets.load("emnist-letters", folder)),
}
FORBIDDEN = {  # audit events
    *("exec", "compile", "import", "marshal.loads", "pickle.find_class", "ctypes.dlopen"),
    *("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen"),
    *("socket.connect", "socket.getaddrinfo", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree"),
}


def spin(path):
    while True:
        pass


PLANTS = {  # readers with faults, by which a test sees that the driver finds them
    "exception": lambda path: {}[path],
    "warning": lambda path: warnings.warn("planted", stacklevel=1),
    "no name": lambda path: int("planted"),
    "memory": lambda path: np.zeros(3 * MEMORY // 2, np.uint8),
    "time": spin,
    "crash": lambda path: os.kill(os.getpid(), signal.SIGSEGV),
    "code": lambda path: eval("1"),
    "other file": lambda path: open(__file__).close(),
    "import": lambda path: __import__("this_module_is_not_there"),
}


class Watch:
    """It notes what a reader does besides reading its file. A hook cannot be removed, but sleeps outside."""

    def __init__(self):
        self.folder, self.seen = None, []
        codecs.lookup("raw-unicode-escape")  # which pickletools imports for the texts of old pickles
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        if self.folder is None:
            return
        if event in FORBIDDEN or (event == "open" and not os.fspath(arguments[0]).startswith(self.folder)):
            self.seen.append(f"{event} {arguments!r:.100}")

    @contextlib.contextmanager
    def over(self, path):
        self.folder, self.seen = os.fspath(path), []
        try:
            yield
        finally:
            self.folder = None


def make(seed, i, corpus):
    """File i of a seed: its name and its contents."""
    return any_file(random.Random(f"{seed}-{i}"), corpus)


def use(name, found):
    """Do with what was read what a user does: it must be whole."""
    if name in ("nn.load", "network3.load") and sum(found.sizes) < 10_000:
        assert np.isfinite(found.parameters).all()
        found.feedforward(np.zeros((2, found.sizes[0])))
    if name == "read_picture":
        assert found.images.shape == (len(found), 28, 28)
        assert len(found)
    if name == "read_folder":
        assert len(found) == 1
        assert found.images.ndim == 3
    if name.startswith("load"):
        assert all(len(part.images) == len(part.labels) > 0 for part in found)
        assert min(part.labels.min() for part in found) >= 0


def faults_of(name, content, desk, watch):
    """Give a file to every reader, and return what was wrong: {reader: what}."""
    faults = {}
    with desk.lay(name, content) as file:
        kind = kinds.recognise(file).name
        given = {reader: (read, file) for reader, read in READERS.items()}
        for reader, (folder, read) in READERS_OF_FOLDERS.items():
            if desk.has_in(folder):
                given[reader] = read, desk.root / folder
        for reader, (read, path) in given.items():
            others = reader in OWN and kind not in OWN[reader].split()
            if others and (len(content) + len(reader)) % SOME:
                continue
            if what := fault_of(reader, read, path, watch):
                faults[reader] = what
    return faults


def fault_of(reader, read, path, watch):
    """Let a reader read a file or a folder; return what was wrong, or ""."""
    what = ""
    try:
        with watch.over(path), warnings.catch_warnings():
            warnings.simplefilter("error")
            found = read(path)
    except (ValueError, OSError) as error:
        if isinstance(error, ValueError) and str(path) not in str(error):
            what = f"the message does not name the file: {error!r:.300}"
    except BaseException:
        what = traceback.format_exc(limit=-6)
    else:
        try:
            use(reader, found)
        except Exception:
            what = traceback.format_exc(limit=-6)
    return f"it did more than read: {'; '.join(watch.seen[:5])}" if watch.seen else what


@contextlib.contextmanager
def check(planted):
    """Give a function that makes file i of a seed and returns {reader: what is wrong}."""
    with tempfile.TemporaryDirectory(prefix="nncore-fuzz-") as folder:
        corpus, desk, watch = corpora.make(Path(folder) / "corpus"), Desk(Path(folder) / "desk"), Watch()
        for name, content in corpus.items():  # what is imported at first use
            faults_of(name, content, desk, watch)
        if planted:
            READERS["planted"] = PLANTS[planted]

        def of(seed, i):
            return faults_of(*make(seed, i, corpus), desk, watch)

        yield of


def again(seed, i):
    """Read one file again in this process, keep it, and print what each reader says."""
    folder = Path(tempfile.mkdtemp(prefix="nncore-fuzz-"))
    name, content = make(seed, i, corpora.make(folder / "corpus"))
    path = folder / name
    path.write_bytes(content)
    print(f"{path}: {len(content)} bytes: {content[:100]!r}")
    desk = Desk(folder / "desk")
    with desk.lay(name, content) as file:
        given = {reader: (read, file) for reader, read in READERS.items()}
        given |= {
            reader: (read, desk.root / at)
            for reader, (at, read) in READERS_OF_FOLDERS.items()
            if desk.has_in(at)
        }
        for reader, (read, path) in given.items():
            try:
                print(f"{reader}: {read(path)!r:.200}")
            except ValueError as error:
                print(f"{reader}: ValueError: {error}")
            except BaseException:
                print(f"{reader}:")
                traceback.print_exc()


DRIVER = Driver(__file__, __doc__.split("\n", 1)[0], "files", check, again, tuple(PLANTS), batch=10_000)

if __name__ == "__main__":
    DRIVER.main()
