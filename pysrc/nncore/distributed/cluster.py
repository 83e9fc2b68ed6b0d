"""`dask` gives an executor whose workers are processes of this machine, or of a Dask cluster."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from nncore import _validation, targets
from nncore._cores import cores_available
from nncore.training.training_record import versions

LOOPBACK = "127.0.0.1"
SECONDS_TO_CLOSE = 30
SAME_BITS = (("avx2", "avx512", "neon"), ("base", "plain"))  # targets with FMA, and without


@contextlib.contextmanager
def dask(address: str | None = None, *, workers: int | None = None) -> Iterator[Executor]:
    """Return a context manager that gives an executor of Dask, for `nn.sweep` and the like.

    If a worker dies, Dask gives its training to another one, which goes on from the last checkpoint, to the
    same bits.

    Parameters
    ----------
    address : str, optional
        The scheduler of a cluster, such as "tcp://10.0.0.5:8786". By default a cluster is started on this
        machine, which nobody else can reach, and which is closed at the end.
    workers : int, optional
        Without an address: the number of worker processes; by default one for each core that this process
        may use.

    Yields
    ------
    concurrent.futures.Executor
        Its `client` is Dask's Client, and its `dashboard_link` the page that shows what runs; None if there
        is none, as Dask's pages need the package bokeh.

    Raises
    ------
    ImportError
        distributed is not installed here, or nncore not on a worker.
    OSError
        There is no scheduler at the address.
    ValueError
        The versions of nncore, Dask or other packages differ between here and the workers.

    Warns
    -----
    UserWarning
        The workers run different kernels, so that the last digits depend on the worker.

    Notes
    -----
    A script that starts a cluster must do so under ``if __name__ == "__main__":``, as worker processes import
    the script. Whoever reaches a scheduler can run programs on its workers: leave it to a network that you
    trust.

    Examples
    --------
    >>> import nncore as nn
    >>> def main():
    ...     with nn.distributed.dask() as executor:
    ...         return nn.sweep({"eta": [0.1, 0.5]}, nn.datasets.load_sample, executor, ...)
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise ImportError("dask: distributed is needed: pip install distributed") from None
    if address is not None and workers is not None:
        raise ValueError("workers: the cluster at the address has its own; pass one of the two")
    with contextlib.ExitStack() as stack:
        if address is None:
            count = cores_available() if workers is None else _validation.integer("workers", workers, 1)
            cluster = distributed.LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",  # any free port; None would ask for 8787
                worker_dashboard_address=f"{LOOPBACK}:0",  # older versions would listen everywhere
                memory_limit=0,  # Dask would kill a worker that takes more than its share
            )
            stack.callback(cluster.close, timeout=SECONDS_TO_CLOSE)
            client = distributed.Client(cluster)
        elif not isinstance(address, str):
            raise TypeError(
                f'address: that of a scheduler needed, such as "tcp://10.0.0.5:8786"; got {address!r:.60}'
            )
        else:
            client = distributed.Client(address)
        stack.callback(client.close, timeout=SECONDS_TO_CLOSE)
        check_workers(client)
        executor: Any = client.get_executor(pure=False, retries=0)
        executor.client = client
        executor.dashboard_link = client.dashboard_link if importlib.util.find_spec("bokeh") else None
        yield executor


def check_workers(client: Any) -> None:
    """Make sure that the workers compute what this process would."""
    try:
        found: dict[str, Any] = client.run(_installed)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"address: a worker cannot import a module ({error}); install nncore there"
        ) from error
    if not found:
        raise ValueError("address: the scheduler has no workers yet; start one with `dask worker`")
    here = _installed()
    for worker, there in found.items():
        for package in here["versions"]:
            if here["versions"][package] != there["versions"][package]:
                raise ValueError(
                    f"address: {package} {here['versions'][package]} is needed on every worker, and {worker} "
                    f"has {there['versions'][package]}; install the same version there"
                )
    client.get_versions(check=True)
    kinds = {kind for kind in SAME_BITS for each in (here, *found.values()) if each["target"] in kind}
    if len(kinds) > 1:
        used = sorted({each["target"] for each in (here, *found.values())})
        warnings.warn(
            f"address: this process and the workers run kernels that round differently ({', '.join(used)}), "
            "so the last digits depend on the worker; with NNCORE_TARGET=base set for all, they do not",
            stacklevel=5,
        )


def _installed() -> dict[str, Any]:
    """Return which versions a process has, and which kernels it runs."""
    return {"versions": versions(), "target": targets.target()[0]}
