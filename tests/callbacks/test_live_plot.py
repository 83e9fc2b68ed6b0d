"""The live picture: a file that is always whole, or one place in a notebook."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import nncore as nn

pytest.importorskip("matplotlib", reason="needs matplotlib")
DATA = np.random.default_rng(0).random((20, 4)).astype(np.float32), np.arange(20) % 2


def train(epochs, callbacks, net=None, **more):
    net = nn.Network([4, 2], seed=0) if net is None else net
    net.SGD(DATA, epochs, 5, 0.5, evaluation_data=DATA, callbacks=callbacks, **more)
    return net


def test_the_file_shows_the_run_so_far(tmp_path):
    from matplotlib import pyplot, rcParams

    path, seen, before = tmp_path / "run.svg", [], dict(rcParams)
    plot = nn.callbacks.Plot(path)
    net = train(2, [plot, lambda net, history: seen.append((history, path.read_text()))])
    for epoch, (history, text) in enumerate(seen):
        assert f">evaluation  {history.evaluation_cost[epoch]:.4f}</text>" in text
    assert pyplot.get_fignums() == []
    assert dict(rcParams) == before
    train(1, plot, net, resume=net.history)
    assert f">evaluation  {net.history.evaluation_cost[2]:.4f}</text>" in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["run.svg"]


def test_every_third_epoch_and_the_first(tmp_path):
    drawn = []
    path = tmp_path / "run.png"

    def look(net, history):
        if path.exists():
            drawn.append(len(history))
            path.unlink()

    plot = nn.callbacks.Plot(path, every=3)
    net = train(7, [plot, look])
    assert drawn == [1, 3, 6]
    train(1, [plot, look], net)
    assert drawn == [1, 3, 6, 1]


def test_a_notebook_has_one_place_for_each_run(monkeypatch):
    calls = []
    monkeypatch.setitem(
        sys.modules,
        "IPython",
        SimpleNamespace(get_ipython=lambda: type("ZMQInteractiveShell", (), {})()),
    )
    monkeypatch.setitem(
        sys.modules,
        "IPython.display",
        SimpleNamespace(
            Image=lambda data, width: data[:4],
            display=lambda image, display_id: calls.append(("display", image, display_id)),
            update_display=lambda image, display_id: calls.append(("update", image, display_id)),
        ),
    )
    plot = nn.callbacks.Plot()
    net = train(2, plot, progress=False)
    train(1, plot, net, resume=net.history, progress=False)
    train(1, plot, net, progress=False)
    assert [call[0] for call in calls] == ["display", "update", "update", "display"]
    assert {call[1] for call in calls} == {b"\x89PNG"}
    places = [call[2] for call in calls]
    assert places[0] == places[1] == places[2] != places[3]


def test_refused(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with pytest.raises(ValueError, match=r"no notebook: nn\.callbacks\.Plot\('run\.png'\)"):
        nn.callbacks.Plot()
    for name in ("run", "run.npz"):
        with pytest.raises(ValueError, match=r"ends in \.png, \.svg or \.pdf needed, got 'run"):
            nn.callbacks.Plot(tmp_path / name)
    plot = nn.callbacks.Plot(tmp_path / "run.png")
    with pytest.raises(ValueError, match="Plot: nothing is monitored"):
        nn.Network([4, 2], seed=0).SGD(DATA, 1, 5, 0.5, callbacks=plot)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="matplotlib: pip install matplotlib"):
        nn.callbacks.Plot(tmp_path / "run.png")
