"""Halve the learning rate each time that ten epochs brought no improvement, and stop at 1/128 of the
first learning rate. (Chapter 3, "How to choose a neural network's hyper-parameters?".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, _ = digits()
train = train[: len(train) // 4]

net = nn.Network([784, 30, 10], seed=0)
schedule = nn.schedules.Halve(no_improvement_in=10, stop_at=1 / 128)
history = net.SGD(
    train, 1000, 10, 1.0, lmbda=len(train) / 10_000, schedule=schedule, evaluation_data=validation
)
accuracy = history.evaluation_accuracy
for epoch in range(len(history)):
    if epoch == 0 or history.eta[epoch] != history.eta[epoch - 1]:
        print(
            f"epoch {epoch:3}: eta {history.eta[epoch]:<9} the best so far {max(accuracy[: epoch + 1]):.2%}"
        )
print(f"{len(history)} epochs: {history.stopped}.")
first, last = ([a for a, e in zip(accuracy, history.eta, strict=True) if e == eta][-10:]
               for eta in (history.eta[0], history.eta[-1]))  # fmt: skip
print(f"The last ten epochs with the first eta: {min(first):.2%} to {max(first):.2%};")
print(f"with the last eta: {min(last):.2%} to {max(last):.2%}.")
print("Large steps come close quickly, then jump about. Small steps settle.")


def check():
    etas = history.eta
    assert sorted(set(etas), reverse=True) == [0.5**k for k in range(7)]  # 1/128 is where it ends
    assert len(etas) < 1000
    waits = [etas.count(0.5**k) for k in range(7)]
    assert min(waits) >= 10
    best, waited = 0.0, 0  # the rule again, by hand
    for epoch, reached in enumerate(accuracy):
        best, waited = (reached, 0) if reached > best else (best, waited + 1)
        if waited == 10:
            waited = 0
            assert epoch == len(etas) - 1 or etas[epoch + 1] == etas[epoch] / 2
        else:
            assert etas[epoch + 1] == etas[epoch]
    assert max(last) - min(last) < (max(first) - min(first)) / 2
