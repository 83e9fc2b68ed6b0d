"""The Python of docs/own-data.md runs from top to bottom, and prints what its comments say."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "own-data.md"


def test_the_page_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("PIL")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(block, names)
    printed = capsys.readouterr().out.splitlines()
    promised = re.findall(r"print\(\w+\) +# (.*)", "".join(blocks))
    assert len(promised) == 2
    assert set(promised) <= set(printed)
    assert "setosa" in printed
    assert float(printed[-1]) > 0.9


def test_its_picture_is_there():
    for name in re.findall(r"!\[.*?\]\((.*?)\)", PAGE.read_text()):
        assert 0 < (PAGE.parent / name).stat().st_size < 200_000
