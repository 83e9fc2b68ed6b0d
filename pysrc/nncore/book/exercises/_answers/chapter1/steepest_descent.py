"""Take a step of fixed length epsilon. Of all directions, does -nabla C lower C the most? (Chapter 1,
"Learning with gradient descent": the exercise on the Cauchy-Schwarz inequality.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
train, epsilon = train[:200], 0.01
net = nn.Network([784, 10, 10], dtype="float64", seed=0)
nabla_b, nabla_w = net.backprop(train.to_float(), train.labels)
nabla = np.concatenate([nabla.ravel() for nabla in (*nabla_b, *nabla_w)]) / len(train)
start, sizes = net.cost(train), [array.size for array in (*net.biases, *net.weights)]
shapes = [array.shape for array in (*net.biases, *net.weights)]
first = [array.copy() for array in (*net.biases, *net.weights)]


def change(direction):
    """Return the change of C over a step of length epsilon along `direction`."""
    step = np.split(epsilon * direction / np.linalg.norm(direction), np.cumsum(sizes)[:-1])
    moved = [a + d.reshape(shape) for a, d, shape in zip(first, step, shapes, strict=True)]
    net.biases, net.weights = moved[:2], moved[2:]
    return net.cost(train) - start


rng = np.random.default_rng(0)
steepest = change(-nabla)
others = [change(rng.standard_normal(nabla.size)) for _ in range(200)]
near = 0.5 * np.linalg.norm(nabla) * rng.standard_normal((50, nabla.size)) / np.sqrt(nabla.size)
tilted = [change(-nabla + v) for v in near]
bound = -epsilon * np.linalg.norm(nabla)
print(f"Along -nabla C the cost changes by {steepest:.6f}; the bound is -epsilon |nabla C| = {bound:.6f}.")
print(f"The best of 200 random directions: {min(others):.6f}; of 50 near -nabla C: {min(tilted):.6f}.")
print("nabla C . v >= -|nabla C| |v|, with equality only for v along -nabla C: no direction is steeper.")


def check():
    assert bound <= steepest < 0.98 * bound
    assert steepest < min(tilted) < min(others) < 0
