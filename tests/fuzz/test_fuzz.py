"""Short rounds of the drivers, and the proof that the drivers find what they look for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(not os.path.isdir("/proc"), reason="the limits of the drivers are Linux's"),
]
FOLDER = Path(__file__).parent
# One seed, so that a change alone decides what is found; the long rounds take others.
SEED = os.environ.get("NNCORE_FUZZ_SEED", "2026")


def run(driver, *arguments):
    command = [sys.executable, FOLDER / driver, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def finds_planted(driver, of_what, planted, says):
    """The driver finds the fault that was planted in each of two things, and says how to see it again."""
    found = run(driver, of_what, 2, "--seed", 0, "--planted", planted, "--processes", 1)
    assert found.returncode == 1
    assert found.stdout.count(says) >= 2
    assert "--seed 0 --only 1" in found.stdout


def test_a_round_of_files_finds_no_fault():
    found = run("files.py", "--files", 4000, "--seed", SEED, "--processes", 1)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 faults in 4000 files, " in found.stdout


def test_a_round_of_calls_finds_no_fault():
    found = run("calls.py", "--calls", 4000, "--seed", SEED, "--processes", 1)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 faults in 4000 calls, " in found.stdout


def test_a_round_of_entry_points_finds_no_fault():
    found = run("entry_points.py", "--calls", 4000, "--seed", SEED, "--processes", 1)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 faults in 4000 calls, " in found.stdout


def test_a_round_of_kills_finds_no_fault():
    found = run("kills.py", "--kills", 10)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("planted", "says"),
    [
        ("exception", "KeyError"),
        ("warning", "UserWarning: planted"),
        ("no name", "the message does not name the file"),
        ("memory", "MemoryError"),
        ("time", "a file took more than 5 seconds"),
        ("crash", "the process ended with -11"),
        ("code", "it did more than read: compile "),
        ("other file", "it did more than read: open "),
        ("import", "it did more than read: import "),
    ],
)
def test_the_driver_of_files_finds_planted_faults(planted, says):
    finds_planted("files.py", "--files", planted, says)


@pytest.mark.parametrize(
    ("planted", "says"),
    [
        ("bare exception", "not a refusal of nncore's own"),
        ("warning", "RuntimeWarning"),
        ("not finite", "its answer is not finite"),
        ("memory", "MemoryError"),
        ("time", "a call took more than 5 seconds"),
        ("crash", "the process ended with -11"),
        ("changed array", "it changed an array that it was given"),
        ("changed network", "it was refused, and changed the network"),
        ("other answer", "the second time it does something else"),
    ],
)
def test_the_driver_of_calls_finds_planted_faults(planted, says):
    finds_planted("calls.py", "--calls", planted, says)


@pytest.mark.parametrize("planted", ["byte outside", "crash"])
def test_the_driver_of_entry_points_finds_planted_faults(planted):
    found = run("entry_points.py", "--calls", 2, "--seed", 0, "--planted", planted, "--processes", 1)
    assert found.returncode == 1
    assert found.stdout.count("the process ended with -11") == 2
