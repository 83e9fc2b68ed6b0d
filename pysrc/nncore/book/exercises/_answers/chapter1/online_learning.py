"""Name an advantage and a disadvantage of mini-batches of a single image, compared with mini-batches of
20. (Chapter 1, "Learning with gradient descent": on-line learning.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
train = train[:2000]

accuracy = {}
for m in (1, 20):
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(train, 1, m, 0.1, evaluation_data=validation)
    accuracy[m] = history.evaluation_accuracy[-1]
    print(f"mini-batches of {m:2}: {history.steps[-1]:4} steps in one epoch, then {accuracy[m]:.1%}")


def flat(gradients):
    """Return (nabla_b, nabla_w) as one vector of length 1."""
    vector = np.concatenate([nabla.ravel() for part in gradients for nabla in part])
    return vector / np.linalg.norm(vector)


X, y = train.to_float(), train.labels
whole = flat(net.backprop(X, y))
cosine = {
    m: np.mean([whole @ flat(net.backprop(X[i : i + m], y[i : i + m])) for i in range(0, 100 * m, m)[:100]])
    for m in (1, 20)
}
print(
    f"Mean cosine between a step's gradient and the whole gradient: {cosine[1]:.2f} for 1 image,\n"
    f"{cosine[20]:.2f} for 20.\n"
    "On-line learning takes 20 times as many steps for the same images, so it learns sooner. But each step\n"
    "follows a poor estimate of the gradient, and no matrix product over a mini-batch speeds it up."
)


def check():
    assert accuracy[1] > accuracy[20] + 0.1
    assert cosine[1] < cosine[20] / 3
