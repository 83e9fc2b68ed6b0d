"""What TensorBoard would read: the event files are parsed back."""

import copy
import struct
import sys

import numpy as np
import pytest

import nncore as nn

pytest.importorskip("tensorboardX", reason="needs tensorboardX")
DATA = np.random.default_rng(0).random((60, 4)).astype(np.float32), np.arange(60) % 3


def events(folder):
    """The events in a folder: a record is a length, its check, an Event, and the check of that."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.*"), key=lambda path: path.stat().st_mtime_ns):
        data = path.read_bytes()
        while data:
            (n,) = struct.unpack_from("<Q", data)
            yield Event.FromString(data[12 : 12 + n])
            data = data[16 + n :]


def scalars(folder):
    found = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def tags(folder, kind):
    return {v.tag for event in events(folder) for v in event.summary.value if v.WhichOneof("value") == kind}


def train(net, epochs, callback, **more):
    return net.SGD(DATA, epochs, 5, 0.5, evaluation_data=DATA, callbacks=callback, **more)


def same(numbers, expected):
    assert list(numbers.values()) == pytest.approx(expected, rel=1e-6)


def test_costs_accuracies_and_speeds_by_epoch(tmp_path):
    net = nn.Network([4, 5, 3], seed=0)
    monitor = ["evaluation_cost", "evaluation_accuracy", "training_cost", "learning_speeds"]
    history = train(net, 3, nn.callbacks.TensorBoard(tmp_path / "run"), monitor=monitor)
    found = scalars(tmp_path / "run")
    assert list(found["cost/evaluation"]) == [1, 2, 3]
    same(found["cost/evaluation"], history.evaluation_cost)
    same(found["cost/training"], history.training_cost)
    same(found["accuracy/evaluation"], history.evaluation_accuracy)
    same(found["learning_speed/layer_2"], [row[0] for row in history.learning_speeds])
    same(found["run/eta"], [0.5] * 3)
    assert not tags(tmp_path / "run", "histo")


def test_histograms_saturation_and_the_doctor(tmp_path):
    net = nn.Network([4, 5, 3], seed=0)
    net.weights[0][:], net.biases[0][:2], net.biases[0][2:] = 0, 50, 0  # two of five neurons are saturated
    net.SGD(DATA, 3, 5, 0.0, callbacks=nn.callbacks.TensorBoard(tmp_path, histograms=True, data=DATA))
    assert tags(tmp_path, "histo") == {f"{what}/layer_{l}" for what in ("weights", "biases") for l in (2, 3)}
    found = scalars(tmp_path)
    same(found["saturated_neurons/layer_2"], [0.4] * 3)
    same(found["learning_speed/layer_3"], [net.learning_speeds(DATA)[1]] * 3)
    texts = [
        (event.step, b"".join(value.tensor.string_val).decode())
        for event in events(tmp_path)
        for value in event.summary.value
        if value.tag.startswith("doctor")
    ]
    assert [step for step, _ in texts] == [1, 2]
    assert "2 of 5 neurons of layer 2 are saturated" in texts[0][1]


def test_another_run_has_a_folder_and_a_resumed_one_goes_on(tmp_path):
    net, board = nn.Network([4, 3], seed=0), nn.callbacks.TensorBoard(tmp_path / "run")
    train(net, 2, board)
    train(net, 1, board)
    train(net, 1, board, resume=net.history)
    train(net, 1, copy.deepcopy(board), resume=net.history)
    train(net, 1, nn.callbacks.TensorBoard(tmp_path / "run"))
    steps = {path.name: list(scalars(path)["cost/evaluation"]) for path in sorted(tmp_path.iterdir())}
    assert steps == {"run": [1, 2], "run-2": [1, 2, 3], "run-3": [1]}
    assert [event.step for event in events(tmp_path / "run-2") if event.HasField("session_log")] == [3]


def test_each_epoch_is_on_the_disk_when_it_ends(tmp_path):
    seen = []
    board = nn.callbacks.TensorBoard(tmp_path)
    train(
        nn.Network([4, 3], seed=0),
        2,
        [board, lambda net, history: seen.append(list(scalars(tmp_path)["cost/evaluation"]))],
    )
    assert seen == [[1], [1, 2]]
    board.close()


def test_without_tensorboardx_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match="tensorboardX is needed: pip install tensorboardX"):
        nn.callbacks.TensorBoard(tmp_path)
