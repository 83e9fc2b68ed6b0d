"""Python programs in processes of their own: for tests that may crash one, or whose modules must be fresh."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def start_python(code, *arguments, timeout=None):
    """The completed process of a program that can import `support`."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=os.environ | {"PYTHONPATH": path},
    )


def run_python(code, *arguments, timeout=None):
    """What a program prints. It must succeed."""
    run = start_python(code, *arguments, timeout=timeout)
    assert run.returncode == 0, run.stderr
    return run.stdout
