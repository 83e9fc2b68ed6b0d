"""`NeuralNetwork` is what both estimators share: fit, partial_fit, and the attributes of a fitted network."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import column_or_1d

from nncore import _given, _validation, choices
from nncore.datasets import Table
from nncore.layers import Dense
from nncore.network import Network
from nncore.sklearn.fitted import Array, FittedNetwork, dense
from nncore.sklearn.follower import Follower
from nncore.sklearn.settings import Settings, network_layers, seed_of
from nncore.sklearn.split import split
from nncore.sklearn.versions import CallbackSupportMixin, callbacks_of, validate_data
from nncore.training.fingerprint import weights_text
from nncore.training.history import History
from nncore.training.run import DivergenceError

if TYPE_CHECKING:
    from nncore.training.schedules import Schedule

LBFGS: dict[str, Any] = {"ftol": 2.220446049250313e-09, "maxcor": 10}  # SciPy's, as scikit-learn has it


class Part(NamedTuple):
    """A Part holds examples: inputs (n, n_in), targets as `SGD` takes them, and weights (n,) or None."""

    X: Array
    targets: Array
    weights: Array | None

    @property
    def total_weight(self) -> float:
        """The sum of the weights."""
        return float(len(self.X) if self.weights is None else self.weights.sum())

    def rows(self, indices: Array) -> Part:
        """Return the examples at these indices."""
        return Part(
            self.X[indices],
            self.targets[indices],
            None if self.weights is None else self.weights[indices],
        )


class NeuralNetwork(CallbackSupportMixin, FittedNetwork):
    """The base of `NNClassifier` and `NNRegressor`."""

    _y_numeric = False

    # What the two estimators do differently

    @abstractmethod
    def _encode(self, y: Array, first: bool, partial: bool, classes: Array | None) -> Array:
        """Return y as targets of the network; in a first fit, learn the classes, unless they are given."""

    @abstractmethod
    def _output_layer(self, targets: Array) -> tuple[Dense, choices.Cost | None]:
        """Return the output layer, and its cost or None for the usual one."""

    @abstractmethod
    def _weights_of_classes(self, targets: Array, each: Array | None) -> Array | None:
        """Return the weight of the class of each example, which counts `each` itself; None if it is 1."""

    @abstractmethod
    def _stratification(self, targets: Array) -> Array | None:
        """Return the classes that both parts of a split should have in the same shares."""

    @abstractmethod
    def _measured(self) -> tuple[str, ...]:
        """Return what `SGD` can measure: "cost", and "accuracy" where there is one."""

    @abstractmethod
    def _score_of(self, net: Network, history: History, part: Part) -> float:
        """Return the validation score after an epoch."""

    # Fitting

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any] = (None, None, None),
        partial: bool = False,
        classes: Array | None = None,
    ) -> Self:
        """Fit the network by the whole data; or by one more epoch, if `partial`."""
        settings = Settings.of(self)
        if partial:  # one epoch leaves nothing to stop
            settings = settings._replace(early_stopping=False)
        _validation.flag("warm_start", self.warm_start)
        first = "network_" not in vars(self) or not (self.warm_start or partial)
        if first:
            vars(self).pop("network_", None)  # a fit that fails leaves no network of another one
        X_read, y_read = self._read(X, y, first)
        targets = self._encode(y_read, first, partial, classes)
        weights = self._weights("sample_weight", sample_weight, targets)
        net = self._network(targets, _validation.dtype(X_read.dtype), first)
        training = Part(X_read, targets, weights)
        training, held_out = self._split(training, validation, settings, net.seed)
        if first:
            self.t_, self.loss_curve_, self.best_loss_ = 0, [], math.inf
        follower = Follower(
            settings,
            len(training.X),
            seen=self.t_,
            best_loss=math.inf if self.best_loss_ is None else self.best_loss_,
            score=None if held_out is None else lambda net, history: self._score_of(net, history, held_out),
            weight=0.0 if held_out is None else held_out.total_weight,
            callbacks=callbacks_of(self, X, y, {"sample_weight": sample_weight}),
        )
        run = self._minimize if settings.solver == "lbfgs" else self._descend
        history = run(net, training, held_out, follower, partial)
        if follower.best_parameters is not None:
            net.parameters[:] = follower.best_parameters
        self.network_ = net
        self._keep(follower, history)
        if follower.callbacks is not None:
            follower.callbacks.close(net)
        if not partial:
            self._warn_if_not_converged(settings, history)
        return self

    def _read(self, X: Any, y: Any, first: bool) -> tuple[Array, Array]:
        """Return X and y as arrays, checked by scikit-learn's rules, which let masks fall."""
        for name, given in (("X", X), ("the answers y", y)):
            if isinstance(given, np.ma.MaskedArray):
                _given.array(name, given)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=self._dtypes(),
            multi_output=True,
            y_numeric=self._y_numeric,
            reset=first,
        )
        if hasattr(y, "toarray"):
            y = y.toarray()
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return dense(X), y

    def _dtypes(self) -> Any:
        """Return the dtypes that X may have; it is converted to the first of them if it has another."""
        if isinstance(self.dtype, str) and self.dtype == "auto":
            return [np.float64, np.float32]
        return np.dtype(_validation.dtype(self.dtype)).type

    def _weights(self, name: str, sample_weight: Any, targets: Array) -> Array | None:
        """Return the weight of each example times that of its class, or None if each counts as 1."""
        each = None
        if sample_weight is not None:
            each = _validation.numeric(name, sample_weight)
            if each.ndim == 0:  # one number for all
                each = np.full(len(targets), each)
            each = _validation.weights_of(name, each, len(targets))
            if not each.any():
                raise ValueError(
                    f"{name}: the weights of all {len(each)} examples are zero; one above 0 needed"
                )
        of_classes = self._weights_of_classes(targets, each)
        if of_classes is None:
            return each
        return of_classes if each is None else of_classes * each

    def _network(self, targets: Array, dtype: choices.DType, first: bool) -> Network:
        """Return a new network, or the one of the last fit, which goes on."""
        output, cost = self._output_layer(targets)
        layers = network_layers(self, output)
        if not first:
            if tuple(layers) != self.network_.layers:
                raise ValueError(
                    "warm_start: the network that goes on has other layers than these parameters describe; "
                    "set_params(warm_start=False) makes a new one"
                )
            return self.network_
        shape = (self.n_features_in_,) if self.input_shape is None else self.input_shape
        net = Network(
            layers,
            cost=cost,
            init=self.init,
            dtype=dtype,
            seed=seed_of(self.random_state),
            input_shape=shape,
        )
        if net.sizes[0] != self.n_features_in_:
            raise ValueError(
                f"input_shape: {self.input_shape!r} has {net.sizes[0]} inputs, and X has "
                f"{self.n_features_in_} columns"
            )
        return net

    def _split(
        self, training: Part, validation: tuple[Any, Any, Any], settings: Settings, seed: int
    ) -> tuple[Part, Part | None]:
        """Return the examples to train on, and those to validate on, if there are any."""
        X, y, sample_weight = validation
        if (X is None) != (y is None) or (X is None and sample_weight is not None):
            raise ValueError("X_val, y_val: both are needed, or neither")
        if X is not None:
            X, y = self._read(X, y, False)
            targets = self._encode(y, False, True, None)
            weights = self._weights("sample_weight_val", sample_weight, targets)
            return training, Part(X, targets, weights)
        if not settings.early_stopping:
            return training, None
        if len(training.X) == 1:
            raise ValueError(
                "early_stopping: with n_samples = 1, nothing is left to validate on; more examples, or "
                "early_stopping=False, needed"
            )
        kept, held_out = split(
            training.X,
            training.weights,
            self._stratification(training.targets),
            settings.validation_fraction,
            seed,
        )
        return training.rows(kept), training.rows(held_out)

    def _descend(
        self, net: Network, training: Part, held_out: Part | None, follower: Follower, partial: bool
    ) -> History:
        """Train by `SGD`."""
        settings, n = follower.settings, len(training.X)
        m, weights, mean = settings.mini_batch_size(n), training.weights, 1.0
        if weights is not None:
            mean = float(weights.mean())
            weights = weights / mean  # so that eta means the same, whatever the unit of the weights
        history = net.history if partial else None
        if history is not None and type(history.rule) is not type(settings.rule):
            history = None  # another rule remembers something else
        if history is not None:  # it goes on with other examples, and so with other weights
            history.weights = self._text(net, training, weights)
        follower.lmbda = settings.lmbda(n, m, mean)
        rate = settings.learning_rate
        schedule: Schedule | Callable[[int], float] | None = None
        if not isinstance(rate, str):
            schedule = rate
        elif settings.solver == "sgd" and rate != "constant":
            schedule = follower.learning_rate
        return self._explained(
            net.SGD,
            self._named(training),
            1 if partial else settings.max_iter,
            m,
            settings.eta,
            follower.lmbda,
            rule=settings.rule,
            schedule=schedule,
            stop=None if partial else follower.stop,
            weights=weights,
            augment=self.augment,
            resume=history,
            threads=self.threads,
            progress=False,
            shuffle=settings.shuffle,
            **self._observed(training, held_out, follower),
        )

    def _minimize(
        self, net: Network, training: Part, held_out: Part | None, follower: Follower, partial: bool
    ) -> History:
        """Train by L-BFGS, which ends where scikit-learn's does."""
        settings = follower.settings
        follower.lmbda = settings.alpha
        history = self._explained(
            net.minimize,
            self._named(training),
            lmbda=settings.alpha,
            maxiter=settings.max_iter,
            stop=follower.stop,
            weights=training.weights,
            options={"maxfun": settings.max_fun, "gtol": settings.tol, **LBFGS},
            **self._observed(training, held_out, follower),
        )
        if not history.training_cost:  # the start is a minimum
            data = (training.X, training.targets)
            follower.losses.append(net.cost(data, settings.alpha, weights=training.weights))
        return history

    def _named(self, part: Part) -> tuple[Array, Array]:
        """Return examples with the names of their columns, which the network remembers, if they have any."""
        names = vars(self).get("feature_names_in_")
        if names is None:
            return part.X, part.targets
        return Table(part.X, part.targets, names, "", None, "")

    def _observed(self, training: Part, held_out: Part | None, follower: Follower) -> dict[str, Any]:
        """Return the arguments of `SGD` and `minimize` that say what is measured and who looks at it."""
        others = self.callbacks if isinstance(self.callbacks, Sequence) else [self.callbacks]
        observed: dict[str, Any] = {"callbacks": [follower.after_epoch, *others]}
        sides = ["training"]
        if held_out is not None:
            observed["evaluation_data"] = (held_out.X, held_out.targets)
            observed["evaluation_weights"] = held_out.weights
            sides.append("evaluation")
        if follower.settings.solver == "lbfgs":  # `minimize` records the training cost in any case
            sides.remove("training")
        observed["monitor"] = [f"{side}_{name}" for side in sides for name in self._measured()]
        return observed

    @staticmethod
    def _text(net: Network, training: Part, weights: Array | None) -> str | None:
        """Return how a `History` describes the weights of the examples."""
        given = net._examples("X", (training.X, training.targets))
        return weights_text(_validation.weighted(given, weights, dtype=net.dtype))

    @staticmethod
    def _explained(train: Callable[..., History], *arguments: Any, **named: Any) -> History:
        """Train; say what the names in the message of a run that diverged are here."""
        try:
            return train(*arguments, **named)
        except DivergenceError as error:
            error.add_note("eta is the parameter learning_rate_init here, and lmbda follows from alpha")
            raise

    def _keep(self, follower: Follower, history: History) -> None:
        """Set the attributes that a fit leaves behind."""
        self.n_iter_: int = len(follower.losses)
        self.t_: int = follower.seen
        self.loss_curve_: list[float] = [*self.loss_curve_, *follower.losses]
        self.loss_: float = self.loss_curve_[-1] if self.loss_curve_ else math.nan
        early = follower.settings.early_stopping
        self.best_loss_: float | None = None if early else min(follower.best_loss, self.loss_)
        has_scores = follower.score is not None
        self.validation_scores_: list[float] | None = follower.scores if has_scores else None
        self.validation_loss_curve_: list[float] | None = follower.validation_losses if has_scores else None
        self.best_validation_score_: float | None = follower.best_score if has_scores else None

    @staticmethod
    def _warn_if_not_converged(settings: Settings, history: History) -> None:
        """Warn as scikit-learn does if the run ended by its last epoch or iteration alone."""
        if history.interrupted:
            return
        reason = history.stopped or ""
        if settings.solver == "lbfgs":
            if len(history) >= settings.max_iter or reason.startswith(("STOP", "ABNORMAL")):
                warnings.warn(
                    f"lbfgs has not converged after {len(history)} iterations ({reason}): a larger max_iter "
                    f"than {settings.max_iter}, or inputs that are scaled to about -1 to 1",
                    ConvergenceWarning,
                    stacklevel=4,
                )
        elif len(history) == settings.max_iter and reason.startswith(("all ", "the epoch ")):
            warnings.warn(
                f"{settings.solver}: all {settings.max_iter} epochs of max_iter are done, and the training "
                f"has not converged: a larger max_iter than {settings.max_iter} needed, or another "
                "learning_rate_init",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _can_partial_fit(self) -> bool:
        """Refuse partial_fit for the solver that has none; `available_if` asks."""
        if self.solver not in ("adam", "sgd"):
            raise AttributeError(
                f'partial_fit: solver="adam" or solver="sgd" needed, got {self.solver!r:.60}, which takes '
                "all examples at once"
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
