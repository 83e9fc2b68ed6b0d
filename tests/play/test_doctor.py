"""Why does it not learn: the doctor finds what is wrong with each set-up, and what it advises helps."""

import warnings

import numpy as np
import pytest

import nncore as nn
from nncore.insight.diagnose import Finding
from nncore.play.screens import Doctor
from nncore.play.screens.evidence import DRAWINGS
from nncore.play.screens.remedies import OTHERS, remedy
from nncore.play.screens.setups import SETUPS, Settings, run

# What the doctor must find of each, and the remedies that end in a healthy run, in their order.
FOUND = {
    "eta-100": ("eta too high", ["eta too high"]),
    "eta-small": ("eta too low", ["eta too low"]),
    "lmbda": ("lmbda too high", ["lmbda too high"]),
    "zeros": ("identical neurons", ["identical neurons"]),
    "saturated": ("slow output", ["slow output"]),
    "deep": ("vanishing gradient", ["vanishing gradient"]),
    "dead": ("dead neurons", ["eta too high"]),
    "bytes": ("inputs not scaled", ["inputs not scaled"]),
    "rows": ("rows shifted", ["rows shifted"]),
    "sorted": ("labels sorted", ["labels sorted"]),
    "rare": ("unequal classes", ["unequal classes"]),
    "heart": ("overfitting", ["overfitting"]),
}


@pytest.fixture
def doctor():
    return Doctor(None, lambda name, value: None)


def ask(doctor, setup, applied=()):
    return doctor.ask("run", {"setup": setup, "applied": list(applied)})


def test_there_are_twelve_set_ups_with_short_names(doctor):
    setups = doctor.ask("setups", {})["setups"]
    assert [each["id"] for each in setups] == list(SETUPS) == list(FOUND)
    assert len(setups) == 12
    assert all(len(each["name"].split()) <= 4 for each in setups)


@pytest.mark.parametrize("setup", SETUPS)
def test_the_doctor_finds_what_is_wrong_and_its_remedies_heal(doctor, setup):
    name, remedies = FOUND[setup]
    sick = ask(doctor, setup)
    assert not sick["healthy"]
    assert name in [finding["name"] for finding in sick["findings"]]
    assert sick["before"] is None
    assert doctor.ask("accuracy", {"setup": setup})["accuracy"] == sick["now"]["accuracy"]
    # the first finding with a remedy is the one whose button is the main one: pressing it until it is gone
    applied, state = [], sick
    while not state["healthy"]:
        applied.append(next(finding["name"] for finding in state["findings"] if finding["remedy"]))
        state = ask(doctor, setup, applied)
    assert applied == remedies
    assert state["now"]["accuracy"] > sick["now"]["accuracy"] + 0.03
    assert state["now"]["accuracy"] > 0.85
    assert state["before"] == sick["now"]
    assert [each["finding"] for each in state["applied"]] == remedies


@pytest.mark.parametrize("setup", SETUPS)
def test_the_sentences_are_the_doctor_s_own_for_the_lines_of_python(doctor, setup):
    """The lines that the page shows train the same network, and its diagnosis says the same."""
    shown = ask(doctor, setup)
    assert len(shown["python"].splitlines()) <= 6
    train, validation, _ = nn.datasets.load_sample()
    names = {"np": np, "nn": nn, "train": train, "validation": validation}
    *lines, last = shown["python"].splitlines()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SGD, that it has not learned
        exec("\n".join(lines), names)
        found = eval(last, names)
    ran = run(SETUPS[setup][1])
    np.testing.assert_array_equal(names["net"].parameters, ran.net.parameters)
    assert [(one["severity"], one["name"]) for one in shown["findings"]] == [
        (one.severity, one.name) for one in found
    ]
    for one, other in zip(shown["findings"], found, strict=True):
        assert one["sentence"].startswith(other.measured)  # more is said where the epochs were watched
        assert one["advice"] == other.remedy


@pytest.mark.parametrize("setup", SETUPS)
def test_every_finding_can_be_drawn_with_numbers_that_agree(doctor, setup):
    shown = ask(doctor, setup)
    for finding in shown["findings"]:
        assert finding["why"], finding["name"]
        why = doctor.ask("why", {"setup": setup, "applied": [], "finding": finding["name"]})
        check_drawing(run(SETUPS[setup][1]), finding, why)


def check_drawing(ran, finding, why):
    if why["kind"] == "trials":
        steady = [trial["eta"] for trial in why["trials"] if trial["verdict"] == "falls"]
        assert max(steady, default=None) == why["threshold"]
        if finding["name"] == "no eta learns":
            costs = [trial["cost"] for trial in why["trials"] if trial["verdict"] == "falls"]
            assert min(costs) >= 0.95 * why["constant"]
        else:
            assert f"up to eta = {why['threshold']:g}" in finding["sentence"]
        assert why["eta"] == ran.settings.eta
    elif why["kind"] == "strip":
        assert 0 <= why["values"].min() <= why["values"].max() <= 1
        assert why["values"].dtype == np.float32
        if finding["name"] == "identical neurons":
            assert (why["values"] == why["values"][0]).all()
        if finding["name"] == "saturated neurons":
            stuck = int(finding["sentence"].split(" of ")[0])
            shown = (why["values"] <= 0.01).all(axis=1) | (why["values"] >= 0.99).all(axis=1)
            assert shown.sum() >= stuck
        if finding["name"] == "dead neurons":
            assert (why["values"].max(axis=1) == 0).sum() >= int(finding["sentence"].split(" of ")[0])
    else:
        assert why["kind"] == "bars"
        values = [row["value"] for row in why["rows"]]
        assert np.isfinite(values).all()
        if finding["name"] == "vanishing gradient":
            assert ", ".join(f"{value:.2g}" for value in values) in finding["sentence"]
        if finding["name"] == "rows shifted":
            assert f"{values[0]:.0%} of them" in finding["sentence"]
        if finding["name"] == "overfitting":
            assert f"{values[0]:.1%} of its training" in finding["sentence"]
            assert f"{values[1]:.1%} of the others" in finding["sentence"]
        if finding["name"] == "unequal classes":
            assert f"{values[8]:.0%} of class 8" in finding["sentence"]
        if finding["name"] == "lmbda too high":
            assert f"{1 - values[1]:.0%} off every weight" in finding["sentence"]
        if finding["name"] == "weights vanished":
            assert f"{values[1]:.2g}; " in finding["sentence"]


def test_what_is_carried_out_is_what_the_doctor_says():
    def change(name, sentence, change=(), **settings):
        found = remedy(Finding("serious", name, "", sentence, dict(change)), Settings(**settings))
        return None if found is None else (found.text, found.change)

    assert change("eta too high", "", {"eta": 2.5}) == ("eta = 2.5, new network", {"eta": 2.5})
    assert change("identical neurons", "", {"init": "scaled"}) is None  # it is so already
    assert change("stuck", "", {"seed": 3}) is None  # the seed is not a setting here
    assert change("one answer", "What follows may be the reason.") is None
    sentence = "Use more data, a larger lmbda (try 0.1 and more), or fewer epochs."
    assert change("overfitting", sentence, n=1000)[1] == {"n": 8000, "epochs": 10}
    assert change("overfitting", sentence, {"lmbda": 0.8})[1] == {"lmbda": 0.8}
    assert change("rows shifted", "Move them back: y = np.roll(y, -1).", rows_off=1)[1] == {"rows_off": 0}
    assert change("inputs not scaled", "Divide them: X / 256.", divisor=1) == ("X / 256", {"divisor": 256})
    assert change("labels sorted", "Keep shuffle=True in SGD.", shuffle=False)[1] == {"shuffle": True}
    assert set(OTHERS) <= set(DRAWINGS)


@pytest.mark.parametrize(
    ("question", "arguments", "text"),
    [
        ("run", {"setup": "eta", "applied": []}, "setup: one of eta-100, eta-small"),
        ("run", {"setup": ["eta-100"], "applied": []}, "setup: one of"),
        ("run", {"setup": "heart", "applied": "overfitting"}, "applied: a list of names"),
        ("run", {"setup": "heart", "applied": ["eta too high"]}, "finding: one of overfitting needed"),
        ("run", {"setup": "heart", "applied": ["x"] * 9}, "applied: at most 8 needed, got 9"),
        ("run", {"setup": "eta-100", "applied": ["one answer"]}, "'one answer' has no remedy"),
        ("why", {"setup": "heart", "applied": [], "finding": 3}, "finding: one of overfitting needed, got 3"),
        ("accuracy", {"setup": None}, "setup: one of"),
    ],
)
def test_what_a_link_may_say_is_checked(doctor, question, arguments, text):
    with pytest.raises((ValueError, TypeError), match=text):
        doctor.ask(question, arguments)
