"""Train, live, without a browser: what it trains is what SGD and Steps train, to the bit."""

import threading
import time

import numpy as np
import pytest

import nncore as nn
from nncore.play import trainer, wire
from nncore.play.digits import Digits
from nncore.play.live_run import LiveRun, Move, Settings
from nncore.play.published import published
from nncore.play.screens import train
from nncore.play.trainer import SlowMotion, Task, Trainer
from nncore.play.weight_pictures import WeightScale, as_bytes, histogram

TRAIN, VALIDATION, TEST = nn.datasets.load_sample()
N = len(TRAIN)
DIGITS = Digits(TRAIN, TEST, False, "data = nn.datasets.load_sample()")


@pytest.fixture
def frames():
    return []


@pytest.fixture
def screen(monkeypatch, frames, bench):
    monkeypatch.setattr(train, "digits_at_hand", lambda: DIGITS)
    screen = train.Train(bench, lambda name, value: frames.append((name, value())))
    yield screen
    screen.close()


def until(true):
    """Wait until a function returns what is true."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def settled(screen):
    """Return the state once nothing trains any more."""
    until(lambda: not screen.ask_state()["running"])
    return screen.ask_state()


def begun(screen, *runs, **others):
    screen.ask("begin", {"runs": list(runs), **others})
    return settled(screen)


def sgd(settings=None, epochs=1, **arguments):
    """Train as a run does that nobody touches; return the network and its history."""
    s = Settings()._replace(**(settings or {}))
    net = nn.Network([784, s.hidden, 10], cost=s.cost, init=s.init, seed=s.seed)
    return net, net.SGD(TRAIN, epochs, s.mini_batch_size, s.eta, s.lmbda, evaluation_data=TEST, **arguments)


def row(state, run, epochs):
    """Return what was measured after so many epochs."""
    curve = state["runs"][run]["curve"]
    return curve[np.flatnonzero(curve[:, 0] == epochs)[0]]


def test_a_run_is_that_of_sgd_to_the_bit(screen):
    monitor = ["evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"]
    state = begun(
        screen, {"settings": {"lmbda": 2.0}, "at": [3, 0]}, {"settings": {"init": "large"}, "at": [2, 0]}
    )
    for k, (settings, epochs) in enumerate([({"lmbda": 2.0}, 3), ({"init": "large"}, 2)]):
        net, history = sgd(settings, epochs, monitor=monitor)
        np.testing.assert_array_equal(screen.runs[k].net.parameters, net.parameters)
        for epoch in range(epochs):
            values = [getattr(history, name)[epoch] for name in monitor]
            assert row(state, k, epoch + 1)[1:].tolist() == [values[0], values[2], values[1], values[3]]
    assert [run["letter"] for run in state["runs"]] == ["A", "B"]


def test_momentum_from_the_start_is_that_of_sgd(screen):
    begun(screen, {"settings": {"momentum": 0.5, "eta": 0.5}, "at": [1, 0]})
    net, _ = sgd({"eta": 0.5}, momentum=0.5)
    np.testing.assert_array_equal(screen.run.net.parameters, net.parameters)


def test_the_first_epoch_is_measured_early_and_often(screen):
    state = begun(screen, {"at": [1, 0]})
    images = (state["runs"][0]["curve"][:, 0] * N).round().tolist()
    assert images == [0, 100, 200, 400, 800, 1600, 3200, 6400, 8000]


def test_moved_settings_are_those_of_steps_to_the_bit_also_from_a_link(screen):
    moved = [
        [0, 300, "eta", 1.0],
        [1, 0, "lmbda", 3.0],
        [1, 500, "mini_batch_size", 20],
        [1, 4000, "momentum", 0.3],
    ]
    begun(screen, {"moved": moved, "at": [2, 0]})
    net = nn.Network([784, 30, 10], cost="quadratic", seed=1)
    steps = nn.Steps(net, TRAIN, 10, 3.0)
    for epochs, images, name, value in moved:
        steps.train(epochs * N + images - steps.images)
        setattr(steps, name, value)
    steps.train(2 * N - steps.images)
    np.testing.assert_array_equal(screen.run.net.parameters, net.parameters)
    assert [list(move) for move in screen.run.moved] == [
        [N * e + i, name, value] for e, i, name, value in moved
    ]


def test_a_setting_moved_while_it_trains_is_noted_where_it_acts(screen):
    begun(screen, {"at": [0, 0]}, epochs=1000)
    screen.ask_go()
    until(lambda: screen.run.images)
    screen.ask_set("eta", 0.5)
    screen.ask_set("momentum", 0.2)
    state = screen.ask_pause()
    (run,) = state["runs"]
    assert [(move["name"], move["value"]) for move in run["moved"]] == [("eta", 0.5), ("momentum", 0.2)]
    net = nn.Network([784, 30, 10], cost="quadratic", seed=1)
    steps = nn.Steps(net, TRAIN, 10, 3.0)
    for move in run["moved"]:
        steps.train(move["images"] - steps.images)
        setattr(steps, move["name"], move["value"])
    steps.train(run["images"] - steps.images)
    np.testing.assert_array_equal(screen.run.net.parameters, net.parameters)
    assert run["curve"][-1, 0] * N == run["images"]  # it is measured where it pauses
    assert run["curve"][-1, 1] == net.accuracy(TEST)


def test_settings_moved_before_the_first_mini_batch_are_those_it_begins_with(screen):
    begun(screen, {})
    state = screen.ask_set("eta", 0.5)
    assert state["runs"][0]["settings"]["eta"] == 0.5
    assert state["runs"][0]["moved"] == []


def test_one_step_and_one_epoch(screen):
    begun(screen, {"at": [1, 0]})
    screen.ask_step()
    assert settled(screen)["runs"][0]["images"] == N + 10
    screen.ask_set("mini_batch_size", 32)
    screen.ask_step()
    assert settled(screen)["runs"][0]["images"] == N + 42
    screen.ask_epoch()
    state = settled(screen)
    assert state["runs"][0]["images"] == 2 * N
    assert [x for x, *_ in state["runs"][0]["curve"] if x >= 1] == [1, 2]  # not where it paused in between


def test_a_run_that_is_done_begins_again_and_replaces_itself(screen):
    begun(screen, {"at": [2, 0]}, epochs=2)
    screen.ask_go()
    state = settled(screen)
    assert [(run["letter"], run["images"]) for run in state["runs"]] == [("A", 2 * N)]
    screen.ask_set("eta", 1.0)
    screen.ask_go()
    state = settled(screen)  # the first run, which was moved at its end, stays beside
    assert [(run["letter"], run["settings"]["eta"]) for run in state["runs"]] == [("A", 3.0), ("B", 1.0)]
    assert state["current"] == 1


def test_more_epochs_train_on(screen):
    begun(screen, {"at": [1, 0]}, epochs=1)
    screen.ask_epochs(3)
    screen.ask_go()
    state = settled(screen)
    assert state["runs"][0]["images"] == 3 * N
    np.testing.assert_array_equal(screen.run.net.parameters, sgd(epochs=3)[0].parameters)


def test_a_run_beside_has_one_change_and_the_same_moves(screen):
    begun(screen, {"moved": [[1, 0, "eta", 1.0]], "at": [2, 0]}, epochs=2)
    screen.ask_beside("hidden", 20)
    screen.ask_beside("eta", 0.5)
    state = settled(screen)
    a, b, c = state["runs"]
    assert b["settings"] == a["settings"] | {"hidden": 20}
    assert b["moved"] == a["moved"]
    assert c["settings"] == a["settings"] | {"eta": 0.5}
    assert c["moved"] == []
    assert (state["current"], b["images"], c["images"]) == (0, 2 * N, 2 * N)


def test_of_more_than_four_runs_the_oldest_goes_but_never_the_current_one(screen):
    begun(screen, {"at": [1, 0]}, epochs=1)
    for seed in range(2, 7):
        screen.ask_beside("seed", seed)
    state = settled(screen)
    assert [run["letter"] for run in state["runs"]] == ["A", "D", "E", "F"]
    assert state["current"] == 0


def test_new_start_takes_the_next_seed_and_keeps_the_old_run_beside(screen):
    begun(screen, {"at": [1, 0]})
    state = screen.ask_new_start()
    assert [(run["settings"]["seed"], run["images"]) for run in state["runs"]] == [(1, N), (2, 0)]
    assert not state["running"]
    state = screen.ask_new_start()  # one that was never trained is replaced
    assert [run["settings"]["seed"] for run in state["runs"]] == [1, 3]


def test_another_run_follows_the_controls(screen):
    begun(screen, {"at": [1, 0]}, {"settings": {"init": "large"}, "at": [1, 0]}, epochs=2)
    screen.ask_choose(1)
    screen.ask_epoch()
    state = settled(screen)
    assert [run["images"] for run in state["runs"]] == [N, 2 * N]
    assert state["weights"].shape == (30, 784)
    np.testing.assert_allclose(state["least"], screen.runs[1].net.weights[0].min(axis=1))


def test_values_that_the_core_refuses_are_refused_in_its_words(screen):
    begun(screen, {"at": [1, 0]})
    steps = nn.Steps(nn.Network([1, 1]), ([[0.0]], [[0.0]]), 1, 1.0)
    for name, value in [
        ("mini_batch_size", 0),
        ("mini_batch_size", 2.5),
        ("eta", -1.0),
        ("momentum", "much"),
    ]:
        with pytest.raises((ValueError, TypeError)) as ours:
            screen.ask("set", {"name": name, "value": value})
        with pytest.raises((ValueError, TypeError)) as core:
            setattr(steps, name, value)
        assert str(ours.value) == str(core.value)
        with pytest.raises((ValueError, TypeError)) as ours:
            screen.ask("beside", {"name": name, "value": value})
        assert str(ours.value) == str(core.value)
    for name, value in [
        ("cost", "log-likelihood"),
        ("init", "small"),
        ("hidden", 401),
        ("seed", -1),
        ("l1", 1),
    ]:
        with pytest.raises((ValueError, TypeError)):
            screen.ask("beside", {"name": name, "value": value})
    assert screen.run.now == Settings()
    assert len(screen.runs) == 1


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [{}] * 5,
        "A",
        [3],
        [{"other": 1}],
        [{"settings": {"l1": 1}}],
        [{"settings": {"hidden": 10**9}}],
        [{"settings": {"eta": None}}],
        [{"moved": [[0, 0, "cost", "quadratic"]]}],
        [{"moved": [[0, 0, "eta", 1.0]] * 501}],
        [{"moved": [[0, 0, "eta"]]}],
        [{"at": [10**6, 0]}],
        [{"at": [1]}],
        [{"at": [0, -1]}],
    ],
)
def test_a_link_that_is_none_is_refused(screen, runs):
    with pytest.raises((ValueError, TypeError)):
        screen.ask("begin", {"runs": runs})
    assert screen.runs == []
    with pytest.raises(ValueError, match="begin"):
        screen.ask("go", {})


def test_beginning_with_what_is_there_keeps_it(screen):
    given = [{"at": [1, 0], "moved": [[0, 500, "eta", 1.0]]}, {"settings": {"seed": 5}, "at": [0, 100]}]
    begun(screen, *given)
    before = list(screen.runs)
    begun(screen, *given)
    assert screen.runs == before
    begun(screen, given[0])
    assert screen.runs != before[:1]


def test_a_training_that_leaves_the_finite_numbers_goes_back_and_can_go_on(screen):
    begun(screen, {"at": [1, 0]}, epochs=2)
    good = screen.run.net.parameters.copy()
    screen.ask_set("lmbda", 1e20)
    screen.ask_go()
    state = settled(screen)
    (run,) = state["runs"]
    assert run["error"].startswith("epoch 1: the parameters left the finite numbers; eta lmbda/n")
    np.testing.assert_array_equal(screen.run.net.parameters, good)
    assert (run["images"], run["curve"][-1, 0]) == (N, 1)
    screen.ask_set("lmbda", 0.0)
    screen.ask_go()
    state = settled(screen)
    assert state["runs"][0]["error"] == ""
    np.testing.assert_array_equal(screen.run.net.parameters, sgd(epochs=2)[0].parameters)


def test_the_doctor_s_remedy_is_applied_beside_the_old_run_and_undone(screen):
    begun(screen, {"settings": {"eta": 100.0}, "at": [2, 0]}, epochs=3)
    found = screen.ask_doctor()
    high = next(finding for finding in found["findings"] if finding["name"] == "eta too high")
    assert found["about"] == "run A, after 2 epochs"
    assert high["remedy"] == f"Try eta = {high['change']['eta']:g}, on a new network."
    screen.ask_apply(high["change"])
    state = settled(screen)
    assert [run["settings"]["eta"] for run in state["runs"]] == [100.0, high["change"]["eta"]]
    assert state["current"] == 1
    assert state["runs"][1]["curve"][-1, 1] > 0.8 > state["runs"][0]["curve"][-1, 1]
    state = screen.ask_drop("B")
    assert [run["letter"] for run in state["runs"]] == ["A"]
    assert state["current"] == 0
    with pytest.raises(ValueError, match="letter"):
        screen.ask_drop("A")


def test_a_healthy_run_has_no_finding_to_apply(screen):
    begun(screen, {"settings": {"eta": 1.0}, "at": [5, 0]})
    assert screen.ask_doctor()["healthy"]


def test_frames_are_whole_states_and_can_be_sent(screen, frames):
    begun(screen, {"at": [3, 0]})
    names, states = zip(*frames, strict=True)
    assert set(names) == {"frame"}
    assert [state["serial"] for state in states] == sorted({state["serial"] for state in states})
    for state in states:
        assert state["runs"][0]["curve"][-1, 0] <= state["runs"][0]["images"] / N
        counts = state["histogram"]
        assert counts["now"].sum() + counts["beyond"] == 784 * 30
        assert wire.pack("train", {"push": "frame", "value": state, "seq": 1})
    assert not states[-1]["running"]


def test_closing_ends_the_training(screen):
    begun(screen, {}, epochs=1000)
    screen.ask_go()
    assert any(thread.name == "nncore-play-training" for thread in threading.enumerate())
    screen.close()
    assert screen.trainer._thread is not None
    assert not screen.trainer._thread.is_alive()
    images = screen.run.images
    time.sleep(0.05)
    assert screen.run.images == images < 1000 * N


def test_a_fault_ends_the_training_and_is_shown(screen, monkeypatch, frames):
    begun(screen, {}, epochs=2)
    monkeypatch.setattr(LiveRun, "_measure", lambda self: 1 / 0)
    screen.ask_go()
    until(lambda: any(state["fault"] for _, state in frames))
    assert "ZeroDivisionError" in frames[-1][1]["fault"]
    assert not screen.ask_state()["running"]


def test_slow_motion_allows_so_many_images_a_second(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: clock[0])
    slow, trained = SlowMotion(), 0
    for _ in range(100):
        clock[0] += 0.01
        if (due := slow.allowed(200.0, 10)) >= 10:
            slow.take(due - due % 10)
            trained += due - due % 10
    assert trained == pytest.approx(200, abs=10)
    clock[0] += 1000  # time that was lost is not made up
    assert slow.allowed(200.0, 10) <= 20


def test_a_slow_run_waits_between_mini_batches(screen):
    begun(screen, {}, speed=0)
    start = time.monotonic()
    screen.ask_go()
    until(lambda: screen.run.images >= 50)
    images = screen.ask_pause()["runs"][0]["images"]
    assert images <= trainer.SLOWEST * 10 * (time.monotonic() - start) + 20


def test_whoever_wants_it_still_gets_his_turn_at_once():
    class Endless:
        images, n, mini_batch_size, finished = 0, 1000, 10, False

        def train(self, images):
            assert not inside
            assert images <= self.n  # however fast it is
            self.images += images
            return images

        def rest(self):
            pass

    inside = []
    trainer = Trainer(lambda: None)
    with trainer.still():
        trainer.queue.append(Task(Endless()))
    for _ in range(200):
        with trainer.still():
            inside.append(1)
            inside.clear()
    trainer.close()
    assert trainer.fault == ""


def test_the_book_s_numbers_stand_beside_its_own_settings():
    chapter1 = published(Settings())
    assert chapter1.best == 0.9542
    assert chapter1.points[0] == (1, 0.9129)
    assert chapter1.points[-2] == (29, 0.9542)
    assert not chapter1.whole
    assert published(Settings(init="large", seed=7)) == chapter1
    assert published(Settings(hidden=100)).best == 0.9659
    assert published(Settings(hidden=100, eta=0.001)).points[-1] == (30, 0.2142)
    assert published(Settings(eta=0.5, cost="cross-entropy")).best == 0.9549
    author = {
        init: published(Settings(0.1, 5.0, cost="cross-entropy", init=init)) for init in ("scaled", "large")
    }
    assert [len(curve.points) for curve in author.values()] == [30, 30]
    assert (author["scaled"].points[0], author["large"].points[0]) == ((1, 0.9270), (1, 0.8643))
    assert published(Settings(eta=2.0)) is None
    assert published(Settings(momentum=0.5)) is None


def test_a_scale_doubles_and_halves_and_leaves_room_to_spare():
    scale = WeightScale()
    assert [scale.fit(size) for size in (0.3, 0.49, 0.51, 0.45, 0.41, 0.39, 0.3)] == [
        0.5,
        0.5,
        1,
        1,
        1,
        0.5,
        0.5,
    ]
    assert scale.fit(np.inf) == 0.5
    w = np.array([-3.0, -0.5, 0.0, 0.25, 2.0], np.float32)
    assert as_bytes(w, 0.5).tolist() == [-127, -127, 0, 64, 127]
    counts, beyond = histogram(w, 1.0)
    np.testing.assert_array_equal(counts, np.histogram(w, 60, (-1.0, 1.0))[0])
    assert beyond == 2


def test_a_move_at_the_same_image_replaces_the_last():
    run = LiveRun("A", Settings(), DIGITS, goal=100)
    run.train(1000)
    run.set("eta", 1.0)
    run.set("eta", 2.0)
    assert run.moved == [Move(100, "eta", 2.0)]
