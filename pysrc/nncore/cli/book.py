"""The commands `nncore book ...` and `nncore replay`: the book's experiments, and the author's own runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import nncore
from nncore.cli import exercises
from nncore.cli.options import MNIST, SAMPLE, data_option

if TYPE_CHECKING:
    from nncore.reproduction.record import Run


def chosen_experiment(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Check the ID of an experiment, or of several."""
    from nncore.reproduction.experiments import EXPERIMENTS

    for id in value if isinstance(value, tuple) else (value,):
        if id not in EXPERIMENTS:
            raise click.BadParameter(
                f'{id!r} is not an experiment such as 3.8; "nncore book list" lists all of them.'
            )
    return value


results_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--results",
    metavar="FOLDER",
    type=Path,
    default=Path("nncore-book"),
    show_default=True,
    help="The folder that holds the results.",
)


@click.group(short_help="List, show, run and report the experiments of the book; its exercises.")
def book() -> None:
    """List, show, run and report the experiments of the book, and answer its exercises.

    Experiments and exercises have numbers of their own: experiment 3.7 is not exercise 3.7.

    \b
    nncore book list                 lists them all, with the time that each takes
    nncore book show 3.8             shows the settings of one, in words and in Python
    nncore book run 3.8              runs it, with several seeds
    nncore book run --chapter 3      runs a whole chapter
    nncore book report               writes a page with our numbers beside the book's
    nncore book exercise             lists the exercises of the book
    nncore book exercise 3.7         shows one; --answer and --run show its answer
    """


book.add_command(exercises.exercise)
book.add_command(exercises.list_of_exercises)


@book.command("list", short_help="List all experiments, with the time that each takes.")
@results_option
def list_(results: Path) -> None:
    """List the experiments by chapter, each with the time that it takes here and the book's number.

    The time is that of the runs in the folder of results. A time with "about" is an estimate, from a few
    mini-batches that are timed now.
    """
    from nncore.reproduction import timing
    from nncore.reproduction.experiments import EXPERIMENTS
    from nncore.reproduction.results import collect

    records = collect(results)
    chapter = 0
    for experiment in EXPERIMENTS.values():
        if experiment.chapter != chapter:
            chapter = experiment.chapter
            click.echo(f"{'' if chapter == 1 else chr(10)}Chapter {chapter}")
        time = timing.of_experiment(experiment, records)
        click.echo(f"  {experiment.id:<5} {experiment.title:<52} {time:>12}   {experiment.published}")


@book.command(short_help="Show the settings of an experiment, in words and in Python.")
@click.argument("id", metavar="ID", callback=chosen_experiment)
@results_option
def show(id: str, results: Path) -> None:
    """Show the settings of experiment ID in words and in Python, the book's numbers, ours, and yours."""
    from nncore.reproduction import experiments
    from nncore.reproduction.report import verdicts
    from nncore.reproduction.results import collect, kept

    experiment = experiments.find(id)
    click.echo(f"{experiment.id}  {experiment.title}")
    click.echo(f"In the book: chapter {experiment.chapter}, {experiment.section}.")
    click.echo(f"It gives: {experiment.published}.")
    for note in experiment.notes:
        click.echo(f"Note: {note}.")
    for part in experiment.parts:
        click.echo(f"\n{part.name}: {part.describe().removesuffix('.')}.")
        click.echo("".join(f"    {line}\n" for line in part.code().splitlines()), nl=False)
    click.echo("\nIn Python, before these lines:")
    click.echo("    import nncore as nn")
    click.echo("    train, validation, test = nn.datasets.load_mnist()")
    yours = collect(results, [id])
    own = f", and yours (from the runs in {results})" if yours else ""
    click.echo(f"\nThe book's numbers and ours{own}:")
    for number in experiment.numbers:
        seeded = experiment.part(number.part).seeded
        runs, mine = (records.get((id, number.part), ()) for records in (kept().records, yours))
        found = verdicts.verdict(number, runs, seeded)
        click.echo(f"    {number.part}: {number.what}: {verdicts.sentence(number, found)}")
        if mine:
            sentence = verdicts.sentence(number, verdicts.verdict(number, mine, seeded))
            click.echo(f"        {sentence.partition('; ')[2].replace('ours ', 'yours ', 1)}")


@book.command(short_help="Run experiments; those that have a result are not run again.")
@click.argument("ids", metavar="[ID]...", nargs=-1, callback=chosen_experiment)
@click.option(
    "--chapter",
    "chapters",
    type=click.IntRange(1, 6),
    multiple=True,
    help="Run all experiments of a chapter.",
)
@click.option("--all", "everything", is_flag=True, help="Run all experiments of the book. It takes hours.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help="Number of runs, each from other initial weights.  [default: 3, or what the experiment needs]",
)
@click.option(
    "--first-seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The seed of the first run.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Train for fewer epochs, as a trial. Its results are stored apart and are not in the report.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Number of runs at a time.  [default: one for each core]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Number of processes that do the runs, one at a time each, in place of threads of one process.",
)
@data_option("The digits to train on; results with the sample are stored apart: ", (MNIST, SAMPLE))
@results_option
def run(
    ids: tuple[str, ...],
    chapters: tuple[int, ...],
    everything: bool,
    seeds: int | None,
    first_seed: int,
    epochs: int | None,
    threads: int | None,
    workers: int | None,
    data: str,
    results: Path,
) -> None:
    """Run the experiments with these IDs, as many at a time as there are cores.

    The result of each run is a file in the folder of results. A run that has a result is not repeated. A run
    that Ctrl-C or a crash stopped goes on where it was. At the end the command prints our numbers beside the
    book's; those of a trial, with fewer epochs or with the sample, have no verdict.

    \b
    Examples:
      nncore book run 1.1
      nncore book run 3.6 3.8 --seeds 5
      nncore book run --chapter 3
      nncore book run 6.2 --epochs 3
      nncore book run 1.5 --data sample
    """
    from nncore.reproduction import runs
    from nncore.reproduction.experiments import EXPERIMENTS, of_chapter
    from nncore.reproduction.report import verdicts
    from nncore.reproduction.results import collect

    if not (ids or chapters or everything):
        raise click.UsageError("Name the experiments: IDs such as 3.8, --chapter 3 or --all.")
    wanted = list(ids) + [experiment.id for chapter in chapters for experiment in of_chapter(chapter)]
    wanted = list(dict.fromkeys(EXPERIMENTS if everything else wanted))
    if threads is not None and workers is not None:
        raise click.UsageError("--threads and --workers exclude each other: give one of them.")
    if data == MNIST and any(part.takes_data for id in wanted for part in EXPERIMENTS[id].parts):
        nncore.datasets.load_mnist()  # here, so that it is downloaded once, or reported missing once
    outcomes = runs.run(
        wanted,
        seeds=None if seeds is None else range(first_seed, first_seed + seeds),
        results=results,
        data=data,
        epochs=epochs,
        threads=threads,
        workers=workers,
    )
    if epochs is None and data != SAMPLE:
        records = collect(results)
        for id in wanted:
            for number in EXPERIMENTS[id].numbers:
                seeded = EXPERIMENTS[id].part(number.part).seeded
                found = verdicts.verdict(number, records.get((id, number.part), ()), seeded)
                click.echo(f"{id} {number.part}: {number.what}: {verdicts.sentence(number, found)}")
    else:
        _echo_trial(wanted, outcomes)
    failed = {run: result for run, result in outcomes.items() if result.startswith("failed")}
    if failed:
        raise click.ClickException("; ".join(f"{run} {result}" for run, result in failed.items()))


def _echo_trial(ids: list[str], outcomes: Mapping[Run, str]) -> None:
    """Print the numbers of a trial with fewer epochs or with the sample, beside the book's."""
    from nncore.reproduction.experiments import EXPERIMENTS
    from nncore.reproduction.record import read
    from nncore.reproduction.report.verdicts import trial_sentence

    finished = sorted(run for run, outcome in outcomes.items() if outcome in ("done", "already done"))
    for id in ids:
        for number in EXPERIMENTS[id].numbers:
            runs = [run for run in finished if (run.experiment, run.part) == (id, number.part)]
            records = [record for run in runs if (record := read(run)) is not None]
            if records:
                click.echo(f"{id} {number.part}: {number.what}: {trial_sentence(number, records)}")


@book.command("report", short_help="Write a page with our numbers beside the book's.")
@click.option(
    "--output",
    metavar="FILE",
    type=Path,
    default=Path("reproduction.md"),
    show_default=True,
    help="The page in Markdown. The same page in HTML and a folder of figures are written beside it.",
)
@results_option
def report_(output: Path, results: Path) -> None:
    """Write a page with our numbers beside the book's, the verdicts and the figures, in Markdown and HTML.

    Our numbers ship with nncore, so that nothing has to be run. Those of your own runs stand beside them, if
    the folder of results has some.
    """
    from nncore.reproduction.report import report

    for path in report.write(output, results):
        click.echo(path)


def program(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Check the name of one of the author's programs."""
    from nncore.reproduction.replay import PROGRAMS

    if value not in PROGRAMS:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(PROGRAMS)}.")
    return value


@click.command(short_help="Replay one of the author's own runs, digit for digit.")
@click.argument("name", metavar="NAME", callback=program)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Number of epochs.  [default: as many as the author ran]",
)
@data_option(sets=(MNIST,))
@click.option(
    "--published",
    metavar="FILE",
    type=Path,
    help="The author's file of the run, fig/NAME.json in his repository, to compare every number with.",
)
def replay(name: str, epochs: int | None, data: str, published: Path | None) -> None:
    """Train as one of the author's seeded programs did, and compare with the curve that he published.

    The command prints the last numbers of the run and, if the run leaves the published curve, the first epoch
    in which it does.

    \b
    NAME is one of
      overfitting, regularized                  1,000 images, 400 epochs
      overfitting_full, regularized_full        50,000 images, 30 epochs
      weight_initialization_30, weight_initialization_100
                                                two ways to draw the initial weights
      multiple_eta                              three learning rates
      more_data                                 nine sizes of the training set

    The published numbers of overfitting and weight_initialization_30 ship with nncore.

    \b
    Examples:
      nncore replay overfitting
      nncore replay overfitting --epochs 60 --published fig/overfitting.json
    """
    from nncore.reproduction import published_curves
    from nncore.reproduction import replay as author

    numbers = None if published is None else published_curves.read_published(name, published)
    digits = nncore.datasets.load_mnist(None if data == MNIST else data)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="interrupted")  # the last line and the exit code say so
        result = author.run(name, epochs, data=digits)
    histories = {name: result} if isinstance(result, nncore.History) else result
    for key, comparison in published_curves.compare(name, histories, numbers).items():
        history = histories[key]
        seen = [(column, getattr(history, column)) for column in author.EVERYTHING]
        last = [f"{column} {values[-1]:.4f}" for column, values in seen if values]
        if last:
            click.echo(f"{key}, epoch {len(history) - 1}: {', '.join(last).replace('_', ' ')}.")
        click.echo(f"{key} {comparison}.")
    if any(history.interrupted for history in histories.values()):
        click.echo("Stopped.", err=True)
        raise click.exceptions.Exit(130)
