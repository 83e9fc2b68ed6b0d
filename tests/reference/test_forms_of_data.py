"""The layers and the data that the reference takes, the shapes that it returns, and what it refuses."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.described import layers

from nncore.reference import network as reference


def test_sizes_are_sigmoid_layers():
    by_sizes = reference.Network([3, 4, 2], seed=1)
    by_layers = reference.Network(layers((4, "sigmoid"), (2, "sigmoid")), seed=1, input_shape=(3,))
    assert by_sizes.sizes == by_layers.sizes == [3, 4, 2]
    assert by_sizes.cost_name == by_layers.cost_name == "cross-entropy"
    np.testing.assert_array_equal(by_sizes.feedforward([1, 2, 3]), by_layers.feedforward([1, 2, 3]))


@pytest.mark.parametrize(
    ("activations", "cost"),
    [
        (["softmax"], "quadratic"),
        (["softmax"], "cross-entropy"),
        (["tanh"], "cross-entropy"),
        (["sigmoid"], "log-likelihood"),
        (["linear"], "cross-entropy"),
        (["softmax", "sigmoid"], None),
        (["sigmoid"], "hinge"),
    ],
)
def test_pairs_without_sense_are_refused(activations, cost):
    with pytest.raises(ValueError, match="cost: got"):
        reference.Network(layers(*((2, name) for name in activations)), cost=cost, input_shape=(3,))


def test_shapes_of_feedforward_and_predict():
    net = reference.Network([4, 3], seed=2)
    X = np.arange(8.0).reshape(2, 4)
    a = net.feedforward(X)
    assert a.shape == (2, 3)
    np.testing.assert_array_equal(net.feedforward(X.reshape(2, 2, 2)), a)  # images
    np.testing.assert_array_equal(net.feedforward(X[:1]), a[:1])
    np.testing.assert_array_equal(net.feedforward(X[0]), a[0])
    np.testing.assert_array_equal(net.feedforward(X[0].reshape(2, 2)), a[0])
    np.testing.assert_array_equal(net.feedforward(X[0].reshape(4, 1)), a[0].reshape(3, 1))
    assert net.predict(X).tolist() == np.argmax(a, axis=1).tolist()
    for one in X[0], X[0].reshape(4, 1), X[0].reshape(2, 2):
        assert net.predict(one) == np.argmax(a[0])
    assert net.predict(X[:1]).shape == (1,)


def test_one_input_is_a_column_when_it_is_one_by_one():
    net = reference.Network([1, 2], seed=2)
    assert net.feedforward([[1.0]]).shape == (2, 1)
    assert net.feedforward([1.0]).shape == (2,)
    assert net.feedforward([[1.0], [2.0], [3.0]]).shape == (3, 2)


def test_every_form_of_data_is_the_same_data():
    rng = np.random.default_rng(0)
    X, labels = rng.integers(0, 256, (6, 4)) / 256, np.array([2, 0, 1, 1, 2, 0])
    X.flags.writeable = labels.flags.writeable = False
    units = np.eye(3)[labels]
    columns = [(x.reshape(4, 1), unit.reshape(3, 1)) for x, unit in zip(X, units, strict=True)]
    forms = [
        (X, labels),
        (X, units),
        (X.reshape(6, 2, 2).tolist(), labels.tolist()),
        columns,
        tuple(columns),
        zip(X, labels, strict=True),
        ((x, unit) for x, unit in columns),
        SimpleNamespace(to_float=lambda: X.astype(np.float32), labels=labels),
    ]
    trained = []
    for data in forms:
        net = reference.Network([4, 3], seed=1)
        net.SGD(data, 1, 2, 0.5)
        trained.append(net.weights[0])
    for w in trained[1:]:
        np.testing.assert_array_equal(w, trained[0])
    assert net.accuracy((X, labels)) == np.mean(net.predict(X) == labels)


@pytest.mark.parametrize("labels", [[0, 3], [0, -1], [0, 0.5], [0], [0, 1, 2]])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match="y: 2 labels from 0 to 2 needed"):
        reference.Network([4, 3]).backprop(np.zeros((2, 4)), labels)
