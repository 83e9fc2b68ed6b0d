"""Several networks that answer together (chapter 6: five of them, by a vote)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from nncore import _validation
from nncore.formats import npz
from nncore.network import Network
from nncore.training.history import History
from nncore.training.monitoring import reason_without_accuracy
from nncore.training.progress import progress_bar

BY = ("vote", "mean")


class Ensemble:
    """Networks that have learned the same task, and answer together (chapter 6, "An ensemble of networks").

    By "vote", the answer is the class that most members name; of classes with equally many votes, that with
    the largest mean activation. By "mean", it is the class with the largest mean activation.

    Parameters
    ----------
    networks : iterable of Network
        One or more, of the same number of inputs and of outputs; else they may differ. What makes an
        ensemble better than its members is that they err in different places: give each a seed of its own.

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

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks = tuple(networks)
        if not self.networks:
            raise ValueError("networks: one network at least is needed, got none")
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
                raise ValueError(f"networks: each once, got the same at {i}; copy.deepcopy makes another")
        # It reads what all are given: float64 keeps the digits that a float32 member rounds off for itself.
        self._reader = max(self.networks, key=lambda net: net.dtype)

    def SGD(
        self,
        training_data: Any,
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float = 0.0,
        *,
        resume: Sequence[History] | None = None,
        threads: int | None = None,
        progress: bool | Callable[[int], Any] | None = None,
        **options: Any,
    ) -> list[History]:
        """Train every member with `Network.SGD`, side by side; each comes out as if it had been alone.

        Parameters
        ----------
        training_data, epochs, mini_batch_size, eta, lmbda
            As for `Network.SGD`.
        resume : sequence of History, optional
            The histories of the runs that are to be continued, one for each member.
        threads : int, optional
            How many members train at the same time, each in a Python thread of its own; by default one for
            each core of the machine. The results do not depend on it. Each member trains in one thread.
        progress : bool or callable, optional
            As for `Network.SGD`; one bar for all.
        **options
            Whatever else `Network.SGD` takes, the same for all members. Functions among it, such as
            callbacks, are called in the thread of the member they are about.

        Returns
        -------
        list of History
            One for each member, in their order.

        Raises
        ------
        Exception
            What ended the training of a member, with a note that says which; the others are trained to their
            end.
        """
        threads = _validation.integer("threads", (os.cpu_count() or 1) if threads is None else threads, 1)
        epochs = _validation.integer("epochs", epochs, 0)
        if resume is not None and len(resume) != len(self):
            raise ValueError(f"resume: {len(self)} histories needed, one for each member; got {len(resume)}")
        n, training_data = self._again("training_data", training_data)
        if options.get("evaluation_data") is not None:
            _, options["evaluation_data"] = self._again("evaluation_data", options["evaluation_data"])
        stop, counting = threading.Event(), threading.Lock()
        with progress_bar(progress, len(self) * epochs * n, " images") as bar:

            def went_on(images: int) -> None:
                if stop.is_set():
                    raise KeyboardInterrupt
                if bar is not None:
                    with counting:
                        bar.update(images)

            def train(net: Network, before: History | None) -> History:
                return net.SGD(
                    training_data,
                    epochs,
                    mini_batch_size,
                    eta,
                    lmbda,
                    resume=before,
                    progress=went_on,
                    **options,
                )

            with ThreadPoolExecutor(threads, "ensemble") as pool:
                runs = [
                    pool.submit(train, net, None if resume is None else resume[i])
                    for i, net in enumerate(self.networks)
                ]
                try:
                    wait(runs)
                except KeyboardInterrupt:  # it comes to this thread alone
                    stop.set()
        return [_result(run, i) for i, run in enumerate(runs)]

    def _again(self, name: str, data: Any) -> tuple[int, Any]:
        """(n, examples that every member can read): a generator gives its own but once."""
        given = self._reader._examples(name, data)
        if given.images is not None:
            return given.n, data
        return given.n, (given.X, given.y)

    def feedforward(self, X: Any) -> np.ndarray:
        """The mean of the members' output activations.

        Parameters
        ----------
        X : array_like or Dataset
            As for `Network.feedforward`.

        Returns
        -------
        ndarray
            (n_out,), (n_out, 1) for a column, or (m, n_out).
        """
        return np.mean([net.feedforward(X) for net in self.networks], axis=0)

    def predict(self, X: Any, by: str = "vote") -> Any:
        """The class of each example.

        Parameters
        ----------
        X : array_like or Dataset
            As for `Network.feedforward`.
        by : {"vote", "mean"}

        Returns
        -------
        int or ndarray of int
            One label, or (m,) labels.
        """
        _, single, _ = _validation.rows("X", X, self._reader.sizes[0], self._reader.dtype)
        labels = self._labels(self._outputs(X), by)
        return int(labels[0]) if single else labels

    def accuracy(self, data: Any, by: str = "vote") -> float:
        """The fraction of the examples that `predict` answers as the data does.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        by : {"vote", "mean"}
        """
        answers, outputs = self._examined(data)
        return float(np.mean(self._labels(outputs, by) == answers))

    def errors(self, data: Any, by: str = "vote") -> np.ndarray:
        """Where in the data the examples are that `predict` gets wrong.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)
        by : {"vote", "mean"}

        Returns
        -------
        ndarray of int
            Their places, rising. ``test[ensemble.errors(test)]`` is the Dataset of them.
        """
        answers, outputs = self._examined(data)
        return np.flatnonzero(self._labels(outputs, by) != answers)

    def disagreement(self, data: Any) -> np.ndarray:
        """For each two members, the fraction of the examples that they answer differently.

        Parameters
        ----------
        data : Dataset, pair of arrays, or the book's list of (x, y)

        Returns
        -------
        ndarray
            (k, k) for k members: symmetric, and 0 on the diagonal.

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
        _, outputs = self._examined(data)
        labels = _scores(outputs).argmax(axis=2)
        return (labels[:, None] != labels).mean(axis=2)

    def _outputs(self, X: Any) -> np.ndarray:
        """(k, m, n_out) activations of the k members."""
        return np.stack([net._outputs(X)[0] for net in self.networks])

    def _examined(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """(classes (m,) that the data name, outputs (k, m, n_out) of the members)."""
        given = self._reader._examples("data", data)
        if reason := reason_without_accuracy(self._reader, given):
            raise ValueError(f"data: there is nothing to answer: {reason}")
        answers = _scores(given.targets).argmax(axis=1) if given.labels is None else given.labels
        return answers, self._outputs(data if _validation.is_dataset(data) else given.X)

    def _labels(self, outputs: np.ndarray, by: str) -> np.ndarray:
        """(m,) classes that the members' outputs (k, m, n_out) come to."""
        scores = _scores(outputs)
        mean = scores.mean(axis=0)
        if _validation.one_of("by", by, BY) == "mean":
            return mean.argmax(axis=1)
        votes = (scores.argmax(axis=2)[..., None] == np.arange(scores.shape[2])).sum(axis=0)
        ahead = votes == votes.max(axis=1, keepdims=True)
        return np.where(ahead, mean, -np.inf).argmax(axis=1)

    def save(self, path: Any) -> None:
        """Write all members to one .npz file that `Ensemble.load` reads, whole or not at all.

        Parameters
        ----------
        path : str or path-like
        """
        networks: list[dict[str, Any]] = []
        arrays: dict[str, np.ndarray] = {}
        for i, net in enumerate(self.networks):
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
            The file is not one of ours, holds one network (`nncore.load` reads it), or is damaged.
        """
        description, arrays = npz.read(path)
        if "layers" in description:
            raise ValueError(f"{path}: one network, not an ensemble: nn.load reads it")
        try:
            networks = []
            for i, state in enumerate(description["networks"]):
                own = {
                    name.removeprefix(f"{i}_"): array
                    for name, array in arrays.items()
                    if name.startswith(f"{i}_")
                }
                networks.append(Network._from_state(state, own))
            return cls(networks)
        except (KeyError, TypeError, ValueError, AttributeError) as reason:
            raise ValueError(f"{path}: not an ensemble that nncore saved ({reason})") from reason

    def __len__(self) -> int:
        return len(self.networks)

    def __getitem__(self, i: int) -> Network:
        return self.networks[i]

    def __iter__(self) -> Iterator[Network]:
        return iter(self.networks)

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self)}: {', '.join(map(repr, self.networks))}>"


def _scores(outputs: Any) -> np.ndarray:
    """(..., classes), the largest where the answer is: the outputs, but of a single one 1 - a and a."""
    outputs = np.asarray(outputs, np.float64)
    return np.concatenate([1 - outputs, outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


def _result(run: Future[History], i: int) -> History:
    """The History of member i, or the error that ended its run."""
    try:
        return run.result()
    except Exception as error:
        error.add_note(f"(in the training of networks[{i}])")
        raise
