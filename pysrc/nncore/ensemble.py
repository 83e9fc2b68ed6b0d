"""An `Ensemble` lets several networks answer together, as chapter 6 does with five networks and a vote."""

from __future__ import annotations

import inspect
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import _answers, _hints, _persistence, _validation, choices
from nncore._work.handed import Handed
from nncore._work.portable import portable
from nncore._work.warned import Warned, warned
from nncore._work.workplace import follow, workplace
from nncore.formats import npz
from nncore.insight.scale import warn_of_scale
from nncore.network import Network
from nncore.training.history import History
from nncore.training.monitoring import reason_without_accuracy
from nncore.training.progress import progress_bar

BY = choices.words(choices.Vote)


class Ensemble:
    """Networks that were trained for the same task answer together (chapter 6, "An ensemble of networks").

    The answer by "vote" is the class that most members give. If several classes have the most votes, the one
    of them with the largest mean activation is the answer. The answer by "mean" is the class with the largest
    mean activation. Members that were trained on numbers answer with their mean.

    Parameters
    ----------
    networks : iterable of Network
        One or more networks. They must have the same number of inputs and the same number of outputs, and
        may differ otherwise. An ensemble is better than its members because they are wrong on different
        examples: give each a seed of its own.

    Attributes
    ----------
    networks : tuple of Network

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> ensemble = nn.Ensemble(nn.Network([784, 10, 10], seed=seed) for seed in range(5))
    >>> histories = ensemble.SGD(train, epochs=5, mini_batch_size=10, eta=0.5, lmbda=1.0)
    >>> ensemble.accuracy(test) > max(net.accuracy(test) for net in ensemble)
    True
    >>> wrong = test[ensemble.errors(test)]  # a Dataset of the images that the vote gets wrong
    >>> len(wrong) == round((1 - ensemble.accuracy(test)) * len(test))
    True
    """

    networks: tuple[Any, ...]

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks = tuple(_validation.listed("networks", networks, "a list of networks"))
        if not self.networks:
            raise ValueError("networks: at least one network needed, got none")
        first = self.networks[0]
        for i, net in enumerate(self.networks):
            if not isinstance(net, Network):
                raise TypeError(f"networks: an nn.Network needed, got {type(net).__name__} at {i}")
            ends, wanted = (net.sizes[0], net.sizes[-1]), (first.sizes[0], first.sizes[-1])
            if ends != wanted:
                raise ValueError(
                    f"networks: {wanted[0]} inputs and {wanted[1]} outputs needed, as the first has; "
                    f"got {ends[0]} and {ends[1]} at {i}"
                )
            if any(net is other for other in self.networks[:i]):
                raise ValueError(
                    f"networks: different networks needed, got one again at {i}: net.copy() makes a new one"
                )
        # This member checks the data for all: one of float64, if there is one, since float32 loses digits.
        self._reader = max(self.networks, key=lambda net: net.dtype)

    def SGD(
        self,
        training_data: Any,
        epochs: int = _hints.NEEDED,
        mini_batch_size: int = _hints.NEEDED,
        eta: float = _hints.NEEDED,
        lmbda: float = 0.0,
        *,
        resume: Sequence[History] | None = None,
        threads: int | None = None,
        executor: Executor | None = None,
        progress: bool | Callable[[int], Any] | None = None,
        **options: Any,
    ) -> list[History]:
        """Train every member with `Network.SGD`, several at a time.

        Each member gets the same parameters as if it were trained alone.

        Parameters
        ----------
        training_data, epochs, mini_batch_size, eta, lmbda
            As for `Network.SGD`.
        resume : sequence of History, optional
            The histories of the runs that are to be continued, one for each member.
        threads : int, optional
            How many members train at the same time, each in a Python thread of its own; by default one for
            each core that the process may use. The results do not depend on it. Each member trains in one
            thread.
        executor : concurrent.futures.Executor, optional
            Trains the members instead of threads of this process: processes, or what `nn.distributed.dask`
            gives. It gets the data, the members and the other arguments, and gives the members back.
        progress : bool or callable, optional
            As for `Network.SGD`. All members share one bar.
        **options
            Other arguments of `Network.SGD`, the same for all members. Functions among them, such as
            callbacks, are called in the thread of the member that they are called for.

        Returns
        -------
        list of History
            One for each member, in their order.

        Raises
        ------
        Exception
            The error that ended the training of a member, with a note that says which member it was. The
            others are trained to the end.
        """
        _hints.check_arguments("Ensemble.SGD", options)
        _hints.check_needed("Ensemble.SGD", epochs=epochs, mini_batch_size=mini_batch_size, eta=eta)
        threads = None if threads is None else _validation.integer("threads", threads, 1)
        epochs = _validation.integer("epochs", epochs, 0)
        if resume is not None and (isinstance(resume, History) or not isinstance(resume, Sequence)):
            raise TypeError(f"resume: a list of histories needed, one for each member; got {resume!r:.60}")
        if resume is not None and len(resume) != len(self):
            raise ValueError(f"resume: {len(self)} histories needed, one for each member; got {len(resume)}")
        options = {name: list(each) if isinstance(each, Iterator) else each for name, each in options.items()}
        data = {
            "training_data": portable("training_data", training_data, self._reader),
            "evaluation_data": portable(
                "evaluation_data", options.pop("evaluation_data", None), self._reader
            ),
        }
        options |= {"epochs": epochs, "mini_batch_size": mini_batch_size, "eta": eta, "lmbda": lmbda}
        _check_SGD(self.networks, {*options, *data, "resume", "threads", "progress"})
        examples = self._reader._examples("training_data", data["training_data"])
        n, said = examples.n, set[str]()
        _say_once(said, self._scales(examples))
        bar_in_use = threading.Lock()
        with (
            workplace(executor, threads) as work,
            progress_bar(progress, len(self) * epochs * n, " images") as bar,
        ):

            def count_images(images: int) -> None:
                work.stop.check()
                if bar is not None:
                    with bar_in_use:
                        bar.update(images)

            handed, runs = work.hand("data", data), dict[Future[Trained], int]()
            given = options | {"progress": count_images if work.here else work.stop.check}
            for i, net in enumerate(self.networks):
                before = None if resume is None else resume[i]
                task = MemberTask(net, before, handed, given, uuid.uuid4().hex)
                runs[work.executor.submit(train_member, task)] = i
            ended: dict[int, Future[Trained]] = {}

            def take(i: int, run: Future[Trained]) -> None:
                ended[i] = run
                if bar is not None and not work.here:
                    with bar_in_use:
                        bar.update(epochs * n)

            try:
                follow(runs, take, work)
            except KeyboardInterrupt:  # only this thread receives it
                ended |= {i: run for run, i in runs.items() if run.done() and not run.cancelled()}
        for i in sorted(ended):
            if ended[i].exception() is None:
                _say_once(said, ended[i].result().said)
        befores = [None] * len(self) if resume is None else resume
        return [
            _result(net, ended.get(i), before, i)
            for i, (net, before) in enumerate(zip(self, befores, strict=True))
        ]

    def _scales(self, examples: _validation.Examples) -> list[Warned]:
        """Return what the members will say of the scale of the examples, as they do in a first training."""
        new = {net.layers[-1].activation for net in self.networks if not net.training_record}
        with warned() as texts:
            for activation in sorted(new):
                warn_of_scale("training_data", examples, activation)
        return texts

    def feedforward(self, X: Any) -> np.ndarray:
        """Return the mean of the output activations of the members.

        Parameters
        ----------
        X : array_like or Dataset
            As for `Network.feedforward`.

        Returns
        -------
        ndarray
            (n_out,), (n_out, 1) for a column, or (m, n_out).
        """
        return _mean(np.stack([net.feedforward(X) for net in self.networks]))

    def predict(self, X: Any, by: choices.Vote = "vote") -> Any:
        """Return, for each example, an answer of the kind that the targets of the training were.

        Parameters
        ----------
        X : array_like or Dataset
            As for `Network.feedforward`.
        by : {"vote", "mean"}
            How classes, and each of several labels, are chosen. Of numbers the answer is always the mean.

        Returns
        -------
        int, float or ndarray
            As for `Network.predict`.
        """
        _, single, _ = _validation.rows("X", X, self._reader._interface)
        outputs, kind = self._outputs(X), _answers.kind_of_answers(self.networks[0])
        if kind == _validation.CLASSES:
            answers = self._labels(outputs, by)
        elif kind == _validation.NUMBERS:
            answers = _mean(outputs)
            answers = answers[:, 0] if answers.shape[1] == 1 else answers
        else:
            shares = outputs > 0.5 if _validation.one_of("by", by, BY) == "vote" else outputs
            ties = _mean(shares) == 0.5  # of votes, which the mean decides
            answers = (np.where(ties, _mean(outputs), _mean(shares)) > 0.5).astype(np.intp)
        if not single:
            return answers
        return answers[0] if answers.ndim > 1 else answers[0].item()

    def accuracy(self, data: Any, by: choices.Vote = "vote", *, weights: Any = None) -> float:
        """Return the fraction of the examples for which `predict` gives the class that the data gives.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        by : {"vote", "mean"}
        weights : array_like (n,), optional
            How much each example counts, as for `Network.accuracy`.
        """
        given = self._classified(data)
        counts = _validation.weighted(given, weights, dtype="float64").counts
        right = self._labels(self._outputs(given.X), by) == given.classes
        return float(np.average(right, weights=counts))

    def errors(self, data: Any, by: choices.Vote = "vote") -> np.ndarray:
        """Return the indices of the examples for which `predict` gives another class than the data.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        by : {"vote", "mean"}

        Returns
        -------
        ndarray of int
            In rising order. ``test[ensemble.errors(test)]`` is the Dataset of these examples.
        """
        given = self._classified(data)
        return np.flatnonzero(self._labels(self._outputs(given.X), by) != given.classes)

    def disagreement(self, data: Any) -> np.ndarray:
        """Return, for each two members, the fraction of the examples to which they give different answers.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)

        Returns
        -------
        ndarray
            (k, k) for k members, symmetric, with 0 on the diagonal.

        Examples
        --------
        >>> import nncore as nn
        >>> ensemble = nn.Ensemble(nn.Network([2, 1], init="zeros") for _ in range(2))
        >>> for net, b in zip(ensemble, (-1, 1)):
        ...     net.biases = [[[b]]]
        >>> ensemble.disagreement(([[0.0, 1.0], [1.0, 0.0]], [0, 1]))
        array([[0., 1.],
               [1., 0.]])
        """
        labels = _scores(self._outputs(self._classified(data).X)).argmax(axis=2)
        shares: np.ndarray = (labels[:, None] != labels).mean(axis=2)
        return shares

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the output activations (k, m, n_out) of the k members."""
        return np.stack([net._outputs(X)[0] for net in self.networks])

    def _classified(self, data: Any) -> _validation.Examples:
        """Return checked examples that name classes."""
        given: _validation.Examples = self._reader._examples("data", data)
        _validation.check_names("data", data, self._reader._usual)
        if reason := reason_without_accuracy(given):
            raise ValueError(f"data: it has no classes to compare with: {reason}")
        _answers.warn_of_other_answers(self.networks[0])
        return given

    def _labels(self, outputs: np.ndarray, by: str) -> np.ndarray:
        """Return the classes (m,) that the members choose by their outputs (k, m, n_out)."""
        scores = _scores(outputs)
        mean = _mean(scores)
        if _validation.one_of("by", by, BY) == "mean":
            return np.asarray(mean.argmax(axis=1))
        votes = (scores.argmax(axis=2)[..., None] == np.arange(scores.shape[2])).sum(axis=0)
        most = votes == votes.max(axis=1, keepdims=True)
        classes: np.ndarray = np.where(most, mean, -np.inf).argmax(axis=1)
        return classes

    def save(self, path: Any) -> None:
        """Write all members to one .npz file that `Ensemble.load` reads. It is written whole or not at all.

        Parameters
        ----------
        path : str or path-like
        """
        networks: list[dict[str, Any]] = []
        arrays: dict[str, np.ndarray] = {}
        for i, net in enumerate(self.networks):
            net._check_savable()
            description, own = net._state()
            networks.append(description)
            arrays |= {f"{i}_{name}": array for name, array in own.items()}
        npz.write(path, {"networks": networks}, arrays)

    @classmethod
    def load(cls, path: Any) -> Ensemble:
        """Read an ensemble that `save` wrote.

        Parameters
        ----------
        path : str or path-like

        Raises
        ------
        ValueError
            The file was not written by nncore, is damaged, or holds one network, which `nncore.load` reads.
        """
        description, arrays = npz.read(path)
        if "layers" in description:
            raise ValueError(f"{path}: it holds one network and not an ensemble: nn.load reads it")
        try:
            networks = []
            for i, state in enumerate(description["networks"]):
                own = npz.Entries(
                    (name.removeprefix(f"{i}_"), array)
                    for name, array in arrays.items()
                    if name.startswith(f"{i}_")
                )
                networks.append(Network._from_state(state, own))
            return cls(networks)
        except (TypeError, ValueError, AttributeError) as error:
            reason = _persistence.reason_of(error)
            raise ValueError(f"{path}: not an ensemble that nncore saved ({reason})") from error

    def __len__(self) -> int:
        return len(self.networks)

    def __getitem__(self, i: int) -> Network:
        net: Network = self.networks[i]
        return net

    def __iter__(self) -> Iterator[Network]:
        return iter(self.networks)

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.ENSEMBLE)

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self)}: {', '.join(map(repr, self.networks))}>"


def _mean(outputs: np.ndarray) -> np.ndarray:
    """Return the mean over the members, also where their sum is beyond the floats."""
    with np.errstate(over="ignore"):
        mean: np.ndarray = outputs.mean(axis=0)
        if not np.isfinite(mean).all():  # a mean lies between the smallest and the largest
            mean = (outputs / len(outputs)).sum(axis=0).clip(outputs.min(axis=0), outputs.max(axis=0))
    return mean


def _scores(outputs: Any) -> np.ndarray:
    """Return one score for each class, (..., classes): the outputs, or 1 - a and a for a single output a."""
    outputs = np.asarray(outputs, np.float64)
    return np.concatenate([1 - outputs, outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


class MemberTask(NamedTuple):
    """A MemberTask is the training of one member, which may take place in another process."""

    net: Network
    before: History | None  # of the run that is to be continued
    data: Handed  # a dict of the training and the evaluation data
    options: dict[str, Any]  # the other arguments of SGD
    attempt: str  # unlike that of any other task, so that no executor takes it for one that it has done


class Trained(NamedTuple):
    """A Trained is a member after its training."""

    net: Network
    said: list[Warned]  # its warnings


def train_member(task: MemberTask) -> Trained:
    """Train a member, and return it with its warnings, which others may have, too."""
    with warned() as said:
        task.net.SGD(**task.data.get(), resume=task.before, threads=1, **task.options)
    return Trained(task.net, said)


def _say_once(said: set[str], texts: list[Warned]) -> None:
    """Give those of these warnings that were not `said`, and add them."""
    for text in texts:
        if text not in said:
            said.add(text)
            _validation.warn(text, text.category)


def _check_SGD(networks: tuple[Any, ...], names: set[str]) -> None:
    """Refuse a member whose own SGD does not take the arguments of these names, and no more."""
    for i, net in enumerate(networks):
        try:
            inspect.signature(net.SGD).bind(**dict.fromkeys(names))
        except TypeError:
            fits = False
        else:
            fits = net._SGD_is_general
        if not fits:
            cls = type(net)
            raise TypeError(
                f"networks[{i}]: SGD of {cls.__module__}.{cls.__qualname__} does not take all that "
                "Ensemble.SGD gives, such as evaluation_data and resume. Train such members by their own, "
                "for net in ensemble: net.SGD(...), and let the ensemble answer; or make the members "
                "with nn.Network"
            )


def _result(net: Network, run: Future[Trained] | None, before: History | None, i: int) -> History:
    """Return the History of member i, which may have been trained as a copy; or raise its run's error."""
    if run is None:  # Ctrl-C came before it began
        history = History() if before is None else before
        history.interrupted, history.stopped = True, f"interrupted in epoch {len(history)}"
        net.history = history
        return history
    try:
        trained = run.result().net
    except Exception as error:
        error.add_note(f"(in the training of networks[{i}])")
        raise
    assert trained.history is not None
    if trained is not net:
        net.parameters = trained.parameters
        net.epochs_trained, net._record = trained.epochs_trained, trained._record
        net.history = trained.history if before is None else before
        vars(net.history).update(vars(trained.history))
    return trained.history if net.history is None else net.history
