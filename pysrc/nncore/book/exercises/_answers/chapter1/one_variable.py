"""What does gradient descent do if C depends on a single variable, and what does that look like? (Chapter
1, "Learning with gradient descent".)
"""

import argparse
import itertools

argparse.ArgumentParser(description=__doc__).parse_args()


def C(v):
    """Return the height at v of a curve with two valleys, near v = -1.04 and v = 0.96."""
    return (v**2 - 1) ** 2 + 0.3 * v


def slope(v):
    """Return C'(v), the gradient if there is one variable."""
    return 4 * v * (v**2 - 1) + 0.3


def descend(v, eta, steps=200):
    """Return the places that v <- v - eta C'(v) visits."""
    places = [v]
    for _ in range(steps):
        v = v - eta * slope(v)
        places.append(v)
    return places


ends = {}
for start in (-1.5, -0.2, 0.2, 1.5):
    places = descend(start, 0.02)
    ends[start] = places[-1]
    print(
        f"from v = {start:4}: C = {C(start):.3f}, then {C(places[1]):.3f}, {C(places[2]):.3f}, ...; "
        f"it ends at v = {ends[start]:.3f}, C = {C(ends[start]):.3f}"
    )

large = descend(1.5, 0.25, steps=4)
print(f"with eta = 0.25, from v = 1.5: {', '.join(f'{v:.2f}' for v in large)}: it steps over the valley")
print(
    "The gradient is the slope C'(v) of a curve. Where it is positive, v goes left, else right: always\n"
    "downhill, and the steeper the curve, the longer the step. It stops where the slope is 0, in the valley\n"
    "on whose side it began, which need not be the deepest one."
)


def check():
    for start, end in ends.items():
        assert abs(slope(end)) <= 1e-6
        places = descend(start, 0.02)
        heights = [C(v) for v in places]
        assert all(after <= before + 1e-12 for before, after in itertools.pairwise(heights))
    assert ends[-1.5] < 0 < ends[1.5]
    assert abs(ends[-0.2] - ends[-1.5]) <= 1e-6
    assert C(ends[1.5]) > C(ends[-1.5]) + 0.5
    assert (large[1] - 1) * (large[0] - 1) < 0
