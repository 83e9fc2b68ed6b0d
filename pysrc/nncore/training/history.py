"""What was seen of a training run."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

MONITORED = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy")
# The lists of one value an epoch. `seconds` is the last to grow: as long as it is, so many epochs are whole.
EPOCHS = (*MONITORED, "learning_speeds", "eta", "images", "steps", "elapsed", "seconds")


class History:
    """What was seen of a training run, one value an epoch.

    Attributes
    ----------
    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list of float
        Those that were monitored; accuracies are fractions.
    learning_speeds : list of list of float
        Where they were monitored: the norm of the gradient by each layer's biases (chapter 5).
    eta : list of float
        The learning rate of the epoch.
    seconds : list of float
        Of training alone, without the monitoring.
    images, steps, elapsed : list
        Training examples gone through, mini-batches done and seconds gone, all included, until the end of
        the epoch.
    within : dict of str to list
        What ``SGD(monitor_every=...)`` saw within the epochs: "images", the training examples until then, and
        the names above that were monitored.
    best_epoch : int or None
        The epoch of the best evaluation accuracy; of the lowest evaluation cost, where there is no accuracy.
    lmbda, mini_batch_size
        What SGD was given.
    sparse : bool
        Whether the first layer read only the inputs that are not zero.
    stopped : str or None
        Why the run ended; None while it goes on.
    interrupted : bool
        Whether that was Ctrl-C.

    Notes
    -----
    A list that was not monitored from the start holds NaN for the epochs before. ``SGD(history=...)``
    goes on with a run: what it needs for that besides, such as the velocity of momentum, stands in
    `state` and `best`.

    Examples
    --------
    It unpacks like the four lists of the book's network2:

    >>> import nncore as nn
    >>> net = nn.Network([1, 1], seed=0)
    >>> data = ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> history = net.SGD(data, 3, 1, 0.5, evaluation_data=data)
    >>> costs, accuracies, _, _ = history
    >>> len(costs)
    3
    >>> history.stopped
    'all 3 epochs are done'
    """

    def __init__(self) -> None:
        self.evaluation_cost: list[float] = []
        self.evaluation_accuracy: list[float] = []
        self.training_cost: list[float] = []
        self.training_accuracy: list[float] = []
        self.learning_speeds: list[list[float]] = []
        self.eta: list[float] = []
        self.images: list[int] = []
        self.steps: list[int] = []
        self.elapsed: list[float] = []
        self.seconds: list[float] = []
        self.within: dict[str, list[Any]] = {}
        self.lmbda: float | None = None
        self.mini_batch_size: int | None = None
        self.sparse = False
        self.stopped: str | None = None
        self.interrupted = False
        self.state: np.ndarray | None = None  # of momentum or Adam, as the core keeps it,
        self.at_rest = 0  # and the steps done when it was at rest
        self.best: np.ndarray | None = None  # the parameters of the best epoch

    def __iter__(self) -> Iterator[list[float]]:
        return iter([getattr(self, name) for name in MONITORED])

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def best_epoch(self) -> int | None:
        values = known = self.evaluation_accuracy or self.evaluation_cost
        if values and math.isnan(values[0]):  # it was not monitored from the start
            known = [value for value in values if not math.isnan(value)]
        if not known:
            return None
        return values.index(max(known) if self.evaluation_accuracy else min(known))

    def add(self, values: Mapping[str, Any]) -> None:
        """One more epoch."""
        before = len(self)
        for name in EPOCHS:
            column = getattr(self, name)
            if name in values or column:
                column += [math.nan] * (before - len(column)) + [values.get(name, math.nan)]

    def add_within(self, images: int, values: Mapping[str, float]) -> None:
        """One more look within an epoch, after so many training examples."""
        before = len(self.within.setdefault("images", []))
        for name, value in values.items():
            column = self.within.setdefault(name, [])
            column += [math.nan] * (before - len(column)) + [value]
        self.within["images"].append(images)

    def cut(self, epochs: int) -> None:
        """Keep the first epochs, and what was seen within them."""
        for name in EPOCHS:
            del getattr(self, name)[epochs:]
        seen = self.images[-1] if self.images else 0
        looks = sum(images <= seen for images in self.within.get("images", []))
        for column in self.within.values():
            del column[looks:]

    def to_dict(self) -> dict[str, list[Any]]:
        """The lists that hold something, by name; all as long as the run, and fit for JSON.

        Examples
        --------
        >>> import nncore as nn
        >>> history = nn.Network([1, 1], seed=0).SGD(([[0.0], [1.0]], [[1.0], [0.0]]), 2, 1, 0.5)
        >>> history.to_dict()["eta"]
        [0.5, 0.5]
        """
        return {name: list(getattr(self, name)) for name in EPOCHS if getattr(self, name)}

    @classmethod
    def from_dict(cls, columns: Mapping[str, list[Any]]) -> History:
        """The History that `to_dict` wrote down.

        Parameters
        ----------
        columns : dict of str to list

        Raises
        ------
        ValueError
            A name is none of ours, or a list is not as long as the others.
        """
        history = cls()
        for name, values in columns.items():
            if name not in EPOCHS:
                raise ValueError(f"columns: one of {', '.join(EPOCHS)} needed, got {name!r}")
            if len(values) != len(columns.get("seconds", ())):
                raise ValueError(f"columns[{name!r}]: as many values as seconds needed, got {len(values)}")
            setattr(history, name, list(values))
        return history

    def to_frame(self) -> Any:
        """A pandas data frame, a row for each epoch; the learning speeds in a column for each layer.

        Raises
        ------
        ImportError
            There is no pandas here.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "to_frame: pandas is needed: pip install pandas; to_dict() does without"
            ) from None
        columns = self.to_dict()
        speeds = columns.pop("learning_speeds", [])
        if speeds:
            for l in range(max(np.size(row) for row in speeds)):
                columns[f"learning_speed_{l}"] = [row[l] if np.ndim(row) else math.nan for row in speeds]
        return pandas.DataFrame(columns, index=pandas.RangeIndex(len(self), name="epoch"))

    def plot(self, ax: Any = None) -> Any:
        """Draw costs and accuracies against the epochs: `nncore.plot.history`."""
        from nncore.insight import plot

        return plot.history(self, ax)

    def __repr__(self) -> str:
        seen = {name: getattr(self, name)[-1] for name in MONITORED if getattr(self, name)}
        parts = [f"{len(self)} epochs", *(f"{name} {value:.4g}" for name, value in seen.items())]
        return f"<History: {', '.join(parts)}{'; ' + self.stopped if self.stopped else ''}>"

    def _repr_html_(self) -> str:
        """A table of the last epochs, and of the best, for a notebook."""
        names = [name for name in (*MONITORED, "eta", "seconds") if getattr(self, name)]
        shown = sorted({*range(len(self))[-5:], *(() if self.best_epoch is None else (self.best_epoch,))})
        head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in ("epoch", *names))
        rows = "".join(
            f"<tr><td>{epoch}{' (best)' if epoch == self.best_epoch else ''}</td>"
            + "".join(f"<td>{getattr(self, name)[epoch]:.4g}</td>" for name in names)
            + "</tr>"
            for epoch in shown
        )
        caption = html.escape(f"{len(self)} epochs" + (f"; {self.stopped}" if self.stopped else ""))
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
