"""What averaging costs in accuracy, and what a round costs in time: `python bench/averaging.py`, a minute.

`nn.distributed.average` trains [784,30,10] (or `--hidden 100`) on MNIST by workers that see n/K images each
and average their parameters after each pass. The table shows the validation accuracy, a mean over the seeds.
Workers are threads here: the numbers are the same on a cluster, to the bit. `--cluster` also measures how
long a round takes on a Dask cluster of two workers on this machine: `pip install distributed`.
"""

import argparse
import statistics
import time

import nncore as nn

ARGUMENTS = {"mini_batch_size": 10, "eta": 0.5, "lmbda": 5.0}
OUTER = {"mean": (1.0, 0.0), "outer step (1, 0.5)": (1.0, 0.5)}


def accuracy(data, hidden, workers, rounds, outer, seeds):
    """The mean validation accuracy over the seeds."""
    found = []
    for seed in range(seeds):
        net = nn.Network([784, hidden, 10], seed=seed)
        nn.distributed.average(net, data[0], workers=workers, rounds=rounds, outer=outer, **ARGUMENTS)
        found.append(net.accuracy(data[1]))
    return statistics.fmean(found)


def table(data, hidden, workers, rounds, seeds):
    """Print accuracies: a row for each number of rounds, a column for each number of workers."""
    columns = [(1, "mean")] + [(k, name) for name in OUTER for k in workers if k > 1]
    print(f"| rounds | {' | '.join(f'K = {k}' + (f', {name}' if k > 1 else '') for k, name in columns)} |")
    print("| --- |" + " --- |" * len(columns))
    for count in rounds:
        cells = [f"{100 * accuracy(data, hidden, k, count, OUTER[name], seeds):.2f}" for k, name in columns]
        print(f"| {count} | {' | '.join(cells)} |", flush=True)


def median_time(call, times=7):
    """The median of the seconds that a call takes."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def seconds_of_a_round(data):
    """Print how long a round takes that trains nothing much, and a pass over all images in one thread."""
    few = data[0][:20]
    for layers in ([784, 30, 10], [784, 800, 10]):
        net = nn.Network(layers, seed=0)
        pass_ = median_time(lambda net=net: net.SGD(data[0], 1, 10, 0.5, threads=1), 3)
        print(f"{layers}: a pass over {len(data[0]):,} images takes {pass_:.3f} s in one thread")
        with nn.distributed.dask(workers=2) as executor:

            def rounds(count, net=net, executor=executor):
                nn.distributed.average(
                    net, few, workers=2, rounds=count, executor=executor, mini_batch_size=10, eta=0.0
                )

            rounds(1)
            longer = median_time(lambda rounds=rounds: rounds(21), 3)
            round_ = (longer - median_time(lambda rounds=rounds: rounds(1), 3)) / 20
        print(f"{layers}: a round of 10 images a worker takes {1000 * round_:.0f} ms on two Dask workers")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=["mnist", "sample"], default="mnist")
    parser.add_argument("--hidden", type=int, default=30, help="neurons of the hidden layer")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, nargs="+", default=[1, 2, 5, 10])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--cluster", action="store_true")
    given = parser.parse_args()
    data = nn.datasets.load_mnist() if given.data == "mnist" else nn.datasets.load_sample()
    table(data, given.hidden, given.workers, given.rounds, given.seeds)
    if given.cluster:
        seconds_of_a_round(data)


if __name__ == "__main__":
    main()
