"""The author's seeded runs, compared with his published curves and with plain NumPy."""

import itertools
import json
import math
import os
import random
import re

import numpy as np
import pytest
from click.testing import CliRunner

import nncore
from nncore import cli
from nncore.reference import network as reference
from nncore.reproduction import published_curves, replay


@pytest.fixture(scope="session")
def author_curves(mnist):
    """A function that gives the path of a published file, if the tests' data hold it."""

    def path(name):
        file = os.path.join(os.environ["NNCORE_DATA"], "author_curves", f"{name}.json")
        if not os.path.exists(file):
            pytest.skip(f"needs the author's {name}.json in $NNCORE_DATA/author_curves")
        return file

    return path


@pytest.fixture(scope="module")
def overfitting(mnist):
    return replay.run("overfitting", epochs=60, data=mnist)


@pytest.fixture(scope="module")
def weight_initialization(mnist):
    return replay.run("weight_initialization_30", epochs=1, data=mnist)


@pytest.fixture
def few(sample):
    """70 training, 40 validation and 30 test digits."""
    return tuple(data[:n] for data, n in zip(sample, (70, 40, 30), strict=True))


# Compared with the published numbers


def test_overfitting_meets_the_shipped_numbers(overfitting):
    comparison = published_curves.compare("overfitting", overfitting)
    assert comparison.epoch is None, comparison
    assert comparison.numbers == 2 * 30 + 2 * 10
    assert 0 < comparison.cost_error <= 5.001e-5  # four digits are published


def test_overfitting_meets_all_numbers_of_60_epochs(overfitting, author_curves):
    published = published_curves.read_published("overfitting", author_curves("overfitting"))
    comparison = published_curves.compare("overfitting", overfitting, published)
    assert comparison.epoch is None, comparison
    assert comparison.numbers == 4 * 60
    assert comparison.cost_error < 1e-12


def test_first_epoch_of_regularized_matches_plain_numpy(mnist):
    """The book gives only the end of this run."""
    history = replay.run("regularized", epochs=1, data=mnist)
    assert programs_own("regularized", mnist, 1)["regularized"] == approximately(history)


def test_first_epoch_of_weight_initialization_is_as_published(weight_initialization):
    """Both networks use one stream of random numbers, in which epochs that are left out are drawn, too."""
    comparisons = published_curves.compare("weight_initialization_30", weight_initialization)
    assert list(comparisons) == ["scaled", "large"]
    for comparison in comparisons.values():
        assert comparison == (1, 0.0, None, "")
    assert weight_initialization["scaled"].evaluation_accuracy == [0.9270]
    assert weight_initialization["large"].evaluation_accuracy == [0.8643]


def test_shipped_numbers_are_those_of_the_author(author_curves):
    for name, shipped in published_curves.PUBLISHED.items():
        published = published_curves.read_published(name, author_curves(name))
        assert shipped.keys() == published.keys()
        for key, curve in shipped.items():
            for column, numbers in curve.numbers.items():
                for epoch, number in numbers.items():
                    digits = 4 if column.endswith("cost") else 0
                    assert round(published[key].numbers[column][epoch], digits) == number


def test_first_epoch_of_multiple_eta_is_as_published(mnist, monkeypatch):
    first = replay.PROGRAMS["multiple_eta"]["eta 0.025"]
    monkeypatch.setitem(replay.PROGRAMS, "multiple_eta", {"multiple_eta": first})
    history = replay.run("multiple_eta", epochs=1, data=mnist)
    assert round(history.training_cost[0], 3) == 0.878  # chapter 3's figure of the three learning rates


@pytest.mark.slow
def test_overfitting_stays_on_the_published_curve(mnist, author_curves):
    published = published_curves.read_published("overfitting", author_curves("overfitting"))
    comparison = published_curves.compare("overfitting", replay.run("overfitting", data=mnist), published)
    assert (comparison.numbers, comparison.epoch) == (1600, None), comparison


@pytest.mark.slow
def test_weight_initialization_stays_on_the_published_curve(mnist):
    """In 2 x 150,000 steps rounding is not amplified enough to change a count."""
    histories = replay.run("weight_initialization_30", data=mnist)
    for comparison in published_curves.compare("weight_initialization_30", histories).values():
        assert comparison == (30, 0.0, None, "")


# Compared with plain NumPy


def authors_draws(sizes):
    biases = [np.random.randn(n, 1) for n in sizes[1:]]  # noqa: NPY002
    return biases, [np.random.randn(n, n_in) for n_in, n in itertools.pairwise(sizes)]  # noqa: NPY002


def programs_own(name, data, epochs):
    """Do what the author's program does, with his own generators, one example at a time."""
    training, validation, test = data
    random.seed(replay.SEED)
    np.random.seed(replay.SEED)  # noqa: NPY002
    net, lists = None, {}
    training_data = list(zip(training.to_float(), training.labels, strict=True))
    for key, run in replay.PROGRAMS[name].items():
        sizes = [training.images[0].size, run.hidden, 10]
        if net is None or run.init == "scaled":
            net = reference.Network(sizes, cost="cross-entropy")
            net.biases, net.weights = authors_draws(sizes)
            net.weights = [w / np.sqrt(w.shape[1]) for w in net.weights]
        if run.init == "large":
            net.biases, net.weights = authors_draws(sizes)
        examples = training_data if run.images is None else training_data[: run.images]
        evaluation = test if run.evaluation == "test" else validation
        lists[key] = {column: [] for column in replay.EVERYTHING}
        for epoch in range(run.epochs):
            for i in reversed(range(1, len(examples))):
                j = int(random.random() * (i + 1))
                examples[i], examples[j] = examples[j], examples[i]
            if epoch >= epochs:
                continue
            net.SGD(examples, 1, 10, run.eta, run.lmbda, shuffle=False)
            last = epoch == min(epochs, run.epochs) - 1
            for column in run.monitor:
                of = evaluation if column.startswith("evaluation") else examples
                value = net.cost(of, run.lmbda) if column.endswith("cost") else net.accuracy(of)
                lists[key][column].append(value if last or not run.evaluate_only_at_end else math.nan)
    return lists


def approximately(history):
    """The lists of a History, to rounding."""
    return {
        column: pytest.approx(getattr(history, column), rel=1e-11, nan_ok=True)
        for column in replay.EVERYTHING
    }


@pytest.mark.parametrize("name", replay.PROGRAMS)
def test_program_matches_plain_numpy(few, name):
    """Networks that share a stream of random numbers draw those of epochs left out, too."""
    result = replay.run(name, epochs=2, data=few)
    histories = {name: result} if isinstance(result, nncore.History) else result
    own = programs_own(name, few, 2)
    assert list(histories) == list(own) == list(replay.PROGRAMS[name])
    for key, history in histories.items():
        assert own[key] == approximately(history), key


def test_programs_have_the_settings_of_the_book():
    programs = replay.PROGRAMS
    assert [key for key in programs if len(programs[key]) == 1] == [
        "overfitting",
        "overfitting_full",
        "regularized",
        "regularized_full",
    ]
    assert [programs[name][name].lmbda for name in ("regularized", "regularized_full")] == [0.1, 5.0]
    assert programs["overfitting"]["overfitting"][:3] == (400, 0.5, 0.0)
    assert [(run.eta, run.init) for run in programs["multiple_eta"].values()] == [
        (0.025, "scaled"),
        (0.25, "scaled"),
        (2.5, "scaled"),
    ]
    assert [run.init for run in programs["weight_initialization_100"].values()] == ["scaled", "large"]
    for run in programs["more_data"].values():
        assert run.epochs * run.images == 1_500_000
        assert run.lmbda == pytest.approx(run.images / 10_000)


def test_python2_shuffle_worked_by_hand():
    """Each i from the last down to 1 is swapped with int(random() * (i + 1))."""
    draws = iter([0.999, 0.34, 0.0])
    x = list("abcd")
    replay.python2_shuffle(x, lambda: next(draws))  # d stays; c <-> b; c <-> a
    assert x == ["c", "a", "b", "d"]


def test_global_random_numbers_are_not_touched(few):
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = replay.run("overfitting", epochs=1, data=few)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    assert list(replay.run("overfitting", epochs=1, data=few)) == list(first)


def test_ctrl_c_ends_the_program(few, monkeypatch):
    calls = []

    def interrupted_shuffle(x, uniform):
        calls.append(x)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(replay, "python2_shuffle", interrupted_shuffle)
    with pytest.warns(UserWarning, match="interrupted"):
        histories = replay.run("weight_initialization_30", data=few)
    assert list(histories) == ["scaled"]
    assert len(histories["scaled"]) == 2
    assert histories["scaled"].interrupted


def test_wrong_arguments_are_named(few):
    with pytest.raises(ValueError, match=r"name: one of overfitting, .* needed, got 'underfitting'"):
        replay.run("underfitting")
    with pytest.raises(ValueError, match="epochs"):
        replay.run("overfitting", epochs=0, data=few)
    with pytest.raises(ValueError, match="name: one of"):
        published_curves.compare("underfitting", nncore.History())
    with pytest.raises(ValueError, match="name: one of"):
        published_curves.read_published("underfitting", "underfitting.json")


# Comparisons


def seen(**columns):
    history = nncore.History()
    for column, values in columns.items():
        setattr(history, column, values)
    return history


def test_comparison_names_the_first_difference():
    published = {
        "overfitting": published_curves.Published(
            {"evaluation_accuracy": {0: 5887, 1: 6505, 3: 7000}, "training_cost": {0: 1.5, 1: 1.25}}
        )
    }

    def compare(**columns):
        return published_curves.compare("overfitting", seen(**columns), published)

    met = compare(evaluation_accuracy=[0.5887, 0.6505, 0.1, 0.7], training_cost=[1.5, 1.25 + 1e-10])
    assert met[:1] + met[2:] == (5, None, "")
    assert met.cost_error == pytest.approx(1e-10)
    assert str(met) == (
        "meets every published number of these epochs, 5 of them; costs differ by 1e-10 at most"
    )
    count = compare(evaluation_accuracy=[0.5887, 0.6504], training_cost=[1.5, 1.25])
    assert count == (2, 0.0, 1, "evaluation accuracy 6504, published 6505")
    cost = compare(evaluation_accuracy=[0.5887, 0.6505], training_cost=[1.5 + 2e-9, 1.25])
    assert (cost.numbers, cost.epoch) == (0, 0)
    assert str(cost) == ("leaves the published curve at epoch 0: training cost 1.500000002, published 1.5")
    assert compare(evaluation_accuracy=[math.nan, math.nan, 0.5, 0.6999]).epoch == 3
    assert str(compare()) == "has no published numbers here to compare with"
    assert published_curves.compare("regularized", seen(training_cost=[1.0])) == (0, 0.0, None, "")


def test_comparison_of_several_networks():
    histories = {
        "scaled": seen(evaluation_accuracy=[0.9270, 0.9414]),
        "large": seen(evaluation_accuracy=[0.8643, 0.9045]),
    }
    found = published_curves.compare("weight_initialization_30", histories)
    assert {key: comparison.epoch for key, comparison in found.items()} == {"scaled": None, "large": 1}


FILES = {
    "overfitting": ([[2.5], [5887], [1.5], [690]], {"overfitting": {"evaluation_accuracy": {0: 5887}}}),
    "weight_initialization_100": (
        {
            "large_weight_initialization": [[], [8994, 9000], [], []],
            "default_weight_initialization": [[], [9295], [], []],
        },
        {
            "scaled": {"evaluation_accuracy": {0: 9295}},
            "large": {"evaluation_accuracy": {0: 8994, 1: 9000}},
        },
    ),
    "multiple_eta": (
        [[[], [], [0.5, 0.25], []], [[], [], [0.75], []], [[], [], [1], []]],
        {
            "eta 0.025": {"training_cost": {0: 0.5, 1: 0.25}},
            "eta 0.25": {"training_cost": {0: 0.75}},
            "eta 2.5": {"training_cost": {0: 1}},
        },
    ),
    "more_data": (
        [69.09, 76.37, 1, 2, 3, 4, 5, 6, 95.97],
        {
            "100 images": {"evaluation_accuracy": {14_999: 6909}},
            "50000 images": {"evaluation_accuracy": {29: 9597}},
        },
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_author_files_are_read(tmp_path, name):
    content, wanted = FILES[name]
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(content))
    published = published_curves.read_published(name, path)
    assert list(published) == list(replay.PROGRAMS[name])
    for key, columns in wanted.items():
        for column, numbers in columns.items():
            assert published[key].numbers[column] == numbers
        assert published[key].tolerance == 1e-9


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", ["", "{}", "3", "[3]", "[[1], [2]]", '[["a"], [], [], []]', "[" * 100_000])
def test_other_files_are_refused(tmp_path, name, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}: expected the author's {name}.json"):
        published_curves.read_published(name, path)


# The command


def run(*args):
    return CliRunner().invoke(cli.main, ["replay", *map(str, args)])


def test_command_says_that_the_curve_is_met(mnist, tmp_path):
    done = run("overfitting", "--epochs", 2)
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0].startswith("overfitting, epoch 1: evaluation cost 1.8232, evaluation accuracy 0.6505, ")
    assert lines[1].startswith("overfitting meets every published number of these epochs, 8 of them; costs")
    published = [[2.0762772323329082, 1.8], [5887, 6505], [1.8434, 1.4777], [690, 749]]
    (tmp_path / "own.json").write_text(json.dumps(published))
    done = run("overfitting", "--epochs", 1, "--published", tmp_path / "own.json")
    assert done.exit_code == 0
    assert "leaves the published curve at epoch 0: training cost 1.843" in done.output


def test_command_refuses_in_one_line(tmp_path):
    done = run("underfitting")
    assert done.exit_code == 2
    assert "more_data" in done.output
    assert run("overfitting", "--epochs", 0).exit_code == 2
    (tmp_path / "other.json").write_text("{}")
    for options in (("--data", tmp_path), ("--published", tmp_path / "other.json")):
        done = run("overfitting", *options)
        assert done.exit_code == 1
        assert len(done.output.splitlines()) == 1
        assert str(tmp_path) in done.output


def test_command_stopped_by_ctrl_c(mnist, monkeypatch):
    def stop(x, uniform):
        raise KeyboardInterrupt

    monkeypatch.setattr(replay, "python2_shuffle", stop)
    done = run("overfitting")
    assert done.exit_code == 130
    assert "Stopped." in done.output
