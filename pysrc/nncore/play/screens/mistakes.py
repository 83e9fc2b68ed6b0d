"""The screen Mistakes: which test digits a network takes for which, and where they lie in each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.errors import classes_of, confusion_counts
from nncore.play.screens.screen import Push, Screen, whole
from nncore.play.workbench import CLASSES
from nncore.reference.equations import forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.network import Network
    from nncore.play.workbench import Workbench

BLOCK = 100  # digits at once: the feature maps of many would take much memory


class Mistakes(Screen):
    """Mistakes has the network read all test digits."""

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.maps: tuple[Network | None, dict[int, dict[str, Any]]] = (None, {})

    def ask_answers(self) -> dict[str, Any]:
        """Return what the network answers for each test digit.

        Returns
        -------
        dict
            ``counts`` (10, 10), a row for each label, a column for each answer; ``labels``, ``answers``,
            ``outputs`` (n, 10) and ``images`` (n, 784) of the test digits; ``worst``, the digits that are
            answered wrongly, those first whose wrong answer has the largest output; ``right``, the others,
            those first whose answer has the smallest; ``layers``, the number of activations of each. For a
            network that reads no digits: ``sentence`` alone.
        """
        bench, net = self.bench, self.bench.net
        if not bench.reads_digits:
            return {
                "sentence": f"The open network, {bench.title}, reads no digits: it does not take 28 x 28 "
                "pixels and answer one of ten."
            }
        test = bench.test
        answers = classes_of(net, test)
        outputs = bench.outputs(test.to_float())
        surest = outputs[np.arange(len(answers)), answers]
        order = np.argsort(-surest, kind="stable")
        is_right = answers == test.labels
        return {
            "counts": confusion_counts(test.labels, answers, CLASSES).astype(np.int32),
            "labels": test.labels.astype(np.uint8),
            "answers": answers.astype(np.uint8),
            "outputs": outputs.astype(np.float32),
            "images": test.images.reshape(len(test), -1),
            "worst": order[~is_right[order]].astype(np.int32),
            "right": order[is_right[order]][::-1].astype(np.int32),
            "layers": [int(np.prod(shape)) for shape in net.shapes],
        }

    def ask_map(self, layer: Any) -> dict[str, Any]:
        """Return where the test digits lie on the two principal axes of a layer's activations.

        Parameters
        ----------
        layer : int
            As the book counts them: 1 is the pixels, 2 the first hidden layer.

        Returns
        -------
        dict
            ``points`` (n, 2), and ``shares``, the share of the variance that lies along each axis.
        """
        net = self.bench.net
        at = whole("layer", layer, 1, len(net.shapes))
        if self.maps[0] is not net:
            self.maps = net, {}
        known = self.maps[1]
        if at not in known:
            points, shares = on_principal_axes(self._activations(at))
            known[at] = {"points": points.astype(np.float32), "shares": shares.tolist()}
        return known[at]

    def _activations(self, layer: int) -> NDArray[Any]:
        """Return the activations of a layer for all test digits, a row each."""
        net, X = self.bench.net, self.bench.test.to_float()
        if layer == 1:
            return X
        rows = []
        for first in range(0, len(X), BLOCK):
            x, _, _ = _validation.rows("pixels", X[first : first + BLOCK], net._interface, None)
            with np.errstate(over="ignore", invalid="ignore"):
                _, activations = forward(net, x.T.astype(np.float64))
            a = activations[layer - 2]
            rows.append(a.reshape(-1, a.shape[-1]).T.astype(np.float32))
        return np.concatenate(rows)


def on_principal_axes(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the coordinates of the rows of X on their two principal axes, and the shares of the variance.

    X less its mean is U S V^T (the singular value decomposition); the coordinates are U S. The squares of S
    and the columns of V are the eigenvalues and eigenvectors of the products of the columns, which are
    computed sooner; where there are more columns than rows, U comes from the products of the rows. Of an axis
    and its opposite that is taken on which the row farthest from 0 is positive.

    >>> points, shares = on_principal_axes(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]))
    >>> abs(points[:, 0]).round(6).tolist(), shares.round(6).tolist()
    ([2.0, 0.0, 2.0], [1.0, 0.0])
    """
    centred = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    if centred.shape[1] > len(X):
        squares, u = np.linalg.eigh(centred @ centred.T)
        points = u[:, -2:][:, ::-1] * np.sqrt(np.maximum(squares[-2:][::-1], 0.0))
    else:
        squares, v = np.linalg.eigh(centred.T @ centred)
        points = centred @ v[:, -2:][:, ::-1]
    squares = np.maximum(squares[::-1], 0.0)
    if points.shape[1] < 2:  # one neuron
        points = np.concatenate([points, np.zeros((len(X), 2 - points.shape[1]))], axis=1)
    farthest = points[abs(points).argmax(axis=0), [0, 1]]
    points = points * np.where(farthest < 0, -1.0, 1.0)
    total = squares.sum()
    shares = np.zeros(2)
    shares[: min(2, len(squares))] = squares[:2] / total if total > 0 else 0.0
    return points, shares
