"""Each function of this module is an experiment of chapter 6 with `network3`.

    from nncore.book import conv

    nets = conv.basic_conv()                      # 3 networks, 60 epochs each, as in the book: minutes
    nets = conv.basic_conv(n=1, epochs=2)         # a short trial
    conv.run_experiments()                        # all experiments: hours

Every function returns its networks, which print lines as they train. `data` is (training_data,
validation_data, test_data), by default MNIST. The numbers of epochs and of networks are arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import nncore
from nncore.book import network3
from nncore.book.network3 import (
    ConvPoolLayer,
    FullyConnectedLayer,
    Network,
    ReLU,
    SoftmaxLayer,
    sigmoid,
    tanh,
)

__all__ = [
    "basic_conv",
    "dbl_conv",
    "dbl_conv_relu",
    "double_fc_dropout",
    "ensemble",
    "expanded_data",
    "expanded_data_double_fc",
    "omit_FC",
    "plot_errors",
    "plot_filters",
    "regularized_dbl_conv",
    "run_experiments",
    "shallow",
]

mini_batch_size = 10
LMBDAS = (0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0)


def _trained(
    what: str, layers: Any, n: int, data: Any, epochs: int, eta: float, lmbda: float = 0.0
) -> list[Network]:
    """Train n networks one after the other; `layers` returns the layers of one. `what` is printed."""
    training_data, validation_data, test_data = network3.load_data_shared() if data is None else data
    nets = []
    for j in range(n):
        print(f"{what}: network {j + 1} of {n}")
        net = Network([*layers()], mini_batch_size)
        net.SGD(training_data, epochs, mini_batch_size, eta, validation_data, test_data, lmbda=lmbda)
        nets.append(net)
    return nets


def _expanded(data: Any) -> Any:
    """Return the data given, or MNIST with the training images and their shifts."""
    return network3.load_data_shared(f"../data/{network3.EXPANDED}") if data is None else data


def _first_conv(activation_fn: Any = sigmoid) -> ConvPoolLayer:
    return ConvPoolLayer(
        image_shape=(mini_batch_size, 1, 28, 28),
        filter_shape=(20, 1, 5, 5),
        poolsize=(2, 2),
        activation_fn=activation_fn,
    )


def _two_convs(activation_fn: Any = sigmoid) -> list[ConvPoolLayer]:
    """Return two convolutions with pooling: 28 x 28 -> 20 maps of 12 x 12 -> 40 maps of 4 x 4."""
    second = ConvPoolLayer(
        image_shape=(mini_batch_size, 20, 12, 12),
        filter_shape=(40, 20, 5, 5),
        poolsize=(2, 2),
        activation_fn=activation_fn,
    )
    return [_first_conv(activation_fn), second]


def _dbl_conv(activation_fn: Any, sizes: Sequence[int], p_dropout: Sequence[float] = (0.0, 0.0, 0.0)) -> Any:
    """Return a function that makes two convolutions, fully connected layers of these sizes, and softmax."""

    def layers() -> list[Any]:
        made: list[Any] = [*_two_convs(activation_fn)]
        n_in = 40 * 4 * 4
        for n_out, p in zip(sizes, p_dropout, strict=False):
            made.append(FullyConnectedLayer(n_in, n_out, activation_fn=activation_fn, p_dropout=p))
            n_in = n_out
        return [*made, SoftmaxLayer(n_in, 10, p_dropout=p_dropout[-1])]

    return layers


def shallow(n: int = 3, epochs: int = 60, data: Any = None) -> list[Network]:
    """Train networks with 100 hidden neurons and no convolution.

    Parameters
    ----------
    n : int
        The number of networks.
    epochs : int
        The number of epochs of each.
    data : tuple of Dataset, optional
        (training, validation, test); by default MNIST.

    Returns
    -------
    list of Network

    Examples
    --------
    >>> import nncore as nn
    >>> data = [part[:300] for part in nn.datasets.load_sample()]
    >>> nets = shallow(n=1, epochs=1, data=data)  # doctest: +ELLIPSIS
    100 hidden neurons: network 1 of 1
    Training mini-batch number 0
    Epoch 0: validation accuracy ...%
    This is the best validation accuracy to date.
    The corresponding test accuracy is ...%
    Finished training network.
    Best validation accuracy of ...% obtained at iteration 29
    Corresponding test accuracy of ...%
    """

    def layers() -> list[Any]:
        return [FullyConnectedLayer(n_in=784, n_out=100), SoftmaxLayer(n_in=100, n_out=10)]

    return _trained("100 hidden neurons", layers, n, data, epochs, 0.1)


def basic_conv(n: int = 3, epochs: int = 60, data: Any = None) -> list[Network]:
    """Train networks with a convolution, pooling and 100 neurons; the parameters are those of `shallow`.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = basic_conv(n=1, epochs=1, data=data)
    >>> [len(net.layers) for net in nets]
    [4]
    """

    def layers() -> list[Any]:
        return [
            _first_conv(),
            FullyConnectedLayer(n_in=20 * 12 * 12, n_out=100),
            SoftmaxLayer(n_in=100, n_out=10),
        ]

    return _trained("Convolution, 100 neurons", layers, n, data, epochs, 0.1)


def omit_FC(n: int = 3, epochs: int = 60, data: Any = None) -> list[Network]:
    """Train networks with a convolution, pooling and softmax; the parameters are those of `shallow`.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = omit_FC(n=1, epochs=1, data=data)
    >>> [len(net.layers) for net in nets]
    [3]
    """

    def layers() -> list[Any]:
        return [_first_conv(), SoftmaxLayer(n_in=20 * 12 * 12, n_out=10)]

    return _trained("Convolution alone", layers, n, data, epochs, 0.1)


def dbl_conv(activation_fn: Any = sigmoid, n: int = 3, epochs: int = 60, data: Any = None) -> list[Network]:
    """Train networks with two convolutions, each with pooling, and 100 neurons.

    Parameters
    ----------
    activation_fn : function
        `sigmoid`, `tanh` or `ReLU` of `network3`.
    n, epochs, data
        As for `shallow`.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = dbl_conv(tanh, n=1, epochs=1, data=data)
    >>> nets[0].shapes[-3:]
    [(40, 4, 4), (100,), (10,)]
    """
    return _trained("Two convolutions", _dbl_conv(activation_fn, (100,)), n, data, epochs, 0.1)


def regularized_dbl_conv(
    n: int = 3, epochs: int = 60, data: Any = None, lmbdas: Sequence[float] = LMBDAS
) -> list[Network]:
    """Train the networks of `dbl_conv` with L2, for each lmbda of a list.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = regularized_dbl_conv(n=1, epochs=1, data=data, lmbdas=[0.1, 1.0])
    >>> len(nets)
    2
    """
    return [
        net
        for lmbda in lmbdas
        for net in _trained(
            f"Two convolutions, lmbda {lmbda:g}", _dbl_conv(sigmoid, (100,)), n, data, epochs, 0.1, lmbda
        )
    ]


def dbl_conv_relu(
    n: int = 3, epochs: int = 60, data: Any = None, lmbdas: Sequence[float] = (0.0, *LMBDAS)
) -> list[Network]:
    """Train networks with two convolutions and 100 neurons, all rectified linear, for each lmbda of a list.

    The book's text reports lmbda 0.1: ``dbl_conv_relu(lmbdas=[0.1])``.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = dbl_conv_relu(n=1, epochs=1, data=data, lmbdas=[0.1])
    >>> len(nets)
    1
    """
    return [
        net
        for lmbda in lmbdas
        for net in _trained(
            f"Two convolutions, ReLU, lmbda {lmbda:g}", _dbl_conv(ReLU, (100,)), n, data, epochs, 0.03, lmbda
        )
    ]


def expanded_data(n: int = 100, repetitions: int = 3, epochs: int = 60, data: Any = None) -> list[Network]:
    """Train networks with two convolutions and n neurons, ReLU, on 250,000 images: all and their shifts.

    Parameters
    ----------
    n : int
        The number of neurons in the fully connected layer.
    repetitions : int
        The number of networks.
    epochs : int
        The number of epochs of each.
    data : tuple of Dataset, optional
        (training, validation, test), whose training images are not expanded further; by default expanded
        MNIST.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = expanded_data(30, repetitions=1, epochs=1, data=data)
    >>> nets[0].shapes[-2:]
    [(30,), (10,)]
    """
    what = f"Expanded data, {n} neurons"
    return _trained(what, _dbl_conv(ReLU, (n,)), repetitions, _expanded(data), epochs, 0.03, 0.1)


def expanded_data_double_fc(
    n: int = 100, repetitions: int = 3, epochs: int = 60, data: Any = None
) -> list[Network]:
    """Train the networks of `expanded_data` with two fully connected layers of n neurons.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = expanded_data_double_fc(30, repetitions=1, epochs=1, data=data)
    >>> nets[0].shapes[-3:]
    [(30,), (30,), (10,)]
    """
    what = f"Expanded data, twice {n} neurons"
    return _trained(what, _dbl_conv(ReLU, (n, n)), repetitions, _expanded(data), epochs, 0.03, 0.1)


def double_fc_dropout(
    p0: float, p1: float, p2: float, repetitions: int, epochs: int = 40, data: Any = None, neurons: int = 1000
) -> list[Network]:
    """Train the networks of `expanded_data_double_fc` with dropout instead of L2.

    Parameters
    ----------
    p0, p1, p2 : float
        The probabilities that an input is dropped: of both fully connected layers and of softmax.
    repetitions : int
        The number of networks; the book's `ensemble` has five.
    epochs, data
        As for `expanded_data`.
    neurons : int
        The number of neurons in each fully connected layer.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = double_fc_dropout(0.5, 0.5, 0.5, 1, epochs=1, data=data, neurons=20)
    >>> nets[0].shapes[-3:]
    [(20,), (20,), (10,)]
    """
    layers = _dbl_conv(ReLU, (neurons, neurons), (p0, p1, p2))
    what = f"Dropout {p0:g}, {p1:g}, {p2:g}"
    return _trained(what, layers, repetitions, _expanded(data), epochs, 0.03)


def ensemble(nets: Sequence[Network], data: Any = None) -> tuple[list[int], list[int]]:
    """Let networks vote on the test data, and print the accuracy.

    `nncore.Ensemble` counts the votes. Among classes with equally many votes, the one with the largest mean
    activation wins. (In the book the first one wins.)

    Returns
    -------
    error_locations : list of int
        The indices of the test images that the vote gets wrong.
    erroneous_predictions : list of int
        The classes that the vote gives them.

    Examples
    --------
    >>> import contextlib, io
    >>> import nncore as nn
    >>> data = [part[:100] for part in nn.datasets.load_sample()]
    >>> with contextlib.redirect_stdout(io.StringIO()):  # what it prints for each epoch
    ...     nets = shallow(n=3, epochs=1, data=data)
    >>> error_locations, erroneous_predictions = ensemble(nets, data)  # doctest: +ELLIPSIS
    Accuracy is ...%
    """
    test_data = _test_data(data)
    voters = nncore.Ensemble(nets)
    predictions = voters.predict(test_data)
    error_locations = np.flatnonzero(predictions != test_data.labels)
    print(f"Accuracy is {1 - len(error_locations) / len(test_data):.2%}")
    return error_locations.tolist(), predictions[error_locations].tolist()


def plot_errors(
    error_locations: Sequence[int],
    erroneous_predictions: Sequence[int] | None = None,
    data: Any = None,
) -> Any:
    """Draw the first 40 of the test images that `ensemble` returned.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import nncore as nn
    >>> figure = plot_errors([3, 17], [5, 9], data=nn.datasets.load_sample())
    >>> len(figure.axes)
    2
    """
    shown = list(error_locations[:40])
    images = _test_data(data)[shown]
    captions = [str(label) for label in images.labels]
    if erroneous_predictions is not None:
        captions = [f"{label} → {k}" for label, k in zip(captions, erroneous_predictions, strict=False)]
    return nncore.plot.images(images, captions, columns=8)


def plot_filters(net: Network, layer: int, x: int, y: int) -> Any:
    """Draw the filters of a convolution, x in a row.

    Parameters
    ----------
    net : Network
    layer : int
        The layer as the book counts them: 0 is the first convolution with its pooling, 1 the second.
    x, y : int
        The number of filters in a row, and of rows. If the filters read several maps, `nncore.plot.filters`
        arranges them.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> net = Network([_first_conv(), SoftmaxLayer(20 * 12 * 12, 10)], mini_batch_size)
    >>> figure = plot_filters(net, 0, 5, 4)
    """
    return nncore.plot.filters(net, 2 * layer, columns=x)


def _test_data(data: Any) -> Any:
    return (network3.load_data_shared() if data is None else data)[2]


def run_experiments() -> None:
    """Run all experiments of the chapter, and draw the last one's networks into the current folder.

    Examples
    --------
    >>> run_experiments()  # doctest: +SKIP
    """
    shallow()
    basic_conv()
    omit_FC()
    dbl_conv()
    dbl_conv(tanh)
    dbl_conv_relu(lmbdas=[0.1])
    for n in (100, 300, 1000):
        expanded_data(n)
    for n in (100, 300, 1000):
        expanded_data_double_fc(n)
    nets = double_fc_dropout(0.5, 0.5, 0.5, 5)
    plot_errors(*ensemble(nets)).savefig("ensemble_errors.png")
    plot_filters(nets[0], 0, 5, 4).savefig("net_full_layer_0.png")
    plot_filters(nets[0], 1, 8, 5).savefig("net_full_layer_1.png")
