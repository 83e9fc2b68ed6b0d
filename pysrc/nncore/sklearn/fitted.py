"""A `FittedNetwork` answers for examples, and shows what its network is, by scikit-learn's names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from nncore import choices
from nncore._memory import memory_available, written
from nncore.layers import Layer
from nncore.network import Network
from nncore.sklearn.settings import SKLEARN_NAMES, Activation
from nncore.sklearn.versions import BaseEstimator, validate_data
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.training.augment import Augment
    from nncore.training.schedules import Schedule

Array = NDArray[Any]


def dense(X: Any) -> Array:
    """Return sparse inputs as an array with all their zeros, if memory holds it; an array as it is."""
    if hasattr(X, "toarray"):
        needed = math.prod(X.shape) * X.dtype.itemsize
        if needed > (available := memory_available()):
            raise ValueError(
                f"X: as an array with all its zeros, this sparse matrix takes {written(needed)}, and "
                f"{written(int(available))} of memory are to be had; fewer columns needed, as "
                "sklearn.feature_selection.SelectKBest or sklearn.decomposition.TruncatedSVD gives"
            )
        X = X.toarray()
    found: Array = X
    return found


class FittedNetwork(BaseEstimator):
    """The base of both estimators holds their parameters, and reads the network that a fit leaves."""

    hidden_layer_sizes: int | Sequence[int]
    activation: Activation | Sequence[Activation]
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str | Schedule | Callable[[int], float]
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    layers: Sequence[Layer] | None
    input_shape: Sequence[int] | None
    dropout: float | Sequence[float]
    init: choices.Init | Callable[..., Any]
    dtype: str
    augment: Augment | Sequence[Augment] | None
    callbacks: Callable[..., Any] | Sequence[Callable[..., Any]]
    threads: int | None

    network_: Network  # set by fit, as are the following
    n_features_in_: int
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None

    def _feedforward(self, X: Any) -> tuple[Array, Any]:
        """Return the outputs (m, n_out) and the dtype of X, which the answers get."""
        if "network_" not in vars(self):
            check_is_fitted(self, "network_")
        net = self.network_
        if (  # rows that scikit-learn's checks leave as they are; the network checks that they are finite
            type(X) is np.ndarray
            and X.dtype == net._interface.reals
            and X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and len(X)
            and "feature_names_in_" not in vars(self)
        ):
            try:
                return net._outputs(X)[0], X.dtype
            except ValueError:  # scikit-learn's message says which estimator it is, and what helps
                pass
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return net._outputs(dense(X))[0], X.dtype

    @property
    def history_(self) -> History | None:
        """What was measured in the last fit."""
        return self.network_.history

    @property
    def coefs_(self) -> tuple[Array, ...]:
        """The weights of each layer that has some, (n_in, n_out): live views of ``network_.weights``."""
        return tuple(w.T if w.ndim == 2 else w for w in self.network_.weights)

    @property
    def intercepts_(self) -> tuple[Array, ...]:
        """The biases of each layer that has some, (n_out,): live views of ``network_.biases``."""
        return tuple(b[:, 0] for b in self.network_.biases)

    @property
    def n_layers_(self) -> int:
        """The number of layers, the input counted."""
        return self.network_.num_layers

    @property
    def n_outputs_(self) -> int:
        """The number of outputs of the network."""
        return self.network_.sizes[-1]

    @property
    def out_activation_(self) -> str:
        """The activation of the output layer, by scikit-learn's name."""
        activation = self.network_.layers[-1].activation
        return SKLEARN_NAMES.get(activation, activation)
