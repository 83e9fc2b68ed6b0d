"""`Draw` is the screen Draw in a notebook."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncore.widgets.widget import Widget


class Draw(Widget):
    """Draw a digit in a notebook, and see every number that a network computes of it.

    Parameters
    ----------
    net : Network
        The network that reads the digit.
    state : dict, optional
        ``{"digit": 3}`` shows test digit 3; ``{"strokes": [[[x, y], ...], ...]}`` is a drawing, in units of
        280 for the side of the pad; ``{"layer": 2, "neuron": 19}`` selects a neuron.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images in place of the bundled digits. The test digits are these.

    Attributes
    ----------
    state : dict
        What the reader has drawn and selected.
    pixels : ndarray of float32 (n_in,), or None
        What the network sees of it, from 0 to 1; None until the notebook shows the widget.
    outputs : ndarray of float32 (n_out,), or None
        The activations of the output layer.
    answer : int, ndarray or None
        What `Network.predict` answers to the pixels.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Draw(nn.Network([784, 30, 10], seed=0), {"digit": 3})
    >>> widget.state["digit"], widget.answer
    (3, None)
    """

    screen_name: ClassVar[str] = "draw"

    @property
    def pixels(self) -> NDArray[np.float32] | None:
        """What the network sees."""
        pixels = self._given("forward", "pixels")
        return None if pixels is None else np.array(pixels, np.float32)

    @property
    def outputs(self) -> NDArray[np.float32] | None:
        """The activations of the output layer."""
        answer = self._answer("forward")
        return None if answer is None else np.array(answer["layers"][-1]["a"], np.float32)

    @property
    def answer(self) -> Any:
        """What the network answers."""
        pixels = self.pixels
        return None if pixels is None else self.net.predict(pixels)
