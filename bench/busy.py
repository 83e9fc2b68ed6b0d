"""What `threads=None` costs on a busy machine: `python bench/busy.py`, a minute.

Another process keeps each core busy. Then a dense and a convolutional network train with `threads=1` and with
`threads=None`, in turn. The ratio should be near 1: the library notices, and leaves its team of threads.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time

import nncore as nn

SPIN = "while True: pass"
NETWORKS = {
    "dense [784,100,10]": ([nn.Dense(100), nn.Dense(10)], (784,), 4),
    "dense [784,800,800,10]": ([nn.Dense(800, "relu"), nn.Dense(800, "relu"), nn.Softmax(10)], (784,), 0.25),
    "convolutional 20-40, 100": (
        [
            *(nn.Conv2D(20, 5, "relu"), nn.MaxPool2D(2), nn.Conv2D(40, 5, "relu"), nn.MaxPool2D(2)),
            *(nn.Dense(100, "relu"), nn.Softmax(10)),
        ],
        (1, 28, 28),
        0.25,
    ),
}


@contextlib.contextmanager
def others(number):
    """So many processes that do nothing but use a core each."""
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def seconds(layers, shape, data, epochs, threads):
    """The seconds that a new network trains, and the number of threads that most of the last epoch had."""
    net = nn.Network(layers, input_shape=shape, seed=0)
    begin = time.perf_counter()
    history = net.SGD(data, epochs, 10, 0.03, threads=threads, progress=False)
    return time.perf_counter() - begin, history.threads[-1]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=21, help="of each, in turn; all figures are medians (default: 21)"
    )
    parser.add_argument("--examples", type=int, default=8000, help="of the bundled digits (default: 8000)")
    parser.add_argument("--quiet", action="store_true", help="without other processes, to compare")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    digits = nn.datasets.load_sample()[0]
    print(f"{0 if options.quiet else cores} other busy processes on {cores} cores")
    with others(0 if options.quiet else cores):
        for name, (layers, shape, share) in NETWORKS.items():
            n = max(10, int(options.examples * min(share, 1)))
            data, epochs = digits[:n], max(1, int(share))
            measured = {1: [], None: []}
            for r in range(options.rounds):
                for threads in (1, None) if r % 2 else (None, 1):
                    measured[threads].append(seconds(layers, shape, data, epochs, threads))
            one, chosen = (statistics.median(s for s, _ in times) for times in measured.values())
            ratio = statistics.median(
                c / o for (o, _), (c, _) in zip(measured[1], measured[None], strict=True)
            )
            ran = sorted({threads for _, threads in measured[None]})
            print(
                f"{name:26} threads=1 {one:.3f} s, threads=None {chosen:.3f} s (ran {ran}): "
                f"{ratio:.2f} times as long",
                flush=True,
            )


if __name__ == "__main__":
    main()
