"""This module has what differs between versions of scikit-learn, from 1.4 on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:  # scikit-learn has no types; these are the methods that users of the estimators call

    class BaseEstimator:
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class RegressorMixin:
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class CallbackSupportMixin:
        def set_callbacks(self, *callbacks: Any) -> Self: ...
        def _init_callback_context(self, *, max_subtasks: int | None) -> Any: ...

    def with_callbacks(method: F) -> F: ...
    def available_if(check: Callable[[Any], bool]) -> Callable[[F], F]: ...
    def validate_data(estimator: Any, X: Any, y: Any = ..., **options: Any) -> Any: ...
else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # noqa: F401
    from sklearn.utils.metaestimators import available_if  # noqa: F401

    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before 1.6

        def validate_data(estimator, X, y="no_validation", **options):
            return estimator._validate_data(X, y, **options)

    try:  # since 1.9, and experimental: its names may change
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:

        class CallbackSupportMixin:
            """Without scikit-learn's callbacks there is nothing to support."""

        def with_callbacks(method):
            return method


def callbacks_of(estimator: Any, X: Any, y: Any, metadata: dict[str, Any]) -> EpochCallbacks | None:
    """Return what calls the callbacks of scikit-learn during a fit; None where nothing follows it.

    A fit is followed by callbacks of its own, or by a meta-estimator that shows its progress.
    """
    followed = hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")
    return EpochCallbacks(estimator, X, y, metadata) if followed else None


class EpochCallbacks:
    """EpochCallbacks call the callbacks of scikit-learn before and after a fit, and each of its epochs."""

    def __init__(self, estimator: Any, X: Any, y: Any, metadata: dict[str, Any]) -> None:
        given = {name: value for name, value in metadata.items() if value is not None}
        self._estimator = estimator
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": given or None}
        self._fit = estimator._init_callback_context(max_subtasks=estimator.max_iter)
        self._fit.call_on_fit_task_begin(**self._given)
        self._epoch: Any = None
        self.begin()

    def begin(self) -> None:
        """Say that an epoch begins."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given)

    def end(self, net: Any) -> bool:
        """Say that the epoch is done, and return whether a callback wants the fit to end."""
        epoch, self._epoch = self._epoch, None
        attributes = lambda: {"network_": net.copy()}  # noqa: E731  made for a callback that asks for them
        return bool(epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=attributes))

    def close(self, net: Any) -> None:
        """Say that the fit is done."""
        if self._epoch is not None:  # L-BFGS may find nothing better in an iteration
            self.end(net)
        self._fit.call_on_fit_task_end(
            **self._given, reconstruction_attributes=lambda: {"network_": net.copy()}
        )
