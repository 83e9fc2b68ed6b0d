"""`about` writes what an exported page says of its network: how it was trained, and the learning curve."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 420, 200  # of the curve, in its own units
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 18, 34  # its margins
STEPS = (1, 2, 2.5, 5, 10)


class Curve(NamedTuple):
    """A measure of each epoch: its name in words, its values, and whether they are fractions."""

    name: str
    values: Sequence[float]
    is_share: bool


def about(facts: Mapping[str, str], curve: Curve | None, file: str) -> str:
    """Return the HTML below the network.

    Parameters
    ----------
    facts : mapping of str to str
        What is known of the network, as words: name and value.
    curve : Curve, optional
        The learning curve.
    file : str
        The name of the page's file, for the line that loads it.
    """
    rows = "\n".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items()
    )
    code = html.escape(f"import nncore as nn\n\nnet = nn.load({file!r})", quote=False)
    return f"""<div><h3>How it was trained</h3>
<dl>
{rows}
</dl></div>
{"" if curve is None else drawn(curve)}
<div><h3>This page is the network</h3>
<p class="cap">In Python, these lines read it from this file.</p>
<pre>{code}</pre></div>"""


def drawn(curve: Curve) -> str:
    """Return a figure of a measure over the epochs, points joined by straight lines."""
    known = [(epoch, value) for epoch, value in enumerate(curve.values, 1) if math.isfinite(value)]
    if not known:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    ticks = ticks_between(low, high, 4)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    last = max(len(curve.values), 2)

    def x(epoch: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / (last - 1), 2)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low), 2)

    lines = [
        f'<path class="grid" d="M{LEFT} {y(tick)}H{WIDTH - RIGHT}"/>'
        f'<text class="end" x="{LEFT - 8}" y="{y(tick) + 4}">{worded(tick, curve.is_share, ticks)}</text>'
        for tick in ticks
    ]
    whole = sorted({1, *(round(tick) for tick in ticks_between(1, last, 6) if 1 <= tick <= last)})
    lines += [
        f'<text class="middle" x="{x(tick)}" y="{HEIGHT - BOTTOM + 16}">{tick:,}</text>' for tick in whole
    ]
    points = " ".join(f"{x(epoch)},{y(value)}" for epoch, value in known)
    end = known[-1]
    name = f"{curve.name} after each epoch"
    return (
        f'<figure><h3>{html.escape(name)}</h3>\n<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{html.escape(name)}, at last {worded(end[1], curve.is_share)}">\n'
        + "\n".join(lines)
        + f'\n<polyline class="curve" points="{points}"/>'
        + f'<circle class="last" cx="{x(end[0])}" cy="{y(end[1])}" r="4"/>\n'
        + f'<text class="value end" x="{WIDTH - RIGHT}" y="{y(end[1]) - 10}">'
        + f"{worded(end[1], curve.is_share)}</text>\n"
        + f'<text class="middle" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 2}">epoch</text>\n'
        + "</svg></figure>"
    )


def ticks_between(low: float, high: float, most: int) -> list[float]:
    """Return round numbers, at most `most` or one more, that lie around low and high evenly."""
    if high <= low:
        low, high = low - 0.005 * max(1.0, abs(low)), high + 0.005 * max(1.0, abs(high))
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in STEPS if each * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def worded(value: float, is_share: bool, ticks: Sequence[float] = ()) -> str:
    """Return a value as the page writes it: a share as per cent."""
    if not is_share:
        return f"{value:.3g}".replace("e-0", "e-")
    decimals = 0 if ticks and all(abs(100 * tick - round(100 * tick)) < 1e-6 for tick in ticks) else 1
    return f"{100 * value:.{decimals}f} %"
