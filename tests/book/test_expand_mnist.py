"""expand_mnist makes the book's five images of each: 250,000 of MNIST."""

import tracemalloc

import numpy as np
import pytest

from nncore.book import expand_mnist
from nncore.datasets import Dataset


def test_expand_mnist_makes_the_books_five_of_each(sample):
    digits = sample[0][:40]
    expanded = expand_mnist.expand(digits, seed=None)
    assert len(expanded) == 200
    for i, image in enumerate(digits.images):
        for variant, (down, right) in enumerate([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]):
            wanted = np.roll(image, (down, right), (0, 1))
            if down:
                wanted[0 if down > 0 else -1] = 0
            if right:
                wanted[:, 0 if right > 0 else -1] = 0
            np.testing.assert_array_equal(expanded.images[5 * i + variant], wanted)
            assert expanded.labels[5 * i + variant] == digits.labels[i]
    shuffled = expand_mnist.expand(digits, seed=1)
    pairs = [
        sorted((image.tobytes(), label) for image, label in zip(d.images, d.labels, strict=True))
        for d in (expanded, shuffled)
    ]
    assert pairs[0] == pairs[1]
    assert not np.array_equal(expanded.labels, shuffled.labels)
    np.testing.assert_array_equal(shuffled.images, expand_mnist.expand(digits, seed=1).images)
    with pytest.raises(ValueError, match="data: images"):
        expand_mnist.expand(Dataset(digits.images.reshape(40, 784), digits.labels))


def test_expand_mnist_takes_the_memory_of_its_images_once(sample):
    digits = sample[0][:4000]
    tracemalloc.start()
    expanded = expand_mnist.expand(digits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * expanded.images.nbytes


def test_expanded_mnist(mnist):
    expanded = expand_mnist.expand()
    assert expanded.images.shape == (250000, 28, 28)
    np.testing.assert_array_equal(np.bincount(expanded.labels), 5 * np.bincount(mnist[0].labels))
