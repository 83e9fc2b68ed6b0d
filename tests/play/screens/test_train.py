"""Train, live: a reader starts, steers and compares trainings; every number shown is the core's."""

import threading
import time

import numpy as np
import pytest
from support.page import PHONE, overflow, values

import nncore as nn
from nncore.play.digits import Digits
from nncore.play.live_run import Settings
from nncore.play.published import published
from nncore.play.screens import train

TRAIN, _, TEST = nn.datasets.load_sample()
N = len(TRAIN)
STOPPED = ".go:not([data-state=running])"
ALONE = "#train?beside=&at=0&speed=3"  # one run that has not begun
SLOWER = "#train?beside=&at=0&speed=2"


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    """Train on the bundled digits, whatever else is on this machine."""
    digits = Digits(TRAIN, TEST, False, "data = nn.datasets.load_sample()")
    monkeypatch.setattr(train, "digits_at_hand", lambda: digits)


def wait(page, selector=STOPPED):
    page.wait_for_selector(selector, timeout=60_000)


def opened(open_page, fragment, **others):
    page = open_page(fragment, **others)
    wait(page)
    return page


def read(page, name):
    return values(page, f"[data-read={name}]")[0]


def accuracy(page, letter="A"):
    return values(page, f"[data-run={letter}] .v")[0]


def sgd(epochs, settings=None):
    """Train as an untouched run does; return the network."""
    s = Settings()._replace(**(settings or {}))
    net = nn.Network([784, *([s.hidden] if s.hidden else []), 10], cost=s.cost, init=s.init, seed=s.seed)
    net.SGD(TRAIN, epochs, s.mini_batch_size, s.eta, s.lmbda, momentum=s.momentum or None)
    return net


def python(page):
    """Do what the page says is the same in Python; return the network."""
    known = {"nn": nn}
    exec(page.inner_text("[data-python]"), known)
    return known["net"]


def set_field(page, setting, text):
    page.fill(f"[data-setting={setting}] .field", text)
    page.keyboard.press("Enter")


def test_the_screen_opens_with_a_worked_example(open_page):
    page = opened(open_page, "#train")
    assert page.inner_text(".go") == "Go on"
    assert (read(page, "epoch"), read(page, "images")) == (12, 12 * N)
    assert page.inner_text(".right h3").split("\n")[-1].strip() == "on the 1,000 bundled test digits"
    net, large = sgd(12), sgd(30, {"init": "large"})
    assert accuracy(page) == net.accuracy(TEST)
    assert accuracy(page, "B") == large.accuracy(TEST)
    assert page.inner_text("[data-run=B]").split() == [
        "B",
        "large",
        "start",
        f"{100 * large.accuracy(TEST):.1f}",
        "%",
    ]
    assert values(page, "[data-look=A]") == [net.accuracy(TEST)]
    assert values(page, "[data-look=training]") == [net.accuracy(TRAIN)]
    least = page.eval_on_selector_all("[data-neuron]", "all => all.map(one => Number(one.dataset.least))")
    np.testing.assert_array_equal(np.float32(least), net.weights[0].min(axis=1))
    bytes_ = page.eval_on_selector("[data-neuron='7']", "one => [...one.values]")
    top = page.eval_on_selector("[data-neuron='7']", "one => one.top")
    scale = float(page.inner_text(".key b:last-child"))
    np.testing.assert_array_equal(
        bytes_, np.rint(np.clip(net.weights[0][7] * np.float32(top / scale), -top, top))
    )
    counts = page.eval_on_selector("nn-histogram", "one => [[...one.counts], one.wide]")
    np.testing.assert_array_equal(counts[0], np.histogram(net.weights[0], 60, (-counts[1], counts[1]))[0])
    assert values(page, "[data-all]") == [784 * 30]
    page.get_by_role("tab", name="Cost").click()
    page.wait_for_function(
        "() => document.querySelector('[role=tab][aria-selected=true]').textContent === 'Cost'"
    )
    assert values(page, "[data-look=A]") == [net.cost(TEST)]
    assert page.inner_text("[data-look=A]") == f"{net.cost(TEST):.4f}"
    assert "plot=cost" in page.url


def test_start_pause_one_step_one_epoch(open_page):
    page = opened(open_page, SLOWER + "&epochs=500")
    assert page.inner_text(".go") == "Start"
    assert read(page, "images") == 0
    page.click(".go")
    wait(page, ".go[data-state=running]")
    assert page.is_disabled("text=One step")
    page.wait_for_function("() => Number(document.querySelector('[data-read=epoch]').dataset.value) >= 2")
    page.keyboard.press(" ")
    wait(page)
    images = read(page, "images")
    assert page.inner_text(".go") == "Go on"
    assert 2 * N <= images < 500 * N
    assert read(page, "seconds") > 0
    page.click("text=One step")
    page.wait_for_function(
        f"() => Number(document.querySelector('[data-read=images]').dataset.value) > {images}"
    )
    wait(page)
    assert read(page, "images") in (images + 10, images // N * N + N)
    net = python(page)
    assert (accuracy(page), values(page, "[data-look=A]")) == (net.accuracy(TEST), [net.accuracy(TEST)])
    page.keyboard.press("e")
    page.wait_for_function(
        f"() => Number(document.querySelector('[data-read=images]').dataset.value) % {N} === 0"
    )
    wait(page)
    epochs = int(read(page, "epoch"))
    assert page.inner_text("[data-python]").endswith(f"net.SGD(data[0], {epochs}, 10, eta=3)")
    assert accuracy(page) == sgd(epochs).accuracy(TEST)


def test_settings_move_while_it_trains_and_python_does_the_same(open_page):
    page = opened(open_page, SLOWER + "&epochs=400")
    page.keyboard.press(" ")
    page.wait_for_function("() => Number(document.querySelector('[data-read=images]').dataset.value) > 0")
    set_field(page, "eta", "1,5")
    page.focus("[data-setting=momentum] input[type=range]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('nn-curve').ticks.length === 2")
    page.click(".go")
    wait(page)
    texts = page.evaluate("() => document.querySelector('nn-curve').ticks.map(({ text }) => text)")
    assert texts == ["eta 3 to 1.5", "momentum 0 to 0.01"]
    assert "Settings were moved 2 times" in page.inner_text(".left")
    assert accuracy(page) == python(page).accuracy(TEST)
    # the link brings another page to the same state, to the bit
    other = opened(open_page, page.url.partition("#")[2])
    assert [accuracy(other), read(other, "images")] == [accuracy(page), read(page, "images")]
    assert other.inner_text("[data-python]") == page.inner_text("[data-python]")


def test_one_move_has_six_lines_of_python(open_page):
    page = opened(open_page, "#train?beside=&moved=batch:20@0/500&at=1")
    assert len(page.inner_text("[data-python]").split("\n")) <= 7  # of which one is broken in two
    assert accuracy(page) == python(page).accuracy(TEST)


def test_a_bad_value_stays_in_its_field_with_the_core_s_words(open_page):
    page = opened(open_page, ALONE)
    set_field(page, "mini_batch_size", "0")
    page.wait_for_selector("[data-setting=mini_batch_size] .refusal")
    with pytest.raises(ValueError) as core:
        nn.Steps(nn.Network([784, 10]), TRAIN, 0, 1.0)
    assert page.inner_text("[data-setting=mini_batch_size] .refusal") == str(core.value)
    assert page.input_value("[data-setting=mini_batch_size] .field") == "0"
    page.click("text=One epoch")
    page.wait_for_function(f"() => document.querySelector('[data-read=images]').dataset.value === '{N}'")
    wait(page)
    assert accuracy(page) == sgd(1).accuracy(TEST)  # the last good value
    assert page.input_value("[data-setting=mini_batch_size] .field") == "0"
    set_field(page, "mini_batch_size", "20")
    page.wait_for_selector("[data-setting=mini_batch_size] .refusal", state="detached")
    set_field(page, "eta", "fast")
    page.wait_for_selector("[data-setting=eta] .refusal")


def test_a_second_run_with_one_change(open_page):
    page = opened(open_page, "#train?beside=&at=2&epochs=3")
    page.click("text=Run it again with one change")
    page.check("input[name=change][value=hidden]")
    page.fill("[name=to-hidden]", "-3")
    page.click("dialog .btn.main")
    page.wait_for_selector("dialog .refusal")
    assert page.inner_text("dialog .refusal") == "hidden: at least 0 needed, got -3"
    page.fill("[name=to-hidden]", "12")
    page.click("dialog .btn.main")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("[data-run=B]")
    wait(page)
    assert accuracy(page, "B") == sgd(3, {"hidden": 12}).accuracy(TEST)
    assert read(page, "images") == 2 * N  # run A stands where it was
    assert "beside=hidden:12,at:3" in page.url
    page.click("[data-run=B]")
    page.wait_for_selector("text=Settings of run B")
    assert page.locator("[data-neuron]").count() == 12
    assert accuracy(page, "B") == python(page).accuracy(TEST)
    assert page.inner_text(".go") == "Again"


def test_the_doctor_finds_it_and_apply_begins_anew(open_page):
    page = opened(open_page, "#train?eta=100&beside=&at=2&epochs=3&speed=3")
    page.click("text=Ask the doctor")
    page.wait_for_selector("[data-finding='eta too high']", timeout=60_000)
    page.click("[data-finding='eta too high'] .btn")
    page.wait_for_selector(".card.applied")
    wait(page)
    eta = float(page.input_value("[data-setting=eta] .field"))
    assert accuracy(page, "B") == sgd(3, {"eta": eta}).accuracy(TEST) > 0.8
    page.click(".card.applied >> text=Undo")
    page.wait_for_selector("[data-run=B]", state="detached")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.input_value("[data-setting=eta] .field") == "100"


def test_new_start_has_another_seed(open_page):
    page = opened(open_page, "#train?beside=&at=1&epochs=2")
    page.click("text=New start")
    page.wait_for_selector("[data-run=B]")
    assert "seed=2" in page.inner_text("[data-python]")
    assert read(page, "images") == 0
    assert accuracy(page, "B") == nn.Network([784, 30, 10], cost="quadratic", seed=2).accuracy(TEST)


def test_a_run_that_leaves_the_finite_numbers_says_why(open_page):
    page = opened(open_page, ALONE + "&lmbda=1e20")
    page.click("text=One epoch")
    page.wait_for_selector("[role=alert]")
    assert "the parameters left the finite numbers; eta lmbda/n" in page.inner_text("[role=alert]")
    assert read(page, "images") == 0
    assert overflow(page)["high"] <= 0


def test_the_book_s_points_stand_beside_a_training_on_mnist(open_page, monkeypatch):
    mnist = Digits(TRAIN, TEST, True, "data = nn.datasets.load_mnist()")
    monkeypatch.setattr(train, "digits_at_hand", lambda: mnist)
    page = opened(open_page, "#train?at=1&beside=")
    book = published(Settings())
    assert values(page, "[data-book]") == [book.best]
    words = " ".join(page.inner_text(".r1:has([data-book])").split())
    assert words == "the book, best of 30 chapter 1, test images 95.42 %"
    lines = page.evaluate(
        "() => document.querySelector('nn-curve').lines.map(({ kind, points }) => [kind, points])"
    )
    assert lines[-1] == ["book", [list(point) for point in book.points]]
    assert values(page, "[data-look='the book']") == [0.9129]
    author = opened(open_page, "#train?cost=cross-entropy&eta=0.1&lmbda=5&at=1&beside=")
    lines = author.evaluate(
        "() => document.querySelector('nn-curve').lines.map(({ kind, points }) => [kind, points.length])"
    )
    assert lines[-1] == ["law", 30]


def test_the_crosshair_tells_what_was_measured_there(open_page):
    page = opened(open_page, "#train?beside=&at=4&epochs=5")
    page.focus("nn-curve")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.look').textContent.startsWith('after epoch 3')")
    assert values(page, "[data-look=A]") == [sgd(3).accuracy(TEST)]


def test_the_training_ends_when_the_page_closes_and_pauses_behind_another_screen(open_page):
    def training():
        return [thread for thread in threading.enumerate() if thread.name == "nncore-play-training"]

    before = set(training())
    page = opened(open_page, ALONE + "&epochs=1000")
    page.click(".go")
    wait(page, ".go[data-state=running]")
    page.evaluate("() => { location.hash = '#draw'; }")
    page.wait_for_selector(".screen.draw h1")
    page.evaluate("() => { location.hash = '#train'; }")
    page.wait_for_selector(".train .go")
    assert page.get_attribute(".go", "data-state") == "paused"
    assert read(page, "images") > 0
    page.click(".go")
    wait(page, ".go[data-state=running]")
    (thread,) = set(training()) - before
    page.close()
    thread.join(20)
    assert not thread.is_alive()


def test_reduced_motion_shows_its_state_twice_a_second(open_page):
    page = opened(open_page, ALONE + "&epochs=1000", reduced_motion="reduce")
    page.evaluate("""() => { window.changes = 0; new MutationObserver(() => { window.changes++; }).observe(
        document.querySelector("[data-read=images]"), { attributes: true }); }""")
    page.click(".go")
    start = time.monotonic()
    page.wait_for_timeout(1600)
    changes = page.evaluate("() => window.changes")
    assert 1 <= changes <= 2 * (time.monotonic() - start) + 2
    page.click(".go")


def test_it_fits_on_a_desk_with_four_runs_and_on_a_phone(open_page):
    four = "#train?at=1&epochs=2&beside=start:large,at:2;cost:cross-entropy,at:2;hidden:100,at:1"
    page = opened(open_page, four)
    assert page.locator("[data-run]").count() == 4
    assert overflow(page)["wide"] <= 0
    assert overflow(page)["high"] <= 0
    page = opened(open_page, four, size=PHONE, touch=True)
    assert overflow(page)["wide"] <= 0
    page.tap(".go")
    wait(page, ".go[data-state=running]")
    page.tap(".go")
    wait(page)
