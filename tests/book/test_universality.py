"""Networks built by hand: steps, bumps and towers, and their deviations as derived."""

import numpy as np
import pytest

import nncore as nn
from nncore.book import universality
from nncore.book.universality import inverse_sigmoid

LN2 = np.log(2)


def variation(f):
    """The integral of |f'| over [0, 1]."""
    return np.abs(np.diff(f(np.linspace(0, 1, 100_001)))).sum()


@pytest.mark.parametrize("w", [1000.0, -20.0])
def test_step_is_one_sigmoid_neuron(w):
    net = universality.step(0.3, w)
    assert net.sizes == [1, 1]
    assert -net.biases[0].item() / net.weights[0].item() == pytest.approx(0.3)
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(net.feedforward(x[:, None])[:, 0], 1 / (1 + np.exp(-w * (x - 0.3))))


def test_bump_is_two_steps():
    net = universality.bump(0.2, 0.7, -1.5, w=500)
    up, down = universality.step(0.2, 500), universality.step(0.7, 500)
    x = np.linspace(0, 1, 101)[:, None]
    rounded = 4 * 1.5 * np.finfo(float).eps  # of two products of up to 1.5, their sum and the bias
    np.testing.assert_allclose(
        net.feedforward(x), -1.5 * (up.feedforward(x) - down.feedforward(x)), atol=rounded
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_bumps_equal_f_in_their_middle(output, activation):
    net = universality.approximate(universality.f, 8, output=output, activation=activation)
    assert net.sizes == [1, 16, 1]
    middles = (np.arange(8) + 0.5) / 8
    out = net.feedforward(middles[:, None])[:, 0]
    np.testing.assert_allclose(out, universality.f(middles), rtol=1e-12)
    ends = net.feedforward([[0.0], [1.0]])[:, 0]  # as high as the bumps there
    np.testing.assert_allclose(ends, out[[0, -1]], rtol=1e-12)


@pytest.mark.parametrize(("N", "w"), [(100, None), (200, None), (100, 3000.0)])
def test_mean_deviation_is_the_variation_divided_by_4n(N, w):
    """V/(4N), less the 2 ln(2) df/w that each step, of height df, hides by not being upright."""
    net = universality.approximate(universality.f, N, w=w)
    wanted = variation(universality.f) / (4 * N) * (1 - 8 * LN2 * N / (w or 200 * N))
    assert universality.deviation(net, universality.f).mean == pytest.approx(wanted, rel=0.02)


def test_deviation_halves_when_the_bumps_double():
    offs = [
        universality.deviation(universality.approximate(universality.f, 5 * 2**k), universality.f)
        for k in range(6)
    ]
    means, most = np.array(offs).T
    assert (np.diff(means) < 0).all()
    assert (np.diff(most) < 0).all()
    assert means[3] / means[5] == pytest.approx(4, rel=0.05)
    steepest = np.abs(np.diff(universality.f(np.linspace(0, 1, 100_001)))).max() * 100_000
    # t beyond an edge of bumps that are d wide, f is off by (d/2 - t - d sigmoid(-w t)) f': here w d = 200
    t = np.linspace(0, 0.5, 10_001)
    share = (0.5 - t - 1 / (1 + np.exp(200 * t))).max()
    assert most[5] == pytest.approx(share * steepest / 160, rel=0.01)


def test_bumps_sum_to_the_inverse_sigmoid():
    through = universality.approximate(universality.f, 20, output="sigmoid")
    summed = universality.approximate(lambda x: inverse_sigmoid(universality.f(x)), 20)
    x = np.linspace(0, 1, 300)[:, None]
    np.testing.assert_allclose(inverse_sigmoid(through.feedforward(x)), summed.feedforward(x), rtol=1e-9)


def test_tower_is_high_inside_all_its_bumps():
    left, right = np.array([0.1, 0.3, 0.2]), np.array([0.6, 0.5, 0.9])
    net = universality.tower(left, right, 2.5)
    assert net.sizes == [3, 6, 1, 1]
    X = np.random.default_rng(0).random((500, 3))
    X = X[(np.abs(X - left) > 0.03).all(axis=1) & (np.abs(X - right) > 0.03).all(axis=1)]
    inside = ((left < X) & (right > X)).all(axis=1)
    assert inside.any()
    np.testing.assert_allclose(net.feedforward(X)[:, 0], 2.5 * inside, atol=1e-9)


def test_towers_equal_f_in_their_middle():
    def f(x, y, z):
        return 0.1 + 0.5 * x * y + 0.2 * z**2

    for output in ("linear", "sigmoid"):
        net = universality.approximate_by_towers(f, 4, inputs=3, output=output)
        assert net.sizes == [3, 15, 64, 1]
        X = np.random.default_rng(1).integers(0, 4, (40, 3)) / 4 + 0.125
        np.testing.assert_allclose(net.feedforward(X)[:, 0], f(*X.T), rtol=1e-8)


@pytest.mark.parametrize(
    ("f", "wanted"),
    [  # the mean of |u| and |u + v|, u and v even on half a tower's width to each side
        (lambda x, y: 0.2 + 3 * x, 3 / 4),
        (lambda x, y: x + y, 1 / 3),
    ],
)
def test_deviation_of_towers_falls_with_their_width(f, wanted):
    for N in (5, 20):
        off = universality.deviation(universality.approximate_by_towers(f, N, w=1e5), f)
        assert off.mean * N == pytest.approx(wanted, rel=0.02)


def test_towers_leave_gaps_at_their_corners():
    net = universality.approximate_by_towers(lambda x, y: 1.0, 4)
    at = net.feedforward([[0.5, 0.5], [0.5, 0.6], [0.6, 0.6]])[:, 0]
    np.testing.assert_allclose(at, [0, 1, 1], atol=1e-9)  # where two meet, each has half its height


def test_deviation_of_known_differences():
    net = nn.Network([nn.Dense(1, "linear")], input_shape=(2,), init="zeros", dtype="float64")
    off = universality.deviation(net, lambda x, y: x * y - 1, points=20_000)
    assert off.mean == pytest.approx(3 / 4, abs=1e-3)
    assert off.max == pytest.approx(1, abs=1e-3)


def test_wrong_arguments_are_named():
    for call, words in [
        (lambda: universality.bump(0.5, 0.5, 1), "right: a number above left, 0.5, needed; got 0.5"),
        (lambda: universality.tower([0.1], [0.2, 0.3]), "right: one number for each of left needed"),
        (lambda: universality.approximate(universality.f, 5, activation="relu"), "two different limits"),
        (lambda: universality.approximate(universality.f, 5, output="tanh"), "output: one of"),
        (lambda: universality.approximate(lambda x: x - 0.5, 5, output="sigmoid"), "between 0 and 1 needed"),
        (lambda: universality.approximate(lambda x: x[:2], 5), r"f: an array .* \(5,\) needed, got \(2,\)"),
        (lambda: universality.approximate(lambda x: x * np.nan, 5), "f: finite"),
        (lambda: universality.approximate(universality.f, 0), "N: at least 1 needed"),
        (lambda: universality.deviation(nn.Network([1, 2]), universality.f), "net: one output needed, got 2"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize(
    "make",
    [
        lambda: universality.step(1e200, 1e200),
        lambda: universality.bump(-1e308, 0.5, 0.3),
        lambda: universality.bump(0.1, 0.5, 0.3, 1e308 * 17),
        lambda: universality.tower([0.0, -1e308], [1.0, 1.0], 1.0),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_step_whose_bias_no_float_holds_is_refused(make):
    with pytest.raises(ValueError, match=r"^w: "):
        make()
