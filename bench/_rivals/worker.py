"""One contestant's process: `python -m _rivals.worker MODULE DATA CORES`. JSON comes and goes in lines.

{"workload": ...}               a new trainer: who this is, its steps and cost after one epoch in order
{"epochs": count}               the seconds of an epoch, of `count` trained at once
"""

import importlib
import importlib.metadata
import json
import os
import sys
import time


class Worker:
    def __init__(self, module, data, cores):
        """Pin this process, then import: libraries count the cores that they may use as they are loaded."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
        import numpy as np

        self.module = importlib.import_module(f"_rivals.{module}")
        with np.load(data) as arrays:
            self.digits = arrays["images"], arrays["labels"]
        self.trainer = None

    def begin(self, work):
        """Make a trainer, warm it up by an epoch without a shuffle, and tell what that epoch did."""
        self.trainer = None  # its memory is free before the next is made
        if not getattr(self.module, "takes", lambda work: True)(work):
            return {"other": True}
        X, Y = work.examples(*self.digits)
        self.trainer = self.module.Trainer(work, X, Y)
        begin = time.perf_counter()
        steps = self.trainer.epochs(1, shuffle=False)
        seconds = time.perf_counter() - begin
        seen = slice(0, 2000)
        cost = work.mean_cost(self.trainer.feedforward(X[seen]), Y[seen])
        versions = {name: version(name) for name in self.module.PACKAGES}
        told = {name: getattr(self.trainer, name, None) for name in ("note", "sparse")}
        nonzero = float((X != 0).mean())
        return (
            {"first_epoch": seconds, "steps": steps, "cost": cost, "nonzero": nonzero}
            | told
            | {
                "label": self.module.LABEL,
                "form": self.module.FORM,
                "versions": versions,
            }
        )

    def measure(self, count):
        begin = time.perf_counter()
        self.trainer.epochs(count)
        seconds = (time.perf_counter() - begin) / count
        return {"seconds": seconds, "threads_run": getattr(self.trainer, "threads_run", None)}


def version(package):
    """The version of a package, also of one that is not installed but found on PYTHONPATH."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return getattr(sys.modules[package], "__version__", "unknown")


def main(module, data, cores):
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not come between the replies
    worker = None
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if worker is None:
                worker = Worker(module, data, [int(core) for core in cores.split(",")])
            if "workload" in request:
                from .workload import from_json

                reply = worker.begin(from_json(request["workload"]))
            else:
                reply = worker.measure(request["epochs"])
        except ModuleNotFoundError as error:
            reply = {"missing": error.name}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
