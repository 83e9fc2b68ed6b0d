"""Why does it not learn: each set-up is chosen, its finding applied and undone, and all numbers compared."""

import numpy as np
import pytest
from support.page import DESK, PHONE, overflow, values

from nncore.play.screens.setups import SETUPS, run


def shown(page):
    """Wait until the page shows what its state says, and return its findings as (name, sentence)."""
    page.wait_for_function("() => !document.querySelector('.stale, [role=status]')", timeout=60_000)
    cards = page.locator(".card:not(.applied)")
    return [
        (card.get_attribute("data-finding"), card.locator("p").first.inner_text()) for card in cards.all()
    ]


def end(page):
    return values(page, "[data-accuracy]")


def test_the_worked_example_is_there_with_what_was_found(open_page):
    page = open_page("#doctor")
    page.wait_for_selector("[data-evidence='eta too high']", timeout=60_000)
    ran = run(SETUPS["eta-100"][1])
    assert shown(page) == [(found.name, found.measured) for found in ran.diagnosis][:3]
    assert end(page) == [ran.history.evaluation_accuracy[-1]] == [ran.accuracy]
    trials = {trial.eta: trial.last for trial in ran.patient.search.trials}
    drawn = page.eval_on_selector_all(
        "[data-evidence] .trial",
        "all => all.map(one => [Number(one.dataset.eta), Number(one.dataset.value)])",
    )
    assert dict(drawn) == trials
    page.get_by_role("button", name="1 more").click()
    page.wait_for_selector("[data-finding='slow output']")


def test_a_remedy_is_applied_undone_and_kept_by_a_link(open_page):
    page = open_page("#doctor")
    page.wait_for_selector("[data-evidence='eta too high']", timeout=60_000)
    before = end(page)
    page.get_by_role("button", name="Apply: eta = 2.5, new network").click()
    page.wait_for_selector("[data-healthy]", timeout=60_000)
    healthy = end(page)
    assert healthy[0] > 0.85
    assert values(page, "[data-before]") == before
    assert page.locator("[data-healthy]").inner_text() == "Nothing wrong was found."
    kinds = page.evaluate("() => document.querySelector('nn-curve').lines.map(({ kind }) => kind)")
    assert kinds == ["training", "other", "ours"]  # the old curve dashed, ours teal
    link = page.url[page.url.index("#") :]
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("[data-healthy]", state="detached", timeout=60_000)
    assert end(page) == before
    other = open_page(link)
    other.wait_for_selector("[data-healthy]", timeout=60_000)
    assert end(other) == healthy


def test_all_twelve_are_chosen_by_keyboard_and_show_the_doctor_s_sentences(open_page):
    page = open_page("#doctor")
    page.wait_for_selector("[data-setup='eta-100']", timeout=60_000)
    page.locator("[data-setup='eta-100']").focus()
    for setup, (name, settings) in SETUPS.items():
        page.wait_for_selector(f"[data-setup='{setup}'][aria-selected=true]")
        page.wait_for_selector(f"[data-shown='{setup}']", timeout=60_000)
        ran = run(settings)  # what the page shows, and not trained again
        assert end(page) == [ran.accuracy]
        assert shown(page) == [(found.name, found.measured) for found in ran.diagnosis][:3]
        assert page.locator(f"[data-setup='{setup}'] span").first.inner_text() == name
        points = page.evaluate("() => document.querySelector('nn-curve').lines.map(({ points }) => points)")
        assert [y for _, y in points[-1]] == ran.history.evaluation_accuracy
        assert [y for _, y in points[0]] == ran.history.training_accuracy
        state = overflow(page)
        assert (state["wide"], state["high"], state["cut"]) == (0, 0, []), setup
        page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "() => document.querySelectorAll('[data-setup] [data-value]').length === 12", timeout=60_000
    )
    assert values(page, "[data-setup] [data-value]") == [
        run(settings).accuracy for _, settings in SETUPS.values()
    ]


@pytest.mark.parametrize("finding", ["saturated neurons", "one answer"])
def test_activations_that_are_drawn_are_the_network_s(open_page, finding):
    page = open_page("#doctor?setup=eta-100")
    page.wait_for_selector(f"[data-finding='{finding}']", timeout=60_000)
    page.locator(f"[data-finding='{finding}']").get_by_role("button", name="Why?").click()
    page.wait_for_selector(f"[data-evidence='{finding}'] nn-picture")
    drawn = page.evaluate("() => [...document.querySelector('[data-evidence] nn-picture').values]")
    ran = run(SETUPS["eta-100"][1])
    images = ran.patient.columns[0][:, :100].T.astype(np.float32)
    np.testing.assert_allclose(np.reshape(drawn, (10, 100)), ran.net.feedforward(images).T, atol=1e-6)


def test_a_link_to_what_was_never_found_says_so(open_page):
    page = open_page('#doctor?setup=heart&applied=["eta too high"]')
    page.wait_for_selector("[role=alert]", timeout=60_000)
    assert (
        "finding: one of overfitting needed, got 'eta too high'" in page.locator("[role=alert]").inner_text()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, theme):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = open_page("#doctor", size=size, color_scheme=theme)
        page.wait_for_selector("[data-evidence]", timeout=60_000)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = open_page("#doctor", size=PHONE, touch=True, color_scheme=theme)
    page.wait_for_selector("[data-evidence]", timeout=60_000)
    assert overflow(page)["wide"] == 0
