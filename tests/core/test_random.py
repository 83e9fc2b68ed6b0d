"""The counter-based generator: the order of the examples is a function of (seed, epoch) alone."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncore import reference


def shuffled(kernels, n, seed, epoch):
    order = np.full(n, -1, np.intp)
    kernels.shuffle(order, seed, epoch)
    return order.tolist()


@given(n=st.integers(0, 300), seed=st.integers(0, 2**64 - 1), epoch=st.integers(0, 2**64 - 1))
def test_order_matches_reference(kernels, n, seed, epoch):
    assert shuffled(kernels, n, seed, epoch) == reference.shuffled(n, seed, epoch)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 257, 50_000])
def test_order_is_a_permutation(kernels, n):
    assert sorted(shuffled(kernels, n, 3, 4)) == list(range(n))


def test_order_ignores_what_the_array_held_before(kernels):
    order = np.arange(100)[::-1].copy()
    kernels.shuffle(order, 5, 6)
    assert order.tolist() == shuffled(kernels, 100, 5, 6)


def test_order_known_by_hand(kernels):
    # For seed 0 and epoch 0 the key is 0, and the bits for i are SplitMix64's i-th published number from
    # seed 0: e220a839..., 6e789e6a..., 06c45d18...; over 2^64 they are .883, .431 and .026.
    # i = 3: j = int(4 * .026) = 0: 3 1 2 0; i = 2: j = int(3 * .431) = 1: 3 2 1 0; i = 1: j = int(2 * .883)
    assert shuffled(kernels, 4, 0, 0) == [3, 2, 1, 0]
    order = shuffled(kernels, 1000, 7, 2)  # computed by a C program with uint64_t
    assert order[:8] == [717, 906, 686, 455, 10, 629, 863, 925]
    assert sum((i + 1) * j for i, j in enumerate(order)) == 251836677


def test_all_orders_are_equally_frequent(kernels):
    drawn = [tuple(shuffled(kernels, 4, 11, epoch)) for epoch in range(24 * 400)]
    counts = [drawn.count(order) for order in permutations(range(4))]
    assert sum(counts) == 24 * 400
    # Chi squared with 23 degrees of freedom has mean 23 and standard deviation 6.8; the limit is five away.
    assert sum((count - 400) ** 2 / 400 for count in counts) < 57


def test_orders_of_other_seeds_and_epochs_are_independent(kernels):
    """Two random permutations agree in one position on average, with a standard deviation of one."""
    orders = [np.array(shuffled(kernels, 1000, seed, epoch)) for seed in range(8) for epoch in range(8)]
    agree = [(a == b).sum() for i, a in enumerate(orders) for b in orders[:i]]
    assert max(agree) < 10
    assert abs(np.mean(agree) - 1) < 0.15  # the mean of 2016 pairs has a standard deviation of 0.022


@pytest.mark.parametrize(("seed", "epoch"), [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_numbers_beyond_64_bits_are_refused(kernels, seed, epoch):
    with pytest.raises(OverflowError):
        kernels.shuffle(np.zeros(3, np.intp), seed, epoch)
