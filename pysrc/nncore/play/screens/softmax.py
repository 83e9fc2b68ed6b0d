"""The screen Softmax: the outputs of one digit as sigmoid gives them, and as softmax does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore.play.screens.draw import Draw
from nncore.play.screens.screen import Push, Screen, real, reals

if TYPE_CHECKING:
    from nncore.play.workbench import Workbench

TEMPERATURES = (0.05, 100.0)


class Softmax(Screen):
    """Softmax compares two activations of the output layer, for the same weighted inputs z."""

    draw: Draw

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.draw = Draw(bench, push)

    def ask_network(self) -> dict[str, Any]:
        """Return the description of the open network."""
        return self.bench.description()

    def ask_example(self, label: Any = None, after: Any = None) -> dict[str, Any]:
        """Return the next test digit, as the screen Draw does."""
        return self.draw.ask_example(label=label, after=after)

    def ask_outputs(self, pixels: Any, temperature: Any = 1.0) -> dict[str, Any]:
        """Return the z of the output layer for one digit, sigmoid(z), and softmax(z / temperature).

        `z` is that of `nncore.trace`, in float64; both activations are the core's. ``own`` is the activation
        that the network itself has there.
        """
        net = self.bench.net
        row = reals("pixels", pixels, net.sizes[0], 0.0, 1.0).astype(np.float64)
        seen = nncore.trace(net, row)
        z = seen.z[-1].reshape(-1)
        return {
            "z": z,
            "sigmoid": nncore.functions.sigmoid(z),
            "softmax": nncore.functions.softmax(z / real("temperature", temperature, *TEMPERATURES)),
            "own": net.layers[-1].activation,
        }
