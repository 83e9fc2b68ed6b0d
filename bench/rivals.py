"""An epoch of the same work, by nncore and by what people would use instead, in one run and in one table.

    python bench/rivals.py --net 784,30,10 784,100,10 --mini-batch 1 10 100
    python bench/rivals.py --net 6.2 6.6 6.10 --threads 1 2

Everyone trains the same network from the same parameters on the same images of MNIST, in float32: all 50,000,
or with convolutions the first 10,000. What counts is the time of a whole epoch with its shuffle, and nothing
else: not loading, compiling, or the first epoch. Each contestant is a process of its own, pinned to the same
cores; an epoch is asked of each in turn, `--rounds` times, so that whatever else the machine does falls on
all. A ratio is a rival's seconds over ours in the same round, with the number of threads that suits us best.
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
import peak
from _rivals import ours
from _rivals.workload import CHAPTER_6, Workload

from nncore import datasets, targets
from nncore.cli import info

OURS = "ours"
RIVALS = ("book", "numpy_matrix", "numpy_blas", "sklearn_mlp", "torch_autograd", "torch_manual", "jax_scan")
CONVOLUTIONAL_RIVALS = ("torch_conv", "torch_conv_compiled", "jax_conv")
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
        return self.about | {"module": self.module, "threads": self.threads, "seconds": self.seconds}

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


def measure(work, modules, threads, rounds, data):
    contestants = []
    try:
        for module in (OURS, *modules):
            print(f"  {work.name}: {module} starts", file=sys.stderr, flush=True)
            for number in threads:
                contestants.append(Contestant(module, dataclasses.replace(work, threads=number), data))
        trained = [contestant for contestant in contestants if contestant.trains]
        for _ in range(rounds):
            for contestant in trained:
                contestant.seconds.append(contestant.epoch())
    finally:
        for contestant in contestants:
            contestant.stop()
    return contestants


def fastest(contestants):
    trained = [contestant for contestant in contestants if contestant.trains]
    return min(trained, key=lambda contestant: statistics.median(contestant.seconds), default=None)


def ratios(contestant, our_best):
    return [theirs / mine for theirs, mine in zip(contestant.seconds, our_best.seconds, strict=True)]


def table(work, contestants):
    """The lines of one workload's table."""
    our_best = fastest(contestant for contestant in contestants if contestant.module == OURS)
    rival = fastest(contestant for contestant in contestants if contestant.module != OURS)
    yield f"{work.name}, {work.cost}, eta {work.eta:g}, lmbda {work.lmbda:g}, float32, {work.n} images"
    yield f"{'':32} threads   s/epoch  us/image   ratio  (min - max)     accuracy  first epoch"
    for contestant in contestants:
        if contestant.trains:
            about, seconds, ratio = contestant.about, statistics.median(contestant.seconds), ""
            if our_best and contestant is not our_best:
                each = ratios(contestant, our_best)
                ratio = f"{statistics.median(each):.2f}  ({min(each):.2f} - {max(each):.2f})"
            yield (
                f"{contestant.label:32}{contestant.threads:8}{seconds:10.4f}{1e6 * seconds / work.n:10.2f}"
                f"{ratio:>24}{about['accuracy']:11.2%}{about['first_epoch']:11.2f} s"
            )
        else:
            missing = contestant.about.get("missing")
            yield (
                f"{contestant.label:32}{contestant.threads:8}  "
                + (f"not installed ({missing})" if missing else f"failed: {contestant.about['failed']}")
            )
    if our_best and rival:
        times, number = statistics.median(ratios(rival, our_best)), rival.threads
        yield f"nncore is {times:.2f} times as fast as the fastest rival: {rival.label}, threads {number}"


def kernel_shares(work):
    """Lines: of each of our kernels the share of the peak, measured now, on one core."""
    net = ours.network(work)
    peak_rate = info.peak(net.dtype)
    images = datasets.load_sample()[0][: work.mini_batch_size].to_float()
    yield f"the kernels of nncore, as shares of a measured peak of {peak_rate / 1e9:.0f} GFLOP/s on one core"
    yield f"{'':32}{'digits':>14}{'no blanks':>14}"
    inputs = images, images + np.float32(0.01)  # blank rows are left out
    for (where, what, *_, share), (*_, without) in zip(
        *(peak.layer_shares(net, X, peak_rate) for X in inputs), strict=True
    ):
        yield f"  {where:20}{what:10}{share:14.0%}{without:14.0%}"


def forms(contestants):
    """What each contestant runs, and on which BLAS."""
    for contestant in contestants:
        if contestant.trains:
            about = contestant.about
            threads = f", threads {contestant.threads}"
            versions = [f"{name} {version}" for name, version in about["versions"].items()]
            yield f"{about['label']}{threads}: {about['form']}"
            yield f"    {', '.join(filter(None, (*versions, about['note'])))}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--net",
        nargs="+",
        default=["784,30,10", "784,100,10"],
        metavar="SIZES",
        help=f"sizes of the layers, input first, or a network of chapter 6, one of {', '.join(CHAPTER_6)} "
        "(default: 784,30,10 784,100,10)",
    )
    parser.add_argument("--mini-batch", nargs="+", type=int, default=[10], metavar="M", help="(default: 10)")
    parser.add_argument(
        "--eta",
        type=float,
        help="(default: 0.05 times the mini-batch, at most 1; of chapter 6, the book's or near it)",
    )
    parser.add_argument("--lmbda", type=float, default=0.0, help="L2 (default: 0, which spares NumPy work)")
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        default=[1],
        metavar="T",
        help="each contestant is measured with each number of them (default: 1)",
    )
    parser.add_argument(
        "--images", type=int, default=10_000, help="of an epoch of chapter 6's networks (default: 10,000)"
    )
    parser.add_argument("--rounds", type=int, default=7, help="epochs that count for each (default: 7)")
    parser.add_argument(
        "--rivals",
        nargs="*",
        choices=(*RIVALS, *CONVOLUTIONAL_RIVALS),
        default=(*RIVALS, *CONVOLUTIONAL_RIVALS),
        metavar="NAME",
        help=f"some of: {' '.join(RIVALS)}; for chapter 6: {' '.join(CONVOLUTIONAL_RIVALS)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measured second to FILE too")
    parser.add_argument("--loaded", action="store_true", help="measure although the machine is busy")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not all(1 <= number <= cores for number in options.threads):
        parser.error(f"--threads: this process may use 1 to {cores} cores, got {options.threads}")
    return parser, options


def workload(net, n, m, options):
    """What --net names, for n images or as many of them as --images says."""
    if net in CHAPTER_6:
        chosen = CHAPTER_6[net] | {"n": min(n, options.images)}
    else:
        chosen = {"sizes": tuple(map(int, net.split(","))), "n": n, "eta": min(0.05 * m, 1.0)}
    eta = {} if options.eta is None else {"eta": options.eta}
    return Workload(mini_batch_size=m, lmbda=options.lmbda, threads=options.threads[0], **chosen | eta)


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
                work = workload(net, n, m, options)
                if work.n % m:
                    parser.error(f"--mini-batch: must divide the {work.n} training images, got {m}")
                allowed = CONVOLUTIONAL_RIVALS if work.filters else RIVALS
                modules = [module for module in options.rivals if module in allowed]
                results.append((work, measure(work, modules, options.threads, options.rounds, data)))

    print(
        f"{time.strftime('%Y-%m-%d %H:%M')}, {targets.cpu()}, {os.cpu_count()} cores, "
        f"{platform.platform(terse=True)}, Python {platform.python_version()}"
    )
    print(
        f"an epoch of MNIST, the median of {options.rounds}; others kept {busy:.1f} cores busy at the start"
    )
    for work, contestants in results:
        print("", *table(work, contestants), sep="\n")
        if work.filters:
            print(*kernel_shares(work), sep="\n")
        print(*forms(contestants), sep="\n")
    if options.json:
        report = [
            {
                "workload": dataclasses.asdict(work),
                "cpu": targets.cpu(),
                "busy_cores": busy,
                "contestants": [contestant.record() for contestant in contestants],
            }
            for work, contestants in results
        ]
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
