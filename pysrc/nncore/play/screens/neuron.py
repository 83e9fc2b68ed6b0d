"""The screen One neuron: it must learn the output 0, by the quadratic cost and by the cross-entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from nncore import functions
from nncore._work.warned import warned
from nncore.choices import Cost
from nncore.play.screens.screen import Screen, real

EPOCHS = 300
WIDEST = 10.0  # of w, b and x, on both sides of 0
LARGEST_ETA = 100.0
COSTS: tuple[Cost, ...] = ("quadratic", "cross-entropy")


class Neuron(Screen):
    """A sigmoid neuron with one input learns to answer 0, as in chapter 3."""

    def ask_learn(self, w: Any, b: Any, x: Any, eta: Any) -> dict[str, Any]:
        """Train the neuron twice, by either cost, for 300 epochs of one step; return all states on the way.

        Parameters
        ----------
        w, b : float
            Its weight and bias at the start.
        x : float
            The input, for which it must learn the output 0.
        eta : float
            The learning rate.

        Returns
        -------
        dict
            "epochs"; for each cost, arrays of epochs + 1 numbers: "w", "b", "z" = w x + b, "a" = sigmoid(z),
            "slope" = sigmoid'(z), "gradient" = dC/dw, "cost"; and "book", the outputs that the book gives, as
            [epoch, output], which are those of the quadratic cost.
        """
        w, b, x = (real(name, value, -WIDEST, WIDEST) for name, value in (("w", w), ("b", b), ("x", x)))
        eta = real("eta", eta, 0.0, LARGEST_ETA)
        runs: dict[str, Any] = {cost: learned(w, b, x, eta, cost) for cost in COSTS}
        return {"epochs": EPOCHS, "book": published(w, b, x, eta), **runs}


def learned(w: float, b: float, x: float, eta: float, cost: Cost) -> dict[str, Any]:
    """Return the states of a neuron that learns the output 0 for the input x: see `Neuron.ask_learn`.

    >>> states = learned(2.0, 2.0, 1.0, 0.15, "quadratic")
    >>> states["a"][[0, 150, 300]].round(3).tolist()
    [0.982, 0.933, 0.203]
    """
    net = nncore.Network([1, 1], cost=cost, dtype="float64", init="zeros", seed=0)
    net.weights[0], net.biases[0] = [[w]], [[b]]
    parameters = [(w, b)]
    example = np.array([[x]]), np.array([[0.0]])
    with warned():
        net.SGD(
            example,
            EPOCHS,
            1,
            eta,
            callbacks=lambda net, _: parameters.append((net.weights[0].item(), net.biases[0].item())),
            progress=False,
        )
    ws, bs = np.array(parameters).T.copy()
    z = ws * x + bs
    a = functions.sigmoid(z)
    slope = a * functions.sigmoid(-z)  # a (1 - a), exact where a is nearly 1
    quadratic = cost == "quadratic"
    return {
        "w": ws,
        "b": bs,
        "z": z,
        "a": a,
        "slope": slope,
        "gradient": (a * slope if quadratic else a) * x,
        "cost": a**2 / 2 if quadratic else np.logaddexp(0.0, z),  # -ln(1 - a)
    }


def published(w: float, b: float, x: float, eta: float) -> list[list[float]]:
    """Return the book's outputs, as [epoch, output], if this start is one of the book's.

    >>> published(2.0, 2.0, 1.0, 0.15)
    [[0, 0.98]]
    """
    from nncore.reproduction.experiments import one_neuron

    starts = {start: name for name, start in one_neuron.INITIAL.items()}
    if x != 1.0 or eta != one_neuron.ETA or (w, b) not in starts:
        return []
    return [[epoch, output] for epoch, output in one_neuron.PUBLISHED[starts[w, b]].items()]
