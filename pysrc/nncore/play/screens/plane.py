"""The screen Two inputs: points in the plane, and a small network that learns to tell their two classes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast

import numpy as np

import nncore
from nncore import _validation, choices
from nncore.datasets import Table, read_csv, toy
from nncore.play.plane_run import FULL, PlaneRun, Settings, flat
from nncore.play.screens.screen import Push, Screen, real, reals, whole
from nncore.play.workbench import shown_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.play.workbench import Workbench

MOST_POINTS = 500
MOST_LAYERS = 3
MOST_NEURONS = 8
FURTHEST = 1e6  # of a point or a parameter from 0
MOST_FIRST_EPOCHS = 10_000
MOST_SEED = 1 << 53
STOPS = 50  # of a trail
ACTIVATIONS = ("step", "sigmoid", "tanh", "relu")
NO_SLOPE = (
    "activation: one with a slope needed to train, such as 'sigmoid'; got 'step': "
    "its gradient is 0, so that no weight is moved"
)


class Plane(Screen):
    """Plane trains a network of two inputs and one output on points that the page sends.

    The page computes what the network answers in the plane from its parameters, and asks for them.
    """

    activation: str
    closed: bool

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.run: PlaneRun | None = None
        self.activation = ""
        self.closed = False

    def close(self) -> None:
        self.closed = True
        if self.run is not None:
            self.run.ending.set()

    def ask_points(self, name: Any, n: Any = 200, noise: Any = 0.1, seed: Any = 0) -> dict[str, Any]:
        """Return points of `nn.datasets.toy` for the training, and as many of another seed for the test."""
        count, deviation = whole("n", n, 2, MOST_POINTS), real("noise", noise, 0.0, 1.0)
        start = whole("seed", seed, 0, MOST_SEED - 1)
        X, y = toy(name, count, deviation, start)
        X_test, y_test = toy(name, count, deviation, start + 1)
        return {
            "points": X.astype(np.float32),
            "labels": y.astype(np.uint8),
            "test_points": X_test.astype(np.float32),
            "test_labels": y_test.astype(np.uint8),
        }

    def ask_csv(self, name: Any, data: Any) -> dict[str, Any]:
        """Read points from the bytes of a CSV file: two columns of numbers, and one of two classes.

        Each column is scaled to the range from -1 to 1. If there are more than 500 rows, 500 of them are
        chosen at random.

        Returns
        -------
        dict
            ``points``, ``labels``, ``rows`` in the file, ``columns``, ``ranges`` and ``classes``.
        """
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8:
            raise TypeError(f"data: the bytes of a file (uint8) needed, got {data!r:.60}")
        name = shown_name(name)
        table = table_of(name, data)
        X, y, rows = table.X, table.y, len(table.y)
        if X.shape[1] != 2:
            raise ValueError(
                f"{name}: two columns of numbers and one of classes needed, "
                f"got {X.shape[1]} column{'s' * (X.shape[1] != 1)} of numbers"
            )
        known = np.unique(y)
        if len(known) != 2:
            raise ValueError(f"{name}: two classes needed in the column {table.target!r}, got {len(known)}")
        if rows > MOST_POINTS:
            chosen = np.sort(np.random.default_rng(0).choice(rows, MOST_POINTS, replace=False))
            X, y = X[chosen], y[chosen]
        low, high = X.min(axis=0), X.max(axis=0)
        half = np.where(high > low, (high - low) / 2, 1.0)
        names = table.classes or ()
        return {
            "points": ((X - (low + high) / 2) / half).astype(np.float32),
            "labels": (y == known[1]).astype(np.uint8),
            "rows": rows,
            "columns": list(table.columns),
            "ranges": [[float(low[k]), float(high[k])] for k in range(2)],
            "classes": [str(names[k]) if k < len(names) else str(k) for k in known],
        }

    def ask_begin(
        self,
        run: Any,
        layers: Any,
        activation: Any,
        points: Any,
        labels: Any,
        eta: Any,
        lmbda: Any,
        rule: Any,
        mini_batch_size: Any = 10,
        seed: Any = 1,
        parameters: Any = None,
        epochs: Any = 0,
        cut: Any = (),
    ) -> dict[str, Any]:
        """Make a network in place of the last, and return its first frame; nothing trains after that.

        The frame has ``trail`` besides, the parameters at some of the epochs before, ``trail_epochs``.

        Parameters
        ----------
        run : int
            The number that its frames have.
        layers : list of int
            The neurons of up to three hidden layers.
        activation : {"step", "sigmoid", "tanh", "relu"}
            That of the hidden neurons. The output is a sigmoid; with "step" it is a step as well, and nothing
            can be trained.
        points, labels : arrays (n, 2) and (n,)
        eta, lmbda, rule, mini_batch_size, seed
            As for `nn.Network` and `Network.SGD`.
        parameters : array, optional
            All of them, as `nncore.play.plane_run.flat` has them. By default those of a new network, which
            is trained for `epochs`.
        epochs : int
            For how many epochs it was, or is to be, trained.
        cut : list of int
            The places of parameters that stay 0.
        """
        number = whole("run", run, 0, MOST_SEED)
        sizes = self._layers(layers)
        choice = _validation.one_of("activation", activation, ACTIVATIONS)
        n = len(labels) if isinstance(labels, (list, np.ndarray)) else 0
        classes = reals("labels", labels, whole("points", n, 0, MOST_POINTS), 0, 1)
        X = reals("points", points, 2 * n, -FURTHEST, FURTHEST).reshape(n, 2)
        settings = Settings(
            real("eta", eta, 0.0, FURTHEST),
            real("lmbda", lmbda, 0.0, FURTHEST),
            cast("choices.RuleName", _validation.one_of("rule", rule, choices.words(choices.RuleName))),
            whole("mini_batch_size", mini_batch_size, 1, MOST_POINTS),
        )
        net = network_of(sizes, choice, whole("seed", seed, 0, MOST_SEED))
        total = flat(net).size
        given = None if parameters is None else reals("parameters", parameters, total, -FURTHEST, FURTHEST)
        places = self._places(cut, total)
        trained = whole("epochs", epochs, 0, MOST_FIRST_EPOCHS if given is None else MOST_SEED)
        if self.run is not None:
            self.run.pause()
        self.activation = choice
        new = PlaneRun(number, net, X, np.round(classes).astype(np.int64), settings, self._push_frame)
        if given is not None:
            net.epochs_trained = trained
            new.put(given)
        new.cut(places)
        trail: list[tuple[int, NDArray[Any]]] = []
        if given is None and n and choice != "step":
            new.try_to(partial(train_with_trail, new, trained, trail))
        self.run = new
        return new.frame() | {
            "trail": np.array([row for _, row in trail], np.float32).reshape(len(trail), total),
            "trail_epochs": np.array([epoch for epoch, _ in trail], np.int32),
        }

    def ask_go(self) -> dict[str, Any]:
        """Train until `pause`."""
        run = self._ready()
        run.go()
        if self.closed:  # meanwhile, by another thread
            run.ending.set()
        return {}

    def ask_pause(self) -> dict[str, Any]:
        """Stop training; return the frame of where it stands."""
        run = self._run()
        run.pause()
        return run.frame()

    def ask_step(self) -> dict[str, Any]:
        """Train on one mini-batch."""
        return self._advance(lambda run: run.one_step())

    def ask_epoch(self) -> dict[str, Any]:
        """Train to the end of an epoch."""
        return self._advance(lambda run: run.one_epoch())

    def ask_set(
        self,
        eta: Any = None,
        lmbda: Any = None,
        speed: Any = None,
        place: Any = None,
        value: Any = None,
        parameters: Any = None,
        cut: Any = None,
    ) -> dict[str, Any]:
        """Change settings or parameters, whether it trains or not: the next mini-batch is trained with them.

        Parameters
        ----------
        eta, lmbda : float
        speed : int
            0 is 20 mini-batches a second, 1 is 20 epochs a second, 2 is 400, 3 as many as there is
            time for.
        place, value : int, float
            One parameter.
        parameters : array
            All of them.
        cut : list of int
            The places of the parameters that stay 0.
        """
        run = self._run()
        total = flat(run.net).size
        if speed is not None:
            run.speed = whole("speed", speed, 0, FULL)
        for name, given in (("eta", eta), ("lmbda", lmbda)):
            if given is not None:
                number = real(name, given, 0.0, FURTHEST)
                if run.steps is not None:
                    setattr(run.steps, name, number)
        if parameters is not None:
            whole_row = reals("parameters", parameters, total, -FURTHEST, FURTHEST)
            run.change(lambda: run.put(whole_row))
        if place is not None:
            one = {whole("place", place, 0, total - 1): real("value", value, -FURTHEST, FURTHEST)}
            run.change(lambda: run.put(one))
        if cut is not None:
            places = self._places(cut, total)
            run.change(lambda: run.cut(places))
        return {}

    def _advance(self, train: Callable[[PlaneRun], None]) -> dict[str, Any]:
        run = self._ready()
        run.pause()
        run.error = ""
        run.try_to(lambda: train(run))
        return run.frame()

    def _run(self) -> PlaneRun:
        if self.run is None:
            raise ValueError("there is no network yet: ask begin first")
        return self.run

    def _ready(self) -> PlaneRun:
        """Return the run, if it can be trained."""
        run = self._run()
        if self.activation == "step":
            raise ValueError(NO_SLOPE)
        if run.steps is None:
            raise ValueError("points: one or more needed to train, got none")
        return run

    def _push_frame(self, frame: dict[str, Any]) -> None:
        self.push("frame", frame)

    def _layers(self, layers: Any) -> list[int]:
        if not isinstance(layers, list) or len(layers) > MOST_LAYERS:
            raise ValueError(f"layers: a list of at most {MOST_LAYERS} needed, got {layers!r:.60}")
        return [whole("layers", n, 1, MOST_NEURONS) for n in layers]

    def _places(self, cut: Any, total: int) -> list[int]:
        if not isinstance(cut, (list, tuple)) or len(cut) > total:
            raise ValueError(f"cut: a list of at most {total} places needed, got {cut!r:.60}")
        return [whole("cut", place, 0, total - 1) for place in cut]


def network_of(layers: list[int], activation: str, seed: int) -> nncore.Network:
    """Return a network of two inputs, hidden layers and one sigmoid neuron.

    >>> network_of([4], "tanh", 1)
    <Network [2, 4, 1], tanh, sigmoid; cross-entropy cost, float32>
    """
    hidden: Any = "sigmoid" if activation == "step" else activation
    return nncore.Network(
        [*(nncore.Dense(n, hidden) for n in layers), nncore.Dense(1, "sigmoid")],
        input_shape=(2,),
        cost="cross-entropy",
        seed=seed,
    )


def train_with_trail(run: PlaneRun, epochs: int, trail: list[tuple[int, NDArray[Any]]]) -> None:
    """Train, and note the parameters at about fifty of the epochs before the last."""
    for epoch in range(epochs):
        if epoch % max(1, epochs // STOPS) == 0:
            trail.append((epoch, flat(run.net)))
        run.train(1)


def table_of(name: str, data: NDArray[np.uint8]) -> Table:
    """Read the bytes of a CSV file; where no column says that it holds the classes, they are in the last."""
    suffix = PurePath(name).suffix
    plain = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,12}", suffix) else ".csv"
    with tempfile.TemporaryDirectory(prefix="nncore-play-") as folder:
        path = Path(folder, f"points{plain}")
        path.write_bytes(data.data)
        try:
            try:
                table = read_csv(path)
            except ValueError as error:
                if "which column holds the targets?" not in str(error):
                    raise
                table = read_csv(path, target=-1)
        except (ValueError, OSError) as error:
            raise ValueError(str(error).replace(str(path), name)) from error
    if not isinstance(table, Table):
        raise ValueError(f"{name}: two columns of numbers and one of classes needed, got pictures")
    return table
