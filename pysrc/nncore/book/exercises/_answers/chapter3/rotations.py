"""Make more training data by small rotations of the images. What goes wrong if the rotations may be
arbitrarily large? (Chapter 3, "Other techniques for regularization".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, _, test = digits()
train = train[: len(train) // 8]

accuracy, mixed_up = {}, {}
six_or_nine = test.only(6, 9)
for degrees in (0, 15, 180):
    net = nn.Network([784, 100, 10], seed=0)
    net.SGD(train, 50, 10, 0.5, lmbda=len(train) / 10_000, augment=nn.augment.Rotate(degrees))
    accuracy[degrees] = net.accuracy(test)
    answers = net.predict(six_or_nine)
    mixed_up[degrees] = float((answers + six_or_nine.labels == 15).mean())
    print(
        f"up to {degrees:3} degrees: {accuracy[degrees]:.1%}; of the 6s and 9s {mixed_up[degrees]:.1%} "
        "taken for the other"
    )

print(
    "Different people write at slightly different angles, so a few degrees help. Turned by 180 degrees, a 6\n"
    "is a 9 with the label 6: the network learns contradictions, and images that nobody writes."
)


def check():
    assert accuracy[180] + 0.05 < accuracy[0] < accuracy[15] - 0.005
    assert mixed_up[180] > mixed_up[15] + 0.01
