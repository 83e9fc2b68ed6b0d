"""Can it depend on the amount of data which of two algorithms is better? And what would more data bring?
(Chapter 3, "Other techniques for regularization": the research problem on very large training sets.)

Two simple rules compete with the network. One answers with the label of the nearest training image, the
other with the digit whose mean image is nearest.
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
parser.add_argument("--plot", metavar="FILE", help="draw a picture")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, _ = digits()
validation = validation[:1000]
sizes = [50, 100, 200, 500, 1000, 2000, len(train)]
X, y = validation.to_float(), validation.labels


def nearest(images):
    """Return for each validation image the index of the nearest: the least |x - image|^2, without |x|^2."""
    return ((images**2).sum(axis=1) - 2 * X @ images.T).argmin(axis=1)


accuracy = {"network": [], "nearest image": [], "nearest mean": []}
for n in sizes:
    some = train[:n]
    net = nn.Network([784, 30, 10], seed=0)
    net.SGD(some, max(150_000 // n, 10), 10, 0.5, lmbda=n / 10_000)
    means = np.array([some.only(digit).to_float().mean(axis=0) for digit in range(10)])
    accuracy["network"].append(net.accuracy(validation))
    accuracy["nearest image"].append((some.labels[nearest(some.to_float())] == y).mean())
    accuracy["nearest mean"].append((nearest(means) == y).mean())
    print(f"{n:6} images:", ", ".join(f"{name} {values[-1]:.1%}" for name, values in accuracy.items()))

power, log_b = np.polyfit(np.log(sizes[:-1]), np.log(1 - np.array(accuracy["network"][:-1])), 1)
foreseen = 1 - np.exp(log_b) * len(train) ** power
print(
    "Up to a thousand images the network is at least as good as the nearest image; with all images it is\n"
    "worse. So a comparison holds for its amount of data only. The mean image soon stops improving."
)
print(f"Up to {sizes[-2]} images the network's errors fall like n^{power:.2f}.")
print(f"This law predicts {foreseen:.1%} for {len(train)} images; it reaches {accuracy['network'][-1]:.1%}.")
print("A law that fits the past need not hold.")

if options.plot:
    from matplotlib import pyplot

    for name, values in accuracy.items():
        pyplot.semilogx(sizes, values, "o-", label=name)
    pyplot.xlabel("training images")
    pyplot.ylabel("validation accuracy")
    pyplot.legend()
    pyplot.savefig(options.plot)


def check():
    network, image, mean = accuracy.values()
    assert all(values[-1] > values[0] + 0.1 for values in accuracy.values())
    at = sizes.index(1000)
    assert network[at] > image[at] > mean[at]
    assert mean[-1] < network[-1] < image[-1]
    assert -0.6 < power < -0.2
    assert foreseen > network[-1]  # the law was too hopeful
