"""The screen The book, run, without a browser: its table is the report's, its runs those of `runs.run`."""

import json
import time

import pytest
from support.book_runs import empty_folder, slow_epochs

import nncore as nn
from nncore.play import book_table
from nncore.play.digits import Digits
from nncore.play.screens import book
from nncore.play.screens.book import Book
from nncore.reproduction import runs, single_run
from nncore.reproduction.experiments import EXPERIMENTS
from nncore.reproduction.report.verdicts import verdict
from nncore.reproduction.results import collect

QUICK = "1.5"  # no hidden layer
HAS_MNIST = book.has_mnist
LONG = "3.11"  # 60 epochs


@pytest.fixture
def slow(monkeypatch):
    with slow_epochs(monkeypatch) as quick:
        yield quick


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "LOOK", 0.05)
    with empty_folder(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def frames():
    return []


@pytest.fixture
def screen(bench, folder, frames):
    screen = Book(bench, lambda name, value: frames.append(value()))
    yield screen
    screen.close()


def row(screen, id):
    return next(row for row in screen.ask("table", {})["rows"] if row["id"] == id)


def wait(screen):
    assert screen.ended.wait(60)
    screen.thread.join()


def test_without_results_every_experiment_says_so(screen, folder):
    table = screen.ask("table", {})
    assert [row["id"] for row in table["rows"]] == list(EXPERIMENTS)
    assert {row["word"] for row in table["rows"]} == {"not run yet"}
    assert all(row["ours"] is None and row["seconds"] is None and row["runs"] == 0 for row in table["rows"])
    assert not folder.exists()  # to look at the table makes nothing


def test_an_experiment_is_run_as_the_command_runs_it(screen, folder, frames, tmp_path):
    screen.ask("start", {"id": QUICK})
    wait(screen)
    runs.run([QUICK], results=tmp_path / "others")
    ours, others = collect(folder)[QUICK, "network"], collect(tmp_path / "others")[QUICK, "network"]
    accuracies = [record["history"]["evaluation_accuracy"] for record in ours]
    assert accuracies == [record["history"]["evaluation_accuracy"] for record in others]
    now = row(screen, QUICK)
    experiment = EXPERIMENTS[QUICK]
    found = verdict(experiment.numbers[0], ours)
    assert (now["runs"], now["of"], now["word"]) == (3, 3, found.word)
    assert now["ours"] == pytest.approx(sum(map(max, accuracies)) / 3)
    assert now["seconds"] == sum(record["wall"] for record in ours)
    assert frames[-1]["row"] == now
    assert frames[-1]["running"] == ""
    opened = screen.ask("open", {"id": QUICK, "part": ""})
    seeds = opened["curve"]["seeds"]
    assert [[y for _, y in seed["points"]] for seed in seeds] == accuracies
    average = [sum(values) / 3 for values in zip(*accuracies, strict=True)]
    assert [y for _, y in opened["curve"]["mean"]] == pytest.approx(average)
    assert opened["code"] == f"{book_table.LOAD}\n{experiment.parts[0].code()}"


def test_a_pause_keeps_what_was_done_and_start_goes_on(screen, folder, slow):
    screen.ask("start", {"id": LONG})
    with pytest.raises(ValueError, match=f"{LONG} is running; pause it first"):
        screen.ask("start", {"id": QUICK})
    deadline = time.monotonic() + 60
    while not (seeds := screen.ask("open", {"id": LONG, "part": ""})["curve"]["seeds"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    screen.ask("pause", {})
    wait(screen)
    assert screen.ask("pause", {}) == {"running": ""}
    before = screen.ask("open", {"id": LONG, "part": ""})["curve"]["seeds"]
    assert len(before[0]["points"]) >= len(seeds[0]["points"]) >= 1
    slow.set()
    screen.ask("start", {"id": LONG})
    wait(screen)
    after = screen.ask("open", {"id": LONG, "part": ""})["curve"]["seeds"]
    assert [seed["done"] for seed in after] == [True] * 3
    assert after[0]["points"][: len(before[0]["points"])] == before[0]["points"]
    assert len(after[0]["points"]) == 60


def test_the_end_of_the_connection_ends_the_runs(bench, folder, slow):
    screen = Book(bench, lambda name, value: None)
    screen.ask("start", {"id": LONG})
    screen.close()
    assert screen.ended.is_set()
    assert not screen.thread.is_alive()


def test_a_run_that_fails_says_why(screen, monkeypatch):
    def full(run, stop, attempt):
        raise OSError("no space left on device")

    monkeypatch.setattr(single_run, "carry_out", full)
    screen.ask("start", {"id": QUICK})
    wait(screen)
    failed = screen.ask("open", {"id": QUICK, "part": ""})["failed"]
    assert failed == [f"network, seed {seed}: OSError: no space left on device" for seed in range(3)]
    assert row(screen, QUICK)["word"] == "not run yet"


def test_what_is_no_training_runs_in_a_process(screen):
    screen.ask("start", {"id": "3.1"})  # it needs no digits
    wait(screen)
    now = row(screen, "3.1")
    assert (now["word"], now["runs"], now["ours_text"]) == ("reproduced", 1, "0.818")


def test_without_mnist_nothing_is_downloaded_and_what_was_fetched_is_used(screen, monkeypatch):
    fetched = []
    monkeypatch.setattr(book, "has_mnist", HAS_MNIST)
    monkeypatch.setattr(
        book, "digits_at_hand", lambda: Digits(*[nn.datasets.load_sample()[0]] * 2, False, "")
    )
    monkeypatch.setattr(book, "mnist_at_hand", lambda: fetched[0] if fetched else None)
    assert not screen.ask("table", {})["has_mnist"]
    with pytest.raises(ValueError, match=r"It needs MNIST, .* nn.datasets.load_mnist\(\) fetches it"):
        screen.ask("start", {"id": QUICK})
    fetched.append(nn.datasets.load_sample())
    assert screen.ask("table", {})["has_mnist"]
    screen.ask("start", {"id": QUICK})
    wait(screen)
    assert row(screen, QUICK)["runs"] == 3


def test_a_damaged_result_is_named(screen, folder):
    path = folder / QUICK / "network" / "seed-0.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"seed-0.json: not a result of nncore .*; delete it"):
        screen.ask("table", {})


@pytest.mark.parametrize("part", ["", "nothing", 7])
def test_wrong_questions_are_refused(screen, part):
    with pytest.raises((ValueError, TypeError), match="id:"):
        screen.ask("open", {"id": "9.9" if part == "" else part, "part": ""})
    if part:
        with pytest.raises((ValueError, TypeError), match="part:"):
            screen.ask("open", {"id": QUICK, "part": part})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["not run", "not run"], "not run yet"),
        (["exact", "not run"], "in part"),
        (["exact", "differs"], "differs"),
        (["below", "unclear"], "differs"),
        (["above", "unclear"], "unclear"),
        (["above", "reproduced", "no number"], "reproduced"),
        (["no number"], "no number"),
    ],
)
def test_one_word_for_all_numbers(words, expected):
    assert book_table.word(words) == expected


@pytest.mark.parametrize(
    ("difference", "percent", "text"),
    [(0.00114, True, "+0.11"), (-0.003, True, "\u22120.30"), (1e-9, True, "0.00"), (2.0, False, "+2")],
)
def test_differences_have_their_sign(difference, percent, text):
    assert book_table.signed(difference, percent) == text


def test_the_author_s_curves_and_the_book_s_points(monkeypatch):
    monkeypatch.delenv("NNCORE_DATA", raising=False)
    book_table.author.cache_clear()
    try:
        shown = {
            (id, name): book_table.published(
                EXPERIMENTS[id], EXPERIMENTS[id].part(name), "evaluation_accuracy"
            )
            for id, name in [("3.6", "network"), ("3.14", "large"), ("1.1", "network"), ("3.8", "network")]
        }
    finally:
        book_table.author.cache_clear()
    assert [each["name"] for each in shown["3.6", "network"]] == ["the book"]  # 30 epochs and the last
    [large] = shown["3.14", "large"]
    assert (large["name"], large["whole"], large["points"][0]) == ("the author", True, [1, 0.8643])
    [transcript] = shown["1.1", "network"]
    assert transcript["points"][0] == [1, 0.9129]
    last, best = shown["3.8", "network"]
    assert last["points"] == [[400, 0.8695]]
    assert best["points"] == [[1, 0.871], [400, 0.871]]


def test_all_answers_are_json(screen):
    for id in EXPERIMENTS:
        for part in EXPERIMENTS[id].parts:
            json.dumps(screen.ask("open", {"id": id, "part": part.name}))
