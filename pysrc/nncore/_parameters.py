"""This module draws the first weights and biases of a network, and lets a user read and assign them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np

from nncore import _given, _validation

Place = tuple[int, tuple[int, ...], tuple[int, ...], int]
Draw = Callable[[np.random.Generator, tuple[int, ...], int], Any]


def _normal(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> np.ndarray:
    return rng.standard_normal(shape)


def _scaled(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> np.ndarray:
    w: np.ndarray = rng.standard_normal(shape) / np.sqrt(n_in)
    return w


def _he(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> np.ndarray:
    w: np.ndarray = rng.standard_normal(shape) * np.sqrt(2 / n_in)
    return w


def _glorot(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> np.ndarray:
    n_out = shape[0] * math.prod(shape[2:])  # of a convolution: the places of a filter that an input meets
    w: np.ndarray = rng.uniform(-1, 1, shape) * np.sqrt(6 / (n_in + n_out))
    return w


def _zeros(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> np.ndarray:
    return np.zeros(shape)


INITS: dict[str, tuple[Draw, Draw]] = {  # name: (how biases are drawn, how weights are drawn)
    "scaled": (_normal, _scaled),
    "large": (_normal, _normal),
    "he": (_zeros, _he),
    "glorot": (_zeros, _glorot),
    "zeros": (_zeros, _zeros),
}


class LayerArrays(Sequence[np.ndarray]):
    """A LayerArrays holds the weights of a network, or its biases: one array for each layer that has them.

    The arrays are live views of the network's parameters. Assigning copies values in.
    """

    def __init__(self, name: str, views: list[np.ndarray]) -> None:
        self._name, self._views = name, views

    def __len__(self) -> int:
        return len(self._views)

    @overload
    def __getitem__(self, l: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, l: slice) -> list[np.ndarray]: ...

    def __getitem__(self, l: int | slice) -> np.ndarray | list[np.ndarray]:
        try:
            return self._views[l]
        except (IndexError, TypeError):
            raise self._no_such(l) from None

    def _no_such(self, l: Any) -> IndexError | TypeError:
        """Return the error for an index that names no array."""
        what = f"{self._name}: an index from 0 to {len(self) - 1} needed, one for each layer with parameters"
        kind = TypeError if _given.whole(l) is None else IndexError
        return kind(f"{what}; got {l!r:.60}")

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self._views)

    def __setitem__(self, l: int | slice, value: Any) -> None:
        if isinstance(l, slice):
            values = list(self._views)
            values[l] = value
            return self.assign(values)
        view = self[l]
        assert isinstance(view, np.ndarray)
        view[...] = _validation.parameters(f"{self._name}[{l}]", value, view.shape, view.dtype.name)

    def assign(self, values: Iterable[Any]) -> None:
        """Copy in one array for each layer. Nothing changes unless all of them fit."""
        given = _validation.listed(self._name, values, "one array for each layer")
        if len(given) != len(self):
            raise ValueError(
                f"{self._name}: expected {len(self)} arrays, one for each layer; got {len(given)}"
            )
        checked = [  # copies, because a value may be a view of these very parameters, in another order
            _validation.parameters(f"{self._name}[{l}]", value, view.shape, view.dtype.name).copy()
            for l, (value, view) in enumerate(zip(given, self._views, strict=True))
        ]
        for view, value in zip(self._views, checked, strict=True):
            view[...] = value

    def __repr__(self) -> str:
        return f"<{self._name}: {', '.join(str(view.shape) for view in self._views)}>"


def initialise(weights: LayerArrays, biases: LayerArrays, init: str | Draw, seed: int) -> None:
    """Draw the first parameters in the book's order: all biases, then all weights, the input side first."""
    if callable(init):
        draw_biases = draw_weights = init
    else:
        draw_biases, draw_weights = INITS[_validation.one_of("init", init, tuple(INITS))]
    rng = np.random.default_rng(seed)
    inputs = [int(np.prod(w.shape[1:])) for w in weights]  # n_in of each layer
    for l, b in enumerate(biases):
        biases[l] = draw_biases(rng, b.shape, inputs[l])
    for l, w in enumerate(weights):
        weights[l] = draw_weights(rng, w.shape, inputs[l])


def find_places(
    layers: Sequence[Any], shapes: Sequence[tuple[int, ...]], offsets: Iterable[tuple[int, int, int]]
) -> list[Place]:
    """Return where the core keeps the parameters of each layer that has some.

    It is (where its weights begin, their shape, the step in memory along each axis, where its biases begin),
    from the core's `offsets`, all counted in numbers.
    """
    of_weights = [layer.weight_shape(shape) for layer, shape in zip(layers, shapes, strict=False)]
    places: list[Place] = []
    for (w, b, stride), shape in zip(offsets, filter(None, of_weights), strict=True):
        channels, *kernel = shape[1:]  # the core has (*kernel, channels, n), each row with its padding
        steps = [channels * stride * math.prod(kernel[axis + 1 :]) for axis in range(len(kernel))]
        places.append((w, shape, (1, stride, *steps), b))
    return places


def views(buffer: np.ndarray, places: list[Place]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return views of the weights and of the biases of each layer in a buffer."""
    weights, biases, dtype, size = [], [], buffer.dtype, buffer.itemsize
    for w, shape, steps, b in places:
        strides = [size * step for step in steps]
        weights.append(np.ndarray(shape, dtype, buffer, size * w, strides))
        biases.append(np.ndarray((shape[0], 1), dtype, buffer, size * b))
    return weights, biases
