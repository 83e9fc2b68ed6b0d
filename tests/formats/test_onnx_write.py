"""ONNX files give, in onnxruntime, what the network gives; their names and metadata say what they are."""

import json

import numpy as np
import pytest
from support.exchange import NETWORKS, classes, inputs_of, largest_difference, numbers

import nncore as nn

onnx = pytest.importorskip("onnx", reason="ONNX is not installed: pip install onnx")


@pytest.fixture(scope="module")
def run():
    """A function (path, X) that returns what onnxruntime answers: {output: array}."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

    def run(path, X):
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return dict(
            zip([each.name for each in session.get_outputs()], session.run(None, {"x": X}), strict=True)
        )

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_onnxruntime_gives_the_same(tmp_path, run, name, dtype):
    net = NETWORKS[name](dtype)
    net.save(tmp_path / "net.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "net.onnx"), full_check=True)
    X = inputs_of(net)
    out = run(tmp_path / "net.onnx", X.astype(np.float32))
    assert list(out) == ["y"]
    assert largest_difference(out["y"], net.feedforward(X)) < 2e-6
    one = run(tmp_path / "net.onnx", X[:1].astype(np.float32))["y"]  # the number of examples is free
    assert largest_difference(one, net.feedforward(X[:1])) < 2e-6


@pytest.mark.parametrize("name", [name for name in NETWORKS if "maps" not in name and name != "dropout"])
def test_float64_on_request_is_exact(tmp_path, run, name):
    """onnxruntime has no convolution of float64; the file is right all the same, see the next test."""
    net = nn.Network.copy(NETWORKS[name]("float64"))
    net.save(tmp_path / "net.onnx", dtype=net.dtype)
    X = inputs_of(net)
    bound = 1e-12 if net.dtype == "float64" else 2e-6
    assert largest_difference(run(tmp_path / "net.onnx", X)["y"], net.feedforward(X)) < bound


@pytest.mark.parametrize("name", ["maps: rectangles, same", "maps: pooling first and twice"])
def test_float64_convolutions_by_the_reference_of_onnx(tmp_path, name):
    evaluator = pytest.importorskip("onnx.reference").ReferenceEvaluator
    net = NETWORKS[name]("float64")
    net.save(tmp_path / "net.onnx", dtype="float64")
    X = inputs_of(net, 2)
    (y,) = evaluator(str(tmp_path / "net.onnx")).run(None, {"x": X})
    np.testing.assert_allclose(y, net.feedforward(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["book", "classes", "two_classes", "several_labels", "dropout", "one neuron"]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_label_is_what_predict_answers(tmp_path, run, name, dtype):
    net = NETWORKS[name](dtype)
    net.save(tmp_path / "net.onnx", label=True)
    onnx.checker.check_model(onnx.load(tmp_path / "net.onnx"), full_check=True)
    X = np.random.default_rng(0).random((50, *net.input_shape)).astype(dtype)  # as those of the training
    out = run(tmp_path / "net.onnx", X.astype(np.float32))
    expected = net.predict(X)
    assert list(out) == ["y", "label"]
    assert out["label"].dtype == np.int64
    assert out["label"].shape == expected.shape
    np.testing.assert_array_equal(out["label"], expected)
    assert nn.load(tmp_path / "net.onnx").layers == net.layers  # and it is read again


def test_numbers_have_no_label(tmp_path):
    with pytest.raises(ValueError, match=r"label: the network answers numbers.*leave label out"):
        numbers().save(tmp_path / "net.onnx", label=True)
    assert not list(tmp_path.iterdir())


def test_old_runtimes_read_it_and_its_names_say_what_they_are(tmp_path):
    layers = [nn.Conv2D(4, 3, "relu"), nn.MaxPool2D(2), nn.Dense(5, "tanh"), nn.Softmax(3)]
    net = nn.Network(layers, input_shape=(2, 8, 9), seed=0)
    net.save(tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    assert (model.ir_version, [entry.version for entry in model.opset_import]) == (8, [13])
    assert model.producer_name == "nncore"
    assert model.producer_version == nn.__version__
    dims = [
        [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    ]
    assert dims == [["N", 2, 8, 9], ["N", 3]]
    assert [each.name for each in model.graph.initializer] == [
        f"layers.{l}.{what}" for l in (0, 2, 3) for what in ("weight", "bias")
    ]
    assert [node.output[0] for node in model.graph.node] == [
        *(
            "layers.0.z",
            "layers.0.a",
            "layers.1.a",
            "layers.2.flat",
            "layers.2.z",
            "layers.2.a",
            "layers.3.z",
        ),
        "y",
    ]


def test_metadata_say_what_the_network_is(tmp_path):
    train, _, _ = nn.datasets.load_sample()
    net = nn.Network([784, 10], seed=5)
    net.SGD(train[:100], 1, 10, 0.1)
    net.save(tmp_path / "net.onnx")
    found = {entry.key: entry.value for entry in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert found["sizes"] == "784, 10"
    assert found["cost"] == "cross-entropy"
    assert found["pixel_scale"] == "byte/256"
    assert found["targets"] == "classes"
    assert found["trained_on"] == "sample, 100 examples"
    assert json.loads(found["nncore"])["seed"] == 5


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("a.onnx", "b.onnx"):
        classes().save(tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_what_float32_cannot_hold_is_refused(tmp_path):
    net = nn.Network([2, 1], dtype="float64", seed=0)
    net.weights[0][0, 0] = 1e200
    with pytest.raises(ValueError, match=r"weights\[0\].*float32"):
        net.save(tmp_path / "net.onnx")
    net.save(tmp_path / "net.onnx", dtype="float64")
    assert nn.load(tmp_path / "net.onnx").weights[0][0, 0] == 1e200


def test_a_network_too_large_for_protobuf_is_refused(tmp_path, monkeypatch):
    from nncore.formats import onnx_write

    monkeypatch.setattr(onnx_write, "MOST_BYTES", 1_000_100)
    with pytest.raises(ValueError, match=r"2 GB; type '.*net.safetensors'"):
        nn.Network([784, 30, 10], seed=0).save(tmp_path / "net.onnx")
