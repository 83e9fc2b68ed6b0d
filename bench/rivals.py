"""An epoch of the same work, by nncore and by what people would use instead, in one run and in one table.

    python bench/rivals.py --net 784,30,10 784,100,10 --mini-batch 1 10 100

Everyone trains the same network from the same parameters on the same 50,000 images of MNIST, in float32. What
counts is the time of a whole epoch with its shuffle, and nothing else: not loading, compiling, or the first
epoch. Each contestant is a process of its own, pinned to the same cores; an epoch is asked of each in turn,
`--rounds` times, so that whatever else the machine does falls on all. A ratio is a rival's seconds over ours
in the same round.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _rivals.workload import Workload

from nncore import datasets, native

OURS = "ours"
RIVALS = ("book", "numpy_matrix", "numpy_blas", "sklearn_mlp", "torch_autograd", "torch_manual", "jax_scan")
HERE = Path(__file__).resolve().parent


class Contestant:
    """A worker process on the last `work.threads` cores, and what it has answered so far."""

    def __init__(self, module, work, data):
        self.module, self.threads, self.seconds = module, work.threads, []
        cores = sorted(os.sched_getaffinity(0))[-work.threads :] if hasattr(os, "sched_getaffinity") else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "_rivals.worker", module],
            cwd=HERE,
            env=environment(work.threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.about = self.ask({"workload": dataclasses.asdict(work), "data": data, "cores": cores})
        self.label = self.about.get("label", module)
        self.trains = "accuracy" in self.about

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else {"failed": "its process ended"}

    def epoch(self):
        answer = self.ask("epoch")
        if "failed" in answer:
            raise RuntimeError(f"{self.module}: {answer['failed']}")
        return answer["seconds"]

    def record(self):
        return self.about | {"threads": self.threads, "seconds": self.seconds}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def environment(threads):
    """One number of threads for every library, and the BLAS kernels that the library would pick by itself."""
    forced = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    kept = {name: value for name, value in os.environ.items() if name not in forced}
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return kept | pinned | ({"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {})


def mnist_file(folder):
    """The training and test images as bytes, in one file for all workers; the number of training images."""
    training, _, test = datasets.load_mnist()
    path = Path(folder, "mnist.npz")
    np.savez(
        path,
        training_images=training.images.reshape(len(training), -1),
        training_labels=training.labels,
        test_images=test.images.reshape(len(test), -1),
        test_labels=test.labels,
    )
    return str(path), len(training)


def busy_cores(seconds=1.0):
    """How many cores others keep busy just now; the load average remembers our own last run for minutes."""

    def ticks():
        user, nice, system, idle, iowait = map(int, Path("/proc/stat").read_text().split()[1:6])
        return user + nice + system, user + nice + system + idle + iowait

    if not Path("/proc/stat").exists():
        return os.getloadavg()[0]
    (busy, total), _ = ticks(), time.sleep(seconds)
    busy_after, total_after = ticks()
    return os.cpu_count() * (busy_after - busy) / max(total_after - total, 1)


def strongest(module, work, data):
    """The contestant with `work.threads` threads or with one, as more can be slower; the other is stopped."""
    candidates = [
        Contestant(module, dataclasses.replace(work, threads=threads), data)
        for threads in sorted({1, work.threads})
    ]
    tried = {candidate: candidate.epoch() for candidate in candidates if candidate.trains}
    best = min(tried, key=tried.get, default=candidates[0])
    for candidate in candidates:
        if candidate is not best:
            candidate.stop()
    return best


def measure(work, modules, rounds, data):
    contestants = []
    try:
        for module in (OURS, *modules):
            print(f"  {work.name}: {module} starts", file=sys.stderr, flush=True)
            contestants.append(strongest(module, work, data))
        trained = [contestant for contestant in contestants if contestant.trains]
        for _ in range(rounds):
            for contestant in trained:
                contestant.seconds.append(contestant.epoch())
    finally:
        for contestant in contestants:
            contestant.stop()
    return contestants


def ratios(contestant, ours):
    return [theirs / mine for theirs, mine in zip(contestant.seconds, ours.seconds, strict=True)]


def table(work, contestants):
    """The lines of one workload's table."""
    ours = contestants[0]
    yield f"{work.name}, cross-entropy, eta {work.eta:g}, lmbda {work.lmbda:g}, float32"
    yield f"{'':32} threads   s/epoch   ratio  (min - max)     accuracy  first epoch"
    for contestant in contestants:
        if contestant.trains:
            about, seconds, ratio = contestant.about, statistics.median(contestant.seconds), ""
            if contestant is not ours and ours.trains:
                each = ratios(contestant, ours)
                ratio = f"{statistics.median(each):.2f}  ({min(each):.2f} - {max(each):.2f})"
            yield (
                f"{contestant.label:32}{contestant.threads:8}{seconds:10.4f}{ratio:>24}"
                f"{about['accuracy']:11.2%}{about['first_epoch']:11.2f} s"
            )
        else:
            missing = contestant.about.get("missing")
            yield (
                f"{contestant.label:32}  "
                + (f"not installed ({missing})" if missing else f"failed: {contestant.about['failed']}")
            )
    rivals = [contestant for contestant in contestants[1:] if contestant.trains]
    if rivals and ours.trains:
        fastest = min(rivals, key=lambda contestant: statistics.median(contestant.seconds))
        times = statistics.median(ratios(fastest, ours))
        yield f"nncore is {times:.2f} times as fast as the fastest rival: {fastest.label}"


def forms(contestants):
    """What each contestant runs, and on which BLAS."""
    for contestant in contestants:
        if contestant.trains:
            about = contestant.about
            versions = [f"{name} {version}" for name, version in about["versions"].items()]
            yield f"{about['label']}: {about['form']}"
            yield f"    {', '.join(filter(None, (*versions, about['note'])))}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--net",
        nargs="+",
        default=["784,30,10", "784,100,10"],
        metavar="SIZES",
        help="sizes of the layers, input first (default: 784,30,10 784,100,10)",
    )
    parser.add_argument("--mini-batch", nargs="+", type=int, default=[10], metavar="M", help="(default: 10)")
    parser.add_argument("--eta", type=float, help="(default: 0.05 times the mini-batch, at most 1)")
    parser.add_argument("--lmbda", type=float, default=0.0, help="L2 (default: 0, which spares NumPy work)")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        help="what each may use; where one thread is faster, it takes one (default: 1)",
    )
    parser.add_argument("--rounds", type=int, default=7, help="epochs that count for each (default: 7)")
    parser.add_argument(
        "--rivals",
        nargs="*",
        choices=RIVALS,
        default=RIVALS,
        metavar="NAME",
        help=f"some of: {' '.join(RIVALS)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measured second to FILE too")
    parser.add_argument("--loaded", action="store_true", help="measure although the machine is busy")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not 1 <= options.threads <= cores:
        parser.error(f"--threads: this process may use 1 to {cores} cores, got {options.threads}")
    return parser, options


def main():
    parser, options = arguments()
    busy = busy_cores()
    if busy > 0.3 and not options.loaded:
        parser.error(f"others keep {busy:.1f} cores busy: wait, or say --loaded and trust the table less")

    results = []
    with tempfile.TemporaryDirectory() as folder:
        data, n = mnist_file(folder)
        for net in options.net:
            for m in options.mini_batch:
                if n % m:
                    parser.error(f"--mini-batch: must divide the {n} training images, got {m}")
                eta = min(0.05 * m, 1.0) if options.eta is None else options.eta
                work = Workload(tuple(map(int, net.split(","))), n, m, eta, options.lmbda, options.threads)
                results.append((work, measure(work, options.rivals, options.rounds, data)))

    print(
        f"{time.strftime('%Y-%m-%d %H:%M')}, {native.cpu()}, {os.cpu_count()} cores, "
        f"{platform.platform(terse=True)}, Python {platform.python_version()}"
    )
    print(
        f"an epoch of {n} images of MNIST, the median of {options.rounds}; "
        f"others kept {busy:.1f} cores busy at the start"
    )
    for work, contestants in results:
        print("", *table(work, contestants), sep="\n")
    print("", *forms(results[0][1]), sep="\n")
    if options.json:
        report = [
            {
                "workload": dataclasses.asdict(work),
                "cpu": native.cpu(),
                "busy_cores": busy,
                "contestants": {contestant.module: contestant.record() for contestant in contestants},
            }
            for work, contestants in results
        ]
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
