"""Verdicts: how our runs compare with a number of the book."""

import math

import pytest

from nncore.reproduction.experiments.experiment import BookNumber, at, measured
from nncore.reproduction.report.verdicts import sentence, trial_sentence, verdict


def records(*values):
    return [{"status": "done", "numbers": {"x": value}} for value in values]


def book_number(book=0.95, criterion="at least", tolerance=0.003, **others):
    return BookNumber("network", "test accuracy", measured("x"), book, criterion, tolerance, **others)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((0.95,), "above"),
        ((0.951, 0.9495), "above"),  # the mean
        ((0.947,), "reproduced"),  # exactly 0.3 points below
        ((0.9469,), "unclear"),
        ((0.94, 0.955), "reproduced"),
        ((0.93, 0.9475), "best run"),
        ((0.93, 0.94), "unclear"),
        ((0.93, 0.94, 0.935), "below"),
        ((), "not run"),
        ((math.nan,), "no number"),  # a replay without published numbers
    ],
)
def test_at_least_the_book_number(values, word):
    assert verdict(book_number(), records(*values)).word == word


def test_best_run_is_compared():
    found = verdict(book_number(0.9878, tolerance=0.001, best_run=True), records(0.985, 0.9869, 0.98))
    assert (found.word, found.compared) == ("reproduced", 0.9869)
    assert (
        verdict(book_number(0.9878, tolerance=0.001, best_run=True), records(0.985, 0.9867, 0.98)).word
        == "below"
    )


def test_near_is_within_two_standard_deviations():
    assert verdict(book_number(criterion="near"), records(0.94)).word == "unclear"
    assert verdict(book_number(criterion="near"), records(0.94), seeded=False).word == "differs"
    assert verdict(book_number(criterion="near"), records(0.952)).word == "reproduced"
    found = verdict(book_number(criterion="near"), records(0.93, 0.95, 0.94))
    assert (found.word, found.tolerance) == ("reproduced", pytest.approx(0.02))
    assert verdict(book_number(criterion="near"), records(0.98, 0.99, 0.985)).word == "differs"


def test_exact_is_to_the_last_printed_digit():
    assert verdict(book_number(0.2225, "exact", 0.0), records(0.2225)).word == "exact"
    assert verdict(book_number(0.2225, "exact", 0.0), records(0.2226)).word == "differs"
    assert verdict(book_number(0.0042, "exact", 0.00005), records(0.004237)).word == "exact"


def test_no_number_of_the_book_gives_no_verdict():
    found = verdict(book_number(None), records(0.8, 0.9))
    assert (found.word, found.compared) == ("no number", pytest.approx(0.85))


def test_diverged_run_counts_if_it_has_the_number():
    diverged = {"status": "diverged: epoch 0", "numbers": {}}
    assert verdict(book_number(), [diverged]).word == "differs"
    assert verdict(book_number(), [diverged, *records(0.96)]).values == (0.96,)
    with pytest.raises(KeyError):
        verdict(book_number(), [{"status": "done", "numbers": {}}])


@pytest.mark.parametrize(
    ("number", "values", "text"),
    [
        (book_number(), (0.947,), "book 95.00 %; ours 94.70 % (1 run): reproduced (−0.30 points)"),
        (
            book_number(),
            (0.96, 0.97),
            "book 95.00 %; ours 96.50 % (2 runs, 96.00 % to 97.00 %): above (+1.50 points)",
        ),
        (
            book_number(best_run=True),
            (0.95, 0.96),
            "book 95.00 %; ours 95.50 % (2 runs, 95.00 % to 96.00 %): above (best of 2, +1.00 points)",
        ),
        (
            book_number(),
            (0.93, 0.9475),
            "book 95.00 %; ours 93.88 % (2 runs, 93.00 % to 94.75 %): "
            "best run (mean −1.12 points, 0.9 standard deviations; 1 of 2 runs high enough)",
        ),
        (
            book_number(0.339, "near", 0.01, form="number"),
            (0.343,),
            "book 0.339; ours 0.343 (1 run): reproduced (+0.004, 0.01 allowed)",
        ),
        (book_number(0.5, "exact", 0.0), (0.5,), "book 50.00 %; ours 50.00 % (1 run): exact"),
        (book_number(1.0, "exact", form="yes"), (1.0, 1.0), "book yes; ours yes (2 runs, yes to yes): exact"),
        (
            book_number(1.0, "exact", form="yes"),
            (1.0, 0.0),
            "book yes; ours yes in 50 % (2 runs, no to yes): "
            "unclear (not the book's answer; 2 runs do not show the spread: --seeds 3 does)",
        ),
        (
            book_number(),
            (0.94,),
            "book 95.00 %; ours 94.00 % (1 run): "
            "unclear (−1.00 points; 1 run does not show the spread: --seeds 3 does)",
        ),
        (
            book_number(1.0, "exact", form="yes"),
            (1.0, 0.0, 1.0),
            "book yes; ours yes in 67 % (3 runs, no to yes): reproduced",
        ),
        (book_number(None), (0.5,), "the book gives no number; ours 50.00 % (1 run)"),
        (book_number(), (), "book 95.00 %; not run"),
    ],
)
def test_sentence_of_a_verdict(number, values, text):
    assert sentence(number, verdict(number, records(*values))) == text


@pytest.mark.parametrize(
    ("number", "values", "text"),
    [
        (book_number(), (0.9,), "this trial 90.00 % (1 run); the whole experiment in the book 95.00 %"),
        (book_number(None), (0.5,), "this trial 50.00 % (1 run); the book gives no number"),
        (
            book_number(),
            (math.nan,),
            "this trial does not give the number; the whole experiment in the book 95.00 %",
        ),
    ],
)
def test_sentence_of_a_trial_has_no_verdict(number, values, text):
    assert trial_sentence(number, records(*values)) == text


def test_trial_that_ends_before_the_epoch_of_a_number():
    number = BookNumber("network", "cost", at("training_cost", 29), 0.5, form="number")
    short = [{"status": "done", "history": {"training_cost": [0.9, 0.8]}}]
    assert trial_sentence(number, short).startswith("this trial does not give the number")
