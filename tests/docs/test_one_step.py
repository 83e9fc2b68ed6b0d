"""The five ways of docs/how-to/one-step.md take the same step, and the page shows the text of their files."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import nncore as nn

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "one_step"
PAGE = ROOT / "docs" / "how-to" / "one-step.md"
ETA, M = 0.5, 10


def load(path):
    """The module at `path`, which is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


loops, matrices, compiled = (load(FOLDER / f"{name}.py") for name in ("loops", "matrices", "compiled"))
needs_compiler = pytest.mark.skipif(compiled.compiler() is None, reason="no C compiler: cc, gcc or clang")
BUILDS = [False] + [True] * ("avx2" in nn.targets.targets_supported())


def mini_batches(steps):
    """X (steps * M, 784), Y (steps * M, 10) in float32: the first digits of the bundled ones."""
    train, _, _ = nn.datasets.load_sample()
    X = train.images[: steps * M].reshape(steps * M, 784) / np.float32(256)
    return X, np.eye(10, dtype=np.float32)[train.labels[: steps * M]]


def first_parameters(net):
    """Copies of w1 (30, 784), b1 (30,), w2 (10, 30), b2 (10,)."""
    (w1, w2), (b1, b2) = net.weights, net.biases
    return w1.copy(), b1[:, 0].copy(), w2.copy(), b2[:, 0].copy()


def trained_by_nncore(steps, dtype):
    net = nn.Network([784, 30, 10], seed=0, dtype=dtype)
    net.SGD(mini_batches(steps), 1, M, ETA, shuffle=False, threads=1)
    return first_parameters(net)


def trained_by_matrices(steps):
    """In float64."""
    parameters = first_parameters(nn.Network([784, 30, 10], seed=0, dtype="float64"))
    X, Y = mini_batches(steps)
    for i in range(0, len(X), M):
        matrices.step(*parameters, X[i : i + M].astype(float), Y[i : i + M], ETA)
    return parameters


def trained_by_c(version, steps, avx2):
    parameters = first_parameters(nn.Network([784, 30, 10], seed=0))
    native = compiled.Compiled(*parameters, *mini_batches(steps), avx2=avx2)
    native.train(version, ETA)
    return native.parameters()


def assert_close(these, those, tolerance):
    for a, b in zip(these, those, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def test_loops_match_matrices():
    w1, b1, w2, b2 = first_parameters(nn.Network([784, 30, 10], seed=0, dtype="float64"))
    weights, biases = [w1.tolist(), w2.tolist()], [b1.tolist(), b2.tolist()]
    X, Y = mini_batches(2)
    for i in range(0, len(X), M):
        loops.step(weights, biases, list(zip(X[i : i + M].tolist(), Y[i : i + M].tolist(), strict=True)), ETA)
    looped = (weights[0], biases[0], weights[1], biases[1])
    assert_close(looped, trained_by_matrices(2), 1e-13)
    assert abs(np.array(weights[0]) - w1).max() > 0.01  # the steps changed something


def test_matrices_match_nncore():
    assert_close(trained_by_matrices(50), trained_by_nncore(50, "float64"), 1e-12)


@needs_compiler
@pytest.mark.parametrize("avx2", BUILDS, ids=lambda avx2: "avx2" if avx2 else "plain")
@pytest.mark.parametrize("version", ["tiles", "nonzero", "two_cores"])
def test_c_matches_matrices_and_nncore(version, avx2):
    ours = trained_by_c(version, 50, avx2)
    assert_close(ours, trained_by_matrices(50), 1e-5)  # float32 against float64
    assert_close(ours, trained_by_nncore(50, "float32"), 1e-5)


@needs_compiler
@pytest.mark.parametrize("avx2", BUILDS, ids=lambda avx2: "avx2" if avx2 else "plain")
def test_two_cores_give_the_bits_of_one(avx2):
    one, two = (trained_by_c(version, 300, avx2) for version in ("nonzero", "two_cores"))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@needs_compiler
def test_padding_stays_zero():
    parameters = first_parameters(nn.Network([784, 30, 10], seed=0))
    native = compiled.Compiled(*parameters, *mini_batches(20))
    for version in ("tiles", "nonzero", "two_cores"):
        native.train(version, ETA)
    assert not native.w1[:, 30:].any()
    assert not native.b1[:, 30:].any()
    assert not native.w2[:, 10:].any()
    assert not native.b2[:, 10:].any()


@needs_compiler
def test_sigmoid_is_finite_where_z_is_huge():
    w1, b1, w2, b2 = first_parameters(nn.Network([784, 30, 10], seed=0))
    native = compiled.Compiled(w1 * 1000, b1, w2, b2, *mini_batches(3))
    native.train("tiles", ETA)
    assert all(np.isfinite(array).all() for array in native.parameters())


LISTING = re.compile(r"<!-- (\S+) -->\n+```\w+\n(.*?)```", re.DOTALL)


def test_listings_are_the_text_of_their_files():
    listings = LISTING.findall(PAGE.read_text())
    assert len(listings) == PAGE.read_text().count("<!-- ") >= 7
    assert PAGE.read_text().count("\n```\n") == len(listings)
    for name, text in listings:
        assert text.count("{") == text.count("}"), f"docs/how-to/one-step.md: a listing of {name} is cut off"
        assert text.strip("\n") in (FOLDER / name).read_text(), (
            f"docs/how-to/one-step.md: {name} has other text"
        )
    assert {name for name, _ in listings} >= {
        "loops.py",
        "matrices.py",
        "tiles.h",
        "nonzero.h",
        "two_cores.h",
    }


@needs_compiler
def test_benchmark_prints_a_row_for_each_way(monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [*sys.path])
    bench = load(ROOT / "bench" / "one_step.py")
    monkeypatch.setattr(sys, "argv", ["one_step.py", "--rounds", "1"])
    monkeypatch.setattr(bench, "peak", lambda: 1e11)
    bench.main()
    rows = [line.split(" | ")[0].strip("| ") for line in capsys.readouterr().out.splitlines()[-6:]]
    assert rows == ["loops", "matrices", "tiles", "nonzero", "two cores", "nncore, one core"]


def test_functions_that_the_page_names_are_in_the_core():
    sources = [path.read_text() for path in (ROOT / "nncore").rglob("*") if path.suffix in (".pxd", ".h")]
    named = set()
    for paragraph in re.findall(r"\*\*In nncore:\*\* (.*?)\n\n", PAGE.read_text(), re.DOTALL):
        named |= set(re.findall(r"`([a-z_]+)`", paragraph))
    assert named >= {"tile", "product", "hidden_delta", "weight_gradient", "sparse_weight_gradient"}
    for name in named:
        assert any(re.search(rf"^(cdef|static) .*\b{name}\(", text, re.MULTILINE) for text in sources), name
