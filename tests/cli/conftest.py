"""A network that the command line trained, for the tests of several commands."""

import pytest
from support.commands import run


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The file of a network that `nncore train` trained with its defaults, and the lines that it printed."""
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    stdout, _ = run("train", "--output", path)
    return path, stdout.splitlines()
