"""The same work by nncore and by what people would use instead, in one run and in one table.

    python bench/rivals.py                                       everything, which takes minutes
    python bench/rivals.py 784-30-10@10 4-10-3@10                rows by name, in seconds
    python bench/rivals.py 784-100-10 --rivals jax_scan          all its mini-batches, one rival

Everyone trains the same network from the same parameters on the same examples, in float32. What counts is
the time of an epoch with its shuffle, and nothing else: not loading, compiling, or the first epoch. Each
contestant is a process of its own for each number of threads, pinned to so many cores. All take turns,
`--rounds` times, so that whatever else the machine does falls on all; a time is the median. The first epoch
is in order, without a shuffle: after it, steps and cost are compared, and who did other work is left out.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _rivals.workload import CALLS, ROWS

from nncore import datasets, targets
from nncore.cli import info

OURS, OUR_CALLS = "ours", "ours_calls"
RIVALS = (
    "numpy_matrix",
    "sklearn_mlp",
    "torch_autograd",
    "torch_manual",
    "jax_scan",
    "torch_conv",
    "jax_conv",
)
ON_REQUEST = ("book", "torch_compiled", "torch_conv_compiled")  # slow to run, or to compile
HERE = Path(__file__).resolve().parent
TOLERANCE, TOLERANCE_OF_DROPOUT = 0.01, 0.25  # of the cost after the epoch in order
SLOW = 3  # who needs so many times the shortest time of a rival takes one round only


def cores_of_process():
    """The cores that this process may use, by their numbers."""
    return (
        sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count()))
    )


class Contestant:
    """A worker process, and what it has answered for the row that is measured."""

    def __init__(self, module, threads, data):
        self.module, self.threads = module, threads
        self.about = {}  # empty until its first row begins; calls are measured in a few rows alone
        cores = cores_of_process()
        cores = cores[-threads:] if threads else cores  # None: ours, which chooses
        self.process = subprocess.Popen(
            [sys.executable, "-m", "_rivals.worker", module, data, ",".join(map(str, cores))],
            cwd=HERE,
            env=environment(len(cores)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer) if answer else {"failed": "its process ended"}

    def begin(self, work, seconds):
        """Start a row; find how many epochs a measurement of `seconds` has, and warm up so many."""
        self.seconds, self.count = [], 1
        self.about = self.ask({"workload": dataclasses.asdict(work) | {"threads": self.threads}})
        if "steps" in self.about:
            for _ in range(2):
                warm = self.ask({"epochs": self.count})
                self.about |= warm
                if "failed" in warm or self.count > 1 or warm["seconds"] > seconds:
                    break
                self.count = max(1, round(seconds / warm["seconds"]))
        self.trains = "seconds" in self.about

    def measure(self):
        time.sleep(0.02)  # threads that others leave spinning fall asleep
        answer = self.ask({"epochs": self.count})
        self.seconds.append(answer["seconds"])
        self.about |= answer

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def label(self):
        return f"{self.about.get('label', self.module)}, {self.threads}"

    def record(self):
        return self.about | {"module": self.module, "threads": self.threads, "seconds": self.seconds}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def environment(threads):
    """One number of threads for every library, and the BLAS kernels that the library would pick by itself."""
    forced = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    kept = {name: value for name, value in os.environ.items() if name not in forced}
    kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))  # the same nncore
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return kept | pinned | ({"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {})


def digits_file(folder, data):
    """The training digits as bytes, in one file for all workers."""
    training = (datasets.load_sample() if data == "sample" else datasets.load_mnist())[0]
    path = Path(folder, "digits.npz")
    np.savez(path, images=training.images.reshape(len(training), -1), labels=training.labels)
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


def peaks(numbers, seconds=0.3):
    """Operations a second of each number of cores, by multiply-adds between registers."""
    found = {}
    for number in numbers:
        with ThreadPoolExecutor(number) as pool:
            found[number] = sum(pool.map(lambda _: info.peak(seconds=seconds), range(number)))
    return found


def other_work(work, contestant, first):
    """What `contestant` did that `first` of ours did not, or nothing."""
    about, allowed = contestant.about, TOLERANCE_OF_DROPOUT if work.dropout else TOLERANCE
    if about["steps"] != work.n_mini_batches:
        return f"{about['steps']} steps, not {work.n_mini_batches}"
    if not abs(about["cost"] - first.about["cost"]) <= allowed * first.about["cost"]:
        return f"its cost is {about['cost']:.5f}, not {first.about['cost']:.5f}"
    return ""


def measure(name, work, contestants, options):
    """Measure a row: those contestants that take it, the fastest first among those that did the same work."""
    there = []
    for contestant in contestants:
        if contestant.module == OUR_CALLS and name not in CALLS:
            continue
        contestant.begin(work, options.seconds)
        if "other" not in contestant.about:
            there.append(contestant)
    first = next(contestant for contestant in there if contestant.module == OURS)
    if not first.trains:
        raise RuntimeError(f"nncore failed: {first.about}")
    for contestant in there:
        contestant.differs = other_work(work, contestant, first) if contestant.trains else ""
    fair = [contestant for contestant in there if contestant.trains and not contestant.differs]
    shortest = min(
        (c.about["seconds"] for c in fair if c.module not in (OURS, OUR_CALLS)), default=float("inf")
    )
    for number in range(options.rounds):
        for contestant in fair:
            if number < 1 or contestant.about["seconds"] < SLOW * shortest or contestant.module == OURS:
                contestant.measure()
    return there, fair


def share(work, contestant, peak):
    """The share of the peak that a contestant of ours reaches, counting what it computes, without padding."""
    operations = work.operations
    if contestant.about["sparse"]:
        operations -= work.first_layer_operations * (1 - contestant.about["nonzero"])
    return operations / contestant.median / peak[contestant.threads or max(peak)]


def detail(name, work, there, fair):
    """The lines of one row, for every contestant."""
    hidden = f"{work.activation}, " if len(work.sizes) > 2 else ""
    yield f"\n{name}: {hidden}{work.output}, {work.cost}, {work.rule}, eta {work.eta:g}, n {work.n}"
    yield f"  {'':30}{'threads':>8}{'s/epoch':>12}{'lowest':>12}{'us/example':>12}{'rounds':>7}{'cost':>11}"
    for c in there:
        threads = "None" if c.threads is None else str(c.threads)
        if c in fair:
            shown = f"{c.median:12.6f}{min(c.seconds):12.6f}{1e6 * c.median / work.n:12.3f}{len(c.seconds):7}"
            yield f"  {c.about['label']:30}{threads:>8}{shown}{c.about['cost']:11.5f}"
        else:
            missing = c.about.get("missing")
            reason = (
                f"not installed: {missing}" if missing else c.differs or f"failed: {c.about.get('failed')}"
            )
            yield f"  {c.about.get('label', c.module):30}{threads:>8}  {reason}"


def table_row(name, work, fair, peak, module=OURS):
    """The cells of one row of the table; the ratio is of the fastest rival's time to that of threads=None."""
    ours = {c.threads: c for c in fair if c.module == module}
    rivals = [c for c in fair if c.module not in (OURS, OUR_CALLS)]
    default, best = ours[None], min(ours.values(), key=lambda c: c.median)
    rival = min(rivals, key=lambda c: c.median, default=None)
    most = max(peak)
    cells = [name + (", calls of one epoch" if module == OUR_CALLS else "")]
    cells += [f"{c.median:.3g}" for c in (default, ours[1], ours[most])]
    cells.append(f"{default.about['threads_run']}")
    cells += [f"{share(work, c, peak):.0%}" for c in (ours[1], ours[most])]
    if rival is None:
        return [*cells, "", "", "", ""]
    cells += [rival.label, f"{rival.median:.3g}"]
    return [*cells, f"**{rival.median / default.median:.1f}**", f"{rival.median / best.median:.1f}"]


HEADINGS = (
    "row@mini-batch",
    "None",
    "1",
    "all",
    "ran",
    "peak, 1",
    "peak, all",
    "fastest rival, threads",
    "s",
    "ratio, None",
    "ratio, best",
)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"NAME or NAME@MINI-BATCH, of: {' '.join(ROWS)} (default: all)"
    )
    known = (*RIVALS, *ON_REQUEST)
    parser.add_argument(
        "--rivals",
        nargs="*",
        choices=known,
        default=RIVALS,
        metavar="NAME",
        help=f"some of: {' '.join(known)} (default: all but {', '.join(ON_REQUEST)})",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns that count for each (default: 5)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.15,
        help="the length of a turn, if an epoch is shorter (default: .15)",
    )
    parser.add_argument("--examples", type=int, help="at most so many in an epoch, to try things out")
    parser.add_argument(
        "--data", choices=("mnist", "sample"), default="mnist", help="the digits (default: mnist)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measured second to FILE too")
    parser.add_argument("--loaded", action="store_true", help="measure although the machine is busy")
    options = parser.parse_args()
    asked = options.rows or list(ROWS)
    options.rows = [name for name in ROWS if name in asked or name.partition("@")[0] in asked]
    unknown = [
        name for name in asked if name not in ROWS and not any(r.partition("@")[0] == name for r in ROWS)
    ]
    if unknown:
        parser.error(f"there is no row {unknown[0]}; there are: {' '.join(ROWS)}")
    return parser, options


def shortened(work, most):
    """The workload with at most so many examples, in whole mini-batches."""
    m = min(work.mini_batch_size, most)
    return dataclasses.replace(work, n=min(work.n, most) // m * m, mini_batch_size=m)


def forms(contestants):
    """What each contestant runs, once for each module."""
    for about in {c.module: c.about for c in contestants if "form" in c.about}.values():
        versions = [f"{name} {version}" for name, version in about["versions"].items()]
        yield f"{about['label']}: {about['form']} ({', '.join(versions)})"


def main():
    parser, options = arguments()
    busy = busy_cores()
    if busy > 0.3 and not options.loaded:
        parser.error(f"others keep {busy:.1f} cores busy: wait, or say --loaded and trust the table less")
    numbers = sorted({1, len(cores_of_process())})
    before, begin, report, table = peaks(numbers), time.perf_counter(), [], []
    print(
        f"{time.strftime('%Y-%m-%d %H:%M')}, {targets.cpu()}, {numbers[-1]} cores, "
        f"{platform.platform(terse=True)}, Python {platform.python_version()}; others keep {busy:.1f} busy"
    )
    contestants, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        data, n = digits_file(folder, options.data)
        try:
            modules = [(module, None) for module in (OURS, OUR_CALLS)]
            modules += [(m, threads) for m in (OURS, OUR_CALLS, *options.rivals) for threads in numbers]
            contestants += [Contestant(module, threads, data) for module, threads in modules]
            for name in options.rows:
                most = min(options.examples or 10**9, n if ROWS[name].data == "digits" else 10**9)
                work = shortened(ROWS[name], most)
                there, fair = measure(name, work, contestants, options)
                wrong += sum(bool(c.differs) for c in there)
                print(*detail(name, work, there, fair), sep="\n", flush=True)
                ours = [m for m in (OURS, OUR_CALLS) if any(c.module == m for c in fair)]
                table += [table_row(name, work, fair, before, module) for module in ours]
                record = {"row": name, "workload": dataclasses.asdict(work)}
                report.append(record | {"contestants": [c.record() for c in there]})
        finally:
            for contestant in contestants:
                contestant.stop()
    after = peaks(numbers)
    told = ", ".join(f"{k} cores {before[k] / 1e9:.0f} and {after[k] / 1e9:.0f}" for k in numbers)
    print(f"\npeak before and after, GFLOP/s: {told}; {time.perf_counter() - begin:.0f} s in all\n")
    print(*("| " + " | ".join(row) + " |" for row in (HEADINGS, ["---"] * len(HEADINGS), *table)), sep="\n")
    print("", *forms(contestants), sep="\n")
    if options.json:
        options.json.write_text(
            json.dumps({"cpu": targets.cpu(), "busy": busy, "peak": before, "rows": report}, indent=1) + "\n"
        )
    sys.exit(f"{wrong} contestants did other work" if wrong else 0)


if __name__ == "__main__":
    main()
