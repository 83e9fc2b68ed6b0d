"""Stop when n epochs brought no improvement. Then write a rule of your own, and compare the two in three
runs. (Chapter 3, "How to choose a neural network's hyper-parameters?": two problems.)
"""

import argparse
from types import SimpleNamespace

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, _ = digits()


def slow(history):
    """Stop when the last five epochs are less than 0.1 % better, on average, than the five before."""
    accuracies = history.evaluation_accuracy
    gained = sum(accuracies[-5:]) / 5 - sum(accuracies[-10:-5]) / 5
    return len(accuracies) >= 10 and gained < 0.001 and f"five epochs gained {gained:.2%} on average"


epochs, best = {}, {}
for seed in range(3):
    for name, rule in (("no improvement in 10", nn.stopping.NoImprovement(10)), ("slow", slow)):
        net = nn.Network([784, 30, 10], seed=seed)
        history = net.SGD(
            train,
            300,
            10,
            0.25,
            lmbda=len(train) / 10_000,
            evaluation_data=validation,
            stop=rule,
            keep_best=True,
        )
        epochs[name, seed], best[name, seed] = len(history), net.accuracy(validation)
        print(
            f"run {seed}, {name:20}: {len(history):3} epochs, best {best[name, seed]:.2%} ({history.stopped})"
        )

spent, reached = (
    {name: sum(runs[name, seed] for seed in range(3)) for name in ("no improvement in 10", "slow")}
    for runs in (epochs, best)
)
saved = 1 - spent["slow"] / spent["no improvement in 10"]
lost = (reached["no improvement in 10"] - reached["slow"]) / 3
print(
    f"The rule that asks for a steady gain takes {saved:.0%} fewer epochs and loses {lost:.2%} on average.\n"
    "Which is better depends on what an epoch costs you. With both, keep_best returns to the best epoch."
)


def check():
    for seed in range(3):
        assert epochs["slow", seed] < epochs["no improvement in 10", seed] < 300
        assert best["slow", seed] <= best["no improvement in 10", seed]
    assert 0.1 < saved < 0.9
    assert 0 <= lost < 0.02
    curve = SimpleNamespace(evaluation_accuracy=[0.1 * i for i in range(10)])
    assert not slow(curve)
    curve.evaluation_accuracy += [0.9] * 5  # no new best, but better in the mean than the five before
    assert not slow(curve)
    curve.evaluation_accuracy += [0.9] * 5
    assert slow(curve)
