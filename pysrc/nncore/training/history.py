"""A `History` records what was measured during a training run, and what the run needs to be resumed."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _hints, _validation
from nncore.training import rules

MONITORED = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy")
# The first of these that is monitored decides which epoch is the best.
EVALUATION = ("evaluation_accuracy", "evaluation_cost")
# The lists with one value per epoch. `seconds` is appended last: its length is the number of whole epochs.
EPOCHS = (*MONITORED, "learning_speeds", "eta", "images", "steps", "threads", "elapsed", "seconds")
SCALARS: dict[str, Any] = {  # with the values they have in a new History
    "lmbda": None,
    "mini_batch_size": None,
    "sparse": False,
    "stopped": None,
    "interrupted": False,
    "optimizer_start": 0,
    "seed": None,
    "epochs_trained": None,
    "weights": None,
}
COUNTS = ("images", "steps")
ARRAYS = ("state", "best", "last")


class History:
    """A History is the record of a training run, with one value per epoch.

    Attributes
    ----------
    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list of float
        What was monitored; the other lists are empty. Accuracies are fractions.
    learning_speeds : list of list of float
        If monitored: the norm of the gradient by the biases of each layer (chapter 5).
    eta : list of float
        The learning rate of each epoch.
    seconds : list of float
        How long the training of each epoch took, without the monitoring.
    threads : list of int
        How many threads trained most of each epoch.
    images, steps, elapsed : list
        Totals at the end of each epoch: training examples used, mini-batches done, and seconds, monitoring
        included.
    within_epochs : dict of str to list
        What ``SGD(monitor=nn.Monitor(..., every=1000))`` measured within the epochs: "images", the number of
        training examples used until then, and the monitored costs and accuracies.
    best_epoch : int or None
        The epoch with the best evaluation accuracy; without accuracies, with the lowest evaluation cost.
    lmbda, mini_batch_size, rule
        What SGD was called with; `rule` is an object of `nn.rules`.
    sparse : bool
        Whether the first layer read only those inputs that are not zero.
    stopped : str or None
        Why the run ended; None while it is running.
    interrupted : bool
        Whether Ctrl-C ended the run.
    state : ndarray or None
        The rule's memory: velocities, or Adam's means, in the core's order.
    optimizer_start : int
        The value of `steps` when that memory was last zero: Adam counts its steps from there.
    weights : str or None
        The range and a hash of the weights of the training examples, if they had any.
    seed, epochs_trained : int or None
        Those of the network after the last epoch: a network with others cannot continue this run.
    best, last : ndarray or None
        With ``SGD(keep_best=True)``: the parameters of the best epoch; and those after the last epoch, if at
        the end of the run they were replaced by the best.

    Notes
    -----
    A list that was not monitored from the start holds NaN for the epochs before. ``SGD(resume=history)``
    continues a run. `to_dict` holds everything but the arrays `state`, `best` and `last`; ``net.save`` keeps
    those too.

    Examples
    --------
    A History unpacks like the four lists of the book's network2:

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
        self.threads: list[int] = []
        self.elapsed: list[float] = []
        self.seconds: list[float] = []
        self.within_epochs: dict[str, list[Any]] = {}
        self.lmbda: float | None = None
        self.mini_batch_size: int | None = None
        self.rule: rules.Rule | None = None
        self.sparse = False
        self.stopped: str | None = None
        self.interrupted = False
        self.optimizer_start = 0
        self.seed: int | None = None
        self.epochs_trained: int | None = None
        self.weights: str | None = None
        self.state: np.ndarray | None = None
        self.best: np.ndarray | None = None
        self.last: np.ndarray | None = None

    def __iter__(self) -> Iterator[list[float]]:
        return iter([getattr(self, name) for name in MONITORED])

    def __len__(self) -> int:
        return len(self.seconds)

    def __getitem__(self, name: str) -> list[Any]:
        """Return the list of this name, such as ``history["evaluation_accuracy"]``."""
        if name in EPOCHS:
            found: list[Any] = getattr(self, name)
            return found
        hint = _hints.HISTORY.get(name) if isinstance(name, str) else None
        more = "" if hint is None else f". In nncore: {hint}"
        raise KeyError(f"history: one of {', '.join(EPOCHS)} needed, got {name!r:.60}{more}")

    if not TYPE_CHECKING:  # otherwise every name would be taken to exist

        def __getattr__(self, name: str) -> Any:
            """Say what to type in place of a name that histories of other libraries have."""
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.HISTORY)

    @property
    def best_epoch(self) -> int | None:
        values = known = self.evaluation_accuracy or self.evaluation_cost
        if values and math.isnan(values[0]):  # it was not monitored from the start
            known = [value for value in values if not math.isnan(value)]
        if not known:
            return None
        return values.index(max(known) if self.evaluation_accuracy else min(known))

    def add(self, values: Mapping[str, Any]) -> None:
        """Append the values of one more epoch."""
        before, columns = len(self.seconds), vars(self)
        for name in EPOCHS:
            column = columns[name]
            if name in values:
                if len(column) < before:
                    column += [math.nan] * (before - len(column))
                column.append(values[name])
            elif column:
                column.append(math.nan)

    def add_within_epoch(self, images: int, values: Mapping[str, float]) -> None:
        """Append what was measured within an epoch, after so many training examples."""
        before = len(self.within_epochs.setdefault("images", []))
        for name, value in values.items():
            column = self.within_epochs.setdefault(name, [])
            column += [math.nan] * (before - len(column)) + [value]
        self.within_epochs["images"].append(images)

    def truncate(self, epochs: int) -> None:
        """Keep the first epochs alone, and what was measured within them."""
        for name in EPOCHS:
            del getattr(self, name)[epochs:]
        images = self.images[-1] if self.images else 0
        kept = sum(count <= images for count in self.within_epochs.get("images", []))
        for column in self.within_epochs.values():
            del column[kept:]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a dict that fits JSON (with NaN); `from_dict` reads it.

        Empty lists are left out, and so are the arrays: see `arrays`.

        Examples
        --------
        >>> import nncore as nn
        >>> history = nn.Network([1, 1], seed=0).SGD(([[0.0], [1.0]], [[1.0], [0.0]]), 2, 1, 0.5)
        >>> history.to_dict()["eta"]
        [0.5, 0.5]
        """
        fields: dict[str, Any] = self._columns()
        if self.within_epochs:
            fields["within_epochs"] = {name: list(column) for name, column in self.within_epochs.items()}
        if self.rule is not None:
            fields["rule"] = rules.to_dict(self.rule)
        values = {name: getattr(self, name) for name in SCALARS}
        return fields | {name: value for name, value in values.items() if value != SCALARS[name]}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return `state`, `best` and `last`, which a resumed run needs too, without the empty ones."""
        found = {name: getattr(self, name) for name in ARRAYS}
        return {name: array for name, array in found.items() if array is not None and array.size}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> History:
        """Return the History that `to_dict` described.

        Parameters
        ----------
        fields : dict
            What `to_dict` returned, or JSON read back. It is checked; a dict of the lists alone, as older
            versions wrote it, is accepted too.
        arrays : dict of str to ndarray, optional
            What `arrays` returned. Without them, a run that is resumed with a rule that has memory
            (`Momentum`, `Nesterov`, `Adam`) begins with that memory zero, and SGD warns of it.

        Raises
        ------
        ValueError
            A name, type, length or number is not one that `to_dict` writes.

        Examples
        --------
        >>> import json
        >>> import nncore as nn
        >>> history = nn.Network([1, 1], seed=0).SGD(([[0.0], [1.0]], [[1.0], [0.0]]), 2, 1, 0.5)
        >>> again = nn.History.from_dict(json.loads(json.dumps(history.to_dict())), history.arrays())
        >>> again.to_dict() == history.to_dict()
        True
        """
        if not isinstance(fields, Mapping):
            raise ValueError(f"history: a dict, as to_dict returns it, needed; got {type(fields).__name__}")
        history = cls()
        for name, value in fields.items():
            setattr(history, name, _read_field(name, value, fields))
        if history.optimizer_start > (history.steps[-1] if history.steps else 0):
            raise ValueError(
                f"history, optimizer_start: at most the number of steps needed, got {history.optimizer_start}"
            )
        if arrays is not None and not isinstance(arrays, Mapping):
            raise ValueError(
                f"history, arrays: a dict, as `arrays` returns it, needed; got {type(arrays).__name__}"
            )
        for name, array in ({} if arrays is None else arrays).items():
            setattr(history, _validation.one_of("history, arrays", name, ARRAYS), _read_array(name, array))
        return history

    def to_frame(self) -> Any:
        """Return a pandas data frame with one row per epoch; each layer's learning speed has a column.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "to_frame: pandas is needed: pip install pandas; to_dict() works without it"
            ) from None
        columns = self._columns()
        speeds = columns.pop("learning_speeds", [])
        if speeds:
            for l in range(max(np.size(row) for row in speeds)):
                columns[f"learning_speed_{l}"] = [row[l] if np.ndim(row) else math.nan for row in speeds]
        return pandas.DataFrame(columns, index=pandas.RangeIndex(len(self), name="epoch"))

    def plot(self, ax: Any = None) -> Any:
        """Draw costs and accuracies against the epochs: see `nncore.plot.history`."""
        from nncore.training import learning_curves

        return learning_curves.history(self, ax)

    def _columns(self) -> dict[str, list[Any]]:
        """Return copies of the lists with one value per epoch, without the empty ones."""
        return {
            name: [list(value) if isinstance(value, list) else value for value in getattr(self, name)]
            for name in EPOCHS
            if getattr(self, name)
        }

    def __repr__(self) -> str:
        measured = {name: getattr(self, name)[-1] for name in MONITORED if getattr(self, name)}
        parts = [f"{len(self)} epochs", *(f"{name} {value:.4g}" for name, value in measured.items())]
        return f"<History: {', '.join(parts)}{'; ' + self.stopped if self.stopped else ''}>"

    def _repr_html_(self) -> str:
        """Return a table of the last five epochs and of the best, which a notebook shows."""
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


def _read_field(name: Any, value: Any, fields: Mapping[str, Any]) -> Any:
    """Check one entry of what `History.to_dict` wrote, and return it as an attribute of a History."""
    label = f"history, {name}"
    _validation.one_of("history, name of an entry", name, (*EPOCHS, "within_epochs", "rule", *SCALARS))
    if name in EPOCHS:
        wanted = fields.get("seconds", ())
        return _read_column(label, name, value, len(wanted) if isinstance(wanted, list) else 0)
    if name == "within_epochs":
        if not isinstance(value, Mapping) or not isinstance(value.get("images"), list):
            raise ValueError(f"{label}: a dict of lists with one called images needed, got {value!r:.60}")
        for column in value:
            _validation.one_of(label, column, ("images", *MONITORED))
        n = len(value["images"])
        return {column: _read_column(f"{label}, {column}", column, value[column], n) for column in value}
    if name == "rule":
        return rules.from_dict(value)
    if name == "lmbda":
        return None if value is None else _validation.real(label, value, least=0)
    if name == "mini_batch_size":
        return None if value is None else _validation.integer(label, value, 1)
    if name == "optimizer_start":
        return _validation.integer(label, value, 0)
    if name in ("seed", "epochs_trained"):
        return None if value is None else _validation.integer(label, value, 0, bits=64)
    if name in ("stopped", "weights"):
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{label}: text needed, got {value!r:.60}")
    elif not isinstance(value, bool):
        raise ValueError(f"{label}: true or false needed, got {value!r:.60}")
    return value


def _read_column(label: str, name: str, values: Any, n: int) -> list[Any]:
    """Check a list of n numbers; counts are whole numbers, and only what is measured may be infinite."""
    if not isinstance(values, list) or len(values) != n:
        got = f"{len(values)}" if isinstance(values, list) else f"{values!r:.60}"
        raise ValueError(
            f"{label}: a list of {n} values needed, as many as epochs or measurements; got {got}"
        )
    for value in values:
        if name == "learning_speeds" and isinstance(value, list):
            _read_column(label, "", value, len(value))
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or _is_huge(value):
            raise ValueError(f"{label}: numbers needed, got {value!r:.60}")
        elif name in COUNTS:
            _validation.integer(label, value, 0)
        elif name in ("eta", "seconds", "elapsed", "threads") and not (
            math.isnan(value) or 0 <= value < math.inf
        ):
            raise ValueError(f"{label}: finite numbers of at least 0 needed, got {value!r}")
    return [list(value) if isinstance(value, list) else value for value in values]


def _is_huge(value: float) -> bool:
    """Return whether a whole number is too large for a float."""
    return isinstance(value, int) and not -(1 << 1000) < value < 1 << 1000


def _read_array(name: str, array: Any) -> np.ndarray:
    """Check an array of `History.arrays`: reals in one row, finite but for the rule's memory.

    Adam's mean of squares may be infinite: then its parameter stands still. SGD checks the length.
    """
    row: np.ndarray = np.array(array)
    is_row = row.ndim == 1 and row.dtype in (np.float32, np.float64)
    if not is_row or np.isnan(row).any() or (name != "state" and not np.isfinite(row).all()):
        raise ValueError(
            f"history, {name}: a row of finite float32 or float64 needed, got {row.dtype} of {row.shape}"
        )
    return row
