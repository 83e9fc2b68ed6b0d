"""The cells of docs/how-to/own-data.md run from top to bottom, and do what the page says of them."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-data.md"


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("PIL")
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    cells = re.findall(r"```\{code-cell\} ipython3\n(?!:)(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(cells) >= 6
    names = {}
    for cell in cells:
        exec(cell, names)
    printed = capsys.readouterr().out
    assert "Picture(5 digits, dark on light)" in printed
    read = re.search(r"the network reads \[(.*?)\] and they are \[(.*?)\]", printed)
    assert sum(a == b for a, b in zip(read[1].split(), read[2].split(), strict=True)) >= 4
    assert "Dataset(160 images of 20 x 20, labels 0 to 1) ('disc', 'ring')" in printed
    assert float(re.search(r"right on ([\d.]+) of the others", printed)[1]) > 0.9
    assert len(re.findall(r"^(?:ValueError|TypeError): ", printed, re.MULTILINE)) == 4  # what goes wrong


def test_its_picture_is_there():
    for name in re.findall(r"!\[.*?\]\((.*?)\)", PAGE.read_text()):
        assert 0 < (PAGE.parent / name).stat().st_size < 200_000
