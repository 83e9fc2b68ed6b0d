"""`find_eta` follows the book's recipe for the learning rate (chapter 3)."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from nncore import _hints, _validation
from nncore.insight.scale import warn_of_scale
from nncore.network import Network
from nncore.training.eta_search import LARGEST, SMALLEST, EtaSearch, Trial, search
from nncore.training.eta_search import train as quiet_train

__all__ = ["EtaSearch", "Trial", "find_eta", "train"]


def find_eta(
    layers: Any,
    data: Any,
    *,
    mini_batch_size: int = 10,
    lmbda: float = 0.0,
    epochs: int = 3,
    start: float = 0.01,
    seed: int = 0,
    weights: Any = None,
    class_weight: Any = None,
    **network: Any,
) -> EtaSearch:
    """Find a learning rate by the book's recipe (chapter 3, how to choose hyper-parameters).

    The search starts at eta = 0.01. As long as the training cost falls steadily through the first epochs, it
    tries ten times as much; if the cost does not fall steadily at 0.01, it tries a tenth. Then it tries two
    and five times the last eta that worked. The largest eta that works is the threshold, and the search
    recommends half of it. It also ends if the cost falls to less than a hundredth of what it was.

    Parameters
    ----------
    layers : list of sizes, sequence of layers, Network or callable
        The network to train. Sizes or layers are those that `Network` takes. If it is a network, each trial
        trains a copy. A callable without arguments makes a new network for each trial.
    data : Dataset, pair of arrays, or the book's list of (x, y)
        The training data. They are not changed.
    mini_batch_size : int, optional
        The size of the mini-batches of the training to come; the threshold depends on it.
    lmbda : float, optional
        The strength of L2 regularisation in the training to come; the threshold depends on it.
    epochs : int, optional
        The number of epochs of each trial.
    start : float, optional
        The first eta.
    seed : int, optional
        The seed of the networks that are made from sizes or layers.
    weights, class_weight : optional
        How much each example, or the examples of each class, will count in the training to come, as
        `Network.SGD` takes them; the threshold depends on them.
    **network
        Further arguments of `Network` for sizes or layers, such as ``cost="quadratic"``.

    Returns
    -------
    EtaSearch
        The `trials`, the `threshold` and the recommended `eta`.

    Raises
    ------
    ValueError
        A number is out of range, or the data do not fit the network.
    TypeError
        `layers` is not one of the above, or further arguments come with a network or a callable.

    Notes
    -----
    A trial measures the cost 8 times an epoch, on at most 1,000 examples. If there are fewer than 40
    mini-batches, it goes through all of them, and takes 5 steps or more, between two measurements. A
    mini-batch has `mini_batch_size` examples always, or all if there are fewer. The cost falls steadily if
    its rises sum to at most a quarter of its falls, the first step left out, and if it ends no higher than
    at a smaller eta.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> found = nn.find_eta([784, 30, 10], train)
    >>> 0.1 < found.eta < 1
    True
    """
    _hints.check_arguments("find_eta", network)
    make: Callable[[], Network] = functools.partial(Network, layers, seed=seed, **network)
    if isinstance(layers, Network):
        make = functools.partial(copy.deepcopy, layers)
    elif callable(layers):
        make = layers
    if network and (isinstance(layers, Network) or callable(layers)):
        raise TypeError(
            f"layers: {', '.join(network)} go with sizes or layers alone, got a {type(layers).__name__}"
        )
    epochs = _validation.integer("epochs", epochs, 1)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    start = _validation.real("start", start, least=SMALLEST, below=LARGEST)
    net = layers if isinstance(layers, Network) else make()
    if not isinstance(net, Network):
        raise TypeError(
            f"layers: a function that returns a Network needed, got one that returns {type(net).__name__}"
        )
    net._core_alone("find_eta", trains=True)
    given = net._examples("data", data, usual=net._usual_to_train_on)
    examples = _validation.weighted(given, weights, class_weight, dtype=net.dtype)
    if not net.training_record:
        warn_of_scale("data", examples, net.layers[-1].activation)
    return search(make, examples, mini_batch_size, lmbda, epochs, start, Network.SGD)


def train(net: Network, *arguments: Any, **options: Any) -> None:
    """Train without warnings, as `nncore.training.eta_search.train` does."""
    quiet_train(Network.SGD, net, *arguments, **options)
