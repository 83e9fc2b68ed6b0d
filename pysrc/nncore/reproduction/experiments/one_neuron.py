"""Chapter 3's one neuron, which is to learn the output 0 for the input 1, and how it saturates.

    from nncore.reproduction.experiments import neuron

    curve = neuron.learn(2.0, 2.0, "quadratic")
    curve["output"][150]  # as wrong as at the start: the slope of the sigmoid is nearly 0 there

With the quadratic cost the gradient is a * sigmoid'(z), with the cross-entropy it is a alone. The book gives
eta = 0.005 for the latter, and a picture of a neuron that learns at once: its page steps along dC/da in place
of dC/dz. With the gradient itself, eta = 0.15 draws that picture, and 0.005 is thirty times slower.
"""

from __future__ import annotations

from typing import Any

import nncore
from nncore import _validation

EPOCHS = 300
ETA = 0.15
STARTS = {"easy": (0.6, 0.9), "saturated": (2.0, 2.0)}  # weight and bias that the book begins with

# What the book says of the output with the quadratic cost, by epoch.
PUBLISHED = {"easy": {0: 0.82, EPOCHS: 0.09}, "saturated": {0: 0.98}}


def learn(w: float, b: float, cost: str, eta: float = ETA, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train one sigmoid neuron to answer 0 for the input 1.

    Parameters
    ----------
    w, b : float
        The weight and the bias that it begins with.
    cost : {"quadratic", "cross-entropy"}
    eta : float
    epochs : int
        Steps: there is one example.

    Returns
    -------
    dict
        "output" and "cost", lists of epochs + 1 numbers: before the first step, and after each.

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

    def look(net: nncore.Network, history: nncore.History) -> None:
        outputs.append(float(net.feedforward([1.0])[0]))
        costs.append(net.cost(example))

    net.SGD(example, epochs, 1, eta, callbacks=look, progress=False)
    return {"output": outputs, "cost": costs}
