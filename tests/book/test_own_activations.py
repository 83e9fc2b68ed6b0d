"""network3 with an activation of the reader's own trains as with one of the core's, in NumPy."""

import warnings

import numpy as np
import pytest

import nncore as nn
from nncore.book import network3


def logistic(z):
    """The sigmoid function, as somebody else would write it."""
    return 1 / (1 + np.exp(-z))


def leaky(z):
    return np.where(z > 0, z, 0.1 * z)


def digits(activation_fn, p=0.0, dtype="float64"):
    np.random.seed(0)  # noqa: NPY002
    return network3.Network(
        [
            network3.ConvPoolLayer((3, 1, 5, 5), (10, 1, 28, 28), (2, 2), activation_fn),
            network3.FullyConnectedLayer(3 * 144, 20, activation_fn, p),
            network3.SoftmaxLayer(20, 10),
        ],
        10,
        dtype,
    )


def trained(net, data, warns, epochs=2, eta=0.5, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.SGD(data, epochs, 10, eta, data, data, **options)
    assert ["activation_fn: your own" in str(warning.message) for warning in caught] == [True] * warns
    return net


def test_a_function_that_the_core_knows_gives_its_numbers(sample, capsys):
    data = sample[0][:105]
    core = trained(digits(network3.sigmoid), data, False, lmbda=0.1)
    lines = capsys.readouterr().out
    own = trained(digits(logistic), data, True, lmbda=0.1)
    assert capsys.readouterr().out == lines
    np.testing.assert_allclose(own.parameters, core.parameters, atol=1e-9)
    assert own.cost(data) == pytest.approx(core.cost(data))
    assert own.accuracy(data) == core.accuracy(data)
    np.testing.assert_allclose(own.feedforward(data), core.feedforward(data), atol=1e-9)
    np.testing.assert_array_equal(own.test_mb_predictions(1), core.test_mb_predictions(1))
    for ours, others in zip(own.backprop(data), core.backprop(data), strict=True):
        for nabla, other in zip(ours, others, strict=True):
            np.testing.assert_allclose(nabla, other, atol=1e-8)


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_another_function_learns(p, sample):
    data = sample[0][:500]
    net = trained(digits(leaky, p, "float32"), data, True, epochs=4, eta=0.03)
    assert net.accuracy(data) > (0.5 if p else 0.7)
    assert net.epochs_trained == 4


def test_its_gradient_is_that_of_the_cost(sample):
    data = sample[0][:3]
    net = digits(np.sin)
    _, nabla_w = net.backprop(data)
    for l, entry in ((0, (1, 0, 2, 3)), (1, (4, 100)), (2, (3, 7))):
        w, costs = net.weights[l], []
        for step in (1e-5, -1e-5):
            w[entry] += step
            costs.append(3 * net.cost(data))
            w[entry] -= step
        assert nabla_w[l][entry] == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-4, abs=1e-8)


def test_weights_count_for_its_gradient_and_cost(sample):
    net, weights = digits(np.sin), np.arange(30) % 4
    rows = np.repeat(np.arange(30), weights)
    data, repeated = sample[0][:30], sample[0][rows]
    got, expected = net.backprop(data, weights=weights), net.backprop(repeated)
    for one, other in zip(got[0] + got[1], expected[0] + expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert net.cost(data, 2.0, weights=weights) == pytest.approx(net.cost(repeated, 2.0))
    assert nn.Network.accuracy(net, data, weights=weights) == pytest.approx(
        nn.Network.accuracy(net, repeated)
    )


def test_a_derivative_of_ones_own_is_used():
    def cube(z):
        return z**3

    cube.prime = lambda z: calls.append(1) or 3 * z**2
    calls = []
    net = network3.Network(
        [network3.FullyConnectedLayer(4, 3, cube), network3.SoftmaxLayer(3, 2)], 2, "float64"
    )
    net.backprop(np.random.default_rng(0).random((2, 4)), [0, 1])
    assert calls


def test_what_cannot_know_the_function_is_refused(tmp_path, sample):
    net, data = digits(np.sin), sample[0][:20]
    for call in (
        net.copy,
        lambda: net.save(tmp_path / "net.npz"),
        lambda: net.minimize(data),
        lambda: net.trace(data[0]),
        lambda: net.activations(data),
        lambda: nn.find_eta(net, data),
        lambda: nn.Network.SGD(net, data, 1, 10, 0.1),
    ):
        with pytest.raises(TypeError, match="it does not know your own activation_fn"):
            call()
    with pytest.raises(TypeError, match="momentum: with an activation of your own"):
        net.SGD(data, 1, 10, 0.1, data, data, momentum=0.5)
