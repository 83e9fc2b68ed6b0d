"""What docs/how-to/exchange.md says runs, in its order, and prints what it says."""

import importlib.util
import re
from pathlib import Path

import pytest

from nncore.cli.export import KEEPS

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "exchange.md").read_text()
SNIPPETS = re.findall(r"```(?:python|\{code-cell\} ipython3)\n(?!:)(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(
    any(
        importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime", "safetensors", "anywidget")
    ),
    reason="the libraries of the formats are not installed",
)
@pytest.mark.parametrize("with_pytorch", [False, True], ids=["", "pytorch"])
def test_the_snippets_run(tmp_path, monkeypatch, capsys, with_pytorch):
    if with_pytorch:
        pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    monkeypatch.chdir(tmp_path)
    names = {}
    for snippet in SNIPPETS:
        if with_pytorch or "import torch" not in snippet:
            exec(compile(snippet, "exchange.md", "exec"), names)
            printed = capsys.readouterr().out
            if "torch_code" in snippet:  # the page shows what it prints, with another name for torch.nn
                shown = next(each for each in SNIPPETS if "import torch" in each)
                plain = shown.replace("nn as modules", "nn").replace("modules.", "nn.")
                assert printed.startswith(plain)
            else:
                assert "def say" in snippet or printed.split() == re.findall(
                    r"# (\w+)$", snippet, re.MULTILINE
                )
    if with_pytorch:
        import torch

        _, _, test = names["nn"].datasets.load_sample()
        x = torch.from_numpy(test.to_float())
        with torch.no_grad():
            labels = names["model"](x).argmax(dim=1).numpy()
        assert (labels == names["net"].predict(test)).all()


def test_every_format_has_its_row():
    rows = re.findall(r"^\| `(\.\w+)`", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(KEEPS)
