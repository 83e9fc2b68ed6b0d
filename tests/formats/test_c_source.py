"""The C function gives what the network gives, compiled by gcc and clang without a warning."""

import ctypes
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from support.exchange import NETWORKS, classes, exact, inputs_of, largest_difference

import nncore as nn
from nncore.formats import c_source

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wmissing-prototypes", "-Wconversion", "-Werror", "-pedantic")
COMPILERS = [
    pytest.param(
        name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    )
    for name in ("gcc", "clang")
]
ADDRESS = "-fsanitize=address,undefined"


def compile_and_run(compiler, path, net, X):
    """The outputs (m, n_out) of the function in a C file."""
    library = path.with_suffix(f".{compiler}.so")
    subprocess.run([compiler, *STRICT, "-O2", "-shared", "-fPIC", path, "-o", library, "-lm"], check=True)
    name = re.search(r"void (\w+)_predict", path.read_text())[1]
    predict = getattr(ctypes.CDLL(str(library)), f"{name}_predict")
    predict.argtypes, predict.restype = (ctypes.c_void_p, ctypes.c_void_p), None
    X = np.ascontiguousarray(X)
    y = np.empty((len(X), net.sizes[-1]), X.dtype)
    for x, row in zip(X, y, strict=True):
        predict(x.ctypes.data, row.ctypes.data)
    return y


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_c_gives_the_same(tmp_path, name, dtype, compiler):
    net = NETWORKS[name](dtype)
    net.save(tmp_path / "net.c")
    X = inputs_of(net)
    y = compile_and_run(compiler, tmp_path / "net.c", net, X)
    bound = 1e-6 if net.dtype == "float32" else 1e-13
    assert largest_difference(y, net.feedforward(X)) < bound


@pytest.mark.parametrize("compiler", COMPILERS)
def test_sums_of_wide_layers_are_exact_to_one_rounding(tmp_path, compiler):
    """z of 20,000 inputs is off by half a unit in its last place, and by the sum's own error in double."""
    net = nn.Network([nn.Dense(8, "linear")], input_shape=(20_000,), init="large", seed=0)
    net.save(tmp_path / "wide.c")
    X = inputs_of(net, 4)
    y = compile_and_run(compiler, tmp_path / "wide.c", net, X).astype(np.float64)
    z = exact(net, X)
    w, b = np.abs(net.weights[0].astype(np.float64)), np.abs(net.biases[0].astype(np.float64)).T
    bound = 2**-24 * np.abs(z) + 2 * 20_001 * 2**-53 * (np.abs(X.astype(np.float64)) @ w.T + b)
    assert (np.abs(y - z) <= bound).all()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_constants_have_the_bits_of_the_parameters(tmp_path, compiler):
    """The input is 1, and the weights are of all sizes, the smallest and the largest included."""
    for dtype in ("float32", "float64"):
        net = nn.Network([nn.Dense(40, "linear")], input_shape=(1,), init="zeros", dtype=dtype, seed=0)
        rng, limits = np.random.default_rng(0), np.finfo(dtype)
        values = rng.standard_normal(40) * 10.0 ** rng.integers(-37, 38, 40)
        values[:6] = limits.max, -limits.max, limits.tiny, limits.smallest_subnormal, 0.1, -0.0
        net.weights = [values.astype(dtype).reshape(40, 1)]
        path = tmp_path / f"{dtype}.c"
        net.save(path)
        y = compile_and_run(compiler, path, net, np.ones((1, 1), dtype))
        assert y.dtype == dtype
        np.testing.assert_array_equal(y[0], net.weights[0][:, 0])


MAIN = """
#include <stdio.h>
void net_predict(const float *x, float *y);
int main(void)
{
    static float x[INPUTS], y[OUTPUTS];
    for (int k = 0; k < INPUTS; k++)
        if (scanf("%f", x + k) != 1)
            return 1;
    net_predict(x, y);
    for (int j = 0; j < OUTPUTS; j++)
        printf("%.9g\\n", y[j]);
    return 0;
}
"""


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", ["maps: rectangles, same", "maps: pooling first and twice", "dropout"])
def test_no_byte_outside_is_touched(tmp_path, compiler, name):
    """AddressSanitizer and UndefinedBehaviorSanitizer find nothing in a program that uses the file."""
    net = NETWORKS[name]("float32")
    net.save(tmp_path / "net.c")
    main = MAIN.replace("INPUTS", str(net.sizes[0])).replace("OUTPUTS", str(net.sizes[-1]))
    (tmp_path / "main.c").write_text(main)
    command = [
        compiler,
        "-std=c99",
        "-g",
        ADDRESS,
        "-fno-sanitize-recover=all",
        "main.c",
        "net.c",
        "-o",
        "main",
    ]
    made = subprocess.run([*command, "-lm"], cwd=tmp_path, capture_output=True, text=True)
    if made.returncode and "asan" in made.stderr:
        pytest.skip(f"{compiler} has no sanitizers here")
    assert made.returncode == 0, made.stderr
    x = inputs_of(net, 1)
    text = " ".join(f"{value:.9g}" for value in x.reshape(-1))
    ran = subprocess.run([tmp_path / "main"], input=text, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert largest_difference([float(line) for line in ran.stdout.split()], net.feedforward(x)[0]) < 1e-6


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_example_in_the_header_runs(tmp_path):
    net = classes()
    net.save(tmp_path / "net.c")
    header = (tmp_path / "net.c").read_text().split("*/")[0].split("Example:")[1]
    lines = [line.removeprefix(" *").strip() for line in header.splitlines() if line.startswith(" *     ")]
    x = inputs_of(net)[3]
    fill = "".join(f"x[{k}] = {value!r}f;" for k, value in enumerate(x.tolist()))
    body = "\n".join([lines[0].split("//")[0], fill, *lines[1:], 'printf("%d", best); return 0;'])
    (tmp_path / "main.c").write_text(f'#include <stdio.h>\n#include "net.c"\nint main(void) {{\n{body}\n}}\n')
    subprocess.run(["gcc", "-std=c99", "main.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    ran = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert int(ran.stdout) == net.predict(x)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("digits", "digits"),
        ("my digits-2", "my_digits_2"),
        ("3rd", "net_3rd"),
        ("_Reserved", "net_Reserved"),
        ("Größe", "Groe"),
        ("int", "int"),
        ("数字", "net"),
        ("a" * 100, "a" * 20),
        ("net.v2", "net_v2"),
        ("*/ int x;", "int_x"),
    ],
)
def test_the_name_is_one_of_c(stem, name):
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", c_source.identifier(stem))
    assert len(f"{c_source.identifier(stem)}_predict") <= 31
    assert c_source.identifier(stem) == name


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("stem", ["int", "2 nets", "数字", "*x", "_Bool", "a??-b"])
def test_any_file_name_compiles(tmp_path, stem):
    net = nn.Network([2, 1], seed=0)
    path = tmp_path / f"{stem}.c"
    net.save(path)
    X = inputs_of(net)
    assert largest_difference(compile_and_run("gcc", path, net, X), net.feedforward(X)) < 1e-6


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_names_of_classes_cannot_end_the_comment(tmp_path):
    train, _, _ = nn.datasets.load_sample()
    names = ("*/ int x;", "/* ", "\\", "??/", "\n#error", *"abcde")
    net = nn.Network([784, 10], seed=0)
    net.SGD(nn.Dataset(train.images[:50], train.labels[:50], class_names=names), 1, 10, 0.1)
    net.save(tmp_path / "net.c")
    header = (tmp_path / "net.c").read_text().split("\n */\n")[0]
    assert header.count("/*") == 1
    assert "classes" in header
    compile_and_run("gcc", tmp_path / "net.c", net, inputs_of(net, 1))


def test_large_activations_do_not_lie_on_the_stack(tmp_path):
    net = nn.Network([nn.Conv2D(10, 3), nn.Dense(1)], input_shape=(1, 100, 100), init="zeros", seed=0)
    net.save(tmp_path / "net.c")
    text = (tmp_path / "net.c").read_text()
    assert "static float a2[10 * 98 * 98];" in text
    assert "only one thread at a time may call it" in text
    if shutil.which("gcc") and sys.platform == "linux":
        X = inputs_of(net, 1)
        assert (
            largest_difference(compile_and_run("gcc", tmp_path / "net.c", net, X), net.feedforward(X)) < 1e-6
        )
