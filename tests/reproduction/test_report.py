"""The report: its verdicts, what it counts as a result, and the two formats."""

import json
import math

import pytest

from nncore.reproduction import experiments, runs
from nncore.reproduction import timing as seconds
from nncore.reproduction.experiments.experiment import BookNumber, measured
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.report import page, report
from nncore.reproduction.report.page import Figure, Heading, Table


def records(*values):
    return [{"status": "done", "numbers": {"x": value}} for value in values]


def book_number(book=0.95, criterion="at least", tolerance=0.003, **others):
    return BookNumber("network", "test accuracy", measured("x"), book, criterion, tolerance, **others)


# Verdicts


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((0.95,), "above"),
        ((0.951, 0.9495), "above"),  # the mean
        ((0.947,), "reproduced"),  # .3 points below, no more
        ((0.9469,), "below"),
        ((0.94, 0.955), "reproduced"),
        ((0.93, 0.9475), "best run"),
        ((0.93, 0.94), "below"),
        ((), "not run"),
        ((math.nan,), "no number"),  # of a replay whose figures are not here
    ],
)
def test_at_least_the_book_s_number(values, word):
    assert report.verdict(book_number(), records(*values)).word == word


def test_the_best_of_the_runs_is_compared_where_the_book_did_that():
    found = report.verdict(book_number(0.9878, tolerance=0.001, best_run=True), records(0.985, 0.9869, 0.98))
    assert (found.word, found.compared) == ("reproduced", 0.9869)
    assert (
        report.verdict(book_number(0.9878, tolerance=0.001, best_run=True), records(0.985, 0.9867)).word
        == "below"
    )


def test_a_point_of_a_curve_is_within_two_standard_deviations_of_our_runs():
    assert report.verdict(book_number(criterion="near"), records(0.94)).word == "differs"
    assert report.verdict(book_number(criterion="near"), records(0.952)).word == "reproduced"
    found = report.verdict(book_number(criterion="near"), records(0.93, 0.95, 0.94))
    assert (found.word, found.within) == ("reproduced", pytest.approx(0.02))
    assert report.verdict(book_number(criterion="near"), records(0.98, 0.99)).word == "differs"


def test_exact_is_to_the_last_digit_given():
    assert report.verdict(book_number(0.2225, "exact", 0.0), records(0.2225)).word == "exact"
    assert report.verdict(book_number(0.2225, "exact", 0.0), records(0.2226)).word == "differs"
    assert report.verdict(book_number(0.0042, "exact", 0.00005), records(0.004237)).word == "exact"


def test_where_the_book_gives_no_number_there_is_no_verdict():
    found = report.verdict(book_number(None), records(0.8, 0.9))
    assert (found.word, found.compared) == ("no number", pytest.approx(0.85))


def test_a_run_that_diverged_counts_where_it_has_the_number_and_a_bug_does_not_hide():
    diverged = {"status": "diverged: epoch 0", "numbers": {}}
    assert report.verdict(book_number(), [diverged]).word == "differs"
    assert report.verdict(book_number(), [diverged, *records(0.96)]).values == (0.96,)
    with pytest.raises(KeyError):
        report.verdict(book_number(), [{"status": "done", "numbers": {}}])


@pytest.mark.parametrize(
    ("held", "values", "said"),
    [
        (book_number(), (0.947,), "book 95.00 %; ours 94.70 % (1 run): reproduced (−0.30 points)"),
        (
            book_number(),
            (0.96, 0.97),
            "book 95.00 %; ours 96.50 % (2 runs, 96.00 % to 97.00 %): above (+1.50 points)",
        ),
        (
            book_number(best_run=True),
            (0.95, 0.96),
            "book 95.00 %; ours 95.50 % (2 runs, 95.00 % to 96.00 %): above (best of 2, +1.00 points)",
        ),
        (
            book_number(),
            (0.93, 0.9475),
            "book 95.00 %; ours 93.88 % (2 runs, 93.00 % to 94.75 %): "
            "best run (the mean −1.12 points, 0.9 standard deviations; 1 of 2 runs reach it)",
        ),
        (
            book_number(0.339, "near", 0.01, form="number"),
            (0.343,),
            "book 0.339; ours 0.343 (1 run): reproduced (+0.004 of 0.01 allowed)",
        ),
        (book_number(0.5, "exact", 0.0), (0.5,), "book 50.00 %; ours 50.00 % (1 run): exact"),
        (book_number(1.0, "exact", form="yes"), (1.0, 1.0), "book yes; ours yes (2 runs, yes to yes): exact"),
        (
            book_number(1.0, "exact", form="yes"),
            (1.0, 0.0),
            "book yes; ours yes in 50 % (2 runs, no to yes): differs",
        ),
        (
            book_number(1.0, "exact", form="yes"),
            (1.0, 0.0, 1.0),
            "book yes; ours yes in 67 % (3 runs, no to yes): reproduced",
        ),
        (book_number(None), (0.5,), "the book gives none; ours 50.00 % (1 run): no number"),
        (book_number(), (), "book 95.00 %; not run"),
    ],
)
def test_the_sentence(held, values, said):
    assert report.sentence(held, report.verdict(held, records(*values))) == said


# What counts as a result


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with a result of 1.5, three of 6.1 cut to an epoch, and 1.6 of other data."""
    for id, part, seeds in (("1.5", "network", 1), ("6.1", "fc-100", 3)):
        registered = experiments.find(id).part(part)
        for seed in range(seeds):
            run = runs.Run(id, part, seed, tmp_path)
            result = {
                "status": "done",
                "settings": registered.settings() | {"data": "50000+10000+10000 images, crc 0"},
                "history": {
                    "evaluation_accuracy": [0.5, 0.9 + 0.01 * seed],
                    "evaluation_cost": [1.0, 0.5],
                    "images": [50_000, 100_000],
                    "seconds": [1.0, 1.0],
                },
                "test_accuracy": [0.6, 0.976 + 0.001 * seed],
                "numbers": {},
                "seconds": 2.0,
                "wall": 2.5,
            }
            run.path.parent.mkdir(parents=True, exist_ok=True)
            runs._write(run, result)
    return tmp_path


def test_results_are_collected_by_experiment_part_and_seed(results):
    found = report.collect(results)
    assert {key: [record["seed"] for record in each] for key, each in found.items()} == {
        ("1.5", "network"): [0],
        ("6.1", "fc-100"): [0, 1, 2],
    }


def test_results_of_other_settings_are_left_out(results):
    path = runs.Run("6.1", "fc-100", 1, results).path
    record = json.loads(path.read_text())
    record["settings"]["eta"] = 0.2
    path.write_text(json.dumps(record))
    assert [record["seed"] for record in report.collect(results)["6.1", "fc-100"]] == [0, 2]


def test_a_setting_that_came_later_does_not_make_old_results_invalid():
    part = Training("network", (784, 10), 30, 3.0, cost="quadratic")
    assert part.settings() == {
        "name": "network",
        "layers": [784, 10],
        "epochs": 30,
        "eta": 3.0,
        "cost": "quadratic",
    }


def test_the_page_has_a_row_for_every_number_and_says_what_was_not_run(results):
    blocks = report.page(report.collect(results), dict.fromkeys(networks(), 1.0))
    tables = [block for block in blocks if isinstance(block, Table) and "verdict" in block.head]
    assert sum(len(table.rows) for table in tables[1:]) == sum(
        len(experiment.numbers) for experiment in experiments.EXPERIMENTS.values()
    )
    rows = {row[0]: row for table in tables[1:] for row in table.rows}
    assert rows["6.1"][2:] == [
        "97.80 %",
        "97.70 %",
        "97.60 % to 97.80 %",
        "3",
        "2 s",
        "above (best of 3, +0.00 points)",
    ]
    assert rows["1.5"][2:] == ["", "90.00 %", "", "1", "2 s", "no number"]
    assert rows["1.1"][2:] == ["95.42 %", "", "", "", "", "not run"]


def test_notes_stand_once_with_all_that_they_are_said_of(results):
    path = runs.Run("6.1", "fc-100", 1, results).path
    record = json.loads(path.read_text())
    record["status"] = "diverged: epoch 3: the parameters left the finite numbers; lower eta"
    path.write_text(json.dumps(record))
    paragraphs = report.page(report.collect(results), dict.fromkeys(networks(), 1.0))
    assert "**1.3, 1.4**: other initial weights give another curve, equally bad." in paragraphs
    diverged = "**6.1**: fc-100: 1 of 3 runs diverged: epoch 3: the parameters left the finite numbers."
    assert diverged in paragraphs


def test_a_replay_says_where_it_leaves_the_published_curve():
    comparison = {"scaled": "leaves the published curve at epoch 3: ..."}
    record = {"seed": 0, "status": "done", "wall": 1.0, "numbers": {"comparison": comparison}}
    (paragraph,) = report._notes([experiments.find("3.14")], {("3.14", "replay"): [record]})[-1:]
    assert paragraph == "**3.14**: the replay of scaled leaves the published curve at epoch 3: ...."


def networks():
    return [
        seconds.network_of(part)
        for experiment in experiments.EXPERIMENTS.values()
        for part in experiment.parts
        if isinstance(part, Training)
    ]


def test_the_time_is_summed_and_set_beside_the_book_s_algorithm(results):
    blocks = report.page(report.collect(results), dict.fromkeys(networks(), 0.01))
    (table,) = [block for block in blocks if isinstance(block, Table) and block.head[0] == "chapters"]
    assert [row[:3] for row in table.rows] == [["1 to 5", "1", "2 s"], ["6", "3", "8 s"]]
    assert [row[-2] for row in table.rows] == ["2 s", "8 s"]  # all of them trainings
    assert [row[-1] for row in table.rows] == ["17 min", "50 min"]  # 100,000 images each, a hundredth each


def test_write_makes_both_pages(results, monkeypatch, tmp_path):
    monkeypatch.setattr(seconds, "of_the_book", lambda part: 0.01)
    figures = [(tmp_path / "docs" / "x.svg", "6.1: a figure")], ["6.2: not run"]
    monkeypatch.setattr(report, "_figures", lambda folder, results: figures)
    written = report.write(tmp_path / "docs" / "reproduction.md", results)
    assert [path.name for path in written] == ["reproduction.md", "reproduction.html", "x.svg"]
    text, html = (path.read_text() for path in written[:2])
    assert "| 6.1 | 100 hidden neurons, no convolution: test accuracy" in text
    assert "![6.1: a figure](x.svg)" in text
    assert "<td>6.1</td>" in html
    assert '<img src="x.svg" alt="6.1: a figure">' in html
    assert text.endswith("Not drawn: 6.2: not run.\n")
    assert json.loads((results / "book-algorithm.json").read_text())


def test_without_results_it_says_how_to_make_them(tmp_path):
    with pytest.raises(ValueError, match=r"results: there are none in .*`nncore book run` makes them"):
        report.write(tmp_path / "reproduction.md", tmp_path)


# Time


def test_the_time_of_a_part_is_measured_or_about(results):
    found = report.collect(results)
    experiment = experiments.find("6.1")
    assert seconds.of_experiment(experiment, found) == "8 s"  # 3 runs of 2.5 s
    assert seconds.of_experiment(experiment, {}).startswith("about ")


# The two formats


BLOCKS = [
    Heading("A < B", 2),
    "An *emphasis*, a **strong** and `code` & more.",
    Table(["a|b", "verdict"], [["1 < 2", "below (−1)"]]),
    Figure("figures/x.svg", "1.1: it learns"),
]


def test_markdown():
    assert page.markdown(BLOCKS) == (
        "## A < B\n\nAn *emphasis*, a **strong** and `code` & more.\n\n"
        "| a\\|b | verdict |\n| --- | --- |\n| 1 < 2 | below (−1) |\n\n"
        "![1.1: it learns](figures/x.svg)\n\n*1.1: it learns*\n"
    )


def test_html_is_escaped_and_marks_what_is_below():
    text = page.as_html(BLOCKS)
    assert "<h2>A &lt; B</h2>" in text
    assert "<title>A &lt; B</title>" in text
    assert "<p>An <em>emphasis</em>, a <strong>strong</strong> and <code>code</code> &amp; more.</p>" in text
    assert '<tr class="below"><td>1 &lt; 2</td>' in text
    assert text.count("<table>") == text.count("</table>") == 1
