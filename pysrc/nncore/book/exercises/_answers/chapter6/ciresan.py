"""Match the 99.65 % of Ciresan, Meier, Gambardella and Schmidhuber (2010) with a network of fully
connected layers. (Chapter 6, "Convolutional neural networks in practice": a fun exercise.)

Their network has 2500, 2000, 1500, 1000 and 500 tanh neurons. Their eta falls from epoch to epoch, from
1e-3 to 1e-6, they learn on-line, and they distort the images anew for each epoch: elastically, by
rotation, scaling and skewing. This script is the same recipe in small, with mini-batches. With --mnist
it has the full size, takes days, and keeps its best network so far in ciresan.npz. Nobody has run that
to its end.
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

full = options.mnist
train, validation, test = nn.datasets.load_mnist() if full else nn.datasets.load_sample()
sizes, epochs, eta = ([2500, 2000, 1500, 1000, 500], 800, 0.03) if full else ([100, 60, 40], 12, 0.05)
distortions = [nn.augment.Rotate(15), nn.augment.Scale(15), nn.augment.Skew(7.5), nn.augment.Elastic(36, 6)]
train = train if full else train[:2000]


def network():
    layers = [*(nn.Dense(n, "tanh") for n in sizes), nn.Softmax(10)]
    return nn.Network(layers, input_shape=(784,), seed=0)


def save(net, history):
    if history.best_epoch == len(history) - 1:
        net.save("ciresan.npz")


accuracy = {}
for name, augment in (("images as they are", None), ("distorted images", distortions)):
    if full and augment is None:
        continue
    net = network()
    history = net.SGD(
        train,
        epochs,
        10,
        eta,
        augment=augment,
        schedule=nn.schedules.Cosine(epochs, end=1e-3),
        evaluation_data=validation,
        keep_best=True,
        callbacks=save if full else (),
    )
    accuracy[name] = net.accuracy(test)
    print(f"{sizes}, {name}: {accuracy[name]:.2%} of the test images")
print(
    "The recipe is a large network, patience, and distortions that keep the network from learning the\n"
    "images by heart."
)


def check():
    assert accuracy["distorted images"] > 0.9
    assert len(net.layers) == 4
