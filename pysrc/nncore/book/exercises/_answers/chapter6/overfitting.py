"""What would show how far a network overfits? Add it. (Chapter 6, "The code for our convolutional
networks".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--plot", metavar="FILE", help="draw a picture")
options = parser.parse_args()

train, validation, _ = nn.datasets.load_sample()
train = train[:500]
net = nn.Network([784, 30, 10], init="large", seed=0)
history = net.SGD(
    train,
    60,
    10,
    0.5,
    evaluation_data=validation,
    monitor=("training_cost", "training_accuracy", "evaluation_cost", "evaluation_accuracy"),
)
turn = min(range(len(history)), key=history.evaluation_cost.__getitem__)
gap = history.training_accuracy[-1] - history.evaluation_accuracy[-1]
first, last = history.evaluation_cost[0], history.evaluation_cost[-1]
print(f"training cost {history.training_cost[0]:.2f} -> {history.training_cost[-1]:.3f}: still falling")
turned = f"{history.evaluation_cost[turn]:.2f} in epoch {turn}"
print(f"validation cost {first:.2f} -> {turned} -> {last:.2f}: it falls, then rises")
print(f"at the end it reads {gap:.0%} more of the training images than of the validation images")
diagnosis = nn.diagnose(net, train, history, evaluation_data=validation)
print(diagnosis)
print(
    "The training and validation curves, the epoch in which they part and the gap at the end show how far\n"
    "the network overfits."
)

if options.plot:
    history.plot().figure.savefig(options.plot)


def check():
    assert history.training_accuracy[-1] > 0.99
    assert gap > 0.15
    assert 0 < turn < 50
    assert "overfitting" in diagnosis.names
