"""`nncore show`: which pictures it draws, of what, and what it refuses."""

import pytest
from support.commands import misused, refused, run

import nncore

pytest.importorskip("matplotlib", reason="needs matplotlib")


@pytest.fixture(scope="module")
def net(tmp_path_factory, sample):
    path = tmp_path_factory.mktemp("show") / "digits.npz"
    net = nncore.Network([784, 10], seed=0)
    net.SGD(sample[0], 2, 10, 0.5, evaluation_data=sample[1])
    net.save(path)
    return path


def test_the_errors_are_the_test_digits_that_it_reads_wrongly(net, tmp_path, sample):
    picture = tmp_path / "wrong.svg"
    stdout, _ = run("show", net, "--errors", picture, "--most", 7)
    predicted, test = nncore.load(net).predict(sample[2]), sample[2]
    wrong = (predicted != test.labels).nonzero()[0]
    assert stdout == f"{picture}: {len(wrong)} of 1000 test digits wrong, the first 7.\n"
    text = picture.read_text()
    for i in wrong[:7]:
        assert f">{test.labels[i]} → {predicted[i]}</text>" in text
    assert text.count("<image") == 7


def test_all_pictures_at_once(net, tmp_path):
    names = ("errors", "confusion", "weights", "filters", "network", "history")
    options = [word for name in names for word in (f"--{name}", tmp_path / f"{name}.png")]
    stdout, stderr = run("show", net, *options)
    assert stderr == ""
    assert [line.split(": ")[0] for line in stdout.splitlines()] == [str(path) for path in options[1::2]]
    for path in options[1::2]:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_an_ensemble_has_errors_and_a_confusion_matrix(net, tmp_path):
    path = tmp_path / "ensemble.npz"
    nncore.Ensemble([nncore.load(net), nncore.load(net)]).save(path)
    stdout, _ = run("show", path, "--errors", tmp_path / "a.png", "--confusion", tmp_path / "b.pdf")
    assert "test digits wrong" in stdout
    assert "the confusion matrix, " in stdout
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")
    assert "--errors and --confusion draw them" in misused("show", path, "--weights", tmp_path / "c.png")


def test_refused(net, tmp_path):
    text = misused("show", net)
    assert f"nncore show {net} --errors wrong.png" in text
    assert "does not end in .png, .svg or .pdf" in misused("show", net, "--errors", "wrong")
    assert "there is no folder" in misused("show", net, "--errors", tmp_path / "none" / "wrong.png")
    untrained = tmp_path / "untrained.npz"
    nncore.Network([784, 10], seed=0).save(untrained)
    assert "holds no record of its training" in misused("show", untrained, "--history", tmp_path / "h.png")
    assert "no such file" in refused("show", tmp_path / "x.npz", "--errors", tmp_path / "e.png").lower()
