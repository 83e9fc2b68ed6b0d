"""The screens that show a network of the reader's: all but `Draw`, which is in `draw`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from nncore.widgets.widget import Widget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.datasets import Dataset
    from nncore.insight.trace import Trace
    from nncore.network import Network
    from nncore.play.screens import equations, handwriting


class Equations(Widget):
    """The four equations in a notebook: BP1 to BP4 for one digit, cell by cell.

    Parameters
    ----------
    net : Network
        Steps of gradient descent that the reader takes change a copy of it.
    state : dict, optional
        ``{"digit": 78}`` is the test digit, ``{"layer": 2}`` the lower of the two layers that are shown.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images in place of the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    trace : Trace or None
        All numbers that are shown, as `nncore.trace` returns them; None until there are some.
    stepped : Network
        The network after the steps that the reader took, in float64.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Equations(nn.Network([784, 30, 10], seed=0), {"digit": 3})
    >>> widget.trace, widget.stepped.sizes
    (None, [784, 30, 10])
    """

    screen_name: ClassVar[str] = "equations"

    @property
    def trace(self) -> Trace | None:
        """What is shown."""
        case = cast("equations.Equations", self._screen).case
        return None if case is None else case.seen

    @property
    def stepped(self) -> Network:
        """The network after the steps."""
        return cast("equations.Equations", self._screen).net.copy()


class Handwriting(Widget):
    """My handwriting in a notebook: a photo is taken apart, read, corrected and learned.

    Parameters
    ----------
    net : Network
        What it learns, a copy of it learns.
    state : dict, optional
    data : (Dataset, Dataset, Dataset), optional
        The digits beside which those of the photo are learned, and on which the accuracy is measured.

    Attributes
    ----------
    state : dict
        What the reader has set.
    digits : Dataset or None
        The digits of the photo that have a label; None until a picture is shown.
    learned : Network or None
        The network that has learned them.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Handwriting(nn.Network([784, 30, 10], seed=0))
    >>> widget.digits, widget.learned
    (None, None)
    """

    screen_name: ClassVar[str] = "handwriting"

    @property
    def digits(self) -> Dataset | None:
        """The digits that have a label."""
        screen = cast("handwriting.Handwriting", self._screen)
        return None if screen.sheet is None else screen.own()

    @property
    def learned(self) -> Network | None:
        """The network that has learned."""
        lesson = cast("handwriting.Handwriting", self._screen).lesson
        return None if lesson is None else lesson.net


class Convolution(Widget):
    """Convolution in a notebook: a filter moves over a digit; a network without one sees the same digit.

    Parameters
    ----------
    net : Network
        The convolutional network, or the dense one; the other is a small one that is trained on the bundled
        digits.
    state : dict, optional
        ``{"digit": 78, "map": 13, "row": 12, "column": 15}``: the test digit, the filter, and where it is.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images in place of the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    pixels : ndarray of float32 (784,), or None
        What both networks see, where the reader has moved it.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Convolution(nn.Network([784, 30, 10], seed=0), {"map": 2})
    >>> widget.state["map"], widget.pixels
    (2, None)
    """

    screen_name: ClassVar[str] = "convolution"

    @property
    def pixels(self) -> NDArray[np.float32] | None:
        """What both networks see."""
        pixels = self._given("forward", "pixels")
        return None if pixels is None else np.array(pixels, np.float32)


class Softmax(Widget):
    """Softmax in a notebook: the outputs of a digit as sigmoid gives them, and as softmax does.

    Parameters
    ----------
    net : Network
    state : dict, optional
        ``{"digit": 3}`` is the test digit, ``{"temperature": 2.0}`` the temperature.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images in place of the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    z : ndarray of float64 (n_out,), or None
        The weighted inputs of the output layer for the digit; None until the notebook shows the widget.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Softmax(nn.Network([784, 30, 10], seed=0), {"temperature": 2.0})
    >>> widget.state["temperature"], widget.z
    (2.0, None)
    """

    screen_name: ClassVar[str] = "softmax"

    @property
    def z(self) -> NDArray[np.float64] | None:
        """The weighted inputs of the output layer."""
        answer = self._answer("outputs")
        return None if answer is None else np.array(answer["z"], np.float64)


class Mistakes(Widget):
    """Mistakes in a notebook: which test images a network takes for which.

    Parameters
    ----------
    net : Network
    state : dict, optional
        ``{"row": 9, "column": 4}`` shows the nines that it takes for fours; ``{"layer": 2}`` the map of
        layer 2.
    data : (Dataset, Dataset, Dataset), optional
        The last one holds the test images; by default they are the 1,000 bundled ones.

    Attributes
    ----------
    state : dict
        What the reader has set.
    confusion : ndarray of int32 (10, 10), or None
        How many images of each class, the row, got each answer, the column; None until the notebook shows
        the widget.
    worst : ndarray of int32, or None
        The test images that are answered wrongly, those first whose wrong answer has the largest output.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Mistakes(nn.Network([784, 30, 10], seed=0), {"row": 9, "column": 4})
    >>> widget.confusion, widget.worst
    (None, None)
    """

    screen_name: ClassVar[str] = "mistakes"

    @property
    def confusion(self) -> NDArray[np.int32] | None:
        """Labels and answers."""
        return self._of_answers("counts")

    @property
    def worst(self) -> NDArray[np.int32] | None:
        """The images that are answered wrongly."""
        return self._of_answers("worst")

    def _of_answers(self, name: str) -> NDArray[np.int32] | None:
        answer = self._answer("answers") or {}
        return None if name not in answer else np.array(answer[name], np.int32)
