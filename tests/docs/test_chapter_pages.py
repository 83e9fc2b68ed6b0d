"""The pages of the book's chapters have every exercise, and what they include of other pages is there."""

import re
from pathlib import Path

import pytest

from nncore.book.exercises import EXERCISES, find

ROOT = Path(__file__).parents[2]
PAGES = {int(page.stem[-1]): page for page in sorted((ROOT / "docs/chapters").glob("chapter?.md"))}
SCREENS = {  # those of `nncore play` that belong to a chapter
    1: ["draw", "train", "plane", "handwriting"],
    2: ["equations"],
    3: ["neuron", "overfitting", "softmax", "doctor"],
    4: ["universality"],
    5: ["speeds"],
    6: ["convolution", "mistakes"],
}


@pytest.mark.parametrize("chapter", PAGES)
def test_a_page_has_every_exercise_of_its_chapter_once_and_in_order(chapter):
    named = [
        name
        for words in re.findall(r"^`{3,}\{exercise\} (.+)$", PAGES[chapter].read_text(), re.MULTILINE)
        for name in words.split()
    ]
    assert [find(name) for name in named] == [each for each in EXERCISES if each.chapter == chapter]


@pytest.mark.parametrize("chapter", PAGES)
def test_a_page_has_the_screens_of_its_chapter(chapter):
    shown = re.findall(r"^`{3,}\{screen\} (\w+)", PAGES[chapter].read_text(), re.MULTILINE)
    assert sorted(set(shown)) == sorted(SCREENS[chapter])
    for name in shown:
        assert (ROOT / f"pysrc/nncore/play/screens/{name}.py").is_file()


@pytest.mark.parametrize("chapter", PAGES)
def test_a_page_has_the_numbers_of_its_chapter(chapter):
    """They are included from reproduction.md, between two lines that are there."""
    page, numbers = PAGES[chapter].read_text(), (ROOT / "docs/reproduction.md").read_text()
    included = re.search(
        r"\{include\} \.\./reproduction\.md\n:start-after: \"(.+)\"\n(?::end-before: \"(.+)\")?", page
    )
    assert included is not None
    assert included[1] == f"## Chapter {chapter}"
    _, found, part = numbers.partition(included[1])
    assert found
    if included[2]:
        part, found, _ = part.partition(included[2])
        assert found
    assert re.search(rf"^\| {chapter}\.1 \|", part, re.MULTILINE)
    assert "## Chapter" not in part
