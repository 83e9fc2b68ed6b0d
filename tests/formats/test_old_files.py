"""Files that earlier versions wrote still load: `data/` holds one of each kind."""

from pathlib import Path

import numpy as np
import pytest

import nncore as nn

DATA = Path(__file__).with_name("data")


@pytest.mark.parametrize(
    ("name", "layers", "seed", "epochs", "outputs"),
    [
        ("dense", (nn.Dense(4), nn.Dense(2)), 7, 2, [0.523408055305481, 0.5498059391975403]),
        (
            "convolution",
            (
                nn.Conv2D(2, 3, "relu", padding="same"),
                nn.MaxPool2D(2),
                nn.Dense(3, "tanh", dropout=0.25, weight_eta_factor=0.5),  # eta_scale in the file
                nn.Softmax(2, dropout=0.5),
            ),
            3,
            1,
            [0.7109197508299496, 0.2890802491700503],
        ),
    ],
)
def test_networks_of_version_1_load(name, layers, seed, epochs, outputs):
    net = nn.load(DATA / f"{name}.npz")
    assert net.layers == layers
    assert (net.seed, net.epochs_trained) == (seed, epochs)
    answers = net.feedforward(np.linspace(-1, 1, net.sizes[0]))
    np.testing.assert_allclose(answers, outputs, rtol=1e-6 if net.dtype == "float32" else 1e-14)
    assert net.history is None
    X, y = np.random.default_rng(0).random((6, net.sizes[0])), [0, 1, 0, 1, 0, 1]
    net.SGD((X, y), 1, 2, 0.1)
    assert net.epochs_trained == epochs + 1


def test_ensembles_of_version_1_load():
    ensemble = nn.Ensemble.load(DATA / "ensemble.npz")
    assert [(net.seed, net.epochs_trained) for net in ensemble] == [(1, 1), (2, 1)]
    answers = ensemble.feedforward(np.array([0.5, -1]))
    np.testing.assert_allclose(answers, [0.7853649854660034, 0.5155842304229736], rtol=1e-6)
