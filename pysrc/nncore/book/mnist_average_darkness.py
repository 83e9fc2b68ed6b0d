"""This baseline classifies digits by their average darkness alone (chapter 1): 2225 of 10,000 are right.

    python -m nncore.book.mnist_average_darkness

A 1 is lighter than an 8. An image is classified as the digit whose average darkness in the training data is
nearest to its own darkness. A network has to beat this baseline.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nncore.book import mnist_loader


def main() -> None:
    """Print how many of the test images are classified correctly.

    Examples
    --------
    >>> main()  # doctest: +SKIP
    Baseline classifier using average darkness of image.
    2225 of 10000 values correct.
    """
    training_data, _, test_data = mnist_loader.load_data()
    avgs = avg_darknesses(training_data)
    num_correct = sum(guess_digit(image, avgs) == digit for image, digit in zip(*test_data, strict=True))
    print("Baseline classifier using average darkness of image.")
    print(f"{num_correct} of {len(test_data[1])} values correct.")


def avg_darknesses(training_data: mnist_loader.Arrays) -> dict[int, float]:
    """Return the average darkness of each digit: the mean over its images of the sum of their pixels.

    Parameters
    ----------
    training_data : tuple
        `(images (n, 784), labels (n,))`, as `mnist_loader.load_data` returns them.

    Returns
    -------
    dict of int to float
        The average darkness by digit.

    Examples
    --------
    >>> images, labels = np.array([[0.5, 0.5], [0.0, 0.5], [0.0, 0.0]]), np.array([8, 1, 1])
    >>> avg_darknesses((images, labels))
    {1: 0.25, 8: 1.0}
    """
    images, labels = training_data
    # Eighteen bits hold any sum of 784 pixels of value/256, so float32 adds them without rounding.
    darkness = images.sum(axis=1)
    return {
        int(digit): float(darkness[labels == digit].mean(dtype=np.float64)) for digit in np.unique(labels)
    }


def guess_digit(image: NDArray[np.floating], avgs: dict[int, float]) -> int:
    """Return the digit whose average darkness is nearest to that of the image.

    Parameters
    ----------
    image : ndarray
        The pixels of an image, of any shape.
    avgs : dict of int to float
        What `avg_darknesses` returned.

    Examples
    --------
    >>> guess_digit(np.array([0.1, 0.2]), {1: 0.25, 8: 1.0})
    1
    """
    darkness = float(image.sum())
    return min(avgs, key=lambda digit: abs(avgs[digit] - darkness))


if __name__ == "__main__":
    main()
