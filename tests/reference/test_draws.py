"""What the reference draws: the order of the examples in an epoch, and the first parameters."""

from itertools import permutations

import numpy as np
import pytest
from support.described import equal

import nncore as nn
from nncore.reference import network as reference


def test_mix_gives_the_published_numbers_of_splitmix64():
    states = [(1234567 + k * 0x9E3779B97F4A7C15) % 2**64 for k in range(1, 6)]
    assert [reference.mix(state) for state in states] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_shuffle_worked_by_hand():
    # Seed 0, epoch 0: mix(0) = 0, so the key is 0, and the bits for i are SplitMix64's i-th published number
    # from seed 0: e220a839..., 6e789e6a..., 06c45d18...; over 2^64 they are .883, .431 and .026.
    # i = 3: j = int(4 * .026) = 0: 3 1 2 0; i = 2: j = int(3 * .431) = 1: 3 2 1 0; i = 1: j = int(2 * .883)
    assert reference.shuffled(4, 0, 0) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("seed", "epoch", "order"),
    [  # from a C program with uint64_t, written for this
        (0, 0, [3, 8, 7, 5, 4, 0, 9, 1, 6, 2]),
        (0, 1, [6, 5, 9, 7, 2, 4, 8, 1, 3, 0]),
        (1, 0, [6, 2, 0, 9, 7, 4, 8, 3, 1, 5]),
        (12345678, 29, [7, 3, 9, 5, 0, 8, 1, 6, 2, 4]),
        (2**64 - 1, 1, [2, 7, 0, 1, 6, 9, 8, 5, 4, 3]),
    ],
)
def test_shuffle_known_orders(seed, epoch, order):
    assert reference.shuffled(10, seed, epoch) == order


def test_shuffle_known_order_of_a_thousand():
    order = reference.shuffled(1000, 7, 2)
    assert order[:8] == [717, 906, 686, 455, 10, 629, 863, 925]
    assert sum((i + 1) * j for i, j in enumerate(order)) == 251836677


@pytest.mark.parametrize("n", [0, 1, 2, 3, 257])
def test_shuffle_is_a_permutation(n):
    assert sorted(reference.shuffled(n, 3, 4)) == list(range(n))


def test_every_order_comes_about_as_often():
    drawn = [tuple(reference.shuffled(3, 11, epoch)) for epoch in range(1200)]
    counts = [drawn.count(order) for order in permutations(range(3))]
    assert sum(counts) == 1200
    assert max(abs(count - 200) for count in counts) < 50  # four standard deviations


@pytest.mark.parametrize(
    ("init", "bias_scale", "weight_scale"),
    [
        ("scaled", lambda n_in: 1.0, lambda n_in: 1 / np.sqrt(n_in)),
        ("large", lambda n_in: 1.0, lambda n_in: 1.0),
        ("he", None, lambda n_in: np.sqrt(2 / n_in)),
        ("zeros", None, None),
    ],
)
def test_parameters_are_drawn_biases_first(init, bias_scale, weight_scale):
    net, rng = reference.Network([5, 4, 3], init=init, seed=9), np.random.default_rng(9)

    def draws(scale, shapes, fans):
        return [
            rng.standard_normal(shape) * scale(n_in) if scale else np.zeros(shape)
            for shape, n_in in zip(shapes, fans, strict=True)
        ]

    equal(net.biases, draws(bias_scale, [(4, 1), (3, 1)], [5, 4]))
    equal(net.weights, draws(weight_scale, [(4, 5), (3, 4)], [5, 4]))


@pytest.mark.parametrize("convolution", [False, True])
def test_glorot_weights_are_as_wide_as_both_sides_of_the_layer_ask(convolution):
    """An input of a layer meets n_out weights: in a convolution, each place of each filter once."""
    if convolution:
        layers, shape, fans = [nn.Conv2D(8, 5), nn.Softmax(10)], (3, 28, 28), 3 * 25 + 8 * 25
    else:
        layers, shape, fans = [nn.Dense(100, "tanh"), nn.Softmax(10)], (784,), 784 + 100
    net = nn.Network(layers, input_shape=shape, init="glorot", seed=3)
    assert not any(b.any() for b in net.biases)
    assert 0.99 < np.abs(net.weights[0]).max() / np.sqrt(6 / fans) <= 1
    assert net.weights[0].std() == pytest.approx(np.sqrt(2 / fans), rel=0.05)


def test_scaled_weights_have_the_spread_of_chapter_3():
    net = reference.Network([784, 100, 10], seed=0)
    assert np.std(net.weights[0]) == pytest.approx(1 / 28, rel=0.02)
    assert abs(np.mean(net.weights[0])) < 0.001
    assert np.std(net.biases[0]) == pytest.approx(1.0, abs=0.3)


def test_init_may_be_a_function():
    seen = []

    def init(rng, shape, n_in):
        seen.append((shape, n_in))
        return np.full(shape, 0.5)

    net = reference.Network([3, 4, 2], init=init)
    assert seen == [((4, 1), 3), ((2, 1), 4), ((4, 3), 3), ((2, 4), 4)]
    equal(net.weights, [np.full((4, 3), 0.5), np.full((2, 4), 0.5)])


def test_float32_rounds_the_first_parameters_only():
    net, double = (reference.Network([3, 2], seed=4, dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_array_equal(net.weights[0], double.weights[0].astype(np.float32))
    assert net.weights[0].dtype == net.feedforward([1, 2, 3]).dtype == np.float64


def test_a_seed_is_drawn_and_kept():
    net = reference.Network([3, 2])
    assert net.seed != reference.Network([3, 2]).seed
    np.testing.assert_array_equal(net.weights[0], reference.Network([3, 2], seed=net.seed).weights[0])
