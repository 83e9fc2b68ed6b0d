"""The screen The four equations: one digit goes forward and back through a network, cell by cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import _validation
from nncore.insight.gradient_check import Differences
from nncore.layers import Conv2D, MaxPool2D
from nncore.play.screens.draw import Draw
from nncore.play.screens.screen import Push, Screen, real, reals, whole
from nncore.reference.equations import activation_of, backpropagate, parameters_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.insight.trace import Trace
    from nncore.network import Network
    from nncore.play.workbench import Workbench

MOST_WEIGHTS = 250_000  # between two layers that are shown
POINTS, FEW_POINTS = 61, 21  # of the curve of the cost along a step; of a network with very many parameters
MANY_PARAMETERS = 200_000
LARGEST_ETA = 1e6


class Equations(Screen):
    """Equations shows BP1 to BP4 for one digit, and takes steps of gradient descent on it.

    The screen keeps a float64 copy of the open network. The steps change this copy alone. Layers have the
    book's numbers here: the input is layer 1, and ``net.layers[0]`` is layer 2.
    """

    draw: Draw
    opened: Network
    start: Network
    net: Network
    probe: Network
    steps: int

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.draw = Draw(bench, push)
        self._begin()

    def _begin(self) -> None:
        """Take a copy of the open network, and forget the steps."""
        self.opened = self.bench.net
        self.start = self.opened.copy("float64")
        self.net, self.probe = self.start.copy(), self.start.copy()
        self.steps = 0
        self.case: Case | None = None

    def _renew(self) -> None:
        """Begin anew if another network was opened."""
        if self.bench.net is not self.opened:
            self._begin()

    def ask_network(self) -> dict[str, Any]:
        """Return the description of the open network, and which layers can be shown.

        ``pairs`` has the lower layer of each pair; ``kept_back`` says in a sentence what is not shown;
        ``labels`` are the names of the labels that a digit can have.
        """
        self._renew()
        net = self.net
        description = self.bench.description()
        return description | {
            "pairs": pairs(net),
            "kept_back": kept_back(net),
            "labels": description["classes"] if net.sizes[-1] > 1 else ["0", "1"],
            "reads_digits": self.bench.reads_digits,
        }

    def ask_example(self, label: Any = None, after: Any = None) -> dict[str, Any]:
        """Return the next test digit, as the screen Draw does."""
        return self.draw.ask_example(label=label, after=after)

    def ask_trace(self, pixels: Any, label: Any = None, layer: Any = None) -> dict[str, Any]:
        """Follow one digit through the network and back: the numbers of `nncore.trace`.

        Parameters
        ----------
        pixels : array
            The input, numbers from 0 to 1.
        label : int or None
            The number of the digit's label. None means what the network answers before any step.
        layer : int or None
            The lower one of the two layers that are shown. None means the last hidden layer.
        """
        self._renew()
        net = self.net
        row = reals("pixels", pixels, net.sizes[0], 0.0, 1.0).astype(np.float64)
        if label is None:
            label = answer(nncore.trace(self.start, row).a[-1])
        label = whole("label", label, 0, max(net.sizes[-1], 2) - 1)
        known = pairs(net)
        below = (
            None if not known else known[-1] if layer is None else whole("layer", layer, 1, len(net.layers))
        )
        if below is not None and below not in known:
            raise ValueError(f"layer: one of {', '.join(map(str, known))} needed, got {below}")
        self.case = case = Case(self.start, net, self.probe, row, label)
        seen, last = case.seen, len(net.layers) + 1
        values = {"last": of_layer(net, seen, last)}
        if below is not None:
            values |= {"below": of_layer(net, seen, below), "above": of_layer(net, seen, below + 1)}
            p = arrays_before(net, below + 1)
            values["between"] = {"w": net.weights[p], "nabla_w": seen.nabla_w[p], "p": p}
        return values | {
            "label": label,
            "y": case.y,
            "answer": answer(seen.a[-1]),
            "cost": seen.cost,
            "quadratic": net.cost_name == "quadratic",
            "layer": below,
            "layers": last,
            "steps": self.steps,
            "range": case.useful_range,
        }

    def ask_difference(self, kind: Any, layer: Any, entry: Any) -> dict[str, Any]:
        """Return the central difference of the cost by one weight or bias, and what rounding can do to it.

        The difference is not a number where it has no meaning: at a kink, or where C is not finite.

        Parameters
        ----------
        kind : {"weights", "biases"}
        layer : int
            The layer that the parameter belongs to.
        entry : list of int
            Its index in ``net.weights[...]`` or ``net.biases[...]``.
        """
        case = self._traced()
        _validation.one_of("kind", kind, ("weights", "biases"))
        net = self.net
        layer = whole("layer", layer, 2, len(net.layers) + 1)
        if isinstance(net.layers[layer - 2], MaxPool2D):
            raise ValueError(f"layer: one with weights needed, got {layer}, which is a pooling layer")
        p = arrays_before(net, layer)
        shape = (net.weights if kind == "weights" else net.biases)[p].shape
        if not isinstance(entry, list) or len(entry) != len(shape):
            raise ValueError(f"entry: {len(shape)} whole numbers needed, got {entry!r:.60}")
        index = tuple(whole("entry", k, 0, n - 1) for k, n in zip(entry, shape, strict=True))
        difference, rounding = case.differences.with_rounding(kind, p, index)
        return {"difference": difference, "rounding": rounding}

    def ask_along(self, most: Any) -> dict[str, Any]:
        """Return C after steps with values of eta from 0 to `most`, and what the gradient promises.

        ``slope`` is the squared length of the gradient: near 0, C falls by slope * eta.
        """
        case = self._traced()
        points = POINTS if case.nabla.size < MANY_PARAMETERS else FEW_POINTS
        etas = np.linspace(0.0, real("most", most, 0.0, LARGEST_ETA), points)
        costs = np.array([case.cost_after(eta) for eta in etas])
        return {"etas": etas, "costs": costs, "slope": float(np.vdot(case.nabla, case.nabla))}

    def ask_moved(self, eta: Any) -> dict[str, Any]:
        """Return C after a step with this eta."""
        return {"cost": self._traced().cost_after(real("eta", eta, 0.0, LARGEST_ETA))}

    def ask_step(self, eta: Any) -> dict[str, Any]:
        """Take the step, w - eta dC/dw for every weight and bias, on this screen's copy of the network."""
        case = self._traced()
        self.net.parameters = case.after(real("eta", eta, 0.0, LARGEST_ETA))
        self.steps += 1
        self.case = None
        return {"steps": self.steps}

    def ask_again(self) -> dict[str, Any]:
        """Undo all steps."""
        self._begin()
        return {"steps": self.steps}

    def _traced(self) -> Case:
        if self.case is None:
            raise ValueError("no digit was followed yet: ask trace first")
        return self.case


class Case:
    """A Case is one digit with its label, followed through a network and back.

    Attributes
    ----------
    y : ndarray
        The target, (n_out,).
    seen : Trace
        Every number of it.
    nabla : ndarray
        The gradient, as the core computes it, in the order of ``net.parameters``.
    differences : Differences
        Central differences of the cost.
    useful_range : float
        The largest eta that the curve of a step shows. It depends on the network before any step, so that it
        stays from step to step.
    """

    y: NDArray[Any] | Any
    nabla: NDArray[Any]
    differences: Differences
    useful_range: float

    def __init__(
        self, start: Network, net: Network, probe: Network, x: NDArray[np.float64], label: int
    ) -> None:
        n_out = net.sizes[-1]
        self.y = np.array([float(label)]) if n_out == 1 else np.eye(n_out)[label]
        self.seen: Trace = nncore.trace(net, x, self.y)
        given = (x[None], self.y[None])
        examples = _validation.examples("(x, y)", given, net._interface, one=True)
        self._data = net._prepare(examples)
        self._net, self._moved = net, probe
        self.nabla = gradient(net, self._data)
        self.differences = Differences(net, examples)
        first = gradient(start, self._data)
        cost, slope = start._cost_and_accuracy(self._data)[0], float(np.vdot(first, first))
        self.useful_range = round_range(4 * cost / slope) if 0 < slope < math.inf else 1.0

    def after(self, eta: float) -> NDArray[Any]:
        """Return the network's parameters after a step with this eta."""
        return self._net.parameters - eta * self.nabla

    def cost_after(self, eta: float) -> float:
        """Return C after a step with this eta."""
        self._moved.parameters[...] = self.after(
            eta
        )  # which may be far away: the setter would refuse infinity
        return self._moved._cost_and_accuracy(self._data)[0]


def gradient(net: Network, data: Any) -> NDArray[Any]:
    """Return the gradient of the cost by ``net.parameters``, from the core."""
    nabla = np.empty_like(net.parameters)
    net._kernels.backprop(net._program, net.parameters, data, nabla)
    return nabla


def answer(outputs: NDArray[Any]) -> int:
    """Return the number of the largest output; for one output, whether it is above 1/2."""
    return int(outputs.argmax()) if outputs.size > 1 else int(outputs.item() > 0.5)


def round_range(value: float) -> float:
    """Return the number 1, 2, 3 or 5 times a power of ten that is next above a number, from 0.001 to 100.

    >>> round_range(0.22), round_range(0.5), round_range(0.051), round_range(1e9), round_range(0.0)
    (0.3, 0.5, 0.1, 100.0, 0.001)
    """
    value = min(max(value, 1e-3), 100.0)
    power = math.floor(math.log10(value))
    choices = (float(f"{digit}e{power}") for digit in (1, 2, 3, 5, 10))
    return next((choice for choice in choices if choice >= value), 100.0)


def is_dense(net: Network, layer: int) -> bool:
    """Whether a layer of the book's number, 2 or more, is dense."""
    return not isinstance(net.layers[layer - 2], (Conv2D, MaxPool2D))


def pairs(net: Network) -> list[int]:
    """Return the lower layer of each pair of layers that the screen can show.

    These are two dense layers with not too many weights between them, or the input and a dense layer 2.

    >>> pairs(nncore.Network([784, 30, 10]))
    [1, 2]
    """
    return [
        layer
        for layer in range(1, len(net.layers) + 1)
        if (layer == 1 or is_dense(net, layer)) and is_dense(net, layer + 1) and not too_many(net, layer)
    ]


def too_many(net: Network, layer: int) -> bool:
    """Whether a dense layer and the one above it have more weights between them than the screen can show."""
    return net.sizes[layer - 1] * net.sizes[layer] > MOST_WEIGHTS


def kept_back(net: Network) -> str:
    """Say in a sentence which layers are not shown, and why; say nothing where all are.

    >>> kept_back(nncore.Network([784, 30, 10]))
    ''
    """
    numbers = range(2, len(net.layers) + 2)
    maps = [layer for layer in numbers if not is_dense(net, layer)]
    if maps:
        dense = [layer for layer in numbers if is_dense(net, layer)]
        return f"Here {these(dense)} shown; {these(maps)} made of feature maps, and not shown."
    wide = [layer for layer in range(1, len(net.layers) + 1) if too_many(net, layer)]
    if wide:
        n = max(net.sizes[layer - 1] * net.sizes[layer] for layer in wide)
        between = ", ".join(f"{layer} and {layer + 1}" for layer in wide)
        return f"Layers {between} are not shown: there are {n:,} weights between them."
    return ""


def these(layers: list[int]) -> str:
    """Return "layer 2 is", or "layers 2, 3 and 4 are"."""
    if len(layers) == 1:
        return f"layer {layers[0]} is"
    return f"layers {', '.join(map(str, layers[:-1]))} and {layers[-1]} are"


def arrays_before(net: Network, layer: int) -> int:
    """Return the p for which ``net.weights[p]`` belongs to a layer."""
    return sum(not isinstance(each, MaxPool2D) for each in net.layers[: layer - 2])


def of_layer(net: Network, seen: Trace, layer: int) -> dict[str, Any]:
    """Return the numbers of a layer: z, a, sigma'(z), delta, and its error before the factor sigma'(z).

    What there is none of is None: softmax has no sigma'(z), the output layer no error from a layer above.
    """
    if layer == 1:
        return {"z": None, "a": seen.x.reshape(-1), "sigma_prime": None, "error": None, "delta": None}
    l = layer - 2
    sigma_prime, error = activation_of(net.layers[l])[1], None
    if l + 1 < len(net.layers) and is_dense(net, layer + 1):
        w_b = parameters_of(net)[l + 1]
        error = backpropagate(net.layers[l + 1], seen.a[l], seen.delta[l + 1], *w_b).reshape(-1)
    return {
        "z": seen.z[l].reshape(-1),
        "a": seen.a[l].reshape(-1),
        "sigma_prime": None if sigma_prime is None else np.reshape(sigma_prime(seen.z[l]), -1).astype(float),
        "error": error,
        "delta": seen.delta[l].reshape(-1),
        "activation": net.layers[l].activation,
    }
