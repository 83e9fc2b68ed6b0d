"""The snippets of docs/how-to/many-machines.md run, and what it shows without running exists."""

import re
from pathlib import Path

import nncore as nn

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "many-machines.md").read_text().split("---", 2)[2]


def test_snippets_run(capsys):
    for snippet in re.findall(r"```\{code-cell\} ipython3\n(?!:)(.*?)```", PAGE, re.DOTALL):
        exec(compile(snippet, "many-machines.md", "exec"), {})
    *table, accuracy = capsys.readouterr().out.splitlines()
    assert len(table) == 5  # a head and four configs
    assert float(accuracy) > 0.9


def test_code_that_needs_a_cluster_is_python():
    page = re.sub(r"```\{code-cell\} ipython3\n.*?```", "", PAGE, flags=re.DOTALL)
    blocks = re.findall(r"(?:^    .*\n)(?:^(?:    .*)?\n)*", page, re.MULTILINE)
    assert len(blocks) >= 3
    for block in blocks:
        compile(re.sub(r"^    ", "", block, flags=re.MULTILINE), "many-machines.md", "exec")


def test_lines_are_short():
    lines = PAGE.splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []


def test_names_exist():
    for name in set(re.findall(r"\bnn\.([\w.]+)", PAGE)):
        owner = nn
        for part in name.rstrip(".").split("."):
            owner = getattr(owner, part)
