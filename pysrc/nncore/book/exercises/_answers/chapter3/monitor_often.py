"""Get faster feedback: measure the accuracy after every 1,000 training images, on 100 validation images
only. (Chapter 3, "How to choose a neural network's hyper-parameters?": broad strategy.)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
net = nn.Network([784, 30, 10], seed=0)
monitor = nn.Monitor(every=1000, examples=100)
history = net.SGD(train, 1, 10, 0.25, evaluation_data=validation, monitor=monitor)
measured = history.within_epochs
for images, accuracy in zip(measured["images"], measured["evaluation_accuracy"], strict=True):
    print(f"after {images:4} images: {accuracy:.0%} of 100")

whole, few = history.evaluation_accuracy[-1], measured["evaluation_accuracy"][-1]
error = (whole * (1 - whole) / 100) ** 0.5
print(f"{len(measured['images'])} measurements in one epoch.")
print(f"The last one gives {few:.0%}; all {len(validation)} validation images give {whole:.1%}.")
print(
    f"The standard error of 100 images is {error:.0%}: too large for fine tuning, small enough to tell\n"
    "whether a network learns."
)


def check():
    assert measured["images"] == list(range(1000, 8001, 1000))
    accuracies = measured["evaluation_accuracy"]
    assert accuracies[0] < 0.8 < accuracies[-1]
    assert all(abs(accuracy * 100 - round(accuracy * 100)) <= 1e-4 for accuracy in accuracies)
    assert 0.02 < error < 0.05
