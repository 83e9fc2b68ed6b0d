"""`nncore book` as it is typed."""

import pytest
from click.testing import CliRunner

from nncore.cli import main
from nncore.reproduction import experiments, runs
from nncore.reproduction.record import Run, read


def nncore(*arguments):
    result = CliRunner().invoke(main, ["book", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_list_has_a_line_for_every_experiment(tmp_path):
    code, output = nncore("list", "--results", tmp_path)
    lines = output.splitlines()
    assert code == 0
    for experiment in experiments.EXPERIMENTS.values():
        (line,) = [line for line in lines if line.split()[:1] == [experiment.id]]
        assert experiment.title in line
        assert experiment.published in line
        assert "about" in line
    assert [line for line in lines if line.startswith("Chapter")] == [f"Chapter {i}" for i in range(1, 7)]


def test_show_gives_words_python_and_the_number_of_the_book(tmp_path):
    code, output = nncore("show", "3.8", "--results", tmp_path)
    assert code == 0
    assert "It gives: best 87.10 %, last 86.95 %." in output
    assert (
        "cross-entropy cost, initial weights 'large', 400 epochs of the first 1,000 training images" in output
    )
    assert "train[:1000], epochs=400, mini_batch_size=10, eta=0.5, lmbda=0.1," in output
    assert "network: test accuracy, best epoch: book 87.10 %; ours 8" in output
    assert "yours" not in output


@pytest.mark.parametrize("id", experiments.EXPERIMENTS)
def test_show_shows_every_experiment(id, tmp_path):
    code, output = nncore("show", id, "--results", tmp_path)
    assert code == 0
    assert output.startswith(f"{id}  ")


def test_run_on_the_digits_that_ship(tmp_path):
    options = ["--data", "sample", "--epochs", 2, "--seeds", 1, "--first-seed", 4, "--workers", 1]
    code, output = nncore("run", "1.5", *options, "--results", tmp_path)
    assert code == 0
    assert "1.5 network, seed 4: done" in output
    best = max(read(Run("1.5", "network", 4, tmp_path, "sample", 2))["history"]["evaluation_accuracy"])
    ours = f"{best * 100:.2f} %"
    assert (
        f"1.5 network: test accuracy, best epoch: this trial {ours} (1 run); the book gives no number"
        in output
    )
    record = read(Run("1.5", "network", 4, tmp_path, "sample", 2))
    assert len(record["history"]["seconds"]) == 2


def test_run_tells_the_verdict_of_a_whole_run(tmp_path, monkeypatch):
    code, output = nncore("run", "3.1", "--workers", 1, "--results", tmp_path)
    assert code == 0
    assert "3.1 quadratic: output after 300 steps: book 0.09; ours 0.094 (1 run): exact" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "Name the experiments: IDs such as 3.8, --chapter 3 or --all."),
        (["run", "3.99"], "'3.99' is not an experiment such as 3.8"),
        (["show", "38"], "'38' is not an experiment such as 3.8"),
        (["run", "--chapter", "7"], "7 is not in the range"),
    ],
)
def test_a_command_line_that_is_wrong(arguments, said):
    code, output = nncore(*arguments)
    assert code == 2
    assert said in output


def test_selection_by_chapter_and_all(monkeypatch, tmp_path):
    wanted = []

    def run(selection, **options):
        wanted.append((list(selection), options["seeds"]))
        return {}

    monkeypatch.setattr(runs, "run", run)
    options = ["--data", "sample", "--results", tmp_path]
    nncore("run", "5.1", "--chapter", 5, *options)
    nncore("run", "--all", "--seeds", 2, *options)
    assert wanted == [
        ([f"5.{i}" for i in range(1, 7)], None),
        (list(experiments.EXPERIMENTS), range(2)),
    ]


def test_a_run_that_failed_is_said_and_counts(monkeypatch, tmp_path):
    failed = Run("1.7", "svm", 0, tmp_path)
    monkeypatch.setattr(
        runs, "run", lambda selection, **options: {failed: "failed: ImportError: no scikit-learn"}
    )
    code, output = nncore("run", "1.7", "--data", "sample", "--results", tmp_path)
    assert code == 1
    assert "1.7 svm, seed 0 failed: ImportError: no scikit-learn" in output


def test_report_is_made_without_running_anything(tmp_path, monkeypatch):
    from nncore.reproduction.report import report

    monkeypatch.setattr(report, "_draw_figures", lambda folder, results: ([], []))
    code, output = nncore("report", "--results", tmp_path / "none", "--output", tmp_path / "page.md")
    assert code == 0
    assert output.splitlines() == [str(tmp_path / "page.md"), str(tmp_path / "page.html")]
    page = (tmp_path / "page.md").read_text()
    assert "| 1.6 | average darkness: test accuracy | 22.25 % | 22.25 % |" in page


def test_threads_and_workers_exclude_each_other(tmp_path):
    options = ["run", "4.1", "--results", tmp_path]
    code, output = nncore(*options, "--threads", 1, "--workers", 1)
    assert code == 2
    assert "--threads and --workers exclude each other: give one of them." in " ".join(output.split())
    assert nncore(*options, "--threads", 1)[0] == nncore(*options, "--workers", 1)[0] == 0
