"""The screen Overfitting without a browser: which runs it trains, gives up and keeps; the book's numbers."""

import threading

import pytest

import nncore as nn
from nncore._work.stop import Stop
from nncore.play.against_overfitting import Recipe, Trial
from nncore.play.author import author
from nncore.play.digits import Digits
from nncore.play.screens import overfitting
from nncore.play.screens.overfitting import Overfitting
from nncore.reproduction.published_curves import PUBLISHED

TRAIN, _, TEST = nn.datasets.load_sample()
DIGITS = Digits(TRAIN, TEST, False, "data = nn.datasets.load_sample()")


@pytest.fixture
def screen(bench, monkeypatch):
    monkeypatch.setattr(overfitting, "digits_at_hand", lambda: DIGITS)
    idle = threading.Event()
    screen = Overfitting(bench, lambda name, state: idle.set() if not state["running"] else None)
    screen.idle = idle
    yield screen
    screen.close()


def finished(screen, runs, epochs):
    screen.idle.clear()
    state = screen.ask("runs", {"runs": runs, "epochs": epochs})
    while state["running"]:
        assert screen.idle.wait(60)
        screen.idle.clear()
        state = screen.ask("runs", {"runs": runs, "epochs": epochs})
    return state


def test_a_run_is_that_of_its_lines_of_python(screen):
    state = finished(screen, [["none", 0], ["lmbda", 0.5]], 3)
    for run in state["runs"]:
        known = {"nn": nn}
        exec(run["python"], known)
        assert run["points"][-1].tolist() == [
            3,
            known["net"].accuracy(TRAIN[:1000]),
            known["net"].accuracy(TEST),
        ]


def test_what_is_not_wanted_any_more_is_given_up_and_what_was_done_is_kept(screen):
    first = finished(screen, [["none", 0]], 2)
    screen.ask("runs", {"runs": [["none", 0], ["data", 7000]], "epochs": 1000})
    state = finished(screen, [["none", 0], ["lmbda", 1]], 2)
    assert list(screen.kept) == [Recipe(2), Recipe(2, lmbda=1.0)]
    assert state["runs"][0]["points"].tolist() == first["runs"][0]["points"].tolist()
    assert state["runs"][0]["seconds"] == first["runs"][0]["seconds"]  # it was not trained again


def test_a_stop_that_is_set_leaves_a_trial_unfinished():
    trial, stop = Trial(Recipe(1000), DIGITS), Stop()
    trial.train(stop, stop.set)
    assert not trial.done
    assert 1 <= len(trial.points) < 10


def test_early_stopping_watches_digits_that_nobody_trains_on():
    trial = Trial(Recipe(60, patience=1), DIGITS)
    trial.train(Stop(), lambda: None)
    epochs = trial.points[-1][0]
    assert trial.done
    assert epochs < 60
    net = Recipe(60).network()
    history = net.SGD(
        TRAIN[:1000], int(epochs), 10, 0.5, evaluation_data=TRAIN[-1000:], monitor="evaluation_accuracy"
    )
    accuracies = history.evaluation_accuracy
    assert accuracies[-1] <= accuracies[-2]
    assert accuracies[:-1] == sorted(set(accuracies[:-1]))
    assert trial.points[-1][2] == net.accuracy(TEST)


def test_more_images_have_as_many_steps():
    for images in (1000, 2000, 7000):
        recipe = Recipe(400, images=images)
        assert abs(recipe.own_epochs * images - 400_000) <= images / 2


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([], "a list of 1 to 4 needed"),
        ([["none", 0]] * 5, "a list of 1 to 4 needed"),
        (["none"], r"\[measure, value\] needed"),
        ([["weights", 1]], "measure:"),
        ([["lmbda", -1]], "lmbda:"),
        ([["lmbda", "much"]], "lmbda:"),
        ([["dropout", 1.0]], "dropout: a number from 0 to 0.9 needed"),
        ([["data", 7001]], "images: a whole number from 1,000 to 7,000 needed"),
        ([["augment", 9]], "pixels: a whole number from 1 to 8 needed"),
        ([["stop", 0]], "epochs:"),
    ],
)
def test_what_is_no_run_is_refused(screen, runs, words):
    with pytest.raises((ValueError, TypeError), match=words):
        screen.ask("runs", {"runs": runs, "epochs": 10})


def test_the_author_s_file_stands_beside_ours_if_it_is_at_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path))
    author.cache_clear()
    try:
        shipped, whole = author("overfitting")
        assert not whole
        assert shipped is PUBLISHED["overfitting"]
        folder = tmp_path / "fig"
        folder.mkdir()
        (folder / "overfitting.json").write_text("[[1.0], [5000], [1.0], [700]]")
        author.cache_clear()
        published, whole = author("overfitting")
        assert whole
        assert published["overfitting"].numbers["evaluation_accuracy"] == {0: 5000}
        [found] = overfitting.book([("none", 0.0, Recipe(30))])
        assert (found["name"], found["training"], found["test"]) == ("the author", [[1, 0.7]], [[1, 0.5]])
        (folder / "overfitting.json").write_text("{}")
        author.cache_clear()
        assert not author("overfitting")[1]
    finally:
        author.cache_clear()


def test_the_book_s_number_for_its_lmbda_is_that_of_the_experiment():
    [found] = overfitting.book([("lmbda", 0.1, Recipe(400, lmbda=0.1))])
    assert found["test"] == [[400, 0.8695]]
    assert overfitting.book([("lmbda", 0.2, Recipe(400, lmbda=0.2))]) == []
