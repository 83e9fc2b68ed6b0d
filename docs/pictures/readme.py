"""Draw the picture of the README: the network of its five lines reads a digit that it has not seen.

    python docs/pictures/readme.py [FOLDER]

It writes readme-light.svg and readme-dark.svg beside this file, or into FOLDER. Weights are orange below 0
and blue above. Pixels and activations run from the colour of the paper (0) to that of ink (1).
"""

import base64
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

import nncore as nn

EXAMPLE = 28  # which of the test digits is shown
LARGEST = 0.5  # weights of this size and beyond have the full colour
THEMES = {
    "light": {"paper": "#ffffff", "ink": "#15171c", "ink-2": "#454a54", "ink-3": "#666c78", "rule": "#e2e3e1",
              "ours": "#00756b", "pos": "#1f5fae", "neg": "#b8560a"},
    "dark": {"paper": "#15171c", "ink": "#f0f1f3", "ink-2": "#bec3cc", "ink-3": "#939aa6", "rule": "#2a2d34",
             "ours": "#3fc9b8", "pos": "#6aa7f0", "neg": "#f0923e"},
}  # fmt: skip
STYLE = """
text {{ font-size: 12px; fill: {ink-2}; font-family: -apple-system, "Segoe UI", Inter, Roboto,
        "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }}
.title {{ font-size: 13px; font-weight: 600; fill: {ink}; }}
.answer {{ font-size: 54px; font-weight: 600; fill: {ink}; }}
.digit {{ font-size: 14px; }}
.strong {{ font-weight: 600; fill: {ink}; }}
.small {{ font-size: 11px; fill: {ink-3}; }}
.ours {{ font-weight: 600; fill: {ours}; }}
.end {{ text-anchor: end; }}
"""


def train():
    """Return the network of the README, its history and the test digits."""
    training, _, test = nn.datasets.load_sample()
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(
        training,
        30,
        10,
        0.5,
        lmbda=1.0,
        evaluation_data=test,
        monitor=["evaluation_accuracy", "training_accuracy"],
    )
    return net, history, test


def rgb(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def shades(values, theme):
    """Return the colours (h, w, 3) of numbers (h, w) from -1 (`neg`) through 0 (paper) to 1 (`pos`)."""
    size = np.clip(abs(values), 0, 1)[..., None]
    ends = np.where(values[..., None] < 0, rgb(theme["neg"]), rgb(theme["pos"]))
    return (1 - size) * rgb(theme["paper"]) + size * ends


def greys(values, theme):
    """Return the colours (h, w, 3) of numbers (h, w) from 0 (paper) to 1 (ink)."""
    size = values[..., None]
    return (1 - size) * rgb(theme["paper"]) + size * rgb(theme["ink"])


def picture(colours, x, y, width, height, scale=4):
    """Return an SVG image, with its corner at (x, y), of colours (h, w, 3). Its pixels stay sharp."""
    pixels = np.repeat(np.repeat(np.rint(colours).astype(np.uint8), scale, axis=0), scale, axis=1)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", *pixels.shape[1::-1], 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
    data = base64.b64encode(png).decode()
    return f'<image x="{x}" y="{y}" width="{width}" height="{height}" href="data:image/png;base64,{data}"/>'


def text(x, y, words, kind=""):
    return f'<text x="{x}" y="{y}" class="{kind}">{words}</text>'


def box(x, y, width, height, colour):
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def frame(x, y, size, colour):
    return f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="none" stroke="{colour}"/>'


def input_panel(x, y, image, answer, theme):
    """Yield the digit and the answer of the network."""
    yield text(x, y, "A digit it has not seen", "title")
    yield picture(greys(image / 255, theme), x, y + 14, 140, 140, scale=5)
    yield frame(x, y + 14, 140, theme["rule"])
    yield text(x, y + 212, answer, "answer")
    yield text(x + 42, y + 192, "is its answer.")
    yield text(x + 42, y + 209, "The label agrees.")


def hidden_panel(x, y, weights, activations, theme):
    """Yield for each hidden neuron its weights as an image and a bar for its activation."""
    yield text(x, y, "What the 30 hidden neurons look for", "title")
    for j, (w, a) in enumerate(zip(weights, activations, strict=True)):
        left, top = x + 62 * (j % 6), y + 14 + 70 * (j // 6)
        yield picture(shades(w.reshape(28, 28) / LARGEST, theme), left, top, 56, 56)
        yield frame(left, top, 56, theme["rule"])
        yield box(left, top + 59, 56, 4, theme["rule"])
        yield box(left, top + 59, 56 * a, 4, theme["ink"])
    y += 14 + 70 * 5 + 12
    yield text(x + 66, y, f"weight &#8722;{LARGEST}", "small end")
    yield picture(shades(np.linspace(-1, 1, 28)[None].repeat(4, 0), theme), x + 71, y - 8, 56, 8)
    yield text(x + 132, y, f"+{LARGEST}", "small")
    yield text(x + 306, y, "activation 0", "small end")
    yield box(x + 311, y - 6, 40, 4, theme["rule"])
    yield box(x + 311, y - 6, 20, 4, theme["ink"])
    yield text(x + 366, y, "1", "small end")


def output_panel(x, y, outputs, theme):
    """Yield a bar for each output neuron."""
    yield text(x, y, "The 10 output neurons", "title")
    for digit, a in enumerate(outputs):
        top = y + 20 + 35.5 * digit
        kind = "strong" if digit == outputs.argmax() else ""
        yield text(x, top + 9, digit, f"digit {kind}")
        yield box(x + 20, top, 104, 8, theme["rule"])
        yield box(x + 20, top, 104 * a, 8, theme["ink"])
        yield text(x + 170, top + 9, f"{a:.3f}", f"end {kind}")


def curve_panel(x, y, width, height, history, theme):
    """Yield the accuracy after each epoch, on the training digits (thin) and the test digits (thick)."""
    share = f'<tspan class="ours">{history.evaluation_accuracy[-1]:.1%}</tspan>'
    yield text(x, y, f"{share} of the test digits")
    low, high, y = 0.85, 1.0, y + 18
    for accuracy in (0.9, 1.0):
        level = y + height * (high - accuracy) / (high - low)
        yield f'<path d="M{x} {level:.1f}h{width}" stroke="{theme["rule"]}"/>'
        yield text(x + width + 4, level + 4, f"{accuracy:.0%}", "small")
    for values, stroke in ((history.training_accuracy, 1.25), (history.evaluation_accuracy, 3)):
        points = [
            (x + width * epoch / len(values), y + height * (high - max(value, low)) / (high - low))
            for epoch, value in enumerate(values, 1)
        ]
        path = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
        yield f'<polyline points="{path}" fill="none" stroke="{theme["ours"]}" stroke-width="{stroke}"/>'
    yield text(x + width, y + 17, "training", "small end")
    yield text(x + width, y + height * 0.72, "test", "ours end")
    yield text(x, y + height + 12, "epochs 1 to 30", "small")


def draw(net, history, test, theme):
    """Return the picture as the text of an SVG file."""
    image = test.images[EXAMPLE].reshape(28, 28)
    hidden, outputs = net.activations(image.reshape(-1) / np.float32(256))
    parts = [
        *input_panel(24, 34, image, outputs.argmax(), theme),
        *hidden_panel(206, 34, net.weights[0], hidden.ravel(), theme),
        *output_panel(612, 34, outputs.ravel(), theme),
        *curve_panel(24, 296, 140, 76, history, theme),
    ]
    size = 'width="800" height="430" viewBox="0 0 800 430"'
    ground = f'<rect width="800" height="430" rx="8" fill="{theme["paper"]}" stroke="{theme["rule"]}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE.format(**theme)}</style>{ground}'
        + "\n".join(parts)
        + "</svg>\n"
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    trained = train()
    for name, theme in THEMES.items():
        (folder / f"readme-{name}.svg").write_text(draw(*trained, theme))
