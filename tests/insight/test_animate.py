"""`nn.animate` trains as SGD does, and its film shows what was measured."""

import numpy as np
import pytest

import nncore as nn
from nncore.insight import animate

Image = pytest.importorskip("PIL.Image", reason="films are read with Pillow: pip install pillow")
pytest.importorskip("matplotlib", reason="films are drawn with matplotlib: pip install matplotlib")


@pytest.fixture
def drawn(monkeypatch):
    """What the films of a test measured: a list of (epoch, value)."""
    films = []

    class Film(animate._Film):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            films.append(self.measured)

    monkeypatch.setattr(animate, "_Film", Film)
    return films


def test_the_training_is_that_of_sgd_and_the_film_shows_its_accuracy(tmp_path, drawn):
    train, _, test = nn.datasets.load_sample()
    train, test = train[:300], test[:200]
    nets = [nn.Network([784, 12, 10], seed=3) for _ in range(2)]
    film = tmp_path / "learning.gif"
    history = nn.animate(nets[0], train, film, 2, 10, 0.5, 1.0, evaluation_data=test, momentum=0.5, frames=4)
    nets[1].SGD(train, 2, 10, 0.5, 1.0, momentum=0.5)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)
    assert len(history) == 2
    (measured,) = drawn
    assert [epoch for epoch, _ in measured] == [0, 0.5, 1, 1.5, 2]
    assert measured[0][1] == nn.Network([784, 12, 10], seed=3).accuracy(test)
    assert measured[-1][1] == nets[1].accuracy(test)
    with Image.open(film) as pictures:
        assert pictures.format == "GIF"
        assert pictures.n_frames == 5
        pictures.seek(4)
        assert pictures.info["duration"] == 50 + 2000  # ms: the picture of the end stays, unchanged


@pytest.mark.parametrize("kind", ["plane", "numbers", "convolution"])
def test_every_kind_of_network_is_filmed(tmp_path, drawn, kind):
    rng = np.random.default_rng(0)
    if kind == "plane":
        net, data = nn.Network([2, 4, 2], seed=0), nn.datasets.toy("circles")
    elif kind == "numbers":
        X = rng.normal(size=(60, 5))
        net, data = nn.Network([nn.Dense(4), nn.Dense(1, "linear")], input_shape=5, seed=0), (X, X[:, :1])
    else:
        layers = [nn.Conv2D(3, 3, "relu"), nn.Softmax(2)]
        net = nn.Network(layers, input_shape=(1, 6, 6), seed=0)
        data = rng.uniform(size=(40, 1, 6, 6)).astype(np.float32), rng.integers(0, 2, 40)
    nn.animate(net, data, tmp_path / "film.gif", 1, 10, 0.05, frames=2, frames_per_second=5)
    (measured,) = drawn
    assert measured[-1][1] == (net.cost(data) if kind == "numbers" else net.accuracy(data))
    assert (tmp_path / "film.gif").stat().st_size > 1000


def test_other_names_and_a_missing_ffmpeg_are_refused_before_the_training(tmp_path, monkeypatch):
    from matplotlib import animation

    net = nn.Network([2, 4, 2], seed=0)
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=r"path: a name that ends in \.gif or \.mp4 needed"):
        nn.animate(net, nn.datasets.toy("circles"), tmp_path / "film.avi", 1, 10, 0.05)
    monkeypatch.setattr(animation.writers, "is_available", lambda kind: kind == "pillow")
    with pytest.raises(OSError, match="ffmpeg"):
        nn.animate(net, nn.datasets.toy("circles"), tmp_path / "film.mp4", 1, 10, 0.05)
    np.testing.assert_array_equal(net.parameters, before)
    assert list(tmp_path.iterdir()) == []
