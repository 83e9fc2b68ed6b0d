"""`Results` is the table that `nn.sweep` returns: a line for each config, a `Result` for each training."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, NamedTuple, overload

from nncore import _validation
from nncore.network import Network, load
from nncore.sweeps.configs import Arguments, varying
from nncore.sweeps.training import INTERRUPTED
from nncore.training.history import MONITORED, History

Measure = Literal["evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"]
BY: tuple[Measure, ...] = ("evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost")
WIDEST = 40  # letters of an argument in the table


class Result:
    """A Result is what came out of one training of a sweep.

    Attributes
    ----------
    config : int
        The number of its config, counted from 0.
    arguments : dict
        The arguments of `Network` and `SGD`.
    seed : int
        The seed of its network.
    history : History or None
        What was measured; None if the training did not begin, or failed.
    error : str or None
        Why it has no result: the error that ended it, or "interrupted".
    warnings : tuple of str
        What it warned of, such as that it learned nothing.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> results = nn.sweep(
    ...     {"eta": [0.001, 0.5]}, (train[:200], validation), seeds=1,
    ...     layers=[784, 10], epochs=2, mini_batch_size=10,
    ... )
    >>> results[0].config, results[0].seed, results[0].error
    (0, 0, None)
    """

    config: int
    arguments: Arguments
    seed: int
    label: str
    history: History | None
    error: str | None
    warnings: tuple[str, ...]

    def __init__(
        self,
        config: int,
        arguments: Arguments,
        seed: int,
        label: str,
        *,
        history: History | None = None,
        error: str | None = None,
        warnings: Iterable[str] = (),
        network: Network | Path | None = None,
    ) -> None:
        self.config, self.arguments, self.seed, self.label = config, arguments, seed, label
        self.history, self.error, self.warnings = history, error, tuple(warnings)
        self._network = network

    @property
    def network(self) -> Network:
        """The trained network; with a folder, it is read when it is first asked for.

        Raises
        ------
        ValueError
            The training failed.
        """
        if self._network is None:
            raise ValueError(f"{self.label}: it has no network: {self.error}")
        if isinstance(self._network, Path):
            self._network = load(self._network)
        return self._network

    @property
    def seconds(self) -> float:
        """How long the training took, monitoring included."""
        return self.history.elapsed[-1] if self.history else 0.0

    def value(self, by: Measure) -> float:
        """Return a measure after the last epoch, or after the best one if the network is that of the best.

        It is NaN if the training failed, or did not monitor this.
        """
        if self.error is not None or self.history is None or not getattr(self.history, by):
            return math.nan
        best = self.history.best_epoch if self.arguments.get("keep_best") else None
        return float(getattr(self.history, by)[-1 if best is None else best])

    def __repr__(self) -> str:
        if self.error is not None:
            return f"{self.label}: {self.error}"
        found = [_in_words(by, self.value(by)) for by in BY if not math.isnan(self.value(by))]
        return f"{self.label}: {', '.join([*found, f'{self.seconds:.3g} s'])}"


class Row(NamedTuple):
    """A Row has the results of one config, with all seeds.

    Attributes
    ----------
    config : int
        The number of the config, counted from 0.
    arguments : dict
        The arguments of `Network` and `SGD`; those of the first seed, if a function made them.
    by : str
        The measure of `mean`, `low` and `high`.
    mean, low, high : float
        Of the trainings that have ended well; NaN if none has.
    results : list of Result

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> results = nn.sweep(
    ...     {"eta": [0.001, 0.5]}, (train[:200], validation), seeds=1,
    ...     layers=[784, 10], epochs=2, mini_batch_size=10,
    ... )
    >>> best = results.best()
    >>> best.arguments["eta"], best.failed, len(best.networks)
    (0.5, 0, 1)
    """

    config: int
    arguments: Arguments
    by: Measure
    mean: float
    low: float
    high: float
    results: list[Result]

    @property
    def networks(self) -> list[Network]:
        """The trained networks, one of each seed; ``nn.Ensemble(row.networks)`` lets them vote."""
        return [result.network for result in self.results if result.error is None]

    @property
    def failed(self) -> int:
        """How many of the trainings have no result."""
        return sum(result.error is not None for result in self.results)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={_short(value)}" for name, value in self.arguments.items())
        if math.isnan(self.mean):
            return f"<Row: {arguments}: no result>"
        spread = f"{_number(self.by, self.low)} to {_number(self.by, self.high)}"
        seeds = f"{len(self.results) - self.failed} seeds"
        return f"<Row: {arguments}: {_in_words(self.by, self.mean)} ({spread}, {seeds})>"


class Results(Sequence[Result]):
    """Results are the trainings of a sweep: a sequence of `Result`, seed by seed within config by config.

    They print as a table with a line for each config, the best first: the arguments that differ, the mean
    over the seeds with the lowest and the highest, and how long a training took.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C ended the sweep.
    by : {"evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"} or None
        The first of these that was monitored. It orders the table.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> results = nn.sweep(
    ...     {"eta": [0.5, 0.001]}, train[:500], seeds=2, evaluation_data=validation[:200],
    ...     layers=[784, 10], epochs=2, mini_batch_size=10,
    ... )
    >>> len(results), results.best().arguments["eta"]
    (4, 0.5)
    >>> [result.seed for result in results]
    [0, 1, 0, 1]
    """

    interrupted: bool

    def __init__(self, results: Iterable[Result], interrupted: bool = False) -> None:
        self._results, self.interrupted = list(results), interrupted

    @overload
    def __getitem__(self, i: int) -> Result: ...
    @overload
    def __getitem__(self, i: slice) -> list[Result]: ...
    def __getitem__(self, i: int | slice) -> Result | list[Result]:
        return self._results[i]

    def __len__(self) -> int:
        return len(self._results)

    @property
    def by(self) -> Measure | None:
        for by in BY:
            if any(not math.isnan(result.value(by)) for result in self):
                return by
        return None

    def rows(self, by: Measure | None = None) -> list[Row]:
        """Return the table: a `Row` for each config, the best mean first.

        Configs of which a training failed come after the others, whatever the mean of the rest.

        Parameters
        ----------
        by : {"evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"}, optional
            What is compared: of accuracies the highest, of costs the lowest is best.
        """
        by = self._measure(by)
        found: dict[int, list[Result]] = {}
        for result in self:
            found.setdefault(result.config, []).append(result)
        rows = []
        for config, results in found.items():
            values = [value for each in results if not math.isnan(value := each.value(by))]
            spread = (fmean(values), min(values), max(values)) if values else (math.nan,) * 3
            rows.append(Row(config, results[0].arguments, by, *spread, results))
        sign = -1 if by.endswith("accuracy") else 1
        return sorted(
            rows, key=lambda row: (math.isnan(row.mean), row.failed > 0, sign * row.mean, row.config)
        )

    def best(self, by: Measure | None = None) -> Row:
        """Return the config with the best mean over its seeds.

        Parameters
        ----------
        by : str, optional
            As for `rows`.

        Raises
        ------
        ValueError
            No training has a result; or nothing was monitored.
        """
        if all(result.error is not None for result in self):
            first = f"; the first: {self[0].error}" if len(self) else ""
            raise ValueError(f"results: none of the {len(self)} trainings has a result{first}")
        best = self.rows(by)[0]
        if math.isnan(best.mean):
            raise ValueError(_NOTHING if by is None else f"by: no training monitored the {by!r}")
        return best

    def to_frame(self) -> Any:
        """Return a pandas data frame with a row for each training.

        Its columns are "config", the arguments that differ, "seed", what was monitored, "epochs", "seconds"
        and "error".

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_frame: pandas is needed: pip install pandas") from None
        names = varying(result.arguments for result in self)
        measured = [by for by in MONITORED if any(not math.isnan(result.value(by)) for result in self)]  # type: ignore[arg-type]
        return pandas.DataFrame(
            [
                {"config": result.config}
                | {name: _short(result.arguments.get(name)) for name in names}
                | {"seed": result.seed}
                | {by: result.value(by) for by in measured}  # type: ignore[arg-type]
                | {
                    "epochs": 0 if result.history is None else len(result.history),
                    "seconds": result.seconds,
                    "error": result.error,  # type: ignore[dict-item]
                }
                for result in self
            ]
        )

    def _measure(self, by: Measure | None) -> Measure:
        """Return the measure that was asked for, or the first that was monitored."""
        if by is None:
            return self.by or "evaluation_accuracy"
        _validation.one_of("by", by, BY)
        return by

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Return the names and the texts of the columns."""
        by, names = self.by, varying(result.arguments for result in self)
        head = [name.replace("_", " ") for name in names]
        head += ["seeds", *([by.replace("_", " "), "lowest", "highest"] if by else []), "seconds", ""]
        lines = []
        for row in self.rows():
            line = [f"{_short(row.arguments.get(name))}" for name in names]
            line.append(f"{len(row.results) - row.failed}")
            if by:
                line += [_number(by, value) for value in (row.mean, row.low, row.high)]
            times = [result.seconds for result in row.results if result.error is None]
            line += [f"{fmean(times):.3g}" if times else "", _remark(row)]
            lines.append(line)
        return head, lines

    def __str__(self) -> str:
        head, lines = self._table()
        if not any(line[-1] for line in lines):
            head, lines = head[:-1], [line[:-1] for line in lines]
        widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in (head, *lines)
        )

    def __repr__(self) -> str:
        failed = sum(result.error is not None for result in self)
        rest = f", {failed} without a result" if failed else ""
        return f"<Results of {len(self)} trainings{rest}>\n{self}"

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head, lines = self._table()
        cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in line)}</tr>" for line in lines
        )
        return f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"


_NOTHING = (
    "results: nothing was monitored, so there is no best config: pass evaluation_data, or "
    'monitor="training_cost", to nn.sweep'
)


def label_of(config: int, arguments: Arguments, names: Sequence[str], seed: int) -> str:
    """Return what a training is called in a line of text: the arguments that differ, and its seed."""
    parts = [f"{name}={_short(arguments[name])}" for name in names if name in arguments]
    return ", ".join([*(parts or [f"config {config}"]), f"seed {seed}"])


def _short(value: Any) -> Any:
    """Return a number or a text as it is, and anything else as a text of some letters."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    text = getattr(value, "__name__", None) or repr(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def _number(by: str, value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.2%}" if by.endswith("accuracy") else f"{value:.4g}"


def _in_words(by: str, value: float) -> str:
    return f"{by.replace('_', ' ')} {_number(by, value)}"


def _remark(row: Row) -> str:
    """Return what the table says beside a row: the first error, or that some learned nothing."""
    errors = [result.error for result in row.results if result.error not in (None, INTERRUPTED)]
    if errors:
        text = f"{len(errors)} failed: {errors[0]}"
        return text if len(text) <= 2 * WIDEST else f"{text[: 2 * WIDEST - 3]}..."
    interrupted = sum(result.error == INTERRUPTED for result in row.results)
    warned = sum(bool(result.warnings) for result in row.results)
    parts = [f"{interrupted} interrupted"] if interrupted else []
    parts += [f"{warned} warned: {next(w for r in row.results for w in r.warnings):.50}"] if warned else []
    return "; ".join(parts)
