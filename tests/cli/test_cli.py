"""The command line as a whole: help, versions, warnings, exit codes, and what it imports."""

import os
import re
import subprocess
import sys
import warnings

from support.commands import misused, run

import nncore
from nncore.cli import main as nncore_command
from nncore.cli.messages import OPTIONS, for_a_shell

COMMANDS = ("train", "evaluate", "predict", "diagnose", "find-eta", "info")


def test_help_teaches():
    overview = run("--help")[0]
    assert run("-h")[0] == overview
    for command in COMMANDS:
        assert f"nncore {command}" in overview
        help_text = run(command, "--help")[0]
        assert f"nncore {command}" in help_text or command == "info"
    assert "--init large --eta 3" in run("train", "--help")[0]


def test_version():
    assert run("--version")[0] == f"nncore {nncore.__version__}\n"


def test_unknown_commands_are_misuse():
    assert "tarin" in misused("tarin")
    misused("predict", "digits.npz")


def test_commands_and_options_of_other_programs_are_answered_by_those_that_are_meant():
    assert misused("exercise", "3.7").endswith("Type nncore book exercise.")
    for start in ((), ("book",)):
        assert "Type nncore book show 3.7 or nncore book exercise 3.7." in misused(*start, "3.7")
    commands = nncore_command.commands["train"]
    known = {option for parameter in commands.params for option in parameter.opts}
    for name, others in OPTIONS.items():
        assert name in known
        for other in others:
            assert other not in known
            assert f"Did you mean '{name}'?" in misused("train", other, "1")
    assert "--eta" not in misused("evaluate", "--lr", "1")


def test_python_m_nncore(tmp_path):
    command = [sys.executable, "-m", "nncore"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"nncore {nncore.__version__}\n"
    done = subprocess.run([*command, "evaluate", tmp_path / "no.npz"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path / 'no.npz'}: No such file or directory\n"


def test_an_unknown_target_is_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "nncore", "info"],
        capture_output=True,
        text=True,
        env={**os.environ, "NNCORE_TARGET": "abacus"},
    )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: NNCORE_TARGET: .*'abacus'\n", done.stderr)


def test_training_imports_only_what_it_uses():
    code = (
        "import sys\n"
        "from nncore.cli import main\n"
        "try: main(['train', '--epochs', '1', '--layers', '784,10'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*{'scipy', 'sklearn', 'matplotlib', 'pooch', 'PIL', 'tqdm', 'nncore.book'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_ctrl_c_elsewhere_is_130_too(monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(nncore, "load", interrupted)
    assert run("evaluate", "digits.npz", code=130)[1] == "Stopped.\n"


def test_remedies_are_those_of_a_shell(tmp_path):
    nncore.Network([784, 10], seed=0).save(tmp_path / "new.npz")
    assert "nncore train --output MODEL trains one." in run("diagnose", tmp_path / "new.npz")[0]
    python = (
        'Its cost: cost="cross-entropy"; nn.diagnose(net, data), nn.diagnose(net, data, eta=...), '
        "nn.find_eta(layers, data)"
    )
    assert for_a_shell(python) == (
        "Its cost: --cost cross-entropy; nncore diagnose MODEL, nncore diagnose MODEL --eta ETA, "
        "nncore find-eta"
    )


def test_warnings_are_sentences(monkeypatch):
    def warns(path):
        warnings.warn("the file is old,\n but it was read", UserWarning, stacklevel=1)
        return nncore.Network([784, 10], seed=0)

    monkeypatch.setattr(nncore, "load", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert run("evaluate", "net.npz")[1].splitlines()[0] == "Warning: the file is old, but it was read"
