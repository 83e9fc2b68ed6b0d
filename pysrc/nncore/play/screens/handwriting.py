"""The screen My handwriting: the digits of a photo are found, read, corrected and learned."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _exchange
from nncore.datasets import Dataset, read_picture
from nncore.datasets.mnist_form import BOX, SIDE
from nncore.play.screens.lesson import (
    DEGREES,
    EPOCHS,
    ETA,
    FEWEST,
    MINI_BATCH_SIZE,
    SHIFT,
    Lesson,
    learn,
    repeats,
)
from nncore.play.screens.screen import Screen
from nncore.play.screens.sheet import COLS, ROWS, example_sheet
from nncore.play.workbench import shown_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.datasets import Picture
    from nncore.network import Network
    from nncore.play.screens.screen import Push
    from nncore.play.workbench import Workbench

UNSAID, NO_DIGIT = -1, -2  # in the place of a label
LONGEST = 4000  # pixels of a side of the picture that the page sends
CLASSES = 10


@dataclass(eq=False)
class Sheet:
    """A Sheet is a picture with the labels that its reader gave its digits."""

    name: str
    picture: Picture
    size: tuple[int, int]
    labels: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Opened:
    """A network that was opened because it had learned digits, with their bytes; and what was open before."""

    net: Network
    digits: frozenset[bytes]
    before: Network
    name_before: str


class Handwriting(Screen):
    """Handwriting keeps the sheet that was read last, and what the network has learned from it."""

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.sheet: Sheet | None = None
        self.lesson: Lesson | None = None  # what a copy of the open network has learned from the sheet
        self.opened: list[Opened] = []  # the networks that learned here and were opened, the last one last

    def ask_shown(self) -> dict[str, Any]:
        """Return the sheet that is shown: that which was read last, or a worked example."""
        self._check_network()
        if self.sheet is None:
            picture, labels = read_example(self.bench.validation)
            self.sheet = Sheet("", picture, (ROWS, COLS), labels.astype(np.int8))
        return self._description()

    def ask_read(self, picture: Any, name: Any) -> dict[str, Any]:
        """Find the digits of a picture of grey values, uint8 (rows, cols), and let the network read them."""
        self._check_network()
        if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 2:
            raise TypeError("picture: grey values, bytes of shape (rows, cols), needed")
        if max(picture.shape) > LONGEST:
            raise ValueError(f"picture: at most {LONGEST:,} pixels a side needed, got {picture.shape}")
        name = shown_name(name)
        found = read_picture(picture)
        unsaid = np.full(len(found), UNSAID, np.int8)
        self.sheet, self.lesson = Sheet(name, found, (picture.shape[0], picture.shape[1]), unsaid), None
        return self._description()

    def ask_label(self, labels: Any) -> dict[str, Any]:
        """Keep the labels: 0 to 9, -1 where the reader has said nothing, -2 where there is no digit."""
        sheet, given = self._sheet(), np.asarray(labels)
        if self._is_open:
            raise ValueError("The open network has learned these digits as they are. Forget them first.")
        if given.dtype.kind not in "iu" or given.shape != sheet.labels.shape:
            raise ValueError(
                f"labels: {len(sheet.labels)} whole numbers needed, got {given.dtype} of shape {given.shape}"
            )
        if not (given.min() >= NO_DIGIT and given.max() < CLASSES):
            raise ValueError(f"labels: numbers from -2 to 9 needed, got {given.min()} to {given.max()}")
        sheet.labels, self.lesson = given.astype(np.int8), None
        return self._results()

    def ask_learn(self) -> dict[str, Any]:
        """Train a copy of the network on the digits that have a label, and say what it has learned."""
        self._check_network()
        own = self.own()
        if self._is_open:
            raise ValueError("The open network has learned these digits already. Forget them first.")
        if not len(own):
            raise ValueError("No digit has a label yet. Say of one or more which digit it is.")
        bench = self.bench
        self.lesson = learn(
            bench.net,
            own,
            bench.training,
            bench.test,
            lambda done, of: self.push("progress", {"done": done, "of": of}),
        )
        return self._results()

    def ask_forget(self) -> dict[str, Any]:
        """Go back to the network as it was before it learned what it learned last."""
        self._check_network()
        if self.opened and (self.lesson is None or self._is_open):
            last = self.opened.pop()
            self.bench.net, self.bench.name = last.before, last.name_before
        self.lesson = None
        return self._results()

    def ask_use(self) -> dict[str, Any]:
        """Open the network that has learned, for all screens."""
        self._check_network()
        if self.lesson is None:
            raise ValueError("The network has learned nothing here yet. Learn these digits first.")
        if not self._is_open:
            bench, own = self.bench, self.own()
            known = self.opened[-1].digits if self.opened else frozenset()
            digits = known | {image.tobytes() for image in own.images}
            self.opened.append(Opened(self.lesson.net, digits, bench.net, bench.name))
            bench.net = self.lesson.net
            bench.name = f"{bench.name} with {len(own)} digits of a photo".strip()
        return self._results()

    def ask_html(self) -> dict[str, Any]:
        """Return the network that has learned, or the open one, as a page for any browser."""
        net = self.bench.net if self.lesson is None else self.lesson.net
        name = "my-handwriting.html"
        return {"name": name, "page": np.frombuffer(_exchange.html_of(net, name).encode(), np.uint8)}

    @property
    def _is_open(self) -> bool:
        """Whether the network that has learned the sheet is the one that is open."""
        return self.lesson is not None and self.bench.net is self.lesson.net

    def _check_network(self) -> None:
        """Refuse a network that does not read digits; forget a lesson that another network had."""
        if self.opened and self.opened[-1].net is not self.bench.net:
            self.opened, self.lesson = [], None
        if self.lesson is not None and self.lesson.before is not self.bench.net and not self._is_open:
            self.lesson = None
        if not self.bench.reads_digits:
            raise ValueError(
                f"The open network, {self.bench.title}, does not take 28 x 28 pixels and answer a digit: "
                "open one that does, on Draw."
            )

    def _sheet(self) -> Sheet:
        if self.sheet is None:
            raise ValueError("No picture has been read yet.")
        return self.sheet

    def own(self) -> Dataset:
        """Return the digits whose labels are known."""
        sheet = self._sheet()
        known = sheet.labels >= 0
        return Dataset(sheet.picture.images[known], sheet.labels[known].astype(np.int64))

    def _description(self) -> dict[str, Any]:
        """Return the sheet with the steps of its picture, the digits and what the network answers."""
        sheet = self._sheet()
        picture = sheet.picture
        down, across = (
            mine / whole for mine, whole in zip(picture.steps["grey"].shape, sheet.size, strict=True)
        )
        small, centres = in_boxes(picture.images)
        return {
            "name": sheet.name,
            "is_dark": picture.is_dark,
            "steps": shown_steps(picture),
            "boxes": (picture.boxes * [across, down, across, down]).astype(np.float32),
            "images": picture.images,
            "small": small,
            "centres": centres,
        } | self._results()

    def _results(self) -> dict[str, Any]:
        """Return what the network answers, how often it is right, and what has been learned."""
        sheet, bench = self._sheet(), self.bench
        net = self.opened[-1].before if self._is_open else bench.net
        outputs = net.feedforward(sheet.picture.images)
        answers = outputs.argmax(axis=1)
        known = sheet.labels >= 0
        read = self.opened[-1].digits if self.opened and not self._is_open else frozenset()
        return {
            "labels": sheet.labels,
            "outputs": outputs.astype(np.float32),
            "answers": answers.astype(np.uint8),
            "known": int(known.sum()),
            "right": int((answers == sheet.labels).sum()),
            "read_before": sum(image.tobytes() in read for image in sheet.picture.images),
            "test": net.accuracy(bench.test),
            "n_test": len(bench.test),
            "enough": FEWEST,
            "lesson": None if self.lesson is None else self._learned(self.lesson, known),
            "forgets": self.lesson is not None or bool(self.opened),
            "title": bench.title,
            "python": python(int(known.sum()), len(known)),
        }

    def _learned(self, lesson: Lesson, known: NDArray[np.bool_]) -> dict[str, Any]:
        labels, unseen = self._sheet().labels, lesson.unseen
        answers = None
        if unseen is not None:
            answers = np.full(len(known), UNSAID, np.int8)
            answers[known] = unseen
        return {
            "answers": answers,
            "right_unseen": None if unseen is None else int((unseen == labels[known]).sum()),
            "right_seen": int((lesson.seen == labels[known]).sum()),
            "test": lesson.accuracy,
            "seconds": lesson.seconds,
            "trainings": lesson.trainings,
            "open": self._is_open,
        }


@functools.lru_cache(maxsize=1)
def read_example(digits: Dataset) -> tuple[Picture, NDArray[np.int64]]:
    """Return the digits that are found on the worked example, once for all connections, and their labels."""
    photo, labels = example_sheet(digits)
    return read_picture(photo), labels


def python(known: int, n: int) -> str:
    """Return the lines of Python that learn the same."""
    chosen = "" if known == n else "[known]"
    many = repeats(max(known, 1))
    return "\n".join(
        [
            f'mine = nn.datasets.read_picture("digits.jpg").images{chosen}',
            f"X = np.concatenate([np.repeat(mine, {many}, axis=0), train.images])",
            f"y = np.concatenate([np.repeat(labels, {many}), train.labels])",
            f"distort = [nn.augment.Shift({SHIFT}), nn.augment.Rotate({DEGREES})]",
            f"net.SGD(nn.datasets.Dataset(X, y), {EPOCHS}, {MINI_BATCH_SIZE}, {ETA},",
            '    rule="adam", augment=distort)',
        ]
    )


def shown_steps(picture: Picture) -> dict[str, NDArray[np.uint8] | None]:
    """Return the pictures on the way as bytes; None for those that a picture in MNIST's form has not."""
    steps = picture.steps
    ink = steps.get("ink")
    return {
        "grey": np.rint(255 * steps["grey"]).astype(np.uint8),
        "ink": None if ink is None else np.rint(255 * ink / max(float(ink.max()), 1e-6)).astype(np.uint8),
        "threshold": None if ink is None else (255 * steps["threshold"]).astype(np.uint8),
    }


def in_boxes(images: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return each digit in the middle of its box of 20 x 20, and the centre of mass that it has in 28 x 28.

    A centre is (column, row), counted in pixels from the left upper corner.
    """
    small = np.zeros((len(images), BOX, BOX), np.uint8)
    centres = np.zeros((len(images), 2), np.float32)
    for k, image in enumerate(images):
        rows, cols = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
        digit = image[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1][:BOX, :BOX]
        top, left = ((BOX - side) // 2 for side in digit.shape)
        small[k, top : top + digit.shape[0], left : left + digit.shape[1]] = digit
        weights = image / image.sum(dtype=float)
        middles = np.arange(SIDE) + 0.5
        centres[k] = (weights.sum(axis=0) * middles).sum(), (weights.sum(axis=1) * middles).sum()
    return small, centres
