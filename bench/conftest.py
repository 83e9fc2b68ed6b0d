"""Tests here import their neighbours, as this folder is a set of scripts, and run in one process."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """No workers, whatever pyproject.toml asks for: times are measured here."""
    return 0
