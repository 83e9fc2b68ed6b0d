"""The report: which results it uses, its tables and notes, its two formats, and the committed page."""

import json
from pathlib import Path

import pytest

from nncore.reproduction import experiments, timing
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.record import Run, write
from nncore.reproduction.report import figures, page, report
from nncore.reproduction.report.page import Figure, Heading, Table
from nncore.reproduction.results import KEPT, Kept, Results, collect, kept

# Which results count


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with a result of 1.5 and three of 6.1, as if they had two epochs."""
    for id, part, seeds in (("1.5", "network", 1), ("6.1", "fc-100", 3)):
        registered = experiments.find(id).part(part)
        for seed in range(seeds):
            run = Run(id, part, seed, tmp_path)
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
            write(run, result)
    return tmp_path


def test_results_are_collected_by_part_and_seed(results):
    found = collect(results)
    assert {key: [record["seed"] for record in each] for key, each in found.items()} == {
        ("1.5", "network"): [0],
        ("6.1", "fc-100"): [0, 1, 2],
    }


def test_results_with_other_settings_are_left_out(results):
    path = Run("6.1", "fc-100", 1, results).path
    record = json.loads(path.read_text())
    record["settings"]["eta"] = 0.2
    path.write_text(json.dumps(record))
    assert [record["seed"] for record in collect(results)["6.1", "fc-100"]] == [0, 2]


def test_page_has_a_row_for_every_number(results):
    blocks = report.page(collect(results), dict.fromkeys(architectures(), 1.0))
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


def test_note_stands_once_with_all_its_experiments(results):
    path = Run("6.1", "fc-100", 1, results).path
    record = json.loads(path.read_text())
    record["status"] = "diverged: epoch 3: the parameters left the finite numbers; lower eta"
    path.write_text(json.dumps(record))
    paragraphs = report.page(collect(results), dict.fromkeys(architectures(), 1.0))
    assert "**1.3, 1.4**: other initial weights give another curve, equally bad." in paragraphs
    diverged = "**6.1**: fc-100: 1 of 3 runs diverged: epoch 3: the parameters left the finite numbers."
    assert diverged in paragraphs


def test_note_says_where_a_replay_leaves_the_published_curve():
    comparison = {"scaled": "leaves the published curve at epoch 3: ..."}
    record = {"seed": 0, "status": "done", "wall": 1.0, "numbers": {"comparison": comparison}}
    (paragraph,) = report._notes([experiments.find("3.14")], {("3.14", "replay"): [record]})[-1:]
    assert paragraph == "**3.14**: the replay of scaled leaves the published curve at epoch 3: ...."


def architectures():
    """The architectures of all trainings."""
    return [
        timing.architecture(part)
        for experiment in experiments.EXPERIMENTS.values()
        for part in experiment.parts
        if isinstance(part, Training)
    ]


def test_times_are_summed_and_compared_with_the_book_algorithm(results):
    blocks = report.page(collect(results), dict.fromkeys(architectures(), 0.01))
    (table,) = [block for block in blocks if isinstance(block, Table) and block.head[0] == "chapters"]
    assert [row[:3] for row in table.rows] == [["1 to 5", "1", "2 s"], ["6", "3", "8 s"]]
    assert [row[-2] for row in table.rows] == ["2 s", "8 s"]  # all of these runs are trainings
    assert [row[-1] for row in table.rows] == ["17 min", "50 min"]  # 100,000 images each, a hundredth each


def test_the_book_s_algorithm_takes_every_architecture():
    trainings = {
        timing.architecture(part): part
        for experiment in experiments.EXPERIMENTS.values()
        for part in experiment.parts
        if isinstance(part, Training)
    }
    assert any("Conv2D" in architecture for architecture in trainings)
    for training in trainings.values():
        assert timing.book_algorithm(training, images=1) > 0


def test_write_makes_both_pages_without_running_anything(results, monkeypatch, tmp_path):
    monkeypatch.setattr(report, "kept", lambda: Kept(collect(results), dict.fromkeys(architectures(), 1.0)))
    figures = [(tmp_path / "docs" / "x.svg", "6.1: a figure")], ["6.2: not run"]
    monkeypatch.setattr(report, "_draw_figures", lambda folder, results: figures)
    written = report.write(tmp_path / "docs" / "reproduction.md", tmp_path / "nothing")
    assert [path.name for path in written] == ["reproduction.md", "reproduction.html", "x.svg"]
    text, html = (path.read_text() for path in written[:2])
    assert "| 6.1 | 100 hidden neurons, no convolution: test accuracy" in text
    assert "![6.1: a figure](x.svg)" in text
    assert "<td>6.1</td>" in html
    assert '<img src="x.svg" alt="6.1: a figure">' in html
    assert text.endswith("Not drawn: 6.2: not run.\n")
    assert not (tmp_path / "nothing").exists()
    assert "ours" not in text.splitlines()[4]  # nobody else's runs stand beside them
    assert "yours" not in text.lower()


def test_own_runs_stand_beside_those_that_ship(results, monkeypatch, tmp_path):
    monkeypatch.setattr(timing, "book_algorithm", lambda training: 0.01)
    monkeypatch.setattr(report, "_draw_figures", lambda folder, results: ([], []))
    report.write(tmp_path / "page.md", results)
    assert json.loads((results / "book-algorithm.json").read_text())
    lines = (tmp_path / "page.md").read_text().splitlines()
    assert report.YOURS in lines
    assert f"| {' | '.join(report.NUMBERS_HEAD + report.YOURS_HEAD)} |" in lines
    (row,) = [line for line in lines if line.startswith("| 6.1 |")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[-4:] == ["97.70 %", "97.60 % to 97.80 %", "3", "above (best of 3, +0.00 points)"]
    assert cells[3:6] != cells[-4:-1]  # ours
    (row,) = [line for line in lines if line.startswith("| 3.4 |")]
    assert row.endswith("|  |  |  |  |")
    assert [line.split(" | ")[1] for line in lines if line.startswith(("| 1 to 5, yours", "| 6, yours"))] == [
        "1",
        "3",
    ]


def test_a_figure_is_of_the_reader_s_runs_if_they_are_there(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(figures, "FIGURES", {id: figures.FIGURES[id] for id in ("3.14", "3.15")})
    own = tmp_path / "own"
    for part in ("large", "scaled"):
        (kept_record, *_) = kept().records["3.14", part]
        path = Run("3.14", part, 0, own).path
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(kept_record))
    drawn, left_out = report._draw_figures(tmp_path / "figures", own)
    assert [(path.name, caption.endswith("(your runs)")) for path, caption in drawn] == [
        ("3.14.svg", True),
        ("3.15.svg", False),
    ]
    assert not left_out


# What ships


def test_results_that_ship_are_those_of_the_experiments_of_today():
    """A change of an experiment's settings makes its results be left out: then they are to be made again."""
    found = kept()
    missing = [
        (experiment.id, part.name)
        for experiment in experiments.EXPERIMENTS.values()
        for part in experiment.parts
        if (experiment.id, part.name) not in found.records
    ]
    assert missing == []
    assert set(found.book_seconds) >= set(architectures())
    assert KEPT.stat().st_size < 2_000_000


def test_no_network_ships_and_what_is_drawn_of_two_of_them_does(sample):
    results = Results(None)
    where, answers = results.errors("1.1", "network")
    (record, *_) = kept().records["1.1", "network"]
    assert len(where) == len(answers) == round(10_000 * (1 - record["values"]["test accuracy, best epoch"]))
    assert results.filters("6.2", "conv-20-fc-100").shape == (20, 1, 5, 5)
    with pytest.raises(LookupError, match="its networks do not ship with nncore; not run; `nncore book run"):
        results.network("1.1", "network")


# Time


def test_time_of_an_experiment_is_measured_or_estimated(results):
    found = collect(results)
    experiment = experiments.find("6.1")
    assert timing.of_experiment(experiment, found) == "8 s"  # 3 runs of 2.5 s
    assert timing.of_experiment(experiment, {}).startswith("about ")


# The two formats


BLOCKS = [
    Heading("A < B", 2),
    "An *emphasis*, a **strong** and `code` & more.",
    Table(["a|b", "verdict"], [["1 < 2", "below (−1)"]]),
    Figure("figures/x.svg", "1.1: it learns"),
]


def test_page_in_markdown():
    assert page.markdown(BLOCKS) == (
        "## A < B\n\nAn *emphasis*, a **strong** and `code` & more.\n\n"
        "| a\\|b | verdict |\n| --- | --- |\n| 1 < 2 | below (−1) |\n\n"
        "![1.1: it learns](figures/x.svg)\n\n*1.1: it learns*\n"
    )


def test_page_in_html():
    text = page.as_html(BLOCKS)
    assert "<h2>A &lt; B</h2>" in text
    assert "<title>A &lt; B</title>" in text
    assert "<p>An <em>emphasis</em>, a <strong>strong</strong> and <code>code</code> &amp; more.</p>" in text
    assert '<tr class="below"><td>1 &lt; 2</td>' in text
    assert text.count("<table>") == text.count("</table>") == 1


# The committed page


def test_committed_page_is_that_of_the_results_that_ship():
    """`nncore book report` writes it: every line but the date, and every figure."""
    path = Path(__file__).parents[2] / "docs" / "reproduction.md"
    text = path.read_text(encoding="utf-8")
    drawn = [
        (path.with_suffix("") / f"{id.replace(', ', '-')}.svg", f"{id}: {drawing.caption}")
        for id, drawing in figures.FIGURES.items()
    ]
    made = page.markdown(report.page(*kept(), drawn, path.parent))
    dated = "| page written |"
    assert [line for line in text.splitlines() if not line.startswith(dated)] == [
        line for line in made.splitlines() if not line.startswith(dated)
    ]
    assert all(path.exists() for path, _ in drawn)
