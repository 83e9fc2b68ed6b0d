"""Fixtures that many tests take, the profiles of Hypothesis, and how the suite uses two cores.

Functions and classes that tests share are in `tests/support`; what is a fixture here comes in several
variants or is read once for all tests.
"""

# ruff: noqa: E402 (what comes before an import here must come before it)
import importlib
import os
import signal
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of BLAS would wait for cores that other tests use

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("support")

from support.browsing import browser, open_page, served  # noqa: F401 (fixtures)

from nncore import datasets, targets

# A shell's background jobs ignore Ctrl-C, which some tests send to themselves or to programs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a test: there are no deadlines, and slow draws are no error.
SLOW = [HealthCheck.too_slow]
settings.register_profile(
    "nncore", deadline=None, max_examples=25, derandomize=True, suppress_health_check=SLOW
)
settings.register_profile(
    "thorough", deadline=None, max_examples=300, suppress_health_check=SLOW
)  # pytest --hypothesis-profile=thorough
settings.load_profile("nncore")

SAME_BITS = [["avx2", "avx512", "neon"], ["base", "plain"]]  # with FMA, and without
# plain gives the bits of base (test_bit_identity.py says so) and takes its time: no other test needs it.
TARGETS = [target for target in targets.targets_supported() if target != "plain"]
VARIANTS = [(target, dtype) for target in TARGETS for dtype in targets.SUFFIX]


def kernels_of(target, dtype):
    return importlib.import_module(f"nncore._kernels_{target}_{targets.SUFFIX[dtype]}")


@pytest.fixture(scope="session")
def variant():
    """A function: the kernels of a target and a dtype."""
    return kernels_of


@pytest.fixture(scope="session", params=VARIANTS, ids=["-".join(pair) for pair in VARIANTS])
def kernels(request):
    """The kernels of every target that this machine runs, in both dtypes."""
    return kernels_of(*request.param)


@pytest.fixture(scope="session", params=TARGETS)
def kernels64(request):
    """The float64 kernels of every target: central differences in float32 would have no digits left."""
    return kernels_of(request.param, "float64")


GROUPS = [(group, dtype) for group in SAME_BITS for dtype in targets.SUFFIX]


@pytest.fixture(scope="session", params=GROUPS, ids=[f"{'='.join(group)}-{dtype}" for group, dtype in GROUPS])
def kernels_of_same_bits(request):
    """The kernels, in one dtype, of all targets of a group that this machine runs: two or more."""
    group, dtype = request.param
    group = [target for target in targets.targets_supported() if target in group]
    if len(group) < 2:
        pytest.skip(f"this machine runs one target of the group at the most: {group}")
    return [kernels_of(target, dtype) for target in group]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Say what `-n auto`, which pyproject.toml asks for, means: all cores for the whole suite, else one
    process.

    A worker takes some seconds to start, more than a few tests take. `pytest -n 2 ...` overrules this.
    """
    options = config.option
    selected = options.keyword or options.collectonly or options.lf
    selected = selected or not options.markexpr.startswith("not slow")
    whole = [config.rootpath / path for path in config.getini("testpaths")]
    given = [config.invocation_params.dir / argument for argument in config.args]
    return 0 if selected or given != whole else min(4, cores())


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pytest_collection_modifyitems(items):
    """Mark the tests that run for every target: there is no need to repeat them with NNCORE_TARGET set."""
    for item in items:
        if {"kernels", "kernels64", "kernels_of_same_bits"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.every_target)


@pytest.fixture(autouse=True)
def figures_are_closed():
    """No test draws into a figure that another one left open, in whatever order they run."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def sample():
    """(train, validation, test): the 8,000, 1,000 and 1,000 digits that ship with the package."""
    return datasets.load_sample()


@pytest.fixture(scope="session")
def mnist():
    """(train, validation, test): MNIST's 50,000, 10,000 and 10,000 digits."""
    if not os.environ.get("NNCORE_DATA"):
        pytest.skip("needs MNIST: NNCORE_DATA is not set")
    return datasets.load_mnist()
