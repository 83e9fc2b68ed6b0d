"""A `workplace` has what many tasks need: an executor, a way to stop them, a way to hand data over."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from nncore._cores import cores_available
from nncore._work.handed import Handed
from nncore._work.stop import Stop
from nncore.files.lease import lease

T = TypeVar("T")

PATIENCE = 10.0  # seconds to wait for trainings to stop after Ctrl-C
SCRATCH = ".nncore-work-"  # how the names of scratch folders begin
TICK = 0.5  # seconds between two looks at what is running


class Workplace(NamedTuple):
    """A Workplace is what `workplace` gives.

    Attributes
    ----------
    executor : Executor
    here : bool
        Whether the tasks run in threads of this process.
    stop : Stop
        Ends the tasks.
    scratch : Path or None
        A folder of this piece of work, which the workers can read and write; it is removed at the end. None
        if the tasks run here, or if the workers have no folder in common with this process.
    """

    executor: Executor
    here: bool
    stop: Stop
    scratch: Path | None

    def hand(self, name: str, value: Any, function: Callable[[], Any] | None = None) -> Handed:
        """Hand an object over to all workers; `function`, if given, is what they call to make it."""
        if self.here or function is not None:
            return Handed(value, None, function)
        if self.scratch is None:
            return Handed(value)
        handed = Handed(value, self.scratch / f"{name}.pickle")
        handed.write()
        return handed


@contextlib.contextmanager
def workplace(
    executor: Any, threads: int | None, folder: Path | None = None, name: str = "folder"
) -> Iterator[Workplace]:
    """Return a context manager that gives a `Workplace`.

    Parameters
    ----------
    executor : concurrent.futures.Executor or None
        None makes threads in this process, and ends them.
    threads : int or None
        How many of them; by default one for each core that the process may use.
    folder : Path, optional
        A folder that the workers must share with this process.
    name : str
        What the argument that gave the folder is called.
    """
    if executor is None:
        count = cores_available() if threads is None else threads
        with ThreadPoolExecutor(count, "nncore") as pool:
            yield Workplace(pool, True, Stop(), None)
        return
    check_executor(executor, threads)
    if isinstance(executor, ThreadPoolExecutor):
        yield Workplace(executor, True, Stop(), None)
        return
    with contextlib.ExitStack() as stack:
        # Nobody else may write to this folder, so pickled data may lie in it.
        made = tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder, ignore_cleanup_errors=True)
        scratch = Path(stack.enter_context(made)).resolve()
        if folder is not None:
            stack.enter_context(lease(scratch / "lock"))
            remove_left_over(folder)
        if is_shared(executor, scratch):
            (scratch / "going-on").touch()
            yield Workplace(executor, False, Stop(scratch / "going-on"), scratch)
        elif folder is None:
            yield Workplace(executor, False, Stop(), None)
        else:
            raise ValueError(
                f"{name}: a worker of the executor does not find {folder}: give a folder on a file system "
                "that all machines share, under the same name"
            )


def remove_left_over(folder: Path) -> None:
    """Remove the scratch folders of processes that were killed; so their workers stop, too."""
    for old in folder.glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError):
            with lease(old / "lock") as is_left_over:
                pass
            if is_left_over:
                shutil.rmtree(old, ignore_errors=True)


def check_executor(executor: Any, threads: int | None = None) -> None:
    """Refuse what is no executor, and a number of threads beside one."""
    if not isinstance(executor, Executor):
        hint = ": client.get_executor() makes one" if hasattr(executor, "get_executor") else ""
        raise TypeError(
            "executor: an executor of concurrent.futures needed, such as ThreadPoolExecutor(4), or what "
            f"nn.distributed.dask() gives; got {type(executor).__name__}{hint}"
        )
    if threads is not None:
        raise ValueError(
            "threads: the executor decides how many trainings run at a time; pass one of the two"
        )


def is_shared(executor: Executor, folder: Path) -> bool:
    """Return whether a worker finds in this folder what this process writes there."""
    token = os.urandom(16).hex()
    (folder / "token").write_text(token, encoding="ascii")
    return executor.submit(_read_token, str(folder / "token"), token).result() == token


def _read_token(path: str, nonce: str) -> str | None:
    """Read a token; the nonce makes the task unlike any other, for executors that keep results."""
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return None


def follow(
    pending: dict[Future[Any], T],
    ended: Callable[[T, Future[Any]], None],
    work: Workplace,
    tick: Callable[[], None] | None = None,
) -> None:
    """Wait for tasks, and call `ended` with each; it may add more of them to `pending`.

    An exception, such as Ctrl-C, sets the stop. Every task, even one that has not begun, must then return;
    those that do not learn of the stop are cancelled, as far as the executor can. `pending` holds the tasks
    that had not ended before.
    """
    try:
        while pending:
            done, _ = wait(pending, TICK, concurrent.futures.FIRST_COMPLETED)
            for future in done:
                ended(pending.pop(future), future)
            if tick is not None:
                tick()
    except BaseException:
        work.stop.set()
        if work.here or work.scratch is not None:
            wait(pending, PATIENCE)
        for future in pending:
            future.cancel()
        raise
