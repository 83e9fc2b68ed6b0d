"""Convolution and max-pooling match the reference, central differences, hand-worked examples and PyTorch."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.differences import check_gradient

import nncore as nn
from nncore import reference, targets
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax

NETWORKS = {  # layers and input_shape
    "no pooling": ([Conv2D(3, 3), Softmax(4)], (1, 8, 8)),
    "a pool": ([Conv2D(5, 3), MaxPool2D(2), Dense(6), Softmax(4)], (1, 12, 12)),
    "two convolutions": (
        [Conv2D(20, 5, "tanh"), MaxPool2D(2), Conv2D(40, 5, "tanh"), MaxPool2D(2), Dense(9), Softmax(4)],
        (1, 28, 28),
    ),
    "relu": (
        [Conv2D(6, 3, "relu"), MaxPool2D(2), Conv2D(9, 3, "relu"), Dense(9, "relu"), Softmax(3)],
        (3, 11, 12),
    ),
    "odd sizes, rectangles": (
        [
            Conv2D(5, (3, 2), "tanh"),
            MaxPool2D((2, 3)),
            Conv2D(9, (2, 3), padding="same"),
            MaxPool2D(2),
            Softmax(4),
        ],
        (3, 13, 17),
    ),
    "pooling by 3, and again": (
        [MaxPool2D(2), Conv2D(5, 3), MaxPool2D(3), MaxPool2D(2), Softmax(3)],
        (2, 20, 21),
    ),
    "even kernels, same": (
        [Conv2D(5, 4, padding="same"), Conv2D(7, 1), Conv2D(6, (1, 5)), Dense(3)],
        (2, 9, 11),
    ),
    "wide": ([Conv2D(50, 3), Conv2D(60, 3), MaxPool2D((1, 4)), Dense(2, "linear")], (4, 7, 9)),
    "pooling alone": ([MaxPool2D(3), MaxPool2D(1), Dense(3)], (2, 10, 11)),
    "down to a pixel": ([Conv2D(4, 3), MaxPool2D(2), Dense(1)], (1, 4, 5)),
}
BOUND = {"float32": 1e-4, "float64": 1e-10}  # as a share of the largest number


def examples(net, m, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, *net.input_shape)), rng.random((m, net.sizes[-1]))


def labelled(net, m):
    """m examples with labels; with targets where there is one output."""
    X, y = examples(net, m)
    return X, np.random.default_rng(1).integers(0, net.sizes[-1], m) if net.sizes[-1] > 1 else y


def distance(got, expected):
    """The largest difference in any of the arrays, as a share of the largest number of that array."""
    return max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(got, expected, strict=True))


@pytest.mark.parametrize("dtype", BOUND)
@pytest.mark.parametrize("name", NETWORKS)
def test_everything_matches_reference(name, dtype):
    layers, shape = NETWORKS[name]
    net = nn.Network(layers, input_shape=shape, dtype=dtype, seed=2)
    plain = reference.Network(layers, input_shape=shape, dtype=dtype, seed=2)
    assert distance(net.weights, plain.weights) == distance(net.biases, plain.biases) == 0
    data = labelled(net, 13)
    assert distance([net.feedforward(data[0])], [plain.feedforward(data[0])]) < BOUND[dtype]
    assert net.cost(data, 0.5) == pytest.approx(plain.cost(data, 0.5), rel=BOUND[dtype])
    (nabla_b, nabla_w), (expected_b, expected_w) = net.backprop(*data), plain.backprop(*data)
    assert distance(nabla_b, expected_b) < BOUND[dtype]
    assert distance(nabla_w, expected_w) < BOUND[dtype]
    for network in net, plain:
        network.SGD(data, 2, 5, 0.1, 0.3)  # the last mini-batch is shorter
    assert distance(net.weights, plain.weights) < BOUND[dtype]
    assert distance(net.biases, plain.biases) < BOUND[dtype]


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_match_central_differences(name):
    """In six random numbers of each array."""
    layers, shape = NETWORKS[name]
    net = nn.Network(layers, input_shape=shape, dtype="float64", seed=1)
    data, rng = labelled(net, 3), np.random.default_rng(0)
    for arrays, nablas in zip((net.biases, net.weights), net.backprop(*data), strict=True):
        for array, nabla in zip(arrays, nablas, strict=True):
            indices = rng.permutation(list(np.ndindex(array.shape)))[:6]
            tolerance = 1e-6 * np.abs(nabla).max() + 1e-9
            check_gradient(nabla, lambda: net.cost(data) * 3, array, abs=tolerance, indices=indices)


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(3, 12), st.integers(3, 12)),
    filters=st.integers(1, 26),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same"]),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    m=st.integers(1, 4),
    dtype=st.sampled_from(list(BOUND)),
)
def test_any_shape_matches_reference(shape, filters, kernel, padding, size, m, dtype):
    _, height, width = shape
    layers = [
        Conv2D(filters, kernel, "tanh", padding),
        Conv2D(3, 1, "tanh"),
        MaxPool2D(1),
        MaxPool2D(1),
        Dense(2),
    ]
    if padding == "same" or (height - kernel[0] + 1 >= size[0] and width - kernel[1] + 1 >= size[1]):
        layers.insert(1, MaxPool2D(size))
    net = nn.Network(layers, input_shape=shape, dtype=dtype, seed=3)
    plain = reference.Network(layers, input_shape=shape, dtype=dtype, seed=3)
    data = examples(net, m)
    for network in net, plain:
        network.SGD(data, 1, 2, 0.1)
    assert distance(net.weights, plain.weights) < BOUND[dtype]


def test_hand_worked_convolution():
    net = nn.Network([Conv2D(1, 2, "linear"), Dense(4, "linear")], input_shape=(1, 3, 3), dtype="float64")
    net.weights = [[[[[1, 2], [3, 4]]]], np.eye(4)]
    net.biases = [[[0.5]], np.zeros((4, 1))]
    x = np.arange(9.0)
    # 0 1 2      1*0 + 2*1 + 3*3 + 4*4 = 27    1*1 + 2*2 + 3*4 + 4*5 = 37
    # 3 4 5      1*3 + 2*4 + 3*6 + 4*7 = 57    1*4 + 2*5 + 3*7 + 4*8 = 67
    # 6 7 8
    assert net.feedforward(x).tolist() == [27.5, 37.5, 57.5, 67.5]
    nabla_b, nabla_w = net.backprop(x, [27.5, 37.5, 57.5, 66.5])  # delta = (0, 0, 0, 1)
    assert nabla_b[0].tolist() == [[1]]
    assert nabla_w[0].tolist() == [[[[4, 5], [7, 8]]]]


def test_the_first_of_equal_maxima_gets_the_gradient():
    layers = [Conv2D(1, 1, "linear"), Conv2D(1, 2, "linear"), MaxPool2D(2), Dense(1, "linear")]
    net = nn.Network(layers, input_shape=(1, 3, 3), dtype="float64", init="zeros")
    net.weights = [np.ones((1, 1, 1, 1)), np.ones((1, 1, 2, 2)), np.ones((1, 1))]
    x = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]])  # each of the four sums is 1
    _, nabla_w = net.backprop(x.ravel(), [0])
    assert nabla_w[1].tolist() == [[[[1, 0], [0, 0]]]]
    x[0, 0] = 0
    _, nabla_w = net.backprop(x.ravel(), [0])
    assert nabla_w[1].tolist() == [[[[0, 1], [0, 0]]]]


@pytest.mark.parametrize("layers", [[MaxPool2D(2)], [Conv2D(1, 1, "linear"), MaxPool2D(2)]])
def test_pixels_that_fill_no_window_are_left_out(layers):
    net = nn.Network([*layers, Dense(2, "linear")], input_shape=(1, 3, 5), dtype="float64", init="zeros")
    net.weights[-1] = np.eye(2)
    if len(net.weights) == 2:
        net.weights[0] = [[[[1.0]]]]
    x = [[1, 2, 4, 3, 9], [0, 5, 6, 1, 9], [9, 9, 9, 9, 9]]
    assert net.feedforward(x).tolist() == [5, 6]


def test_a_dense_layer_reads_channels_rows_columns():
    net = nn.Network(
        [Conv2D(3, 2, "tanh"), Dense(5, "linear")], input_shape=(2, 4, 5), dtype="float64", seed=0
    )
    w, b = net.weights[0], net.biases[0]
    x = np.random.default_rng(0).standard_normal((2, 4, 5))
    maps = np.array(
        [
            [
                [np.tanh((w[f] * x[:, y : y + 2, c : c + 2]).sum() + b[f, 0]) for c in range(4)]
                for y in range(3)
            ]
            for f in range(3)
        ]
    )
    assert np.allclose(net.feedforward(x), net.weights[1] @ maps.ravel() + net.biases[1][:, 0], rtol=1e-13)


def test_weights_are_live_views():
    layers, shape = NETWORKS["two convolutions"]
    net = nn.Network(layers, input_shape=shape, seed=0)
    data = labelled(net, 20)
    before = net.feedforward(data[0])
    for w, b in zip(net.weights, net.biases, strict=True):
        assert np.shares_memory(w, net.parameters)
        assert np.shares_memory(b, net.parameters)
    net.weights[1][3, 2] += 1
    assert not np.array_equal(net.feedforward(data[0]), before)


@pytest.mark.parametrize("options", [{"momentum": 0.5}, {"l1": 0.1}])
def test_the_general_path_trains_convolutions(options):
    layers, shape = NETWORKS["relu"]
    net = nn.Network(layers, input_shape=shape, dtype="float64", seed=0)
    data = labelled(net, 4)
    before, (_, nabla_w) = [w.copy() for w in net.weights], net.backprop(*data)
    net.SGD(data, 1, 4, 0.1, **options)
    l1 = options.get("l1", 0) / 4
    expected = [w - 0.1 * (nabla / 4 + l1 * np.sign(w)) for w, nabla in zip(before, nabla_w, strict=True)]
    assert distance(net.weights, expected) < 1e-12


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        ([Conv2D(20, 5), Softmax(10)], (784,), r"layers\[0\]: .*channels, height, width.*\(784,\)"),
        (
            [Conv2D(20, 5), MaxPool2D(2), Conv2D(4, 13), Softmax(10)],
            (1, 28, 28),
            r"layers\[2\]: .*13 x 13.*\(20, 12, 12\)",
        ),
        ([Conv2D(20, 5), MaxPool2D(25), Softmax(10)], (1, 28, 28), r"layers\[1\]: .*25 x 25.*\(20, 24, 24\)"),
        ([Dense(5), Conv2D(20, 5), Softmax(10)], (1, 28, 28), r"layers\[1\]: .*before the fully connected"),
        ([Dense(5), MaxPool2D(2), Softmax(10)], (1, 28, 28), r"layers\[1\]: .*\(5,\)"),
        ([Conv2D(20, 5)], (1, 28, 28), "output layer is Dense or Softmax"),
        ([Softmax(5), Conv2D(3, 1), Dense(3)], (1, 28, 28), "softmax can only be the output"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, shape, message):
    with pytest.raises(ValueError, match=message):
        nn.Network(layers, input_shape=shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 5), "filters: 1 filter or more needed, got 0"),
        (lambda: Conv2D(20, (5, 5, 1)), "kernel_size"),
        (lambda: Conv2D(20, 0), "kernel_size: sides of 1 or more"),
        (lambda: Conv2D(20, 2.5), "kernel_size"),
        (lambda: Conv2D(20, 5, "softmax"), "activation: one of sigmoid, tanh, relu, linear"),
        (lambda: Conv2D(20, 5, padding="full"), "padding: valid or same needed, got 'full'"),
        (lambda: MaxPool2D(0), "size: sides of 1 or more"),
        (lambda: MaxPool2D("2"), "size"),
    ],
)
def test_impossible_layers_are_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("shape", "add"),
    [
        ((1, 4, 4), lambda program: program.add_convolution(3, (5, 3))),
        ((1, 4, 4), lambda program: program.add_convolution(3, (0, 3))),
        ((1, 4, 4), lambda program: program.add_convolution(0, (3, 3))),
        ((1, 4, 4), lambda program: program.add_convolution(3, (3, 3), activation="softmax")),
        ((1, 4, 4), lambda program: program.add_convolution(1 << 38, (3, 3))),
        ((1, 4, 4), lambda program: program.add_convolution(3, (1 << 62, 3), same=True)),
        ((1 << 20, 1 << 10, 1 << 10), lambda program: program.add_convolution(3, (1, 1))),
        ((1, 4, 4), lambda program: program.add_pooling((5, 2))),
        ((1, 4, 4), lambda program: program.add_pooling((2, 0))),
        ((1, 4, 4), lambda program: (program.add_pooling((2, 2)), program.complete())),
    ],
)
def test_a_program_refuses_shapes_that_do_not_fit(shape, add):
    with pytest.raises(ValueError, match=r"fit|needed|softmax|fully connected"):
        add(targets.kernels("float32").Program(shape, "cross-entropy"))


def test_summary(capsys):
    nn.Network([Conv2D(20, 5), MaxPool2D(2), Dense(100), Softmax(10)], input_shape=(1, 28, 28)).summary()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == [
        "parameters",
        "28)",
        "520",
        "0",
        "288100",
        "1010",
        "289630",
    ]
    assert "(20, 12, 12)" in lines[3]


def test_saved_and_copied_networks_are_the_same(tmp_path):
    layers, shape = NETWORKS["odd sizes, rectangles"]
    net = nn.Network(layers, input_shape=shape, seed=5)
    net.save(tmp_path / "net.npz")
    for other in nn.load(tmp_path / "net.npz"), copy.deepcopy(net):
        assert other.layers == net.layers
        assert np.array_equal(other.parameters, net.parameters)


def test_digits_are_learned(sample):
    train, _, test = sample
    layers = [Conv2D(20, 5, "relu"), MaxPool2D(2), Dense(50, "relu"), Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), init="he", seed=0)
    net.SGD(train[:3000], 3, 10, 0.05)
    assert net.accuracy(test) > 0.93


def chapter_6():
    first, second = Conv2D(20, 5), Conv2D(40, 5)
    relu = [Conv2D(20, 5, "relu"), MaxPool2D(2), Conv2D(40, 5, "relu"), MaxPool2D(2)]
    return {
        "6.2": [first, MaxPool2D(2), Dense(100), Softmax(10)],
        "6.4": [first, MaxPool2D(2), second, MaxPool2D(2), Dense(100), Softmax(10)],
        "6.6": [*relu, Dense(100, "relu"), Softmax(10)],
        "6.10": [*relu, Dense(1000, "relu"), Dense(1000, "relu"), Softmax(10)],
    }


@pytest.mark.parametrize("name", chapter_6())
def test_outputs_and_gradients_match_pytorch(name, sample):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    net = nn.Network(chapter_6()[name], input_shape=(1, 28, 28), dtype="float64", seed=0)
    train, _, _ = sample
    X, y = train[:10].to_float().astype(np.float64), train.labels[:10]
    X = X + 0.01 * np.random.default_rng(0).standard_normal(
        X.shape
    )  # PyTorch gives the gradient of equal maxima to others
    sigma = {"sigmoid": torch.sigmoid, "relu": torch.relu}
    weights = [torch.tensor(np.array(w), requires_grad=True) for w in net.weights]
    biases = [torch.tensor(np.array(b[:, 0]), requires_grad=True) for b in net.biases]
    a, parameters = torch.tensor(X.reshape(10, 1, 28, 28)), zip(weights, biases, strict=True)
    for layer in net.layers:
        if isinstance(layer, MaxPool2D):
            a = torch.nn.functional.max_pool2d(a, layer.size)
        elif isinstance(layer, Conv2D):
            a = sigma[layer.activation](torch.nn.functional.conv2d(a, *next(parameters)))
        else:
            a = torch.nn.functional.linear(a.flatten(1), *next(parameters))
            a = sigma[layer.activation](a) if layer.activation in sigma else a
    torch.nn.functional.cross_entropy(a, torch.tensor(y), reduction="sum").backward()
    assert distance([net.feedforward(X)], [torch.softmax(a, 1).detach().numpy()]) < 1e-10
    nabla_b, nabla_w = net.backprop(X, y)
    assert distance(nabla_w, [w.grad.numpy() for w in weights]) < 1e-10
    assert distance(nabla_b, [b.grad.numpy()[:, None] for b in biases]) < 1e-10


PROGRAM = """
import nncore as nn
from nncore.book import expand_mnist

class Enough(Exception):
    pass

def progress(images):
    seen.append(images)
    if sum(seen) >= 1000:
        raise Enough

train, validation, _ = nn.datasets.load_mnist()
seen, (data, augment) = [], (WHAT)
layers = [nn.Conv2D(20, 5, "relu"), nn.MaxPool2D(2), nn.Conv2D(40, 5, "relu"), nn.MaxPool2D(2)]
layers += [nn.Dense(1000, "relu", 0.5), nn.Dense(1000, "relu", 0.5), nn.Softmax(10, dropout=0.5)]
net = nn.Network(layers, input_shape=(1, 28, 28), init="he", seed=0)
try:
    settings = {"augment": augment, "progress": progress, "threads": 2}
    net.SGD(data, 1, 10, 0.03, evaluation_data=validation, **settings)
except Enough:
    net.accuracy(validation)
else:
    raise AssertionError("the epoch is over")
print(next(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status is Linux's")
@pytest.mark.parametrize(
    ("what", "most"),
    [
        ("train, [nn.augment.Shift(1, straight=True), nn.augment.Elastic()]", 200),
        pytest.param("expand_mnist.expand(train), None", 400, marks=pytest.mark.slow),
    ],
)
def test_peak_memory_of_the_largest_network(mnist, what, most):
    """A process that reads MNIST and trains the network of 6.10 stays below `most` MB.

    Training has allocated its memory after a few mini-batches; an evaluation comes at the end of an epoch.
    """
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("WHAT", what)], capture_output=True, check=True
    )
    assert int(run.stdout) / 1024 < most


def test_layer_pass_counts_its_operations():
    layers, shape = NETWORKS["two convolutions"]
    net = nn.Network(layers, input_shape=shape, seed=0)
    data = net._data("data", labelled(net, 3))
    run = net._kernels.layer_pass
    assert run(net._program, net.parameters, data, 0, "forward", 2) == 2 * 3 * 25 * 20 * 24 * 24
    assert run(net._program, net.parameters, data, 1, "BP2") == 2 * 3 * 500 * 40 * 4 * 4
    assert run(net._program, net.parameters, data, 3, "BP3, BP4") == 2 * 3 * 9 * 4
    for l, what in (0, "BP2"), (4, "forward"), (-1, "forward"), (0, "BP5"):
        with pytest.raises(ValueError, match="needed"):
            run(net._program, net.parameters, data, l, what)
