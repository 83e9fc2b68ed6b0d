"""Each module of this package is what one screen asks of the core; `SCREENS` has them by name.

What the reader sees of a screen is ``static/screens/NAME.js``.
"""

from __future__ import annotations

from nncore.play.screens.book import Book
from nncore.play.screens.convolution import Convolution
from nncore.play.screens.doctor import Doctor
from nncore.play.screens.draw import Draw
from nncore.play.screens.equations import Equations
from nncore.play.screens.handwriting import Handwriting
from nncore.play.screens.mistakes import Mistakes
from nncore.play.screens.neuron import Neuron
from nncore.play.screens.overfitting import Overfitting
from nncore.play.screens.plane import Plane
from nncore.play.screens.screen import Screen
from nncore.play.screens.softmax import Softmax
from nncore.play.screens.speeds import Speeds
from nncore.play.screens.train import Train
from nncore.play.screens.universality import Universality

# By the name in the page's address, in the order of the rail.
SCREENS: dict[str, type[Screen]] = {
    "draw": Draw,
    "train": Train,
    "plane": Plane,
    "handwriting": Handwriting,
    "equations": Equations,
    "neuron": Neuron,
    "overfitting": Overfitting,
    "softmax": Softmax,
    "doctor": Doctor,
    "universality": Universality,
    "speeds": Speeds,
    "convolution": Convolution,
    "mistakes": Mistakes,
    "book": Book,
}
