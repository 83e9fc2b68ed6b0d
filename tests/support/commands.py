"""The command `nncore` run in this process, and what it prints."""

import re

import pytest
from click.testing import CliRunner

from nncore import cli


def run(*args, code=0):
    """Run the command in this process; what it printed on standard output, and on standard error."""
    result = CliRunner().invoke(cli.main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    if code:
        assert "Traceback" not in result.output
    return result.stdout, result.stderr


def refused(*args):
    """The one line that a user's mistake with data and files gives."""
    stdout, stderr = run(*args, code=1)
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Error: ")
    assert "Test accuracy" not in stdout
    return lines[0]


def misused(*args):
    """What a mistake on the command line gives."""
    return " ".join(run(*args, code=2)[1].split())


def accuracy_of(line):
    """The count and the number of digits in the last line of train and evaluate."""
    found = re.fullmatch(r"Test accuracy: (\d+\.\d\d)% \((\d+) of (\d+) digits\)\.", line)
    assert found is not None, line
    percent, right, n = float(found[1]), int(found[2]), int(found[3])
    assert percent == pytest.approx(100 * right / n, abs=0.005)
    return right, n
