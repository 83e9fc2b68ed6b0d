"""A Pace finds the number of threads that trains fastest."""

import pytest

import nncore as nn
from nncore.training import pace
from nncore.training.pace import Pace


class Machine:
    """A machine whose speed with each number of threads is given, and its clock."""

    def __init__(self, monkeypatch, cores, speed):
        self.now, self.speed, self.idle = 0.0, speed, cores
        monkeypatch.setattr(pace, "cores_available", lambda: cores)
        monkeypatch.setattr(pace, "idle_cores", lambda: self.idle)
        monkeypatch.setattr(pace.time, "perf_counter", lambda: self.now)

    def train(self, chooser, seconds, leaves=lambda threads: False):
        """Train for so long; return the seconds that each number of threads took."""
        end, used = self.now + seconds, {}
        while self.now < end:
            threads, examples = chooser.next_slice()
            duration = examples / self.speed(threads)
            self.now += duration
            used[threads] = used.get(threads, 0.0) + duration
            chooser.record(threads, examples, duration, leaves(threads))
        return used


def test_the_fastest_number_of_threads_is_kept(monkeypatch):
    machine = Machine(monkeypatch, 8, {1: 1e5, 2: 1.9e5, 4: 3.5e5, 8: 3.2e5}.get)
    used = machine.train(Pace(None, 10**4, 10), 10)
    assert max(used, key=used.get) == 4
    assert used[4] > 9.5


def test_threads_that_do_not_help_are_tried_rarely(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.01e5}.get)
    used = machine.train(Pace(None, 10**4, 10), 60)
    assert used[2] < 0.01 * 60


def test_a_machine_that_becomes_busy_is_noticed_at_once(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    chooser = Pace(None, 10**4, 10)
    machine.train(chooser, 5)
    assert chooser.best == 2
    machine.speed = {1: 0.5e5, 2: 0.2e5}.get
    used = machine.train(chooser, 30)
    assert used[2] < 1.0
    machine.speed = {1: 1e5, 2: 1.9e5}.get
    used = machine.train(chooser, 30)
    assert used[2] > 20


def test_a_team_that_leaves_a_slice_is_given_up(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    chooser = Pace(None, 10**4, 10)
    machine.train(chooser, 5)
    machine.train(chooser, 0.01, leaves=lambda threads: threads == 2)
    assert chooser.best == 1


def test_one_short_slice_that_is_slow_does_not_end_a_team(monkeypatch):
    """In epochs of a millisecond or two a pause of the machine is a large share of a slice."""
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    chooser, used = Pace(None, 10**4, 10), {1: 0, 2: 0}
    for i in range(5000):
        threads, examples = chooser.next_slice()
        examples = min(examples, 200)
        seconds = examples / machine.speed(threads) + 0.001 * (i % 20 == 0)
        machine.now += seconds
        chooser.record(threads, examples, seconds, False)
        used[threads] += 1
    assert used[2] > 0.95 * 5000


def test_nothing_is_tried_while_no_core_is_idle(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    machine.idle = 0
    chooser = Pace(None, 10**4, 10)
    assert set(machine.train(chooser, 5)) == {1}
    machine.idle = 1
    used = machine.train(chooser, 5)
    assert used[2] > 4


def test_a_large_step_starts_on_all_cores_that_are_idle(monkeypatch):
    machine = Machine(monkeypatch, 4, {1: 1e3, 2: 1.9e3, 4: 3.5e3}.get)
    assert Pace(None, 10**6, 100).next_slice()[0] == 4
    machine.idle = 2
    assert Pace(None, 10**6, 100).next_slice()[0] == 1
    machine.idle = 3
    chooser = Pace(None, 10**6, 100)
    machine.speed = {1: 1e5, 2: 0.9e5, 4: 0.8e5}.get
    used = machine.train(chooser, 20)
    assert used[1] > 19


def test_a_trial_that_an_epoch_cuts_short_goes_on_in_the_next(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    chooser = Pace(None, 10**3, 10)
    for _ in range(200):
        threads, examples = chooser.next_slice()
        examples = min(examples, 100)
        seconds = 0.0005 + examples / machine.speed(threads)
        machine.now += seconds
        chooser.record(threads, examples, seconds, False)
        assert not chooser.trials or chooser.recent[0] <= chooser._trial_size()
    assert chooser.best == 2 or chooser.speeds[2] < 1.05 * chooser.speeds[1]


def test_a_core_that_wakes_up_slowly_is_used(monkeypatch):
    """For 10 ms after a pause, and after more threads begin, each slice takes three times as long."""
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 1.9e5}.get)
    chooser, used = Pace(None, 10**4, 10), {1: 0.0, 2: 0.0}
    for _ in range(20):  # calls of SGD
        machine.now += 0.3
        before, awake = 1, 0.0
        for _ in range(100):
            threads, examples = chooser.next_slice()
            examples = min(examples, 200)
            if threads > before:
                awake = machine.now + 0.01
            seconds = examples / machine.speed(threads) * (3 if machine.now < awake else 1)
            machine.now += seconds
            chooser.record(threads, examples, seconds, False)
            used[threads] += seconds
            before = threads
    assert used[2] > 5 * used[1]


def test_a_first_slice_that_is_very_slow_does_not_end_the_trial_of_the_best_number(monkeypatch):
    """Each call begins with a slice that takes six times as long, since a core has slept."""
    machine = Machine(monkeypatch, 2, {1: 1e4, 2: 1.9e4}.get)
    chooser = Pace(None, 10**4, 10)
    machine.train(chooser, 1)
    for _ in range(20):
        machine.now += 10.0
        machine.speed = {1: 1e4, 2: 0.3e4}.get
        machine.train(chooser, 0.0001)
        machine.speed = {1: 1e4, 2: 1.9e4}.get
        assert machine.train(chooser, 0.3)[2] > 0.25


def test_pauses_between_short_epochs_do_not_keep_a_trial_from_its_end(monkeypatch):
    """Each epoch takes 15 ms, and what is done between them 10 ms; two threads are a little slower."""
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 0.8e5}.get)
    chooser, used = Pace(None, 10**4, 10), {1: 0.0, 2: 0.0}
    for _ in range(400):
        machine.now += 0.01
        left = 1500
        while left > 0:
            threads, examples = chooser.next_slice()
            examples = min(examples, left)
            seconds = examples / machine.speed(threads)
            machine.now += seconds
            left -= examples
            chooser.record(threads, examples, seconds, False)
            used[threads] += seconds
    assert used[1] > 20 * used[2]


def test_a_hopeless_trial_ends_at_once(monkeypatch):
    machine = Machine(monkeypatch, 2, {1: 1e5, 2: 0.04e5}.get)
    used = machine.train(Pace(None, 10**3, 10), 1.0)
    assert used[2] < 0.1


def test_one_core_and_a_given_number_measure_nothing(monkeypatch):
    machine = Machine(monkeypatch, 1, {1: 1e5, 3: 1e5}.get)
    assert set(machine.train(Pace(None, 10**4, 10), 5)) == {1}
    chooser = Pace(3)
    assert set(machine.train(chooser, 5)) == {3}
    machine.speed = {3: 1e4}.get
    assert set(machine.train(chooser, 5)) == {3}
    assert not Pace(3).measures


def test_a_slice_is_about_a_twentieth_of_a_second(monkeypatch):
    machine = Machine(monkeypatch, 1, {1: 1e5}.get)
    chooser = Pace(None, 1000, 10)
    machine.train(chooser, 0.1)
    assert chooser.next_slice()[1] == pytest.approx(1e5 / 20)


def test_the_history_says_how_many_threads_trained(sample):
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(sample[0][:1000], 2, 10, 0.5, threads=2)
    assert history.threads == [2, 2]
    assert nn.History.from_dict(history.to_dict()).threads == [2, 2]


def test_threads_chosen_by_measuring_give_the_bits_of_one(sample):
    networks = [nn.Network([784, 100, 10], seed=0) for _ in range(2)]
    for net, threads in zip(networks, (1, None), strict=True):
        net.SGD(sample[0], 3, 10, 0.5, lmbda=1.0, momentum=0.3, threads=threads)
    assert (networks[0].parameters == networks[1].parameters).all()
