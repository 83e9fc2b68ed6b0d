"""What the drivers share: items in batches, each batch in a process of its own, with limits and a report.

A driver makes item i of a seed, and says what is wrong with it. Here a process works through a batch. It may
take 1 GB more than it has at its start, and 5 seconds of processor time for an item. If an item ends the
process, another one goes on behind that item.
"""

import argparse
import faulthandler
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

MEMORY = 1 << 30  # bytes that an item may take
SECONDS = 5  # of processor time for an item
SILENCE = 300  # seconds on the clock without a new item, after which a process counts as hanging


class Heard:
    """It kills a process of which nothing is heard for `SILENCE`, however long its batch takes."""

    def __init__(self, process):
        self.at, self.ended = time.monotonic(), threading.Event()
        threading.Thread(target=self.watch, args=(process,), daemon=True).start()

    def watch(self, process):
        while not self.ended.wait(5):
            if time.monotonic() - self.at > SILENCE:
                process.kill()


@dataclass
class Driver:
    """A Driver is a script that checks items of one sort.

    `check(planted)` is a context in which a process checks items: it gives a function (seed, i) that returns
    {who: what is wrong}. `again(seed, i)` does one item again and prints what happens. `plants` are the names
    of faults that can be planted, which must then be found.
    """

    script: str
    description: str
    items: str  # their name in the plural: "files"
    check: Callable[[str | None], AbstractContextManager[Any]]
    again: Callable[[int, int], None]
    plants: tuple[str, ...] = ()
    batch: int = 2000
    usual: int = 100_000

    def run(self, count, seed, processes, planted=None):
        """Check so many items; return the faults (item, who, what), and say how it goes."""
        faults, lock, start, done = [], threading.Lock(), time.monotonic(), 0
        item = self.items.removesuffix("s")

        def report(i, who, what):
            with lock:
                faults.append((i, who, what))
                print(
                    f"\n{item} {i}, {who}: {what}\n  again: python {self.script} --seed {seed} --only {i}",
                    flush=True,
                )

        print(f"{count} {self.items}, seed {seed}", flush=True)
        size = min(self.batch, -(-count // processes))
        with ThreadPoolExecutor(processes) as pool:
            batches = [(first, min(first + size, count)) for first in range(0, count, size)]
            runs = {pool.submit(self.run_batch, seed, *batch, report, planted): batch for batch in batches}
            for run in as_completed(runs):
                run.result()
                done += runs[run][1] - runs[run][0]
                if done < count:
                    print(f"{done} of them, {len(faults)} faults", flush=True)
        seconds = time.monotonic() - start
        print(f"{len(faults)} faults in {count} {self.items}, {seconds:.0f} seconds, seed {seed}")
        return faults

    def run_batch(self, seed, first, last, report, planted=None):
        """Check a batch in a process of its own; if an item ends the process, go on behind that item."""
        while first < last:
            command = [sys.executable, self.script, "--worker", f"{first}:{last}", "--seed", str(seed)]
            command += ["--planted", planted] if planted else []
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            heard = Heard(process)
            at = first - 1
            for line in process.stdout:
                heard.at = time.monotonic()
                event = json.loads(line)
                at = event["item"]
                if "fault" in event:
                    report(at, event["who"], event["fault"])
            errors = process.stderr.read()
            process.wait()
            heard.ended.set()
            if process.returncode == 0:
                return
            what = f"the process ended with {process.returncode}"
            if process.returncode == -signal.SIGPROF:
                what = f"a {self.items.removesuffix('s')} took more than {SECONDS} seconds"
            report(at, "all", f"{what}\n{errors[-3000:]}")
            if at < first:
                raise RuntimeError(f"a worker does not start: {errors}")
            first = at + 1

    def worker(self, seed, first, last, planted):
        """Check the items first to last - 1. The number of each goes to standard output before it begins."""
        faulthandler.register(signal.SIGPROF, all_threads=False, chain=True)  # says where, and all ends
        out = os.fdopen(os.dup(1), "w")  # what an item prints goes elsewhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

        def tell(**event):
            print(json.dumps(event), file=out, flush=True)

        with self.check(planted) as check:
            limit_memory()
            for i in range(first, last):
                tell(item=i)
                signal.setitimer(signal.ITIMER_PROF, SECONDS)
                for who, what in check(seed, i).items():
                    tell(item=i, who=who, fault=what)
                signal.setitimer(signal.ITIMER_PROF, 0)
        tell(item=last, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    def main(self):
        """Read the command line, and do what it asks for."""
        parser = argparse.ArgumentParser(description=self.description)
        parser.add_argument(f"--{self.items}", dest="count", type=int, default=self.usual)
        parser.add_argument("--seed", type=int)
        parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
        parser.add_argument("--only", type=int, help=f"one of the {self.items} again")
        parser.add_argument("--worker", help=argparse.SUPPRESS)
        parser.add_argument("--planted", choices=self.plants, help="plant this fault, which must be found")
        arguments = parser.parse_args()
        seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
        if arguments.worker:
            self.worker(seed, *map(int, arguments.worker.split(":")), arguments.planted)
        elif arguments.only is not None:
            self.again(seed, arguments.only)
        else:
            sys.exit(bool(self.run(arguments.count, seed, arguments.processes, arguments.planted)))


def limit_memory():
    """Let this process take 1 GB more than it has."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.RLIM_INFINITY))
