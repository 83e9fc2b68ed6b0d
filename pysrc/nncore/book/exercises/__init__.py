"""The exercises and problems of the book, by number, with answers.

    from nncore.book import exercises

    print(exercises.find("3.7").question)
    exercises.find("3.7").run()                 # prints the answer

3.7 is the seventh of chapter 3, where exercises and problems count together, in the order of the book. What
the text suggests outside of them has a name and no number. The questions are in our own words.

An answer is a program, or words and formulas, or both: NAME.py and NAME.md in the folder of its chapter, in
`_answers`. The docstring of a program is the question, and its function `check()` asserts what the answer
claims. Where an exercise has no program, NAME.md has the question, a line `<!-- answer -->`, and the answer.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nncore.book.exercises._stored import stored
from nncore.book.exercises._table import TABLE

__all__ = ["EXERCISES", "Exercise", "find"]

PLACE = re.compile(r'\s*\(Chapter (\d), "([^"]+)"[^()]*\)\.?')


@dataclass(frozen=True)
class Exercise:
    """This class describes one exercise of the book, with its question and its answer.

    Attributes
    ----------
    chapter : int
        The chapter of the book, 1 to 6.
    number : str
        The chapter and the place in it, such as "3.7"; "" for a suggestion of the text.
    title : str
        What it is about.
    section : str
        The section of the book in which it stands.
    names : tuple of str
        The names of the files with the answer, without suffix.

    Examples
    --------
    >>> from nncore.book import exercises
    >>> exercises.find("3.1").title
    'The derivative of the sigmoid'
    """

    chapter: int
    number: str
    title: str
    section: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number or self.names[0]}: {self.title}"

    @property
    def question(self) -> str:
        """The question, in our own words."""
        first = self.names[0]
        program = self.programs.get(first)
        text = self._words(first)[0] if program is None else ast.get_docstring(ast.parse(program)) or ""
        paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
        return "\n\n".join(PLACE.sub("", paragraph) for paragraph in paragraphs)

    @property
    def words(self) -> str:
        """The part of the answer that is words and formulas, in Markdown; "" if it is a program alone."""
        return "\n\n".join(words for name in self.names if (words := self._words(name)[1]))

    @property
    def programs(self) -> dict[str, str]:
        """The source of each program of the answer, by name."""
        files = stored()
        paths = ((name, f"chapter{self.chapter}/{name}.py") for name in self.names)
        return {name: files[path] for name, path in paths if path in files}

    @property
    def options(self) -> tuple[str, ...]:
        """The options that the programs take: "--mnist" (all of MNIST) and "--plot" (a picture's file)."""
        text = "".join(self.programs.values())
        return tuple(option for option in ("--mnist", "--plot") if f'"{option}"' in text)

    def run(self, *options: str) -> list[dict[str, Any]]:
        """Run the programs of the answer, which print it, and return the variables of each.

        Parameters
        ----------
        *options : str
            Options of the programs: see `options`.

        Returns
        -------
        list of dict
            The variables of each program; its function `check` asserts what the answer claims.

        Examples
        --------
        >>> from nncore.book import exercises
        >>> (variables,) = exercises.find("3.7").run()
        z = [ 2.  1. -1.  3.]
        sigmoid: [0.881 0.731 0.269 0.953], sum 2.833
        softmax: [0.242 0.089 0.012 0.657], sum 1.000
        Each sigmoid output is between 0 and 1 for itself. Softmax divides by the sum, so that its outputs are
        one distribution.
        """
        return [_run(name, source, self, options) for name, source in self.programs.items()]

    def _words(self, name: str) -> tuple[str, str]:
        """Return the question and the answer of a file of words."""
        text = stored().get(f"chapter{self.chapter}/{name}.md", "")
        question, marker, answer = text.partition("<!-- answer -->")
        return (question.strip(), answer.strip()) if marker else ("", text.strip())


def _run(name: str, source: str, exercise: Exercise, options: tuple[str, ...]) -> dict[str, Any]:
    """Run a program as Python runs a script, with these options, and return its variables."""
    variables: dict[str, Any] = {"__name__": "__main__"}
    arguments = sys.argv
    sys.argv = [f"exercise {exercise.number or name}", *options]
    try:
        exec(compile(source, f"{name}.py", "exec"), variables)
    finally:
        sys.argv = arguments
    return variables


def _exercises() -> Iterator[Exercise]:
    for chapter, rows in TABLE.items():
        for number, title, section, *names in rows:
            yield Exercise(chapter, f"{chapter}.{number}" if number else "", title, section, tuple(names))


EXERCISES: tuple[Exercise, ...] = tuple(_exercises())


def find(which: str) -> Exercise:
    """Return an exercise by its number or by the name of its answer.

    Parameters
    ----------
    which : str
        A number such as "3.7", or a name such as "monitor_often".

    Examples
    --------
    >>> from nncore.book import exercises
    >>> print(exercises.find("monitor_often"))
    monitor_often: An accuracy every 1,000 images
    """
    for exercise in EXERCISES:
        if which and which in (exercise.number, *exercise.names):
            return exercise
    chapter = which.partition(".")[0]
    numbers = [each.number for each in EXERCISES if each.number.startswith(f"{chapter}.")]
    if not (chapter and numbers):
        raise ValueError(f"{which!r} is not the number of an exercise, such as 3.7, nor a name of one")
    raise ValueError(f"there is no exercise {which}: chapter {chapter} has {numbers[0]} to {numbers[-1]}")
