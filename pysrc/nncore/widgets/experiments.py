"""The screens that make and train networks of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from nncore.network import Network
from nncore.widgets.widget import Widget

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nncore.insight.diagnose import Diagnosis
    from nncore.play.screens import doctor, overfitting, plane, speeds, train


class Experiment(Widget):
    """The base of the widgets that are given no network.

    Parameters
    ----------
    state : dict, optional
        The state of the screen, as a link of ``nncore play`` holds it.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self._begin(Network([784, 10], seed=0), state, None)


class OnDigits(Experiment):
    """The base of the widgets that train on digits, or on others of their form.

    Parameters
    ----------
    state : dict, optional
        The state of the screen, as a link of ``nncore play`` holds it.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images of 28 x 28 in ten classes. By default MNIST if it is on this
        machine, else the bundled digits.
    """

    def __init__(self, state: Mapping[str, Any] | None = None, *, data: Any = None) -> None:
        self._begin(Network([784, 10], seed=0), state, data)


class Train(OnDigits):
    """Train, live, in a notebook: a training whose settings one moves while it learns.

    Parameters
    ----------
    state : dict, optional
        ``{"at": "0", "beside": ""}`` begins with one run that was not yet trained; ``{"eta": 0.5}`` sets
        its eta.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images of 28 x 28 in ten classes. By default MNIST if it is on this
        machine, else the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    net : Network or None
        A copy of the network of the current run, as far as it is trained; None until there is a run.
    curve : ndarray of float64 (k, 5), or None
        What was measured: epochs, accuracy on the test images and on the training images, costs on both.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Train({"at": "0"}, data=nn.datasets.load_sample())
    >>> widget.net, widget.curve
    (None, None)
    """

    screen_name: ClassVar[str] = "train"

    @property
    def net(self) -> Network | None:  # type: ignore[override]
        """The network of the current run."""
        screen = cast("train.Train", self._screen)
        with screen.trainer.still():
            return screen.run.net.copy() if screen.runs else None

    @property
    def curve(self) -> NDArray[np.float64] | None:
        """What was measured."""
        screen = cast("train.Train", self._screen)
        with screen.trainer.still():
            return screen.run.curve() if screen.runs else None


class Speeds(OnDigits):
    """Learning speeds in a notebook: how long the gradient of each layer is, while a deep network learns.

    Parameters
    ----------
    state : dict, optional
        ``{"hidden": 4, "activation": "sigmoid", "init": "scaled", "data": "1000", "seed": 0}``.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images of 28 x 28 in ten classes. By default MNIST if it is on this
        machine, else the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    net : Network
        A copy of the network, as far as it is trained.
    curve : ndarray of float64 (k, 1 + layers)
        Epochs, and `Network.learning_speeds`, the input side first.

    Examples
    --------
    >>> import nncore as nn
    >>> widget = nn.widgets.Speeds(data=nn.datasets.load_sample())
    >>> widget.curve.shape  # at the start: the epoch, four hidden layers, the output layer
    (1, 6)
    """

    screen_name: ClassVar[str] = "speeds"

    @property
    def net(self) -> Network:  # type: ignore[override]
        """The network."""
        screen = cast("speeds.Speeds", self._screen)
        with screen.trainer.still():
            return screen.run.net.copy()

    @property
    def curve(self) -> NDArray[np.float64]:
        """What was measured."""
        screen = cast("speeds.Speeds", self._screen)
        with screen.trainer.still():
            return screen.run.curve()


class Overfitting(OnDigits):
    """Overfitting in a notebook: a network learns 1,000 images by heart, and five things to do against it.

    Parameters
    ----------
    state : dict, optional
        ``{"runs": ["none", "dropout"], "dropout": 0.5, "epochs": 400}``. The runs are none, lmbda, dropout,
        augment, stop and data.
    data : (Dataset, Dataset, Dataset), optional
        Training, validation and test images of 28 x 28 in ten classes. By default MNIST if it is on this
        machine, else the bundled digits.

    Attributes
    ----------
    state : dict
        What the reader has set.
    curves : dict of ndarray of float64 (k, 3)
        For each run that is shown, what was measured so far: epochs, accuracy on the training images, and on
        the test images.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Overfitting({"runs": ["none"], "epochs": 20}, data=nn.datasets.load_sample()).curves
    {}
    """

    screen_name: ClassVar[str] = "overfitting"

    @property
    def curves(self) -> dict[str, NDArray[np.float64]]:
        """What was measured, by run."""
        return cast("overfitting.Overfitting", self._screen).curves()


class Doctor(Experiment):
    """Why does it not learn? in a notebook: twelve trainings that go wrong, and what the doctor finds.

    Parameters
    ----------
    state : dict, optional
        ``{"setup": "dead"}`` is the training; ``{"applied": ["dead neurons"]}`` the findings whose advice was
        followed.

    Attributes
    ----------
    state : dict
        What the reader has set.
    net : Network or None
        The network of the training that is shown; None until the notebook shows the widget.
    diagnosis : Diagnosis or None
        What the doctor found, as `nncore.diagnose` returns it.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Doctor({"setup": "zeros"}).diagnosis is None
    True
    """

    screen_name: ClassVar[str] = "doctor"

    @property
    def net(self) -> Network | None:  # type: ignore[override]
        """The network that is shown."""
        run = cast("doctor.Doctor", self._screen).shown
        return None if run is None else run.net.copy()

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the doctor found."""
        run = cast("doctor.Doctor", self._screen).shown
        return None if run is None else run.diagnosis


class Plane(Experiment):
    """Two inputs in a notebook: points in the plane, and a small network that tells their classes apart.

    Parameters
    ----------
    state : dict, optional
        What a link of ``nncore play`` holds: the points, the layers, the settings.

    Attributes
    ----------
    state : dict
        What the reader has set.
    net : Network or None
        A copy of the network as it is now; None until the notebook shows the widget.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Plane().net is None
    True
    """

    screen_name: ClassVar[str] = "plane"

    @property
    def net(self) -> Network | None:  # type: ignore[override]
        """The network."""
        run = cast("plane.Plane", self._screen).run
        return None if run is None else run.net.copy()


class Neuron(Experiment):
    """One neuron in a notebook: how a badly wrong neuron learns, with both costs.

    Parameters
    ----------
    state : dict, optional
        ``{"w": 2.0, "b": 2.0, "x": 1.0, "eta": 0.15}``.

    Attributes
    ----------
    state : dict
        What the reader has set.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Neuron({"w": 2.0}).state
    {'w': 2.0}
    """

    screen_name: ClassVar[str] = "neuron"


class Universality(Experiment):
    """Universality in a notebook: bumps that one drags approximate a function; SGD tries the same.

    Parameters
    ----------
    state : dict, optional
        ``{"N": 5, "w": 1000.0}``.

    Attributes
    ----------
    state : dict
        What the reader has set.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Universality({"N": 10}).state
    {'N': 10}
    """

    screen_name: ClassVar[str] = "universality"


class Book(Experiment):
    """The book, run, in a notebook: every experiment of the book beside ours.

    What is run is kept in the folder ``nncore-book`` beside the notebook, as ``nncore book run`` keeps it.

    Parameters
    ----------
    state : dict, optional
        ``{"open": "1.1"}`` opens an experiment.

    Attributes
    ----------
    state : dict
        What the reader has set.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.widgets.Book({"open": "1.1"}).state
    {'open': '1.1'}
    """

    screen_name: ClassVar[str] = "book"
