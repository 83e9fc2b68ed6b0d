"""What a page includes of another is there: `nncore book report` writes the tables that the chapters show."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
INCLUDE = re.compile(r"```\{include\} (?P<file>\S+)\n(?P<options>(?::[\w-]+:.*\n)*)```")
INCLUDES = [
    (page, found["file"], dict(re.findall(r':([\w-]+): "?([^"\n]*)"?', found["options"])))
    for page in sorted(DOCS.rglob("*.md"))
    for found in INCLUDE.finditer(page.read_text())
]


@pytest.mark.parametrize(
    ("page", "file", "options"), INCLUDES, ids=[f"{page.stem}-{file}" for page, file, _ in INCLUDES]
)
def test_what_is_included_is_there(page, file, options):
    text = (page.parent / file).read_text()
    for option, keep in (("start-after", 2), ("end-before", 0)):
        if option in options:
            assert options[option] in text
            text = text.partition(options[option])[keep]
    assert text.strip()


@pytest.mark.parametrize("chapter", [4, 5, 6])
def test_a_chapter_shows_its_own_numbers_and_no_others(chapter):
    (options,) = [options for page, _, options in INCLUDES if page.name == f"chapter{chapter}.md"]
    text = (DOCS / "reproduction.md").read_text().partition(options["start-after"])[2]
    shown = re.findall(r"^\| (\d)\.\d+ \|", text.partition(options["end-before"])[0], re.MULTILINE)
    whole = re.findall(rf"^\| {chapter}\.\d+ \|", (DOCS / "reproduction.md").read_text(), re.MULTILINE)
    assert shown == [str(chapter)] * len(whole)
