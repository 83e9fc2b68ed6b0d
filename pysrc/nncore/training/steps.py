"""`Steps` trains a network in portions of any size, while its settings change."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nncore import _hints, _validation, choices, targets
from nncore.insight.scale import warn_of_scale
from nncore.training import rules
from nncore.training.augment import Augment, augmentation_for, image_shape
from nncore.training.epochs import divergence
from nncore.training.history import History
from nncore.training.not_learning import explain_divergence
from nncore.training.run import exclusive
from nncore.training.sgd import pace_for, skips_zeros
from nncore.training.training_record import Run, run_of

if TYPE_CHECKING:
    from nncore.network import Network


class InForce(NamedTuple):
    """The settings that the mini-batches of now are trained with."""

    rule: rules.Rule
    mini_batch_size: int
    eta: float
    lmbda: float


class Steps:
    """Steps train a network as `Network.SGD` does, one portion after the other, while settings change.

    Without a change, the parameters are those of ``net.SGD``, to the bit, however large the portions are. A
    change of `eta`, `lmbda`, `momentum` or `mini_batch_size` acts from the next mini-batch on. The rule keeps
    its memory (velocities, Adam's means), and the epoch goes on in its order.

    Parameters
    ----------
    net : Network
        The network, which is trained.
    training_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        The n training examples.
    mini_batch_size, eta, lmbda, l1, momentum, rule, weights, class_weight, augment, threads
        As for `Network.SGD`.

    Attributes
    ----------
    eta, lmbda, momentum, mini_batch_size
        The settings. They may be set at any moment.
    n : int
        The number of training examples.
    done : int
        How many of them were used in the epoch that has begun; n at its end.
    images, steps : int
        All examples used and mini-batches done so far.
    seconds : float
        How long the training took so far.
    history : History
        The epochs that are complete. It is ``net.history`` as well, so that ``net.SGD(..., resume=
        net.history)`` goes on at the end of an epoch.

    Raises
    ------
    DivergenceError
        `train` raises it where the parameters leave the finite numbers. The network is as it was at the
        start of this epoch, which begins again.

    Notes
    -----
    A momentum of 0 forgets the velocities. If the network was trained by others meanwhile, the next portion
    begins a new epoch.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> steps = nn.Steps(net, train, mini_batch_size=10, eta=0.5)
    >>> steps.train(1000)
    1000
    >>> steps.eta = 0.1
    >>> steps.one_epoch()  # what is left of it
    7000
    >>> net.epochs_trained, steps.steps
    (1, 800)
    """

    n: int
    done: int
    images: int
    steps: int
    seconds: float
    history: History
    _eta: float
    _lmbda: float
    _mini_batch_size: int
    _recorded: InForce

    def __init__(
        self,
        net: Network,
        training_data: Any,
        mini_batch_size: int = _hints.NEEDED,
        eta: float = _hints.NEEDED,
        lmbda: float = 0.0,
        *,
        l1: float = 0.0,
        momentum: float | None = None,
        rule: choices.RuleName | rules.Rule = "sgd",
        weights: Any = None,
        class_weight: Literal["balanced"] | Mapping[Any, float] | ArrayLike | None = None,
        augment: Augment | None = None,
        threads: int | None = None,
        **unknown: Any,
    ) -> None:
        for name in unknown:  # such as lr=, which other libraries have
            raise _hints.unknown_argument("Steps", name)
        _hints.check_needed("Steps", mini_batch_size=mini_batch_size, eta=eta)
        _validation.check_network(net)
        net._core_alone("Steps", trains=True)
        self._net, self._data, self._augment = net, training_data, augment
        self._rule = rules.chosen(rule, momentum)
        self._l1 = _validation.real("l1", l1, least=0)
        self._threads = None if threads is None else _validation.integer("threads", threads, 1, bits=8)
        self.mini_batch_size, self.eta, self.lmbda = mini_batch_size, eta, lmbda
        given = net._examples("training_data", training_data, usual=net._usual_to_train_on)
        self._examples = _validation.weighted(given, weights, class_weight, dtype=net.dtype)
        self._training = net._prepare(self._examples)
        self._augmentation = None
        if augment is not None:
            shape = image_shape("training_data", training_data, net.input_shape)
            self._augmentation = augmentation_for(net._kernels, augment, shape)
        if not net.training_record:
            warn_of_scale("training_data", self._examples, net.layers[-1].activation)
        self.n = int(self._examples.n)
        self.done, self.images, self.steps, self.seconds = self.n, 0, 0, 0.0
        self.history = History()
        self.history.sparse = skips_zeros(
            net, self._training, self._examples.X, augment is not None, self._threads
        )
        self._state: np.ndarray | None = None  # what the rule remembers,
        self._state_began = 0  # and the value of `steps` when that was last zero
        self._key = (-1, -1)  # the seed and the number of the epoch that has begun
        self._epoch: Any = None  # the kernels' Epoch over what is left of the order,
        self._first = 0  # which begins with this example of it
        self._in_force = InForce(self._rule, self._mini_batch_size, self._eta, self._lmbda)
        self._run: Run | None = None

    @property
    def eta(self) -> float:
        """The learning rate."""
        return self._eta

    @eta.setter
    def eta(self, value: float) -> None:
        self._set("_eta", _validation.real("eta", value, least=0))

    @property
    def lmbda(self) -> float:
        """The strength of L2 regularisation."""
        return self._lmbda

    @lmbda.setter
    def lmbda(self, value: float) -> None:
        self._set("_lmbda", _validation.real("lmbda", value, least=0))

    @property
    def momentum(self) -> float:
        """mu, the share of the velocity that a step keeps; 0 where the rule has none."""
        return getattr(self._rule, "mu", 0.0)

    @momentum.setter
    def momentum(self, value: float) -> None:
        mu = _validation.real("momentum", value)
        if isinstance(self._rule, rules.Adam):
            raise ValueError(
                f"momentum: Adam has none, got {value!r:.60}; begin new Steps with rule='momentum'"
            )
        kind = type(self._rule) if isinstance(self._rule, rules.Momentum) else rules.Momentum
        if mu != self.momentum:
            self._set("_rule", kind(mu))

    @property
    def mini_batch_size(self) -> int:
        """m, the number of examples of a mini-batch."""
        return self._mini_batch_size

    @mini_batch_size.setter
    def mini_batch_size(self, value: int) -> None:
        self._set("_mini_batch_size", _validation.integer("mini_batch_size", value, 1))

    @property
    def rule(self) -> rules.Rule:
        """The update rule with its numbers."""
        return self._rule

    def _set(self, name: str, value: Any) -> None:
        """Change a setting, and note it, in this order: another thread may train meanwhile."""
        if getattr(self, name, None) != value:
            setattr(self, name, value)
            self._changed = True

    def one_step(self) -> int:
        """Train on the next mini-batch; return its number of examples."""
        with exclusive(self._net):
            self._begin_epoch_if_needed()
            return self._train(min(self._mini_batch_size, self.n - self.done))

    def one_epoch(self) -> int:
        """Train until the epoch ends, a whole one or what is left of it; return the number of examples."""
        with exclusive(self._net):
            self._begin_epoch_if_needed()
            return self._train(self.n - self.done)

    def train(self, images: int | None = None) -> int:
        """Train on the next examples, over as many epochs as they take.

        Parameters
        ----------
        images : int, optional
            How many. Mini-batches are not divided, so it may be a few more. By default as many as take about
            a twentieth of a second, but not beyond the end of the epoch.

        Returns
        -------
        int
            The number of examples that were trained on.
        """
        if images is not None:
            images = _validation.integer("images", images, 0)
        with exclusive(self._net):
            if images is None:
                self._begin_epoch_if_needed()
                return self._slice(self.n - self.done)
            return self._train(images)

    def _train(self, images: int) -> int:
        """Train on at least so many examples."""
        trained = 0
        while trained < images:
            self._begin_epoch_if_needed()
            trained += self._slice(images - trained)
        return trained

    def _begin_epoch_if_needed(self) -> None:
        """Put the examples in the order of the next epoch, as SGD does, if the last has ended."""
        net = self._net
        key = (net.seed, net.epochs_trained)
        if self.done < self.n and self._key == key:
            return
        self._order = np.empty(self.n, np.intp)
        net._kernels.shuffle(self._order, *key)
        self._key, self.done, self._changed = key, 0, True
        net.history = self.history
        state = None if self._state is None else self._aligned(self._state)
        self._start = net.parameters.copy(), state, self._state_began, self.images, self.steps, self.seconds
        self._epoch_seconds, self._threads_of = 0.0, dict[int, int]()

    def _aligned(self, array: np.ndarray) -> np.ndarray:
        """Copy an array to where the kernels like it."""
        copy = targets.aligned_zeros(array.size, self._net.dtype)
        copy[:] = array
        return copy

    def _fit_state(self, rule: rules.Rule) -> None:
        """Give a rule memory of the size that it needs, zero to begin with."""
        net = self._net
        states = net._kernels.Rule(**rule.for_kernels(), eta=0.0).states
        size = states * net._program.size
        if (0 if self._state is None else self._state.size) != size:
            self._state = targets.aligned_zeros(size, net.dtype) if size else None
            self._state_began = self.steps

    def _apply_settings(self) -> None:
        """Let the kernels go on with the rest of the epoch's order, under the settings as they are now."""
        net = self._net
        self._changed = False  # at first: what another thread changes from here on is a new change
        before = self._in_force
        self._in_force = now = InForce(self._rule, self._mini_batch_size, self._eta, self._lmbda)
        self._fit_state(now.rule)
        per_n = {"lmbda_over_n": now.lmbda / self.n, "l1_over_n": self._l1 / self.n}
        self._kernel_rule = net._kernels.Rule(**now.rule.for_kernels() | per_n, eta=now.eta)
        memory = self._state, self.steps - self._state_began if self._state is not None else 0
        order, key = self._order[self.done :], (*self._key, self.done)
        if self._epoch is None or before.mini_batch_size != now.mini_batch_size:
            self._epoch = net._kernels.Epoch(
                net._program,
                net.parameters,
                self._training,
                order,
                now.mini_batch_size,
                self._kernel_rule,
                state=memory,
                key=key,
                augmentation=self._augmentation,
            )
            kind = (now.rule.name, self.history.sparse, self._augment is None)
            self._pace = pace_for(net, self._threads, now.mini_batch_size, kind)
        else:
            self._epoch.begin(order, self._kernel_rule, state=memory, key=key)
        self._first = self.done

    def _slice(self, most: int) -> int:
        """Train a slice of the epoch that has begun, of about `most` examples or fewer; return how many."""
        if self._changed:
            self._apply_settings()
        threads, wanted = self._pace.next_slice()
        goal = min(self.n, self.done + min(wanted, most)) - self._first
        start = time.perf_counter()
        end = self._epoch.train(goal, threads, leaves=self._pace.measures)
        seconds = time.perf_counter() - start
        trained = int(end) + self._first - self.done
        self._pace.record(threads, trained, seconds, end < goal)
        self.done += trained
        self.images += trained
        self.steps += -(-trained // self._in_force.mini_batch_size)
        self.seconds += seconds
        self._epoch_seconds += seconds
        self._threads_of[threads] = self._threads_of.get(threads, 0) + trained
        if not self._epoch.is_finite():
            self._diverge()
        if self.done == self.n:
            self._end_epoch()
        return trained

    def _diverge(self) -> None:
        """Put everything back to the epoch's start, and raise the error that says why."""
        net = self._net
        error = divergence(net, self._kernel_rule)
        parameters, self._state, self._state_began, self.images, self.steps, self.seconds = self._start
        net.parameters[:] = parameters
        self.history.state, self.history.optimizer_start = self._state, self._state_began
        self.done, self._key, self._epoch = self.n, (-1, -1), None
        explain_divergence(error, self._examples, net.layers[-1].activation)
        raise error

    def _end_epoch(self) -> None:
        """Count the epoch, and write it into the history and the training record."""
        net, history, now = self._net, self.history, self._in_force
        net.epochs_trained += 1
        history.lmbda, history.mini_batch_size, history.rule = now.lmbda, now.mini_batch_size, now.rule
        history.seed, history.epochs_trained = net.seed, net.epochs_trained
        history.state, history.optimizer_start = self._state, self._state_began
        history.add(
            {
                "eta": now.eta,
                "images": self.images,
                "steps": self.steps,
                "threads": max(self._threads_of, key=self._threads_of.__getitem__),
                "elapsed": self.seconds,
                "seconds": self._epoch_seconds,
            }
        )
        if self._run is None or self._recorded != now:
            self._recorded = now
            self._run = run_of(
                net,
                self._data,
                self._examples,
                now.rule,
                mini_batch_size=now.mini_batch_size,
                eta=now.eta,
                lmbda=now.lmbda,
                l1=self._l1,
                augment=self._augment,
            )
        with net._record.begin(self._run) as run:
            run.epochs += 1
