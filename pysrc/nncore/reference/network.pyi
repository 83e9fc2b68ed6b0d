# The types of network.py, which is set to be read as one page. `stubtest` compares the two.
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Reals: TypeAlias = NDArray[np.float64]
_Sigma: TypeAlias = Callable[[Any], Any]
_Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...], int], Any]

def sigmoid(z: ArrayLike) -> Any: ...
def sigmoid_prime(z: ArrayLike) -> Any: ...
def softmax(z: ArrayLike) -> _Reals: ...

ACTIVATIONS: dict[str, Any]

def quadratic(z: ArrayLike, a: ArrayLike, y: ArrayLike) -> Any: ...
def cross_entropy(z: ArrayLike, a: ArrayLike, y: ArrayLike) -> Any: ...
def log_likelihood(z: ArrayLike, a: ArrayLike, y: ArrayLike) -> Any: ...

COSTS: dict[str, Callable[[ArrayLike, ArrayLike, ArrayLike], Any]]
PAIRS: dict[str, list[str]]

def normal(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> _Reals: ...
def glorot(rng: np.random.Generator, shape: tuple[int, ...], n_in: int) -> _Reals: ...

INITS: dict[str, Any]

def mix(b: int) -> int: ...
def shuffled(n: int, seed: int, epoch: int, stream: int = 0) -> list[int]: ...
def seen(X: ArrayLike) -> _Reals: ...
def answer(a: _Reals) -> NDArray[np.intp]: ...
def weights_of(weights: ArrayLike | None, n: int) -> _Reals: ...

class Network:
    activations: list[tuple[_Sigma, _Sigma | None]]
    cost_name: Any
    seed: int
    epochs_trained: int
    sizes: list[int]
    shape: tuple[int, ...]
    biases: list[_Reals]
    weights: list[_Reals]
    def __init__(
        self,
        layers: Sequence[Any],
        *,
        cost: Any = None,
        init: str | _Draw = "scaled",
        dtype: str = "float64",
        seed: int | None = None,
        input_shape: Any = None,
        activation: str | tuple[_Sigma, _Sigma] = "sigmoid",
    ) -> None: ...
    def lay_out(self, layers: Sequence[Any]) -> list[tuple[int, ...]]: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    def forward(self, x: _Reals) -> tuple[list[_Reals], list[_Reals]]: ...
    def feedforward(self, X: ArrayLike) -> _Reals: ...
    def predict(self, X: ArrayLike) -> Any: ...
    def SGD(
        self,
        training_data: Any,
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float = 0.0,
        *,
        evaluation_data: Any = None,
        weights: ArrayLike | None = None,
        shuffle: bool | Callable[[int, int], Any] = True,
    ) -> SimpleNamespace: ...
    def update_mini_batch(
        self,
        mini_batch: Any,
        eta: float,
        lmbda: float = 0.0,
        n: int | None = None,
        *,
        weights: ArrayLike | None = None,
    ) -> None: ...
    def backprop(
        self, X: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None
    ) -> tuple[list[_Reals], list[_Reals]]: ...
    def output_delta(self, z: _Reals, a: _Reals, y: _Reals) -> _Reals: ...
    def cost(self, data: Any, lmbda: float = 0.0, *, weights: ArrayLike | None = None) -> float: ...
    def accuracy(self, data: Any, *, weights: ArrayLike | None = None) -> float: ...
    def columns(self, data: Any | Iterable[tuple[Any, Any]], one: bool = False) -> tuple[_Reals, _Reals]: ...
