"""The commands `nncore book exercise` and `nncore book exercises`: the book's exercises, with answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nncore.cli.formulas import plain

if TYPE_CHECKING:
    from nncore.book.exercises import Exercise

OPTIONS = {"--mnist": "use all of MNIST", "--plot": "draw a picture, into the file whose name follows"}


def chosen(ctx: click.Context, param: click.Parameter, value: str | None) -> Exercise | None:
    """Find the exercise that a number or a name means."""
    from nncore.book import exercises

    try:
        return None if value is None else exercises.find(value)
    except ValueError as error:
        raise click.BadParameter(f'{error}; "nncore book exercise" lists them.') from error


def echo_list() -> None:
    """Print the number and the title of each exercise, by chapter."""
    from nncore.book.exercises import EXERCISES

    chapter = 0
    for exercise in EXERCISES:
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            click.echo(f"{'' if chapter == 1 else chr(10)}Chapter {chapter}")
        by_name = "" if exercise.number else f"   ({exercise.names[0]})"
        click.echo(f"  {exercise.number:<5} {exercise.title}{by_name}")


@click.command("exercises", short_help="List the exercises of the book.")
def list_of_exercises() -> None:
    """List the exercises and problems of the book, by chapter.

    What has no number is a suggestion of the text, and goes by the name in parentheses.
    """
    echo_list()


@click.command(
    short_help="Show an exercise of the book, and its answer.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("exercise", metavar="[EXERCISE]", required=False, callback=chosen)
@click.option("--answer", is_flag=True, help="Print the answer: words and formulas, and the program.")
@click.option("--run", is_flag=True, help="Run the program that answers it. What follows are its options.")
@click.argument("options", metavar="[OPTIONS OF THE PROGRAM]...", nargs=-1, type=click.UNPROCESSED)
def exercise(exercise: Exercise | None, answer: bool, run: bool, options: tuple[str, ...]) -> None:
    """Show EXERCISE, such as 3.7: the seventh of chapter 3, where exercises and problems count together.

    Without EXERCISE the command lists them all. The questions are in our own words.

    \b
    Examples:
      nncore book exercise 3.7
      nncore book exercise 3.7 --answer
      nncore book exercise 3.7 --run
      nncore book exercise 3.15 --run --mnist --plot sizes.png
    """
    if exercise is None:
        if answer or run:
            raise click.UsageError("Name the exercise: its number, such as 3.7.")
        return echo_list()
    if options and not run:
        raise click.UsageError(f"{' '.join(options)}: options of the program come after --run.")
    if run and not (answer and exercise.programs):
        return _run(exercise, options)
    click.echo(f"{exercise.number or exercise.names[0]}  {exercise.title}")
    click.echo(f"In the book: chapter {exercise.chapter}, {exercise.section.rstrip('.')}.\n")
    click.echo(plain(exercise.question))
    if answer:
        if exercise.words:
            click.echo(f"\nAnswer:\n\n{plain(exercise.words)}")
        for name, source in exercise.programs.items():
            click.echo(f"\nThe program {name}.py:\n\n{source.rstrip()}")
        if run:
            click.echo("\nIt prints:\n")
            _run(exercise, options)
        return None
    which = exercise.number or exercise.names[0]
    click.echo(f"\nnncore book exercise {which} --answer     prints the answer")
    if exercise.programs:
        click.echo(f"nncore book exercise {which} --run        runs the program that answers it")
    for option in exercise.options:
        click.echo(f"    {option:<8} after --run: {OPTIONS[option]}")
    return None


def _run(exercise: Exercise, options: tuple[str, ...]) -> None:
    """Run the programs of an exercise."""
    if not exercise.programs:
        raise click.UsageError(f"The answer to {exercise.number} is words: --answer prints it.")
    try:
        exercise.run(*options)
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise click.ClickException("--plot needs matplotlib: pip install matplotlib") from error
