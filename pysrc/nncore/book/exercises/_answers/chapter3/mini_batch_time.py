"""Choose the mini-batch size by plotting the validation accuracy against elapsed time, not against
epochs. (Chapter 3, "How to choose a neural network's hyper-parameters?".)
"""

import argparse
from itertools import accumulate

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
parser.add_argument("--plot", metavar="FILE", help="draw a picture")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, _ = digits()

curves, steps = {}, {}
for m in (1, 10, 100, 1000):
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(train, 10, m, min(0.02 * m, 2.0), lmbda=len(train) / 10_000, evaluation_data=validation)
    curves[m] = list(accumulate(history.seconds)), history.evaluation_accuracy
    steps[m] = history.steps[-1]
    print(
        f"mini-batches of {m:4}: {steps[m]:6} steps, {max(curves[m][1]):.1%} at best in ten epochs and "
        f"{curves[m][0][-1]:.3f} s"
    )

budget = curves[100][0][-1]
for m, (seconds, accuracy) in curves.items():
    within = [right for t, right in zip(seconds, accuracy, strict=True) if t <= budget]
    print(f"in {budget:.3f} s, mini-batches of {m:4}: {f'{max(within):.1%}' if within else 'not one epoch'}")
print(
    "Small mini-batches take more steps for the same images; large ones make each image cheaper. A size in\n"
    "between gains the most accuracy per second. eta must grow with m: a step over m images may be up to m\n"
    "times as long."
)

if options.plot:
    from matplotlib import pyplot

    for m, (seconds, accuracy) in curves.items():
        pyplot.plot(seconds, accuracy, "o-", label=f"mini-batches of {m}")
    pyplot.xlabel("seconds")
    pyplot.ylabel("validation accuracy")
    pyplot.legend()
    pyplot.savefig(options.plot)


def check():
    n, epochs = len(train), 10
    assert steps == {m: n // m * epochs for m in (1, 10, 100, 1000)}
    best = {m: max(accuracy) for m, (_, accuracy) in curves.items()}
    assert best[10] > best[100] > best[1000]
    assert all(seconds == sorted(seconds) and seconds[0] > 0 for seconds, _ in curves.values())
