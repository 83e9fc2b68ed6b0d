"""The pages for those who start: their Python runs, and their pictures are there."""

import re
from pathlib import Path

import pytest
from support import markdown

import nncore as nn

START = Path(__file__).parents[2] / "docs" / "start"
PAGES = sorted(START.glob("*.md"))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in page.read_text()], ids=lambda page: page.stem
)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch, capsys):
    for package in ("PIL", "scipy", "matplotlib"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes((START / "pictures" / "photo.jpg").read_bytes())
    names = {}
    for language, code in markdown.blocks(page.read_text()):
        if language == "python":
            exec(compile(code, page.name, "exec"), names)
    written = {path.name for path in tmp_path.iterdir()}
    assert written >= set(re.findall(r'"([\w.]+\.(?:html|gif|c))"', markdown.python_of(page.read_text())))


def test_the_photo_has_the_ten_digits():
    pytest.importorskip("PIL")
    pytest.importorskip("scipy")
    picture = nn.datasets.read_picture(START / "pictures" / "photo.jpg")
    assert len(picture.images) == 10
    train, _, _ = nn.datasets.load_sample()
    net = nn.Network([784, 100, 10], seed=0)
    net.SGD(train, epochs=10, mini_batch_size=10, eta=0.5, lmbda=0.8)
    assert (net.predict(picture.images) == range(10)).sum() >= 8  # one of them is hard to read


def test_the_pictures_are_small():
    for path in (START / "pictures").iterdir():
        assert 0 < path.stat().st_size < 400_000, path
