"""The directive `exercise`: exercises of the book by number, each with its answer folded away.

    ```{exercise} 3.7 3.8
    ```

For each it makes a heading, the question, and the answer: words, the program, what the program prints. The
option `:plot:` adds the picture that `--plot` draws. The programs run when the site is built, and what they
print is kept until the package changes. A program that fails, or whose `check()` fails, ends the build.
"""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from nncore.book.exercises import EXERCISES, Exercise, find

USED = re.compile(r"^(`{3,}|:{3,})\{exercise\} *(?P<numbers>.*)\n(?P<plot>:plot:)?", re.MULTILINE)
RUN = """
import sys
from nncore.book.exercises import find
for variables in find(sys.argv[1]).run(*sys.argv[2:]):
    variables["check"]()
"""


class Answers:
    """The programs that run, as many at a time as there are cores, and what they have printed."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.pool = ThreadPoolExecutor(os.cpu_count() or 1)
        self.runs: dict[tuple[str, bool], Future[tuple[str, Path]]] = {}

    def begin(self, exercise: Exercise, plot: bool) -> "Future[tuple[str, Path]]":
        """Run the programs of an exercise, once."""
        which = exercise.names[0], plot
        if which not in self.runs:
            self.runs[which] = self.pool.submit(self.printed, exercise, plot)
        return self.runs[which]

    def printed(self, exercise: Exercise, plot: bool) -> tuple[str, Path]:
        """Return what the programs print, and the picture that they draw."""
        source = "".join(exercise.programs.values())
        name = f"{exercise.chapter}-{exercise.names[0]}-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
        kept, picture = self.cache / f"{name}.json", self.cache / f"{name}.png"
        if not kept.exists() or (plot and not picture.exists()):
            self.cache.mkdir(parents=True, exist_ok=True)
            options = ["--plot", str(picture)] if plot else []
            with tempfile.TemporaryDirectory() as folder:
                run = subprocess.run(
                    [sys.executable, "-c", RUN, exercise.number or exercise.names[0], *options],
                    capture_output=True, text=True, cwd=folder, env=os.environ | {"MPLBACKEND": "agg"},
                )  # fmt: skip
            if run.returncode:
                raise ExtensionError(f"the answer to exercise {exercise} fails:\n{run.stdout}{run.stderr}")
            kept.write_text(json.dumps(run.stdout))
        return json.loads(kept.read_text()), picture


def grouped(numbers: str) -> Iterator[list[Exercise]]:
    """Yield the exercises of these numbers; those in a row that have one answer together."""
    chosen = [find(number) for number in numbers.split()]
    for _, together in groupby(chosen, key=lambda each: (each.chapter, each.names)):
        yield list(together)


def heading(together: list[Exercise]) -> str:
    """Return a heading such as "3.20 and 3.21: Early stopping; a stopping rule of your own"."""
    numbers = [each.number for each in together if each.number]
    titles = [together[0].title, *(each.title[0].lower() + each.title[1:] for each in together[1:])]
    joined = " and ".join([", ".join(numbers[:-1])] * (len(numbers) > 1) + numbers[-1:])
    return f"{joined}: {'; '.join(titles)}" if joined else titles[0]


def name_of(exercise: Exercise) -> str:
    """Return the name by which a page links to an exercise: exercise-3-7."""
    return f"exercise-{(exercise.number or exercise.names[0]).replace('.', '-').replace('_', '-')}"


def without_docstring(source: str) -> str:
    """Return a program without its first lines, which the page has as the question."""
    end = ast.parse(source).body[0].end_lineno
    return "\n".join(source.splitlines()[end:]).strip("\n")


def answer(exercise: Exercise, answers: Answers, plot: bool, page: Path) -> str:
    """Return the question and the answer of an exercise as Markdown for a page."""
    which = exercise.number or exercise.names[0]
    lines = [exercise.question, "", "::::::{dropdown} Answer", exercise.words, ""]
    if exercise.programs:
        printed, picture = answers.begin(exercise, plot).result()
        for source in exercise.programs.values():
            lines += ["``````{code-block} python", without_docstring(source), "``````", ""]
        lines += [f"`nncore book exercise {which} --run` runs it. It prints:", ""]
        lines += ["``````{code-block} text", ":class: printed", "", printed.rstrip(), "``````", ""]
        if plot:
            lines += [f"![What exercise {which} draws]({os.path.relpath(picture, page.parent)})", ""]
    return "\n".join([*lines, "::::::", ""])


class ExerciseDirective(SphinxDirective):
    """A section for each exercise; they end the section that they stand in."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"plot": directives.flag}  # noqa: RUF012 (as docutils has it)

    def run(self) -> list[nodes.Node]:
        sections: list[nodes.Node] = []
        for together in grouped(self.arguments[0]):
            section = nodes.section()
            section["names"] = [name_of(each) for each in together]
            self.state.document.note_explicit_target(section)
            section += nodes.title(heading(together), heading(together))
            page = Path(self.env.doc2path(self.env.docname))
            text = answer(together[0], self.env.app.exercise_answers, "plot" in self.options, page)
            self.state.nested_parse(StringList(text.splitlines(), source=self.env.docname), 0, section)
            sections.append(section)
        return sections


def begin(app: Sphinx) -> None:
    """Say where the answers are kept: beside the notebooks, whose folder is named by the package's state."""
    notebooks = Path(app.config.nb_execution_cache_path)
    app.exercise_answers = Answers(notebooks.with_name(f"exercises-{notebooks.name}"))  # type: ignore[attr-defined]


def begin_programs(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Let the programs of all pages that are read run while the notebooks do."""
    for page in docnames:
        path = Path(env.doc2path(page))
        for used in USED.finditer(path.read_text() if path.suffix == ".md" else ""):
            for together in grouped(used["numbers"]):
                if together[0].programs:
                    app.exercise_answers.begin(together[0], bool(used["plot"]))  # type: ignore[attr-defined]


def end(app: Sphinx, exception: Exception | None) -> None:
    app.exercise_answers.pool.shutdown(cancel_futures=True)  # type: ignore[attr-defined]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("exercise", ExerciseDirective)
    app.connect("builder-inited", begin)
    app.connect("env-before-read-docs", begin_programs)
    app.connect("build-finished", end)
    return {"version": str(len(EXERCISES)), "parallel_read_safe": False, "parallel_write_safe": True}
