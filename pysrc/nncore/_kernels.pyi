# What `nncore.targets.kernels` returns: the interface of the compiled modules _kernels_<target>_<dtype>, of
# which there is one for each build. tests/test_types.py compares the names with those of a compiled module.
# `Reals` are arrays of the build's dtype, in C order.
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = np.ndarray

class Program:
    def __init__(self, input_shape: int | tuple[int, ...], cost: str) -> None: ...
    def add_dense(
        self, n: int, *, activation: str = "sigmoid", dropout: float = 0, weight_eta_factor: float = 1
    ) -> None: ...
    def add_convolution(
        self, filters: int, kernel_size: tuple[int, int], *, same: bool = False, activation: str = "sigmoid"
    ) -> None: ...
    def add_pooling(self, size: tuple[int, int]) -> None: ...
    def complete(self) -> None: ...
    @property
    def size(self) -> int: ...
    def offsets(self) -> list[tuple[int, int, int]]: ...

class Data:
    def __init__(
        self,
        images: NDArray[np.uint8] | None = None,
        inputs: Reals | None = None,
        labels: NDArray[np.intp] | None = None,
        targets: Reals | None = None,
        scale: float = 1,
        weights: Reals | None = None,
    ) -> None: ...
    entries: Any
    def list_entries(self, most: float = 1, threads: int = 1) -> bool: ...
    @property
    def scale(self) -> float: ...
    @property
    def total_weight(self) -> float: ...
    @staticmethod
    def checksum(array: np.ndarray) -> int: ...
    @property
    def entries_listed(self) -> bool: ...
    def __len__(self) -> int: ...

class Augmentation:
    def __init__(self, shape: Any, affine: Sequence[Any] = (), elastic: Any = None) -> None: ...

class Rule:
    def __init__(
        self,
        kind: str,
        eta: float,
        lmbda_over_n: float = 0,
        l1_over_n: float = 0,
        momentum: float = 0,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None: ...
    @property
    def states(self) -> int: ...
    @property
    def eta(self) -> float: ...
    @property
    def lmbda_over_n(self) -> float: ...
    @property
    def l1_over_n(self) -> float: ...
    @property
    def momentum(self) -> float: ...

class Epoch:
    def __init__(
        self,
        program: Program,
        parameters: Reals,
        data: Data,
        order: NDArray[np.intp],
        mini_batch_size: int,
        rule: Rule,
        *,
        state: tuple[Reals | None, int] = (None, 0),
        key: tuple[int, int, int] = (0, 0, 0),
        augmentation: Augmentation | None = None,
    ) -> None: ...
    def train(self, end: int, threads: int = 1, leaves: bool = False) -> int: ...

_Program: TypeAlias = Program
_Data: TypeAlias = Data
_Augmentation: TypeAlias = Augmentation
_Rule: TypeAlias = Rule
_Epoch: TypeAlias = Epoch

class Kernels(Protocol):
    target: str
    dtype: str
    Program: type[_Program]
    Data: type[_Data]
    Augmentation: type[_Augmentation]
    Rule: type[_Rule]
    Epoch: type[_Epoch]
    def activate(self, activation: str, z: Reals) -> None: ...
    def feedforward(
        self, program: _Program, parameters: Reals, data: _Data, out: Reals, threads: int = 1
    ) -> None: ...
    def evaluate(
        self,
        program: _Program,
        parameters: Reals,
        data: _Data,
        masks: Any = None,
        threads: int = 1,
        *,
        cost: bool = True,
    ) -> tuple[float, float]: ...
    def backprop(
        self,
        program: _Program,
        parameters: Reals,
        data: _Data,
        nabla: Reals,
        masks: Any = None,
        threads: int = 1,
    ) -> None: ...
    def augment(
        self,
        augmentation: _Augmentation,
        data: _Data,
        out: Reals,
        seed: int = 0,
        epoch: int = 0,
        position: int = 0,
    ) -> None: ...
    def train(
        self,
        program: _Program,
        parameters: Reals,
        data: _Data,
        order: NDArray[np.intp],
        mini_batch_size: int,
        rule: _Rule,
        *,
        state: tuple[Reals | None, int] = (None, 0),
        key: tuple[int, int, int] = (0, 0, 0),
        augmentation: _Augmentation | None = None,
        threads: int = 1,
    ) -> Any: ...
    def shuffle(self, order: NDArray[np.intp], seed: int, epoch: int) -> None: ...
    def peak(self, rounds: int) -> float: ...
    def cpu_targets(self) -> list[str]: ...
    def slow_avx512(self) -> bool: ...
