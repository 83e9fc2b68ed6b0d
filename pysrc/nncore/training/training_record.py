"""A `TrainingRecord` says what a network was trained on, and how. The network carries it; `save` keeps it."""

from __future__ import annotations

import functools
import math
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import _validation
from nncore._validation import Examples, Names, UsualInputs
from nncore.datasets import Dataset, bundled
from nncore.training.fingerprint import Sample, all_among, matches, weights_text

if TYPE_CHECKING:
    from nncore.network import Network

MOST_RUNS = 20  # the first and the last half of more runs than these are kept
SMALL_SAMPLE = 1 << 16  # bytes, which a run may keep until somebody asks for what is computed from them


@dataclass(frozen=True)
class DataRecord:
    """A DataRecord says what the examples of a training were.

    Attributes
    ----------
    name : str or None
        The `name` of the Dataset, such as "sample" or "mnist"; None of arrays and lists.
    n, n_in : int
        The number of examples, and of inputs of each.
    hash : str
        16 hexadecimal digits. They are computed from at most 512 of the examples, evenly spaced, and from n.
        The same examples in the same order have the same hash, as bytes, as float32 or as pairs. Other
        examples have another one; a change outside of those 512 does not show.
    low, high, mean, mean_square : float
        The range of the inputs, their mean and the mean of their squares, as the network saw them, over the
        same examples.
    targets : {"classes", "numbers", "several labels"}
        What the targets are. `Network.predict` answers in kind.
    class_names : tuple of str or None
        The `class_names` of the Dataset.
    columns : tuple of str or None
        The names of the columns of a `Table` or a DataFrame. Later inputs that have names must have these, in
        this order.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> history = net.SGD(train, 1, 10, 0.5)
    >>> record = net.training_record
    >>> record.data.n, record.data.n_in, record.data.targets
    (8000, 784, 'classes')
    """

    name: str | None
    n: int
    n_in: int
    hash: str
    low: float
    high: float
    mean: float
    mean_square: float
    targets: str
    class_names: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    rows: np.ndarray | None = field(default=None, repr=False, compare=False)  # hashes of examples

    def __str__(self) -> str:
        name = f"{self.name}: " if self.name else ""
        return (
            f"{name}{self.n:,} examples of {self.n_in} inputs, hash {self.hash}; inputs {self.low:.4g} to "
            f"{self.high:.4g}, mean {self.mean:.3g}"
        )


class Settings(NamedTuple):
    """Settings say how a network was trained; `rule`, `schedule` and `augment` are printed objects.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> history = net.SGD(train, 1, 10, 0.5)
    >>> record = net.training_record
    >>> record[0].settings.rule, record[0].settings.mini_batch_size
    ('GradientDescent()', 10)
    """

    rule: str
    mini_batch_size: int | None
    eta: float | None
    lmbda: float
    l1: float
    schedule: str | None
    augment: str | None
    seed: int
    versions: dict[str, str]
    weights: str | None = None  # range and hash of the weights of the examples

    def __str__(self) -> str:
        parts = [self.rule]
        parts += [] if self.eta is None else [f"eta {self.eta:g}"]
        parts += [f"lmbda {self.lmbda:g}"] if self.lmbda else []
        parts += [f"l1 {self.l1:g}"] if self.l1 else []
        parts += [] if self.mini_batch_size is None else [f"mini-batches of {self.mini_batch_size}"]
        parts += [f"schedule {self.schedule}"] if self.schedule else []
        parts += [f"augment {self.augment}"] if self.augment else []
        parts += [f"weights {self.weights}"] if self.weights else []
        return ", ".join(parts)


class Run:
    """A Run is one call of `SGD` or `minimize`, or several with the same data and settings.

    Attributes
    ----------
    data : DataRecord
    settings : Settings
        rule, mini_batch_size, eta, lmbda, l1, schedule, augment, seed, versions, and the range and a hash of
        the weights of the examples, if they had any.
    epochs : int
        How many epochs, or iterations of `minimize`, were completed.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> history = net.SGD(train, 1, 10, 0.5)
    >>> record = net.training_record
    >>> record[0].epochs, record[0].settings.eta
    (1, 0.5)
    """

    settings: Settings
    epochs: int

    def __init__(self, sample: Sample | DataRecord, settings: Settings, epochs: int = 0) -> None:
        self._sample, self.settings, self.epochs = sample, settings, epochs
        self._usual: UsualInputs | None = None

    @property
    def targets(self) -> str:
        """What the targets were."""
        return self._sample.targets

    @property
    def names(self) -> Names:
        """The names of the columns and of the classes."""
        known = self._sample
        return known.names if isinstance(known, Sample) else Names(known.columns, known.class_names)

    @property
    def usual(self) -> UsualInputs:
        """The range, mean and mean square of the inputs, and the names of columns and classes."""
        if self._usual is None:
            known = self._sample
            self._usual = (
                known.usual
                if isinstance(known, Sample)
                else UsualInputs(known.low, known.high, known.mean, known.mean_square, self.names, known.n)
            )
        return self._usual

    @property
    def data(self) -> DataRecord:
        """What the network was trained on."""
        if isinstance(self._sample, Sample):  # nobody had asked for it yet
            taken, usual = self._sample, self.usual
            self._sample = DataRecord(
                taken.name,
                taken.n,
                taken.n_in,
                taken.hash(),
                usual.low,
                usual.high,
                usual.mean,
                usual.mean_square,
                taken.targets,
                taken.names.classes,
                taken.names.columns,
                taken.row_hashes(),
            )
        return self._sample

    def settle(self) -> None:
        """Replace a large sample of the data by what is computed from it."""
        if isinstance(self._sample, Sample) and len(self._sample.X) > SMALL_SAMPLE:
            _ = self.data

    def same(self, other: Run) -> bool:
        """Return whether another run has the same data and settings."""
        if self.settings != other.settings:
            return False
        if isinstance(self._sample, Sample) and isinstance(other._sample, Sample):
            return self._sample == other._sample
        return self.data == other.data

    def __repr__(self) -> str:
        epochs = _counted(self.epochs, "epoch")
        return f"<Run of {epochs} on {self.data}; {self.data.targets}; {self.settings}>"


class TrainingRecord(Sequence[Run]):
    """A TrainingRecord says what a network was trained on and how: a sequence of runs, the last one last.

    It is ``net.training_record``. `save`, `copy` and pickling keep it, ``nncore info FILE`` prints it. Calls
    with the same data and settings that follow one another count as one run. Of more than 20 runs, the
    first ten and the last ten are kept.

    Attributes
    ----------
    data : DataRecord or None
        What the network was last trained on: name, n, hash, range and mean of the inputs, class names, and
        `targets`, the kind of answers that the network learned. None before any training.
    left_out : int
        The number of runs that were not kept.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, 1, 10, 0.5)
    >>> record = net.training_record
    >>> record.data.name, record.data.n, record.data.targets, record[-1].epochs
    ('sample', 8000, 'classes', 1)
    >>> record.share_seen(test), record.share_seen(train[:100]) > 0.5
    (0.0, True)
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self.left_out = 0

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, i: Any) -> Any:
        return self._runs[i]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    @property
    def data(self) -> DataRecord | None:
        """What the network was last trained on."""
        return self._runs[-1].data if self._runs else None

    @property
    def usual(self) -> UsualInputs | None:
        """The range, mean and mean square of the inputs of the last run."""
        return self._runs[-1].usual if self._runs else None

    def share_seen(self, data: Any, sets: Sequence[Dataset] = ()) -> float:
        """Estimate which share of the examples the network was trained on.

        A .npz file keeps some of these examples as hashes. In the formats of other programs a record has
        the hash of all of them alone: then it is looked for among `data`, `sets` and the digits that ship
        with nncore, and their beginnings.

        Parameters
        ----------
        data : Dataset, pair of arrays (X, y), or array (n, ...) of inputs
        sets : sequence of Dataset
            What the network may have been trained on, such as the training data that belong to `data`.

        Returns
        -------
        float
            0 to 1. Only inputs are compared, not their labels. For a training on more than 512 examples this
            is an estimate from 512 of them: 0 if none of those is in `data`. NaN if nothing says which
            examples the network was trained on.
        """
        first = _validation.numeric("data, x", data[0]) if _validation.is_pair(data) else None
        inputs = data.images if _validation.is_dataset(data) else data
        array = first if first is not None and first.ndim > 1 else _validation.numeric("data", inputs)
        if not array.ndim or not array.size:
            raise ValueError(f"data: examples (n, ...) needed, got an array of shape {array.shape}")
        flat = array.reshape(len(array), -1)
        known = [*([data] if isinstance(data, Dataset) else []), *sets]
        shares = [_share(run.data, flat, known) for run in self._runs if run.data.n_in == flat.shape[1]]
        most = max((share for share in shares if share is not None), default=0.0)
        return math.nan if not most and None in shares else min(1.0, most)

    def begin(self, run: Run) -> Recording:
        """Append a run for as long as it trains, in a with statement that gives what counts its epochs.

        If the last run was the same, its count goes on. A run that completes no epoch is forgotten.
        """
        return Recording(self, run)

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return a dict that fits JSON, and the arrays of hashes by name."""
        arrays, runs = {}, []
        for i, run in enumerate(self._runs):
            data = {name: value for name, value in vars(run.data).items() if name != "rows"}
            runs.append({"data": data, "settings": run.settings._asdict(), "epochs": run.epochs})
            if run.data.rows is not None:
                arrays[f"trained_on_{i}"] = run.data.rows
        return {"runs": runs, "left_out": self.left_out}, arrays

    @classmethod
    def from_description(cls, described: Any, arrays: Mapping[str, np.ndarray]) -> TrainingRecord:
        """Return the record that `describe` described, and check every part of it."""
        record = cls()
        record.left_out = _validation.integer("training_record, left_out", described["left_out"], 0)
        for i, run in enumerate(described["runs"][:MOST_RUNS]):
            rows = arrays.get(f"trained_on_{i}")
            if rows is not None and (rows.dtype != np.uint64 or rows.ndim != 1 or not len(rows)):
                raise ValueError(f"trained_on_{i}: a row of uint64 needed, got {rows.dtype} of {rows.shape}")
            known = {each.name for each in fields(DataRecord)} - {"rows"}
            described_data = {"columns": None} | dict(run["data"])  # files before columns
            data = DataRecord(**_checked(known, described_data), rows=rows)
            described_settings = Settings._field_defaults | dict(run["settings"])  # files before weights
            settings = Settings(**_checked(set(Settings._fields), described_settings))
            epochs = _validation.integer("training_record, epochs", run["epochs"], 1)
            record._runs.append(Run(data, settings, epochs))
        return record

    def __repr__(self) -> str:
        if not self._runs:
            return "<TrainingRecord: never trained>"
        lines = [f"<TrainingRecord of {_counted(len(self) + self.left_out, 'run')}"]
        for run in self._runs:
            lines += [
                f"  {_counted(run.epochs, 'epoch')} on {run.data}; targets: {run.data.targets}",
                f"    {run.settings}",
            ]
        return "\n".join(lines) + ">"


def _share(record: DataRecord, rows: np.ndarray, sets: Sequence[Dataset]) -> float | None:
    """Return which share of rows (n, n_in) are examples of a training, or None if nothing says so."""
    sample = record.rows
    if sample is None:
        digits = bundled.all_digits()
        sets = [*sets, digits, *bundled.split(digits)]
        sample = next((found for each in sets if (found := _same(record, each)) is not None), None)
        if sample is None:
            return 1.0 if record.hash in bundled.IN_MNIST and all_among(rows, digits) else None
    return matches(sample, rows) * record.n / (len(sample) * len(rows))


def _same(record: DataRecord, data: Dataset) -> np.ndarray | None:
    """Return hashes of some examples of a training, if it was on this set or on its beginning."""
    if record.n > len(data) or record.n_in != data.images[0].size:
        return None
    sample = Sample.of_images(data, record.n)
    return sample.row_hashes() if sample.hash() == record.hash else None


def _counted(n: int, thing: str) -> str:
    """Return such as "1 epoch" and "2 epochs"."""
    return f"{n} {thing}{'' if n == 1 else 's'}"


class Recording:
    """A Recording holds a run in a TrainingRecord while it trains."""

    runs: list[Run]
    record: TrainingRecord
    run: Run

    def __init__(self, record: TrainingRecord, run: Run) -> None:
        self.runs, self.record, self.run = record._runs, record, run

    def __enter__(self) -> Run:
        if self.runs:
            if self.runs[-1].same(self.run):
                self.run = self.runs[-1]
                return self.run
            self.runs[-1].settle()
        self.runs.append(self.run)
        return self.run

    def __exit__(self, *error: object) -> None:
        if not self.run.epochs:
            self.runs.remove(self.run)
        elif len(self.runs) > MOST_RUNS:
            del self.runs[MOST_RUNS // 2]
            self.record.left_out += 1


NAMES: dict[str, tuple[str, ...]] = {  # what the fields of a described record are
    "count": ("n", "n_in"),
    "number": ("low", "high", "mean", "mean_square", "lmbda", "l1"),
    "text": ("hash", "rule"),
    "text or null": ("name", "schedule", "augment", "weights"),
}


def _checked(known: set[str], described: Any) -> dict[str, Any]:
    """Check the fields of a described DataRecord or Settings, whose names are known."""
    if not isinstance(described, Mapping) or set(described) != known:
        raise ValueError(f"training_record: the entries {sorted(known)} needed, got {described!r:.80}")
    return {name: _field(f"training_record, {name}", name, value) for name, value in described.items()}


def _field(label: str, name: str, value: Any) -> Any:
    """Check one field."""
    if name in NAMES["count"]:
        return _validation.integer(label, value, 1)
    if name in NAMES["number"]:
        return _validation.real(label, value)
    if name == "eta":
        return None if value is None else _validation.real(label, value)
    if name == "mini_batch_size":
        return None if value is None else _validation.integer(label, value, 1)
    if name == "seed":
        return _validation.seed(_validation.integer(label, value, 0, bits=64))
    if name == "targets":
        return _validation.one_of(label, value, _validation.KINDS)
    if name == "versions" and isinstance(value, dict):
        return {str(key): _text(label, version) for key, version in value.items()}
    if name in ("class_names", "columns") and isinstance(value, (list, tuple)):
        return tuple(_text(label, each) for each in value)
    if value is None and name in (*NAMES["text or null"], "class_names", "columns"):
        return None
    return _text(label, value)


def _text(label: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{label}: text needed, got {value!r:.60}")
    return value


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of what computes: nncore, NumPy and Python."""
    return {
        "nncore": sys.modules["nncore"].__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def run_of(
    net: Network,
    data: Any,
    given: Examples,
    rule: Any,
    *,
    mini_batch_size: int | None = None,
    eta: float | None = None,
    lmbda: float = 0.0,
    l1: float = 0.0,
    schedule: Any = None,
    augment: Any = None,
) -> Run:
    """Return a run on `data`, which were checked as `given`; `TrainingRecord.begin` takes it.

    The columns and classes of the run before are refused in another order.
    """
    if net.training_record:
        net.training_record[-1].names.check_order("training_data", Names.of(data))
    settings = Settings(
        rule if isinstance(rule, str) else _repr(rule),
        mini_batch_size,
        eta,
        lmbda,
        l1,
        None if schedule is None else _printed(schedule),
        None if augment is None else _printed(augment),
        net.seed,
        versions(),
        weights_text(given),
    )
    return Run(Sample.of(data, given), settings)


_repr = functools.lru_cache(64)(repr)


def _printed(made: Any) -> str:
    """Print an object, or the name of a function, whose place in memory says nothing."""
    if isinstance(made, (list, tuple)):
        return ", ".join(map(_printed, made))
    return getattr(made, "__name__", None) or repr(made)
