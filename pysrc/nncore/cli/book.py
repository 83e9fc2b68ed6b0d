"""The commands `nncore book ...`; importing this adds them to those of cli.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import nncore
from nncore.cli import MNIST, SAMPLE, data_option, main


def chosen_experiment(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """The id of an experiment, or several."""
    from nncore.reproduction.experiments import EXPERIMENTS

    for id in value if isinstance(value, tuple) else (value,):
        if id not in EXPERIMENTS:
            raise click.BadParameter(f'{id!r} is not an experiment such as 3.8; "nncore book list" has all.')
    return value


results_option = click.option(
    "--results",
    metavar="FOLDER",
    type=Path,
    default=Path("nncore-book"),
    show_default=True,
    help="Where results are kept.",
)


@main.group(short_help="The experiments of the book: list, show, run, report.")
def book() -> None:
    """Every experiment of the book: what it is, what it gave there, and what it gives here.

    \b
    nncore book list                 all of them, with the time each takes
    nncore book show 3.8             its settings, in words and in Python
    nncore book run 3.8              does it, with several seeds
    nncore book run --chapter 3      a whole chapter
    nncore book report               our numbers beside the book's, as a page
    """


@book.command("list", short_help="All experiments, with the time each takes.")
@results_option
def list_(results: Path) -> None:
    """List the experiments by chapter: what each is, the book's number, the time it takes here.

    The time is that of the runs whose results are kept; with "about" it is estimated, from a few mini-batches
    timed just now.
    """
    from nncore.reproduction import timing as seconds
    from nncore.reproduction.experiments import EXPERIMENTS
    from nncore.reproduction.report import report

    records = report.collect(results)
    chapter = 0
    for experiment in EXPERIMENTS.values():
        if experiment.chapter != chapter:
            chapter = experiment.chapter
            click.echo(f"{'' if chapter == 1 else chr(10)}Chapter {chapter}")
        time = seconds.of_experiment(experiment, records)
        click.echo(f"  {experiment.id:<5} {experiment.title:<52} {time:>12}   {experiment.published}")


@book.command(short_help="The settings of an experiment, in words and in Python.")
@click.argument("id", metavar="ID", callback=chosen_experiment)
@results_option
def show(id: str, results: Path) -> None:
    """Show the experiment ID: its settings in words and in Python, the book's number, and ours so far."""
    from nncore.reproduction import experiments
    from nncore.reproduction.report import report

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
    records = report.collect(results)
    click.echo(f"\nOurs so far, in {results}:")
    for claim in experiment.numbers:
        found = report.verdict(claim, records.get((id, claim.part), ()))
        click.echo(f"    {claim.part}: {claim.what}: {report.sentence(claim, found)}")


@book.command(short_help="Carry out experiments; what is there already is not done again.")
@click.argument("ids", metavar="[ID]...", nargs=-1, callback=chosen_experiment)
@click.option(
    "--chapter", "chapters", type=click.IntRange(1, 6), multiple=True, help="All experiments of a chapter."
)
@click.option("--all", "everything", is_flag=True, help="All experiments of the book: hours.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help="How often, from other first weights.  [default: 3, or what the experiment asks for]",
)
@click.option(
    "--first-seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first of --seeds."
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Fewer epochs, for a look. Such results are kept apart, and not reported.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes, each with a run of its own.  [default: as many as cores]",
)
@data_option("Whose digits; results of the sample, for a look, are kept apart: ", (MNIST, SAMPLE))
@results_option
def run(
    ids: tuple[str, ...],
    chapters: tuple[int, ...],
    everything: bool,
    seeds: int | None,
    first_seed: int,
    epochs: int | None,
    workers: int | None,
    data: str,
    results: Path,
) -> None:
    """Carry out the experiments with these IDs, as many at a time as there are cores.

    Each run's result is a file in the folder of results. One that is there already is not done again; one
    that was stopped, by Ctrl-C or a crash, goes on where it was.

    \b
    Examples:
      nncore book run 1.1
      nncore book run 3.6 3.8 --seeds 5
      nncore book run --chapter 3
      nncore book run 6.2 --epochs 3
    """
    from nncore.reproduction import runs
    from nncore.reproduction.experiments import EXPERIMENTS, of_chapter
    from nncore.reproduction.report import report

    if not (ids or chapters or everything):
        raise click.UsageError("Say which: IDs such as 3.8, --chapter 3 or --all.")
    wanted = list(ids) + [experiment.id for chapter in chapters for experiment in of_chapter(chapter)]
    wanted = list(dict.fromkeys(EXPERIMENTS if everything else wanted))
    if data == MNIST and any(part.takes_data for id in wanted for part in EXPERIMENTS[id].parts):
        nncore.datasets.load_mnist()  # here, so that it is downloaded once, or said once that it is missing
    became = runs.run(
        wanted,
        seeds=None if seeds is None else range(first_seed, first_seed + seeds),
        results=results,
        data=data,
        epochs=epochs,
        workers=workers,
    )
    if epochs is None and data != "sample":
        records = report.collect(results)
        for id in wanted:
            for claim in EXPERIMENTS[id].numbers:
                found = report.verdict(claim, records.get((id, claim.part), ()))
                click.echo(f"{id} {claim.part}: {claim.what}: {report.sentence(claim, found)}")
    failed = {run: result for run, result in became.items() if result.startswith("failed")}
    if failed:
        raise click.ClickException("; ".join(f"{run} {result}" for run, result in failed.items()))


@book.command("report", short_help="Our numbers beside the book's, as a page.")
@click.option(
    "--output",
    metavar="FILE",
    type=Path,
    default=Path("reproduction.md"),
    show_default=True,
    help="The page in Markdown; HTML and a folder of figures go beside it.",
)
@results_option
def report_(output: Path, results: Path) -> None:
    """Write a page with our numbers beside the book's, their verdicts and the figures: Markdown and HTML."""
    from nncore.reproduction.report import report

    for path in report.write(output, results):
        click.echo(path)
