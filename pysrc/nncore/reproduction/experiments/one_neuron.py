"""Chapter 3's one neuron, which must learn the output 0 for the input 1, and what happens when it saturates.

    from nncore.reproduction.experiments import one_neuron

    curve = one_neuron.learn(2.0, 2.0, "quadratic")
    curve["output"][150]  # as wrong as at the start: the slope of the sigmoid is nearly 0 there

The gradient dC/dz is a * sigmoid'(z) with the quadratic cost, and a with the cross-entropy. For the
cross-entropy the book gives eta = 0.005 and shows a neuron that learns at once, because the program on its
page steps along dC/da instead of dC/dz. With the gradient itself, eta = 0.15 draws the book's picture, and
eta = 0.005 is thirty times slower.
"""

from __future__ import annotations

from typing import Any

import nncore
from nncore import _validation
from nncore.choices import Cost

EPOCHS = 300
ETA = 0.15
INITIAL = {"easy": (0.6, 0.9), "saturated": (2.0, 2.0)}  # the book's initial weight and bias

# The output that the book gives for the quadratic cost, by epoch.
PUBLISHED = {"easy": {0: 0.82, EPOCHS: 0.09}, "saturated": {0: 0.98}}


def learn(w: float, b: float, cost: Cost, eta: float = ETA, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train one sigmoid neuron to give the output 0 for the input 1.

    Parameters
    ----------
    w, b : float
        The initial weight and bias.
    cost : {"quadratic", "cross-entropy"}
        The cost that is minimised.
    eta : float
        The learning rate.
    epochs : int
        The number of epochs, each of which is one step, since there is one example.

    Returns
    -------
    dict
        "output" and "cost": lists of epochs + 1 numbers, the first before training and one after each step.

    Examples
    --------
    >>> quadratic = learn(2.0, 2.0, "quadratic")["output"]
    >>> cross_entropy = learn(2.0, 2.0, "cross-entropy")["output"]
    >>> [f"{output[0]:.2f} {output[50]:.2f} {output[-1]:.2f}" for output in (quadratic, cross_entropy)]
    ['0.98 0.98 0.20', '0.98 0.10 0.01']
    """
    _validation.one_of("cost", cost, ("quadratic", "cross-entropy"))
    net = nncore.Network([1, 1], cost=cost, dtype="float64", init="zeros", seed=0)
    net.weights[0], net.biases[0] = [[w]], [[b]]
    example = [[1.0]], [[0.0]]
    outputs, costs = [float(net.feedforward([1.0])[0])], [net.cost(example)]

    def record(net: nncore.Network, history: nncore.History) -> None:
        outputs.append(float(net.feedforward([1.0])[0]))
        costs.append(net.cost(example))

    net.SGD(example, epochs, 1, eta, callbacks=record, progress=False)
    return {"output": outputs, "cost": costs}
