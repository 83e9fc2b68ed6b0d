"""`nncore export` writes a saved network for other programs, by the name of the file."""

import numpy as np
import pytest
from support.commands import misused, refused, run

import nncore as nn


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors", ".json", ".npz", ".ONNX"])
def test_each_format_is_read_again(model, tmp_path, suffix):
    pytest.importorskip("onnx")
    pytest.importorskip("safetensors")
    path, _ = model
    stdout, stderr = run("export", path, tmp_path / f"digits{suffix}")
    assert (len(stdout.splitlines()), stderr) == (1, "")
    assert f"{(tmp_path / f'digits{suffix}').stat().st_size:,} bytes. It keeps " in stdout
    again, net = nn.load(tmp_path / f"digits{suffix}"), nn.load(path)
    for one, other in zip(again.weights, net.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_c_is_named_after_the_file(model, tmp_path):
    run("export", model[0], tmp_path / "my digits.c")
    assert "void my_digits_predict(const float *x, float *y)" in (tmp_path / "my digits.c").read_text()


def test_an_onnx_file_is_evaluated_as_it_is(model, tmp_path):
    """The record of the training is in it: which digits, and so which test digits."""
    pytest.importorskip("onnx")
    run("export", model[0], tmp_path / "digits.onnx", "--label")
    lines = [run("evaluate", path)[0] for path in (model[0], tmp_path / "digits.onnx")]
    assert lines[0] == lines[1]
    assert "trained on" in run("info", tmp_path / "digits.onnx")[0]


def test_dtypes(tmp_path):
    pytest.importorskip("onnx")
    nn.Network([3, 2], dtype="float64", seed=0).save(tmp_path / "net.npz")
    _, stderr = run("export", tmp_path / "net.npz", tmp_path / "net.onnx")
    assert stderr == "Its numbers are float32, and those of MODEL float64, which --dtype float64 keeps.\n"
    assert nn.load(tmp_path / "net.onnx").dtype == "float32"
    for name in ("net.onnx", "same.npz"):
        assert run("export", tmp_path / "net.npz", tmp_path / name, "--dtype", "float64")[1] == ""
        assert nn.load(tmp_path / name).dtype == "float64"
    run("export", tmp_path / "net.npz", tmp_path / "small.npz", "--dtype", "float32")
    assert nn.load(tmp_path / "small.npz").dtype == "float32"
    run("export", tmp_path / "net.npz", tmp_path / "net.c", "--dtype", "float32")
    assert "const float *x" in (tmp_path / "net.c").read_text()


def test_a_page_is_written_and_read_again(model, tmp_path):
    stdout, _ = run("export", model[0], tmp_path / "digits.html")
    size = (tmp_path / "digits.html").stat().st_size
    assert stdout.startswith(f"{tmp_path / 'digits.html'}: {size:,} bytes. It keeps layers, weights, biases")
    assert "shows them in any browser" in stdout
    assert "trained on" in run("info", tmp_path / "digits.html")[0]
    run("export", model[0], tmp_path / "exact.html", "--dtype", "float32")
    np.testing.assert_array_equal(nn.load(tmp_path / "exact.html").parameters, nn.load(model[0]).parameters)
    says = refused("export", model[0], tmp_path / "digits.onnx", "--dtype", "float16")
    assert "dtype: " in says
    assert not (tmp_path / "digits.onnx").exists()


@pytest.mark.parametrize("name", ["net.htm", "net", "net.h5", "net.pt"])
def test_other_formats_are_refused(model, tmp_path, name):
    says = misused("export", model[0], tmp_path / name)
    assert (
        "names no format that is written; its name ends in one of .onnx, .safetensors, .html, .c, .json, .npz"
        in says
    )
    assert not list(tmp_path.iterdir())


def test_mistakes(model, tmp_path):
    assert "label: a .onnx file has it alone" in refused("export", model[0], tmp_path / "net.c", "--label")
    assert "no such file" in refused("export", tmp_path / "none.npz", tmp_path / "net.c").lower()
    assert "there is no folder" in refused("export", model[0], tmp_path / "no" / "net.c")
    nn.Ensemble([nn.Network([2, 1])]).save(tmp_path / "several.npz")
    assert "an ensemble and not one network" in refused(
        "export", tmp_path / "several.npz", tmp_path / "net.c"
    )
