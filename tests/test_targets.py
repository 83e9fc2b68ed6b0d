"""Which kernels are picked, and what is said when there are none."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nncore import targets

SHOW = "from nncore import targets; print(*targets.target(), targets.kernels('float32').target, sep='|')"
NO_KERNELS = """
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if "_kernels_" in name else find_spec(name)
"""


def python(code, target=None):
    """Run code in a process of its own: the target is picked once, when it is first needed."""
    environment = {name: value for name, value in os.environ.items() if name != "NNCORE_TARGET"}
    if target is not None:
        environment["NNCORE_TARGET"] = target
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


def last_line(run):
    return run.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("target", targets.targets_supported())
def test_each_target_can_be_asked_for(target):
    run = python(SHOW, target)
    assert run.stdout.strip() == f"{target}|NNCORE_TARGET asks for it|{target}", run.stderr


@pytest.mark.parametrize("target", targets.targets_supported())
def test_a_network_uses_the_target_asked_for(target):
    code = "import nncore as nn; net = nn.Network([3, 2], seed=0); print(net._kernels.target)"
    assert python(code, target).stdout.strip() == target


def test_the_best_target_is_the_default():
    run = python(SHOW)
    target, why, loaded = run.stdout.strip().split("|")
    assert target == loaded
    supported = targets.targets_supported()
    if why == "the best that this CPU runs":
        assert target == supported[0]
    else:
        assert why == "this CPU's clock drops when it uses AVX-512"
        assert (supported[0], target) == ("avx512", supported[1])


def test_an_empty_variable_is_ignored():
    assert python(SHOW, "").stdout == python(SHOW).stdout


def test_a_slow_avx512_is_not_the_default():
    code = """
from nncore import targets
import importlib
base = importlib.import_module("nncore._kernels_base_float32".replace("float32", "f32"))
base.cpu_targets, base.slow_avx512 = lambda: ["avx512", "avx2"], lambda: True
targets.targets_built = lambda: ("avx512", "avx2", "base")
print(*targets.target(), sep="|")
"""
    assert python(code).stdout.strip() == "avx2|this CPU's clock drops when it uses AVX-512"
    assert python(code, "avx512").stdout.strip() == "avx512|NNCORE_TARGET asks for it"


@pytest.mark.parametrize("wish", ["sse9", "AVX2", "avx2 ", "base,avx2", "../base"])
def test_an_unknown_target_is_refused(wish):
    run = python(SHOW, wish)
    assert run.returncode == 1
    assert (
        last_line(run) == f"ImportError: NNCORE_TARGET: one of avx512, avx2, neon, base, plain needed, "
        f"got {wish!r}"
    )


def test_plain_is_used_only_if_it_is_asked_for():
    """Whether it is built or not."""
    code = """
from nncore import targets
targets.targets_built = lambda: ("base", "plain")
print(targets.targets_supported(), *targets.target(), sep="|")
"""
    assert python(code).stdout.strip() == "('base', 'plain')|base|the best that this CPU runs"
    assert python(code, "plain").stdout.strip() == "('base', 'plain')|plain|NNCORE_TARGET asks for it"
    absent = code.replace('("base", "plain")', '("base",)')
    assert last_line(python(absent, "plain")) == (
        "ImportError: NNCORE_TARGET=plain: it was not built; base would work"
    )


@pytest.mark.parametrize("target", targets.targets_supported())
def test_a_single_target_may_be_built(target):
    """NNCORE_BUILD_TARGETS=avx2, say: the CPU is asked by kernels that are there."""
    code = f"""
import sys
from nncore import targets
if {target!r} != "base":
    sys.modules["nncore._kernels_base_f32"] = None
targets.targets_built = lambda: ({target!r},)
print(targets.targets_supported())
"""
    assert python(code).stdout.strip() == f"('{target}',)"


def test_a_target_that_was_not_built_is_refused():
    run = python(
        "from nncore import targets; targets.targets_built = lambda: ('base',); targets.target()", "avx2"
    )
    assert last_line(run) == "ImportError: NNCORE_TARGET=avx2: it was not built; base would work"


def test_a_target_that_the_cpu_cannot_run_is_refused():
    code = """
from nncore import targets
import importlib
importlib.import_module("nncore._kernels_base_f32").cpu_targets = lambda: []
targets.targets_built = lambda: ("avx512", "avx2", "base")
targets.target()
"""
    assert last_line(python(code, "avx512")) == (
        "ImportError: NNCORE_TARGET=avx512: this CPU cannot run it; base would work"
    )


def test_a_missing_build_is_explained_in_one_sentence():
    for use in ("nn.Network([2, 1])", "nn.functions.sigmoid(0.0)", "nn.targets.target()"):
        run = python(NO_KERNELS + "import nncore as nn; print('imported');" + use)
        assert run.stdout == "imported\n"  # datasets and reference work without kernels
        assert last_line(run).startswith(
            "ImportError: nncore: no kernels are built here. Run `pip install .`"
        )


def test_targets_are_ordered_and_base_is_there():
    built, supported = targets.targets_built(), targets.targets_supported()
    assert set(supported) <= set(built) <= set(targets.TARGETS)
    assert list(built) == sorted(built, key=targets.TARGETS.index)
    assert list(supported) == sorted(supported, key=targets.TARGETS.index)
    assert "base" in supported or supported[0] == "neon"


@pytest.mark.parametrize("dtype", targets.SUFFIX)
def test_kernels_are_of_the_dtype_and_loaded_once(dtype):
    assert targets.kernels(dtype).dtype == dtype
    assert targets.kernels(dtype) is targets.kernels(dtype)
    assert targets.kernels(dtype).target == targets.target()[0]


@pytest.mark.parametrize("dtype", targets.SUFFIX)
@pytest.mark.parametrize("size", [0, 1, 16, 1000])
def test_aligned_zeros(dtype, size):
    for _ in range(8):  # wherever NumPy's memory happens to start
        zeros = targets.aligned_zeros(size, dtype)
        assert zeros.shape == (size,)
        assert zeros.dtype == dtype
        assert zeros.ctypes.data % 64 == 0 or size == 0
        assert not zeros.any()
        assert zeros.flags.writeable


def test_loading_kernels_does_not_change_rounding():
    """No -ffast-math: loading the kernels must not make the process flush subnormal numbers to zero."""
    code = "import nncore as nn, numpy as np; [nn.targets.kernels(d) for d in nn.targets.SUFFIX];"
    tiny = np.finfo(np.float32).smallest_normal
    run = python(code + f"print(np.float32({float(tiny)!r}) / np.float32(4) > 0, np.float64(5e-324) > 0)")
    assert run.stdout.split() == ["True", "True"], run.stderr
