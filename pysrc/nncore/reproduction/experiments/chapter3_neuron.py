"""Chapter 3: one neuron that learns slowly, and what the cross-entropy changes (3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Callable

from nncore.reproduction.experiments import one_neuron
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, Record
from nncore.reproduction.experiments.training_spec import Measurement

SECTION = "the cross-entropy cost, a neuron that learns slowly"


def _neuron(name: str, start: str, cost: str, eta: float = one_neuron.ETA) -> Measurement:
    w, b = one_neuron.INITIAL[start]
    arguments = {"w": w, "b": b, "cost": cost, "eta": eta}
    return Measurement(name, "one neuron", one_neuron.learn, (), arguments)


def _output(step: int) -> Callable[[Record], float]:
    """Return a function that gives the neuron's output after this number of steps."""
    return lambda record: record["numbers"]["output"][step]


def _flat_steps(record: Record) -> float:
    """Return the number of steps until the output has fallen by 0.05."""
    outputs = record["numbers"]["output"]
    return float(next(step for step, a in enumerate(outputs) if a < outputs[0] - 0.05))


def _learns_soon(record: Record) -> float:
    """Return 1 if the output is below 0.2 after 50 steps, else 0."""
    return float(record["numbers"]["output"][50] < 0.2)


def _neuron_number(
    part: str,
    what: str,
    ours: Callable[[Record], float],
    book: float | None,
    criterion: str = "exact",
    tolerance: float = 0.005,
    form: str = "number",
) -> BookNumber:
    return BookNumber(part, what, ours, book, criterion, tolerance, form=form)


EXPERIMENTS = (
    Experiment(
        "3.1",
        "one neuron",
        SECTION,
        (_neuron("quadratic", "easy", "quadratic"),),
        (
            _neuron_number("quadratic", "output at the start", _output(0), 0.82),
            _neuron_number("quadratic", "output after 300 steps", _output(300), 0.09),
        ),
        "output .82 at the start, .09 after 300 steps",
    ),
    Experiment(
        "3.2",
        "one neuron, saturated",
        SECTION,
        (_neuron("quadratic", "saturated", "quadratic"),),
        (
            _neuron_number("quadratic", "output at the start", _output(0), 0.98),
            _neuron_number(
                "quadratic", "steps until the output has fallen by .05", _flat_steps, 150, "near", 30
            ),
        ),
        "output .98 at the start, flat for about 150 steps",
        ('"about": a difference of at most 30 steps counts as near',),
    ),
    Experiment(
        "3.3",
        "the same neurons, cross-entropy",
        SECTION,
        (
            *(_neuron(start, start, "cross-entropy") for start in one_neuron.INITIAL),
            *(_neuron(f"{start}-eta-0.005", start, "cross-entropy", 0.005) for start in one_neuron.INITIAL),
        ),
        (
            *(
                _neuron_number(
                    start, f"has learned after 50 steps, {start} start", _learns_soon, 1.0, form="yes"
                )
                for start in one_neuron.INITIAL
            ),
            *(
                _neuron_number(
                    f"{start}-eta-0.005",
                    f"output after 300 steps, {start} start, eta .005",
                    _output(300),
                    None,
                    "near",
                )
                for start in one_neuron.INITIAL
            ),
        ),
        "learns quickly from both starts",
        (
            "the book's text gives eta = .005, but the program on its page steps along dC/da; with the "
            "gradient itself, eta = .15 draws the book's picture",
        ),
    ),
)
