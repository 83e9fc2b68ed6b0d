"""The core in JavaScript computes what the core computes: z, a, training, the order of the examples."""

import numpy as np
import pytest
from support.exchange import NETWORKS
from support.node import described, needs_node, run

import nncore as nn
from nncore import reference

pytestmark = needs_node

FORWARD = """
import { networkOf, forward } from "@/net/forward.js";
const net = networkOf(given.net.description, given.net.weights, given.net.biases);
const size = given.x.length / given.n;
const row = (i) => given.x.subarray(i * size, (i + 1) * size);
return Array.from({ length: given.n }, (_, i) => forward(net, row(i)).layers);
"""


def close(found, wanted, within):
    """Whether numbers differ by at most `within`, or by this share of them where they are above 1."""
    assert found.shape == wanted.shape
    worst = np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted)), initial=0)
    assert worst <= within, worst


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_z_and_a_is_the_core_s(name, dtype):
    net, n = NETWORKS[name](dtype), 4
    x = np.random.default_rng(5).random((n, net.sizes[0])).astype(net.dtype)
    x[:, ::3] = 0  # which are passed over
    found = run(FORWARD, net=described(net), x=x, n=n)
    within = 1e-6 if net.dtype == "float32" else 1e-12
    for i in range(n):
        traced = nn.trace(net, x[i])
        last = found[i][-1]
        close(last["a"], net.feedforward(x[i]).astype(float), within)
        for layer, seen, z, a in zip(net.layers, found[i], traced.z, traced.a, strict=True):
            shape = seen["a"].shape
            close(seen["a"], a.reshape(shape), within)
            if isinstance(layer, nn.MaxPool2D):
                assert seen["z"] is None
            else:
                close(seen["z"], z.reshape(shape), within)
            assert shape == net.shapes[1 + net.layers.index(layer)] or len(shape) == 3


def test_shapes_are_those_of_the_network():
    layers = [nn.Conv2D(3, (2, 3), "relu", padding="same"), nn.MaxPool2D(2), nn.Conv2D(2, 2), nn.Dense(5)]
    net = nn.Network(layers, input_shape=(2, 7, 9), seed=0)
    [found] = run(FORWARD, net=described(net), x=np.ones((1, 126), np.float32), n=1)
    assert [layer["a"].shape for layer in found] == net.shapes[1:]


def test_another_number_of_inputs_is_refused():
    script = """
    import { networkOf, forward } from "@/net/forward.js";
    const net = networkOf(given.net.description, given.net.weights, given.net.biases);
    try { forward(net, new Float32Array(3)); } catch (error) { return error.message; }
    """
    assert run(script, net=described(nn.Network([2, 1], seed=0))) == "pixels: 2 numbers needed, got 3"


def test_no_activation_overflows():
    script = """
    import { activate } from "@/net/forward.js";
    return ["sigmoid", "tanh", "relu", "linear", "softmax"].map((name) => {
      const z = given.z.slice();
      activate(name, z);
      return z;
    });
    """
    z = np.array([-1e4, -50.0, -1e-9, 0.0, 1e-9, 3.0, 1e4])
    for name, found in zip(["sigmoid", "tanh", "relu", "linear", "softmax"], run(script, z=z), strict=True):
        wanted = z if name == "linear" else getattr(nn.functions, name)(z)
        np.testing.assert_allclose(found, wanted, rtol=1e-15, atol=1e-16)


TRAIN = """
import { networkOf } from "@/net/forward.js";
import { costOf, memoryOf, shuffled, train } from "@/net/train.js";
const net = networkOf(given.net.description, given.net.weights, given.net.biases);
const data = { n: given.x.shape[0], x: given.x, y: given.y };
const memory = memoryOf(net);
const before = costOf(net, data, given.settings.lmbda);
for (let epoch = 0; epoch < given.epochs; epoch++) {
  train(net, data, shuffled(data.n, given.seed, epoch), given.settings, memory);
}
const after = costOf(net, data, given.settings.lmbda);
return { before, after, weights: net.layers.map(({ w }) => w), biases: net.layers.map(({ b }) => b) };
"""
OUTPUTS = [
    (nn.Dense(3), "quadratic"),
    (nn.Dense(3), "cross-entropy"),
    (nn.Softmax(3), "log-likelihood"),
    (nn.Dense(3, "tanh"), "quadratic"),
    (nn.Dense(3, "linear"), "quadratic"),
    (nn.Dense(3, "relu"), "quadratic"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("momentum", [0.0, 0.6])
@pytest.mark.parametrize("output", range(len(OUTPUTS)))
def test_training_takes_the_core_s_steps(output, momentum, dtype):
    layer, cost = OUTPUTS[output]
    hidden = ["sigmoid", "tanh", "relu", "linear", "sigmoid", "tanh"][output]
    net = nn.Network([nn.Dense(7, hidden), layer], cost=cost, input_shape=(4,), dtype=dtype, seed=11)
    rng = np.random.default_rng(2)
    x, labels = (
        rng.random((23, 4)).astype(dtype),
        rng.integers(0, 3, 23),
    )  # 23: the last mini-batch is smaller
    y = np.eye(3, dtype=dtype)[labels]
    settings = {"mini_batch_size": 5, "eta": 0.3, "lmbda": 0.7, "momentum": momentum}
    found = run(TRAIN, net=described(net), x=x, y=y, epochs=6, seed=net.seed, settings=settings)
    first = net.copy()
    assert found["before"] == pytest.approx(
        net.cost((x, y), lmbda=0.7), rel=1e-6 if dtype == "float32" else 1e-13
    )
    net.SGD((x, y), 6, 5, 0.3, 0.7, momentum=momentum or None)
    assert found["after"] == pytest.approx(
        net.cost((x, y), lmbda=0.7), rel=2e-6 if dtype == "float32" else 1e-12
    )
    within = 2 * 30 * 2.0**-24 if dtype == "float32" else 1e-13  # each of 30 steps rounds, here and there
    for l in range(2):
        close(found["weights"][l].reshape(net.weights[l].shape), net.weights[l], within)
        close(found["biases"][l].reshape(-1, 1), net.biases[l], within)
    assert np.abs(net.parameters - first.parameters).max() > 0.05  # it went somewhere


def test_the_order_of_the_examples_is_the_core_s():
    script = """
    import { shuffled } from "@/net/train.js";
    return given.seeds.map((seed, k) => shuffled(100, BigInt(seed), k));
    """
    seeds = [0, 1, 12345, 2**63 + 7]
    for epoch, (seed, found) in enumerate(zip(seeds, run(script, seeds=list(map(str, seeds))), strict=True)):
        assert found.tolist() == reference.network.shuffled(100, seed, epoch)


def test_what_the_core_alone_trains_is_refused():
    script = """
    import { networkOf } from "@/net/forward.js";
    import { memoryOf } from "@/net/train.js";
    const net = networkOf(given.net.description, given.net.weights, given.net.biases);
    try { memoryOf(net); } catch (error) { return error.message; }
    """
    for layers in ([nn.Conv2D(2, 2), nn.Dense(2)], [nn.Dense(3), nn.Dense(2, dropout=0.5)]):
        net = nn.Network(layers, input_shape=(1, 3, 3), seed=0)
        assert "the core trains all" in run(script, net=described(net))
