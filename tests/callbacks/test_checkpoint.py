"""Checkpoints: what is on the disk goes on to the same bits, whenever the run ended."""

import copy

import numpy as np
import pytest

import nncore as nn

DATA = np.random.default_rng(0).random((40, 5)).astype(np.float32), np.arange(40) % 3
SETTINGS = {"mini_batch_size": 4, "eta": 0.1, "rule": "adam", "evaluation_data": DATA}


def train(net, epochs, callbacks=(), **more):
    return net.SGD(DATA, epochs, callbacks=callbacks, **SETTINGS, **more)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_goes_on_from_the_last_checkpoint_to_the_same_bits(tmp_path):
    whole = nn.Network([5, 4, 3], seed=1)
    history = train(whole, 10, keep_best=True)

    class Crash(Exception):
        pass

    def crash(net, history):
        if len(history) == 7:
            raise Crash

    begun = nn.Network([5, 4, 3], seed=1)
    with pytest.raises(Crash):
        train(begun, 10, [nn.callbacks.Checkpoint(tmp_path / "net.npz", every=3), crash], keep_best=True)
    net = nn.load(tmp_path / "net.npz")
    assert net.epochs_trained == len(net.history) == 6
    train(net, 4, resume=net.history, keep_best=True)
    assert np.array_equal(net.parameters, whole.parameters)
    assert net.history.evaluation_cost == history.evaluation_cost


def test_each_checkpoint_has_a_file_and_the_last_ones_stay(tmp_path):
    checkpoint = nn.callbacks.Checkpoint(tmp_path / "net-{epoch}.npz", every=2, keep=3)
    net = nn.Network([5, 3], seed=0)
    train(net, 9, checkpoint)
    assert files(tmp_path) == ["net-4.npz", "net-6.npz", "net-8.npz"]
    assert nn.load(tmp_path / "net-6.npz").epochs_trained == 6
    train(net, 3, checkpoint, resume=net.history)  # goes on
    train(net, 2, [copy.deepcopy(checkpoint)])  # another run of the same network
    assert files(tmp_path) == ["net-10.npz", "net-12.npz", "net-14.npz"]


def test_another_process_goes_on_with_the_files_that_it_finds(tmp_path):
    other = tmp_path / "net-x.npz"
    other.write_text("mine")
    net = nn.Network([5, 3], seed=0)
    train(net, 3, nn.callbacks.Checkpoint(tmp_path / "net-{epoch}.npz", keep=2))
    net = nn.load(tmp_path / "net-3.npz")
    train(net, 1, nn.callbacks.Checkpoint(tmp_path / "net-{epoch}.npz", keep=2), resume=net.history)
    assert files(tmp_path) == ["net-3.npz", "net-4.npz", "net-x.npz"]
    again = nn.Network([5, 3], seed=0)  # from the start: the files of later epochs are no concern of its
    train(again, 2, nn.callbacks.Checkpoint(tmp_path / "net-{epoch}.npz", keep=1))
    assert files(tmp_path) == ["net-2.npz", "net-3.npz", "net-4.npz", "net-x.npz"]


def test_by_default_all_stay(tmp_path):
    train(nn.Network([5, 3], seed=0), 4, nn.callbacks.Checkpoint(tmp_path / "{epoch}.of.{epoch}.npz"))
    assert files(tmp_path) == [f"{n}.of.{n}.npz" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("suffix", ["onnx", "safetensors", "html", "json", "c", "h5", "pt"])
def test_a_format_that_cannot_hold_a_run_is_refused_before_the_run(tmp_path, suffix):
    for name in (f"net.{suffix}", f"net-{{epoch}}.{suffix}"):
        with pytest.raises(
            ValueError, match=r"Checkpoint: .* cannot hold what training needs; type '"
        ) as error:
            nn.callbacks.Checkpoint(tmp_path / name)
        path = str(error.value).rsplit("type ", 1)[1].strip("'")
        train(nn.Network([5, 3], seed=0), 2, nn.callbacks.Checkpoint(path))
        net = nn.load(path.replace("{epoch}", "2"))
        train(net, 1, resume=net.history)


def test_refused(tmp_path):
    for make, error, words in [
        (
            lambda: nn.callbacks.Checkpoint(tmp_path / "a.npz", keep=3),
            ValueError,
            r"such as net-\{epoch\}.npz",
        ),
        (lambda: nn.callbacks.Checkpoint(tmp_path / "a.npz", every=0), ValueError, "Checkpoint, every: "),
        (lambda: nn.callbacks.Checkpoint(tmp_path / "a-{epoch}", keep=0), ValueError, "Checkpoint, keep: "),
        (lambda: nn.callbacks.Checkpoint(tmp_path / "none" / "a.npz"), OSError, "there is no folder"),
        (lambda: nn.callbacks.Checkpoint(tmp_path), OSError, "is a folder; name a file in it"),
    ]:
        with pytest.raises(error, match=words):
            make()
    (tmp_path / "{epoch}").mkdir()
    with pytest.raises(ValueError, match="not of a folder"):
        nn.callbacks.Checkpoint(tmp_path / "{epoch}" / "a.npz")
    net = nn.Network([5, 3], seed=0)
    with pytest.raises(ValueError, match="onnx"):  # what net.save refuses ends the run
        train(net, 2, nn.callbacks.Checkpoint(tmp_path / "net.onx"))
    assert net.history.stopped.startswith("ValueError")
