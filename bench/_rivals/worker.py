"""One contestant's process: `python -m _rivals.worker MODULE`. It answers each line of JSON with one.

The first line is `{"workload": ..., "data": FILE, "cores": [...]}`; the answer tells who this is, and its
accuracy after its first epoch. Each further line asks for an epoch; the answer is its seconds.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import time


def start(module, request):
    """Pin this process, then import: libraries count the cores that they may use as they are loaded."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, request["cores"])
    import numpy as np

    from .workload import Workload

    contestant = importlib.import_module(f"_rivals.{module}")
    work = Workload(**request["workload"])
    with np.load(request["data"]) as data:
        X, X_test = (data[name].astype(np.float32) / 256 for name in ("training_images", "test_images"))
        y, y_test = data["training_labels"], data["test_labels"]
    Y = np.eye(10, dtype=np.float32)[y[: work.n]]
    return contestant, contestant.Trainer(work, X[: work.n], Y), X_test, y_test


def about(contestant, trainer):
    """Versions, what the contestant says of itself, and for those that use NumPy the kernels of its BLAS."""
    versions = {name: importlib.metadata.version(name) for name in contestant.PACKAGES}
    about = {
        "label": contestant.LABEL,
        "form": contestant.FORM,
        "versions": versions,
        "note": getattr(trainer, "note", ""),
    }
    if "numpy" in versions:
        import threadpoolctl

        kernels = {
            f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}"
            for pool in threadpoolctl.threadpool_info()
            if pool["user_api"] == "blas"
        }
        about["note"] = ", ".join(sorted(kernels))
    return about


def seconds_of_epoch(trainer):
    part = getattr(trainer, "part", 1.0)  # less than 1 for who is too slow to do a whole epoch each time
    begin = time.perf_counter()
    trainer.epoch()
    return (time.perf_counter() - begin) / part


def main(module):
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not come between the replies
    contestant = trainer = None
    for line in sys.stdin:
        try:
            if trainer is None:
                contestant, trainer, X_test, y_test = start(module, json.loads(line))
                reply = {"first_epoch": seconds_of_epoch(trainer)}
                reply["accuracy"] = float((trainer.feedforward(X_test).argmax(axis=1) == y_test).mean())
                reply |= about(contestant, trainer)
                if hasattr(trainer, "after_first_epoch"):
                    trainer.after_first_epoch()
            else:
                reply = {"seconds": seconds_of_epoch(trainer)}
        except ModuleNotFoundError as error:
            reply = {"missing": error.name}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
            reply["label"] = getattr(contestant, "LABEL", module)
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
