"""The directive `command-line` describes every command of `nncore` with its options, as `--help` does."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import click
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from nncore.cli import main


def commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield a command and those below it, each with its context."""
    context = click.Context(command, info_name=name, parent=parent)
    yield command, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from commands(command.get_command(context, below), below, context)


def paragraphs(text: str) -> Iterator[nodes.Node]:
    """Yield the paragraphs of a help text; those that begin with a line \\b keep their lines."""
    for part in inspect.cleandoc(text).split("\n\n"):
        if part.startswith("\b\n"):
            head, _, rest = part.removeprefix("\b\n").partition("\n")
            if head.endswith(":") and rest:  # "Examples:"
                yield plain(head)
                head = ""
            shown = textwrap.dedent("\n".join(filter(None, [head, rest])))
            yield nodes.literal_block(shown, shown, language="text")
        else:
            yield plain(" ".join(part.split()))


def plain(text: str) -> nodes.paragraph:
    """Return a paragraph whose two hyphens stay two hyphens: --help."""
    return nodes.paragraph("", text, support_smartquotes=False)


def options(command: click.Command, context: click.Context) -> nodes.definition_list | None:
    """Return the options with their explanations."""
    found = nodes.definition_list()
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or "--help" in parameter.opts:
            continue
        spelled, explained = record
        found += nodes.definition_list_item(
            "",
            nodes.term("", "", nodes.literal("", spelled)),
            nodes.definition("", plain(explained)),
        )
    return found if len(found) else None


class CommandLine(Directive):
    """Describe all commands."""

    def run(self) -> list[nodes.Node]:
        found = []
        for command, context in commands(main, "nncore"):
            path = context.command_path
            section = nodes.section(ids=[path.replace(" ", "-")], names=[path.replace(" ", "-")])
            section += nodes.title("", "", nodes.literal("", path))
            usage = f"{path} {' '.join(command.collect_usage_pieces(context))}"
            section += nodes.literal_block(usage, usage, language="text")
            section += list(paragraphs(command.help or ""))
            if (listed := options(command, context)) is not None:
                section += listed
            self.state.document.note_explicit_target(section)
            found.append(section)
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-line", CommandLine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
