"""Overfitting: measures are turned on and moved; each number shown is that of the lines of Python."""

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, values

import nncore as nn
from nncore.play.digits import Digits
from nncore.play.screens import overfitting

TRAIN, _, TEST = nn.datasets.load_sample()
N = 1000
IDLE = "[data-running=false] [data-run][data-done=true]"
EPOCHS = 35  # with points after 30 and 35
FEW = f"#overfitting?epochs={EPOCHS}"


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    """Train on the bundled digits, whatever else is on this machine."""
    digits = Digits(TRAIN, TEST, False, "data = nn.datasets.load_sample()")
    monkeypatch.setattr(overfitting, "digits_at_hand", lambda: digits)


def wait(page, runs):
    """Wait until just these runs are shown, and trained."""
    page.wait_for_function(
        """runs => {
          const shown = [...document.querySelectorAll("[data-run]")];
          return document.querySelector("[data-running=false]")
            && shown.every(one => one.dataset.done === "true")
            && shown.map(one => one.dataset.run).join() === runs;
        }""",
        arg=",".join(runs),
        timeout=60_000,
    )


def wait_for_name(page, name):
    page.wait_for_function(
        "name => document.querySelector('[data-run=lmbda] button').textContent === name", arg=name
    )


def python(page):
    """Do what the page says is the same in Python; return the network."""
    known = {"nn": nn}
    exec(page.inner_text("[data-python]"), known)
    return known["net"]


def cells(page, run):
    return values(page, f"[data-run={run}] td")


def expected(net, images=N):
    training, test = net.accuracy(TRAIN[:images]), net.accuracy(TEST)
    return [training, test, training - test]


def lines(page, side):
    script = "one => one.lines.map(({ name, kind, points }) => [name, kind, points])"
    return page.eval_on_selector(f"nn-curve[data-side={side}]", script)


def test_the_worked_example_has_both_runs_their_weights_and_the_book(open_page):
    page = open_page(FEW)
    wait(page, ["lmbda", "none"])
    net = python(page)
    assert cells(page, "lmbda") == expected(net)
    test = lines(page, "test")
    assert [(name, kind) for name, kind, _ in test] == [
        ("the book", "book"),
        ("as it is", "other"),
        ("L2", "ours"),
    ]
    assert [x for x, _ in test[2][2]] == [*range(1, 31), 35]
    assert dict(map(tuple, test[0][2]))[30] == 0.8126  # as the book's author published it
    filled, _, wide = page.eval_on_selector(
        "nn-histogram", "one => [[...one.counts], [...one.outline], one.wide]"
    )
    w = np.concatenate([w.reshape(-1) for w in net.weights])
    np.testing.assert_array_equal(filled, np.histogram(w, 60, (-wide, wide))[0])
    assert values(page, "[data-mean=filled]") == [pytest.approx(np.abs(w.astype(float)).mean(), rel=1e-12)]
    page.locator("[data-run=none] button").click()  # now the other one is filled
    wait(page, ["none", "lmbda"])
    net = python(page)
    assert cells(page, "none") == expected(net)
    np.testing.assert_array_equal(page.eval_on_selector("nn-histogram", "one => [...one.outline]"), filled)


@pytest.mark.parametrize(
    ("measure", "line"),
    [
        ("dropout", "dropout=0.5)"),
        ("augment", "augment=nn.augment.Shift(1)"),
        ("stop", "stop=nn.stopping.NoImprovement(20)"),
        ("data", "data[0][:5000], 7, 10"),
    ],
)
def test_each_switch_adds_a_run_and_python_does_the_same(open_page, measure, line):
    page = open_page(FEW)
    page.locator(f"[data-measure={measure}]").check()
    wait(page, [measure, "lmbda", "none"])
    assert line in " ".join(page.inner_text("[data-python]").split())
    assert cells(page, measure) == expected(python(page), 5000 if measure == "data" else N)
    assert lines(page, "training")[-1][2][-1][0] <= EPOCHS
    page.locator(f"[data-measure={measure}]").uncheck()
    wait(page, ["lmbda", "none"])


def test_the_slider_draws_its_run_anew_and_only_the_newest_counts(open_page):
    page = open_page(FEW)
    wait(page, ["lmbda", "none"])
    slider = page.locator("[data-setting=lmbda] input[type=range]")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")  # each is given up for the next
    shown = page.input_value("[data-setting=lmbda] .field")
    assert float(shown) > 0.1
    wait_for_name(page, f"lmbda {shown}")
    wait(page, ["lmbda", "none"])
    assert f"lmbda={shown})" in " ".join(page.inner_text("[data-python]").split())
    assert cells(page, "lmbda") == expected(python(page))
    page.wait_for_function("shown => location.hash.includes(`lmbda=${shown}`)", arg=shown)


def test_a_refused_value_and_one_that_diverges_are_said(open_page):
    page = open_page(FEW)
    wait(page, ["lmbda", "none"])
    page.fill("[data-setting=lmbda] .field", "-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-setting=lmbda] .refusal")
    assert page.inner_text("[data-setting=lmbda] .refusal").startswith("lmbda:")
    assert cells(page, "lmbda")[0] > 0.9  # the last good run stays
    page.fill("[data-setting=lmbda] .field", "100000")
    page.keyboard.press("Enter")
    wait_for_name(page, "lmbda 100000")
    wait(page, ["lmbda", "none"])
    with pytest.raises(nn.DivergenceError) as core:
        python(page)
    assert page.inner_text(".said-of") == str(core.value)


def test_at_most_four_runs_and_a_link_brings_them_back(open_page):
    page = open_page(FEW)
    for measure in ("dropout", "augment", "stop"):
        page.locator(f"[data-measure={measure}]").check()
    wait(page, ["stop", "augment", "dropout", "none"])  # lmbda was the oldest
    assert not page.is_checked("[data-measure=lmbda]")
    shown = [cells(page, run) for run in ("stop", "augment", "dropout", "none")]
    page.wait_for_function("() => location.hash.includes('stop')")
    other = open_page(page.url.partition("#")[2])
    wait(other, ["stop", "augment", "dropout", "none"])
    assert [cells(other, run) for run in ("stop", "augment", "dropout", "none")] == shown


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, theme):
    runs = '&runs=["none","stop","data","dropout"]&lmbda=0.0037'
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = open_page(FEW + runs, size=size, color_scheme=theme)
        wait(page, ["dropout", "data", "stop", "none"])
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = open_page(FEW + runs, size=PHONE, touch=True, color_scheme=theme)
    wait(page, ["dropout", "data", "stop", "none"])
    assert overflow(page)["wide"] == 0
