"""Networks and PyTorch's modules have the same numbers, in both directions."""

import re

import numpy as np
import pytest
from support.exchange import NETWORKS, inputs_of, largest_difference

import nncore as nn

# of PyTorch, where the height or the width of a filter is even
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_pytorch_gives_the_same(name, dtype, torch, capsys):
    """The code that `torch_code` prints runs, and its model answers as the network does."""
    net = NETWORKS[name](dtype)
    net.torch_code()
    names = {"net": net}
    exec(capsys.readouterr().out, names)
    X = inputs_of(net)
    with torch.no_grad():
        y = names["model"](torch.from_numpy(X)).numpy()
    assert largest_difference(y, net.feedforward(X)) < (1e-6 if net.dtype == "float32" else 1e-13)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_from_pytorch(name, torch, capsys, tmp_path):
    net = NETWORKS[name]("float32")
    net.torch_code()
    names = {"net": net}
    exec(capsys.readouterr().out, names)
    torch.save(names["model"].state_dict(), tmp_path / "net.pt")
    stored = torch.load(tmp_path / "net.pt", weights_only=True)
    again = nn.Network.from_state_dict(stored, layers=net.layers, input_shape=net.input_shape)
    np.testing.assert_array_equal(again.parameters, net.parameters)


def test_a_model_of_pytorch_with_convolutions(torch):
    torch.manual_seed(0)
    module = torch.nn
    model = module.Sequential(
        *(module.Conv2d(1, 6, 5), module.ReLU(), module.MaxPool2d(2), module.Conv2d(6, 4, 4, padding="same")),
        *(module.Tanh(), module.MaxPool2d(3), module.Flatten(), module.Linear(64, 20), module.Sigmoid()),
        *(module.Linear(20, 10, bias=False), module.Softmax(dim=1)),
    )
    layers = [nn.Conv2D(6, 5, "relu"), nn.MaxPool2D(2), nn.Conv2D(4, 4, "tanh", "same"), nn.MaxPool2D(3)]
    layers += [nn.Dense(20), nn.Softmax(10)]
    parameters = dict(model.named_parameters())  # which remember their gradients
    net = nn.Network.from_state_dict(parameters, layers=layers, input_shape=(1, 28, 28))
    X = inputs_of(net)
    with torch.no_grad():
        y = model(torch.from_numpy(X)).numpy()
    assert largest_difference(net.feedforward(X), y) < 1e-6


def test_gradients_of_pytorch_are_those_of_the_network(torch, capsys):
    """So both learn the same from the same examples."""
    net = NETWORKS["maps: chapter 6"]("float64")
    net.torch_code()
    names = {"net": net}
    exec(capsys.readouterr().out, names)
    X, y = inputs_of(net, 5), np.arange(5) % 4
    model = torch.nn.Sequential(*list(names["model"])[:-1])  # cross_entropy takes z
    torch.nn.functional.cross_entropy(
        model(torch.from_numpy(X)), torch.from_numpy(y), reduction="sum"
    ).backward()
    nabla_b, nabla_w = net.backprop(X, y)
    grads = [p.grad.numpy() for p in model.parameters()]
    for w, b, grad_w, grad_b in zip(nabla_w, nabla_b, grads[::2], grads[1::2], strict=True):
        np.testing.assert_allclose(w, grad_w, rtol=0, atol=1e-10)
        np.testing.assert_allclose(b[:, 0], grad_b, rtol=0, atol=1e-10)


def test_the_dict_has_copies_in_pytorchs_numbering():
    layers = [nn.Conv2D(2, 3, "relu"), nn.MaxPool2D(2), nn.Dense(4, "linear"), nn.Softmax(3, dropout=0.5)]
    net = nn.Network(layers, input_shape=(1, 6, 6), seed=0)
    found = net.state_dict()
    # Conv2d, ReLU, MaxPool2d, Flatten, Linear, Dropout, Linear, Softmax
    assert list(found) == ["0.weight", "0.bias", "4.weight", "4.bias", "6.weight", "6.bias"]
    assert found["0.weight"].shape == (2, 1, 3, 3)
    assert all(array.flags.c_contiguous for array in found.values())
    found["0.weight"][:] = 0
    assert (net.weights[0] != 0).any()


def arrays(*sizes, names=("{}.weight", "{}.bias"), numbers=range(0, 100, 2)):
    rng, found = np.random.default_rng(0), {}
    for l, n_in, n in zip(numbers, sizes, sizes[1:], strict=False):
        found[names[0].format(l)] = rng.standard_normal((n, n_in))
        if len(names) > 1:
            found[names[1].format(l)] = rng.standard_normal(n)
    return found


@pytest.mark.parametrize("names", ["fc{}", "layers.{}", "{}", "net.hidden{}.lin"])
def test_files_sort_names_as_text_but_numbers_count(names):
    both = f"{names}.weight", f"{names}.bias"
    found = arrays(*[5] * 8, names=both, numbers=range(7, 14))
    text = dict(sorted(found.items()))
    net, other = (nn.Network.from_state_dict(each, activations=["tanh"] * 7) for each in (found, text))
    np.testing.assert_array_equal(net.parameters, other.parameters)
    np.testing.assert_array_equal(net.weights[6], found[both[0].format(13)])


def test_other_names_stand_in_their_order():
    w = arrays(4, 3, 2)
    given = {"z.weight": w["0.weight"], "z.bias": w["0.bias"], "a.weight": w["2.weight"]}
    net = nn.Network.from_state_dict(given, activations=("relu", "linear"))
    assert net.sizes == [4, 3, 2]
    assert net.dtype == "float64"
    assert (net.biases[1] == 0).all()  # bias=False


def test_softmax_and_the_cost():
    net = nn.Network.from_state_dict(arrays(4, 3, 2), activations=["relu", "softmax"])
    assert net.layers == (nn.Dense(3, "relu"), nn.Softmax(2))
    assert net.cost_name == "log-likelihood"
    other = nn.Network.from_state_dict(arrays(4, 2), activations=["sigmoid"], cost="quadratic")
    assert other.cost_name == "quadratic"
    wide = arrays(4, 2) | {"0.weight": np.ones((2, 4), np.float32), "0.bias": np.array([1e200, 0], ">f8")}
    assert nn.Network.from_state_dict(wide, activations=["tanh"]).biases[0][0] == 1e200
    half = {key: value.astype(np.float16) for key, value in arrays(4, 2).items()}
    assert nn.Network.from_state_dict(half, activations=["tanh"]).dtype == "float32"


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        ([1, 2], {"activations": ["tanh"]}, "state_dict: a dict of arrays needed"),
        ({}, {"activations": []}, "it is empty"),
        (arrays(4, 2), {}, r"activations: a state dict does not hold them.*\['sigmoid'\]"),
        (
            arrays(4, 2),
            {"activations": ["tanh"], "layers": [nn.Dense(2)]},
            "activations: a state dict does not",
        ),
        (arrays(4, 2), {"activations": "tanh"}, "activations: a list"),
        (arrays(4, 2), {"activations": ["tanh"] * 2}, "1 needed, one for each layer; got 2"),
        (arrays(4, 2), {"activations": ["gelu"]}, "activation: one of sigmoid"),
        (arrays(4, 3, 2), {"activations": ["softmax", "tanh"]}, "softmax can only be the output"),
        (arrays(4, 2), {"layers": [nn.Dense(3)], "input_shape": (4,)}, r"shapes \[\(3, 4\)\] needed"),
        (arrays(4, 2), {"layers": [nn.Dense(2)]}, "input_shape"),
        (arrays(4, 2) | {"3.running_mean": np.zeros(2)}, {"activations": ["tanh"]}, "3.running_mean"),
        (arrays(4, 2) | {5: np.zeros(2)}, {"activations": ["tanh"]}, "got 5"),
        (arrays(4, 2) | {"3.weight": np.zeros(2)}, {"activations": ["tanh"]}, "'3' is no layer"),
        (arrays(4, 2) | {"0.bias": np.zeros(3)}, {"activations": ["tanh"]}, "'0' is no layer"),
        ({"0.bias": np.zeros(3)}, {"activations": ["tanh"]}, "'0' is no layer"),
        (
            {"0.weight": np.full((2, 2), np.nan)},
            {"activations": ["tanh"]},
            r"state_dict\['0.weight'\]: finite",
        ),
        (
            arrays(4, 2) | {"0.bias": [1, np.inf]},
            {"activations": ["tanh"]},
            r"state_dict\['0.bias'\]: finite",
        ),
        ({"0.weight": np.zeros((0, 2))}, {"activations": ["tanh"]}, "1 neuron or more"),
        (
            {"0.weight": np.zeros((2, 2), int)},
            {"activations": ["tanh"]},
            "float32 or float64 needed, got int64",
        ),
        ({"0.weight": "text"}, {"activations": ["tanh"]}, "float32 or float64 needed"),
        (
            {"0.weight": np.zeros((5, 2)), "2.weight": np.zeros((1, 4))},
            {"activations": ["tanh"] * 2},
            "has 5 neurons",
        ),
    ],
)
def test_what_does_not_fit_is_refused(given, options, says):
    with pytest.raises((ValueError, TypeError), match=says):
        nn.Network.from_state_dict(given, **options)


def test_a_convolution_needs_the_layers_and_the_message_shows_them():
    given = {"0.weight": np.zeros((20, 1, 5, 5)), "0.bias": np.zeros(20), "4.weight": np.zeros((10, 2880))}
    with pytest.raises(ValueError, match="'0' is a convolution") as error:
        nn.Network.from_state_dict(given, activations=["relu", "softmax"])
    advised = re.search(r"layers=.*\)", str(error.value))[0]
    advised = advised.replace("...", "nn.Softmax(10)").replace("height, width", "28, 28")
    net = eval(f"nn.Network.from_state_dict(given, {advised})", {"nn": nn, "given": given})
    assert net.sizes == [784, 11520, 2880, 10]


def test_what_is_the_readers_own_is_no_module_of_pytorch():
    from nncore.book import network3

    layers = [network3.FullyConnectedLayer(4, 3, activation_fn=np.arctan), network3.SoftmaxLayer(3, 2)]
    own = network3.Network(layers, 2)
    for call in (own.state_dict, own.torch_code):
        with pytest.raises(TypeError):
            call()
