"""The screen Convolution: a filter moves over a digit; a network without one sees the same digit."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import _validation
from nncore.datasets import load_sample
from nncore.layers import Conv2D, MaxPool2D
from nncore.play.screens.draw import Draw
from nncore.play.screens.screen import Push, Screen, reals
from nncore.play.workbench import SIDE, Workbench, default_network
from nncore.reference.equations import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.network import Network

MAPS = 20
TRAINING = threading.Lock()


class Convolution(Screen):
    """Convolution has a convolutional network and a dense one.

    One of them is the open network, if it reads digits; the other, or both, are small networks of its own,
    which are trained on the bundled digits when they are first needed, once for all connections.
    """

    draw: Draw

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.draw = Draw(bench, push)

    def ask_example(self, label: Any = None, after: Any = None) -> dict[str, Any]:
        """Return a test digit, as Draw does."""
        return self.draw.ask_example(label=label, after=after)

    def ask_network(self) -> dict[str, Any]:
        """Return the filters of the convolutional network, and what both networks are.

        Returns
        -------
        dict
            ``filters`` (maps, height, width), ``biases``, ``activation``, ``shape`` (maps, height, width) of
            the feature maps, ``pooling``, the window or None; ``convolutional`` and ``dense``, each with
            ``title``, ``is_open`` and ``accuracy`` on the test digits.
        """
        net, _ = self._networks()
        layer: Any = net.layers[0]
        w = net.weights[0]
        return {
            "filters": w.reshape(len(w), *layer.kernel_size).astype(np.float32),
            "biases": net.biases[0].reshape(-1).astype(np.float32),
            "activation": layer.activation,
            "shape": list(net.shapes[1]),
            "pooling": pooling_of(net),
            "convolutional": self._about(0),
            "dense": self._about(1),
        }

    def ask_forward(self, pixels: Any) -> dict[str, Any]:
        """Send a digit through both networks.

        Returns
        -------
        dict
            ``z`` and ``a`` of the feature maps, ``pooled`` or None, and the outputs, ``convolutional`` and
            ``dense``. The outputs are the core's own; z and a are computed in float64 and rounded.
        """
        row = reals("pixels", pixels, SIDE * SIDE, 0.0, 1.0).reshape(1, -1)
        net, dense = self._networks()
        x, _, _ = _validation.rows("pixels", row, net._interface, None)
        with np.errstate(over="ignore", invalid="ignore"):
            zs, activations = forward(net, x.T.astype(np.float64))
        return {
            "z": zs[0][..., 0].astype(np.float32),
            "a": activations[0][..., 0].astype(np.float32),
            "pooled": activations[1][..., 0].astype(np.float32) if pooling_of(net) else None,
            "convolutional": self._outputs(net, row),
            "dense": self._outputs(dense, row),
        }

    def _networks(self) -> tuple[Network, Network]:
        """Return the convolutional network and the dense one."""
        net = self.bench.net
        if not self.bench.reads_digits:
            return own_convolutional(), own_dense()
        if fits(net):
            return net, own_dense()
        is_dense = not any(isinstance(layer, (Conv2D, MaxPool2D)) for layer in net.layers)
        return own_convolutional(), net if is_dense else own_dense()

    def _about(self, at: int) -> dict[str, Any]:
        net = self._networks()[at]
        bench = self._bench(net)
        return {"title": bench.title, "is_open": net is self.bench.net, "accuracy": bench.accuracy()}

    def _outputs(self, net: Network, row: NDArray[Any]) -> NDArray[np.float32]:
        outputs: NDArray[np.float32] = self._bench(net).outputs(row)[0].astype(np.float32)
        return outputs

    def _bench(self, net: Network) -> Workbench:
        """Return a workbench of one of the networks."""
        bench = self.bench
        if net is bench.net:
            return bench
        return Workbench(net, "", (bench.training, bench.validation, bench.test))


def fits(net: Network) -> bool:
    """Return whether the first layer of a network moves filters over 28 x 28 pixels, without a border."""
    layer = net.layers[0]
    return (
        isinstance(layer, Conv2D)
        and net.input_shape == (1, SIDE, SIDE)
        and getattr(layer, "padding", "valid") == "valid"
    )


def pooling_of(net: Network) -> list[int] | None:
    """Return the window of the max-pooling that follows the first layer, if it does."""
    layer = net.layers[1] if len(net.layers) > 1 else None
    return list(layer.size) if isinstance(layer, MaxPool2D) else None


def own_convolutional() -> Network:
    """Return a network with 20 feature maps, max-pooling and a softmax layer, trained for three epochs."""
    with TRAINING:
        return _own_convolutional()


@functools.cache
def _own_convolutional() -> Network:
    layers = [Conv2D(MAPS, 5, activation="relu"), MaxPool2D(2), nncore.Softmax(10)]
    net = nncore.Network(layers, input_shape=(1, SIDE, SIDE), cost="log-likelihood", seed=1)
    net.SGD(load_sample()[0], epochs=3, mini_batch_size=10, eta=0.1, progress=False)
    return net


def own_dense() -> Network:
    """Return the network that is open if no other is."""
    with TRAINING:
        return _own_dense()


@functools.cache
def _own_dense() -> Network:
    return default_network(load_sample()[0])
