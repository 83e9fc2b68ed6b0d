"""What type checkers see: the README's programs are right, wrong words and arguments are found."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nncore as nn
from nncore import _parameters, choices, ensemble, layers
from nncore._validation import arguments
from nncore.training import minimize, monitoring, rules

ROOT = Path(__file__).parents[1]
pytest.importorskip("mypy", reason="needs mypy")


@pytest.mark.parametrize(
    ("choice", "known"),
    [
        (choices.Activation, layers.ACTIVATIONS),
        (choices.Cost, layers.COSTS),
        (choices.DType, arguments.DTYPES),
        (choices.Init, _parameters.INITS),
        (choices.Measure, monitoring.NAMES),
        (choices.Method, minimize.METHODS),
        (choices.RuleName, rules.BY_NAME),
        (choices.Vote, ensemble.BY),
    ],
)
def test_the_types_have_the_words_that_are_known_at_run_time(choice, known):
    assert choices.words(choice) == tuple(known)


def test_paddings():
    for padding in choices.words(choices.Padding):
        nn.Conv2D(1, 3, padding=padding)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("mypy")


def errors(program, tmp_path, cache):
    """The lines of a program where mypy --strict finds errors, with what it says."""
    path = tmp_path / "program.py"
    path.write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    command += ["--config-file", "", "--cache-dir", str(cache), "--follow-imports", "silent", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "pysrc", check=False)
    assert "program.py" in done.stdout or done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"program\.py:(\d+): error: (.*)", done.stdout)
    return [(int(line), text) for line, text in found]


@pytest.mark.slow
def test_the_readmes_programs_are_right(tmp_path, cache):
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(programs) >= 4
    for i, program in enumerate(programs):
        (tmp_path / str(i)).mkdir()
        if "import" not in program:  # it goes on where the one before ends
            program = f"import numpy as np\nimport nncore as nn\n{program}"
        assert errors(program, tmp_path / str(i), cache) == []


RIGHT = """
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import nncore as nn

train, validation, test = nn.datasets.load_sample()
assert_type(train, nn.Dataset)
assert_type(train[:100], nn.Dataset)
image, label = train[0]
assert_type(label, int)
net = nn.Network([nn.Dense(30, "relu"), nn.Softmax(10)], input_shape=(784,), init="he", dtype="float64")
table = nn.callbacks.EpochTable()
history = net.SGD(train, 3, 10, 0.5, rule="adam", monitor=["training_cost"], callbacks=table)
assert_type(history, nn.History)
assert_type(net.accuracy(test), float)
assert_type(net.learning_speeds(test), list[float])
assert_type(net.minimize(train, method="CG"), nn.History)
assert_type(net.copy(), nn.Network)
w: NDArray[np.float64] = net.weights[0]
ensemble = nn.Ensemble([net])
assert_type(ensemble[0], nn.Network)
assert_type(ensemble.accuracy(test, by="mean"), float)


class Own(nn.Network):
    pass


assert_type(Own([2, 1]).copy(), Own)
"""
WRONG = """
import nncore as nn

nn.Network([2, 1], cost="entropy")
nn.Network([2, 1], init="xavier")
nn.Network([2, 1], activation="softmax")
nn.Dense(3, "swish")
nn.Conv2D(3, 5, padding="full")
nn.Monitor("val_loss")
net = nn.Network([2, 1])
net.SGD([], 1, 1, 0.1, rule="rmsprop")
net.SGD([], 1, 1, 0.1, monitor="loss")
net.SGD([], "one", 1, 0.1)
net.minimize([], method="newton")
nn.Ensemble([net]).accuracy([], by="median")
"""


@pytest.mark.slow
def test_types_are_inferred_and_wrong_words_are_found(tmp_path, cache):
    assert errors(RIGHT, tmp_path, cache) == []
    found = {line for line, _ in errors(WRONG, tmp_path, cache)}
    lines = WRONG.split("\n")
    expected = {n for n, line in enumerate(lines, 1) if line.startswith(("nn.", "net."))}
    assert found == expected


@pytest.mark.slow
def test_the_stubs_of_the_reference_are_those_of_its_pages(cache):
    modules = ["nncore.reference.network", "nncore.reference.convolution"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *modules],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_stub_of_the_kernels_names_what_a_compiled_module_has():
    stub = ast.parse((ROOT / "pysrc" / "nncore" / "_kernels.pyi").read_text())
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    for dtype in choices.words(choices.DType):
        module = nn.targets.kernels(dtype)
        for name, node in classes.items():
            owner = module if name == "Kernels" else getattr(module, name)
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    assert hasattr(owner, member.name), f"{name}.{member.name}"
                elif isinstance(member, ast.AnnAssign):
                    assert hasattr(owner, member.target.id), f"{name}.{member.target.id}"
