"""There is a progress bar where someone sees it, or where it is asked for; a function can take its place."""

import re
import sys
from types import SimpleNamespace

from support.small_runs import M, N, classes, network

from nncore.training import progress


def test_no_bar_if_output_goes_to_a_file(capfd):
    network().SGD(classes(), 3, M, 0.5)
    assert capfd.readouterr() == ("", "")


def test_a_bar_if_it_is_asked_for(capfd):
    data = classes()
    network().SGD(data, 3, M, 0.5, evaluation_data=data, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "33.0/33.0" in err
    assert "images/s" in err
    assert re.search(r"evaluation=\d+\.\d\d% 33.0/33.0", err)


def test_a_narrow_terminal_shows_the_accuracy(capfd, monkeypatch):
    """At 60 columns and less, the speed is cut and the accuracy is not."""
    for columns in (60, 40):
        monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda n=columns: lambda file: (n, 24))
        data = classes()
        monitor = ("evaluation_accuracy", "evaluation_cost", "training_cost")
        network().SGD(data, 3, M, 0.5, evaluation_data=data, monitor=monitor, progress=True)
        last = re.split(r"[\r\n]+", capfd.readouterr().err.rstrip())[-1]
        assert re.search(r"evaluation=\d+\.\d\d%", last), last
        assert len(last) <= columns


def test_a_bar_at_a_terminal_and_in_a_notebook(monkeypatch):
    class ZMQInteractiveShell:
        pass

    assert not progress.is_interactive()
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    assert progress.is_interactive()
    monkeypatch.setattr("sys.stderr", None)  # as under pythonw
    assert not progress.is_interactive()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell))
    assert progress.is_interactive()


def test_a_function_is_called_with_the_images_of_each_slice():
    seen = []
    network().SGD(classes(), 3, M, 0.5, evaluation_data=classes(), progress=seen.append)
    assert sum(seen) == 3 * N
