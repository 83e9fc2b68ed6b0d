"""`nncore book`: the experiments of the book, from the list to the report."""

from __future__ import annotations

from pathlib import Path

import click

from nncore.cli import main


@main.group(short_help="Every experiment of the book: list, run, report.")
def book() -> None:
    """Every experiment of the book: what it is, what it gave, and what it gives here.

    \b
    nncore book run 6.2 --seeds 3
    """


@book.command("run", short_help="Carry out experiments.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--results", type=Path, default=Path("nncore-book"), show_default=True)
@click.option("--data", default="mnist", show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), help="Fewer than the book's, for a look.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: as many as cores]")
def run_(
    ids: tuple[str, ...],
    seeds: int,
    first_seed: int,
    results: Path,
    data: str,
    epochs: int | None,
    workers: int | None,
) -> None:
    """Carry out the experiments of these IDs; what is on disk is not done again."""
    from nncore.book import runs

    runs.run(
        ids,
        seeds=range(first_seed, first_seed + seeds),
        results=results,
        data=data,
        epochs=epochs,
        workers=workers,
    )
