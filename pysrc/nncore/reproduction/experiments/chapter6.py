"""Chapter 6: convolutional networks."""

from __future__ import annotations

from typing import Any

import nncore
from nncore.choices import Activation
from nncore.reproduction.experiments import measurements
from nncore.reproduction.experiments.experiment import (
    BookNumber,
    Experiment,
    measured,
    test_at_best_validation,
)
from nncore.reproduction.experiments.training_spec import Measurement, Training

SECTION = "convolutional networks in practice, "
TOLERANCE = 0.001  # how far below the book's an accuracy may be
ACCURACY = "test accuracy at the best validation epoch"
ORDER_AND_INIT = (
    "network3 keeps one order of the images, and its initial weights depend on n_out, which the book calls a "
    "slip; here each epoch has a new order, and the initial weights depend on n_in"
)
BY_MINI_BATCHES = "network3 divides lmbda by the number of mini-batches: its 0.1 is 1.0 here"
EXPANDED = "250,000 images: each of the 50,000 and its four shifts by one pixel"
RELU: dict[str, Any] = {"activation": "relu", "eta": 0.03, "lmbda": 1.0}


def _training(
    name: str,
    conv: tuple[int, ...],
    dense: tuple[int, ...],
    activation: Activation = "sigmoid",
    eta: float = 0.1,
    lmbda: float = 0.0,
    epochs: int = 60,
    dropout: float = 0.0,
    expanded: bool = False,
) -> Training:
    """Return a training of convolutions of 5 x 5 with pooling of 2 x 2, fully connected and softmax layers.

    Parameters
    ----------
    conv, dense : tuple of int
        The number of filters of each convolution, and of neurons of each fully connected layer.
    """
    layers: list[Any] = []
    for filters in conv:
        layers += [nncore.Conv2D(filters, 5, activation), nncore.MaxPool2D(2)]
    layers += [nncore.Dense(n, activation, dropout=dropout) for n in dense]
    layers.append(nncore.Softmax(10, dropout=dropout))
    return Training(
        name,
        tuple(layers),
        epochs,
        eta,
        lmbda,
        init="he" if activation == "relu" else "scaled",
        input_shape=(1, 28, 28) if conv else (784,),
        expanded=expanded,
        test_each_epoch=True,
    )


def _experiment(
    id: str,
    title: str,
    section: str,
    *trainings: Training,
    book: tuple[float, ...] = (),
    notes: tuple[str, ...] = (),
    seeds: int = 3,
) -> Experiment:
    """Return an experiment whose trainings each have one number, the best of several runs.

    Parameters
    ----------
    book : tuple of float
        The book's accuracy of each training; none if the book gives no number.
    """
    return Experiment(
        id,
        title,
        SECTION + section,
        trainings,
        tuple(
            BookNumber(
                training.name,
                ACCURACY + (f", {_neurons(training)}" if len(trainings) > 1 else ""),
                test_at_best_validation,
                accuracy,
                tolerance=TOLERANCE,
                best_run=True,
            )
            for training, accuracy in zip(trainings, book or (None,) * len(trainings), strict=True)
        ),
        "; ".join(f"{accuracy * 100:.2f} %" for accuracy in book) or "no number",
        (ORDER_AND_INIT, *notes),
        seeds,
    )


def _neurons(training: Training) -> str:
    """Return the sizes of a network's fully connected hidden layers in words: "100 and 100 neurons"."""
    dense = [str(layer.n) for layer in training.layers if type(layer) is nncore.Dense]
    return f"{' and '.join(dense)} neurons"


EXPERIMENTS = (
    _experiment(
        "6.1",
        "100 hidden neurons, no convolution",
        "the baseline",
        _training("fc-100", (), (100,)),
        book=(0.9780,),
    ),
    _experiment(
        "6.2",
        "one convolution and 100 neurons",
        "the first convolution",
        _training("conv-20-fc-100", (20,), (100,)),
        book=(0.9878,),
    ),
    _experiment(
        "6.3",
        "one convolution, no fully connected hidden layer",
        "an exercise",
        _training("conv-20", (20,), ()),
    ),
    _experiment(
        "6.4",
        "two convolutions and 100 neurons",
        "the second convolution",
        _training("conv-20-40-fc-100", (20, 40), (100,)),
        book=(0.9906,),
    ),
    _experiment(
        "6.5",
        "two convolutions, tanh",
        "a problem",
        _training("tanh", (20, 40), (100,), "tanh"),
        notes=("the book calls the accuracy very similar to that of 6.4",),
    ),
    _experiment(
        "6.6",
        "two convolutions, rectified linear units, L2",
        "rectified linear units",
        _training("relu", (20, 40), (100,), **RELU),
        book=(0.9923,),
        notes=(BY_MINI_BATCHES,),
    ),
    _experiment(
        "6.7",
        "the same on 250,000 images",
        "expanding the training data",
        _training("fc-100", (20, 40), (100,), expanded=True, **RELU),
        book=(0.9937,),
        notes=(BY_MINI_BATCHES, EXPANDED),
    ),
    _experiment(
        "6.8",
        "300 and 1,000 neurons after the convolutions",
        "a wider layer",
        *(_training(f"fc-{n}", (20, 40), (n,), expanded=True, **RELU) for n in (300, 1000)),
        book=(0.9946, 0.9943),
        notes=(BY_MINI_BATCHES, EXPANDED),
    ),
    _experiment(
        "6.9",
        "two fully connected layers",
        "an extra layer",
        *(_training(f"fc-{n}-{n}", (20, 40), (n, n), expanded=True, **RELU) for n in (100, 300, 1000)),
        book=(0.9943, 0.9948, 0.9947),
        notes=(BY_MINI_BATCHES, EXPANDED),
    ),
    _experiment(
        "6.10",
        "two layers of 1,000 neurons with dropout",
        "dropout",
        _training("dropout", (20, 40), (1000, 1000), "relu", 0.03, epochs=40, dropout=0.5, expanded=True),
        book=(0.9960,),
        notes=(
            EXPANDED,
            "the activations that dropout keeps are scaled up during training, whereas the book halves the "
            "weights afterwards",
        ),
        seeds=5,
    ),
    Experiment(
        "6.11",
        "a vote of five networks",
        SECTION + "an ensemble",
        (
            Measurement(
                "vote", "vote", measurements.vote, ("data", "networks"), seconds=30, networks_of="6.10"
            ),
        ),
        (BookNumber("vote", "test accuracy of the vote", measured("accuracy"), 0.9967, tolerance=TOLERANCE),),
        "99.67 %: 33 errors of 10,000",
        ("the networks of 6.10, each at its best validation epoch",),
    ),
)
