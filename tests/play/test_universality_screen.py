"""Universality and One neuron, without a browser: what is refused, and how SGD's try ends."""

import numpy as np
import pytest

from nncore.book import universality
from nncore.play.screens.neuron import Neuron
from nncore.play.screens.universality import Universality, best_heights, book_goal, edges, paired


@pytest.fixture
def frames():
    return []


@pytest.fixture
def screen(frames):
    screen = Universality(None, lambda name, value: frames.append((name, value)))
    yield screen
    screen.close()


def test_even_bumps_step_where_the_book_s_do():
    for N in (1, 2, 7, 200):
        net = universality.approximate(book_goal, N, w=100.0)
        np.testing.assert_allclose(edges(N), -net.biases[0][:, 0] / 100, atol=1e-15)


def test_a_bump_that_is_moved_takes_the_goal_in_its_middle(screen):
    answer = screen.ask("curve", {"N": 2, "w": 500, "steps": [-0.5, 0.4, 0.6, 1.5]})
    np.testing.assert_array_equal(answer["heights"], book_goal(np.array([0.2, 0.8])))
    flat = screen.ask("curve", {"N": 1, "w": 1e6, "own": [0.5] * 101, "steps": [-1, 2]})
    assert (flat["mean"], flat["max"], flat["heights"].tolist()) == (0.0, 0.0, [0.5])


@pytest.mark.parametrize("w", [8.0, 40.0, 999.0, 4000.0])
def test_best_heights_are_no_worse_than_medians_or_middles(w):
    def mean(heights):
        net.weights[1] = paired(heights)
        return universality.deviation(net, book_goal).mean

    net = universality.approximate(book_goal, 5, w=w)
    middles = net.weights[1][0, ::2].copy()
    best = best_heights(net, book_goal)
    medians = np.array([np.median(book_goal(np.linspace(k, k + 1, 500) / 5)) for k in range(5)])
    assert mean(best) <= min(mean(middles), mean(medians)) + 1e-3
    assert np.abs(best).max() <= 10


@pytest.mark.parametrize(
    ("question", "wrong", "named"),
    [
        ("curve", {"N": 0}, "N"),
        ("curve", {"N": 201}, "N"),
        ("curve", {"N": "5"}, "N"),
        ("curve", {"w": 0}, "w"),
        ("curve", {"w": float("inf")}, "w"),
        ("curve", {"own": [0.0] * 100}, "own"),
        ("curve", {"own": [11.0] * 101}, "own"),
        ("curve", {"own": ["a"] * 101}, "own"),
        ("curve", {"heights": [1.0]}, "heights"),
        ("curve", {"heights": [np.nan] * 3}, "heights"),
        ("curve", {"heights": [[1.0], [2.0, 3.0]]}, "heights"),
        ("curve", {"steps": [0.0] * 3}, "steps"),
        ("curve", {"steps": [0.0] * 5 + [2.5]}, "steps"),
        ("surface", {"N": 13}, "N"),
        ("surface", {"heights": [0.0] * 8}, "heights"),
        ("sgd", {"N": 201}, "N"),
        ("sgd", {"inputs": 3}, "inputs"),
        ("sgd", {"N": 13, "inputs": 2}, "N"),
    ],
)
def test_strange_questions_are_refused(screen, question, wrong, named):
    good = {"N": 3} if question == "sgd" else {"N": 3, "w": 600.0}
    with pytest.raises((ValueError, TypeError), match=f"^{named}: "):
        screen.ask(question, good | wrong)
    assert screen.attempt is None


def test_sgd_ends_when_it_is_asked_again_and_with_the_connection(screen, frames):
    assert screen.ask("sgd", {"N": 200})["neurons"] == 400
    first = screen.attempt
    screen.ask("sgd", {"N": 1})
    assert not first.thread.is_alive()
    assert first.net.epochs_trained < first.epochs
    assert next(frame["attempt"] for _, frame in frames if not frame["running"]) == 1
    screen.ask("sgd", {"N": 200})
    last = screen.attempt
    screen.close()
    assert not last.thread.is_alive()
    assert frames[-1][0] == "sgd"
    assert frames[-1][1]["running"] is False


def test_what_sgd_learns_does_not_depend_on_who_watches(frames):
    nets = []
    for push in (lambda name, value: None, lambda name, value: frames.append(value["output"].sum())):
        screen = Universality(None, push)
        screen.ask("sgd", {"N": 2})
        screen.attempt.thread.join()
        nets.append(screen.attempt.net)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


@pytest.mark.parametrize(
    "wrong", [{"w": 11}, {"b": -11}, {"x": "1"}, {"eta": -0.1}, {"eta": 1e9}, {"eta": None}]
)
def test_strange_neurons_are_refused(wrong):
    good = {"w": 1.0, "b": 1.0, "x": 1.0, "eta": 0.1}
    with pytest.raises((ValueError, TypeError), match=f"^{next(iter(wrong))}: "):
        Neuron(None, None).ask("learn", good | wrong)
