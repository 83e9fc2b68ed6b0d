"""Networks come back from ONNX files, of nncore and of others; what is no chain of our layers is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.exchange import NETWORKS, inputs_of, largest_difference

import nncore as nn
from nncore.formats import onnx_wire

onnx = pytest.importorskip("onnx", reason="ONNX is not installed: pip install onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

FOLDER = Path(__file__).parent / "data" / "onnx"
EXPORTED = [path.stem for path in sorted(FOLDER.glob("*.onnx"))]
RNG = np.random.default_rng(5)


def real(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def written(path, nodes, arrays, dims=("N", 4), outputs=("y",), opset=13, **options):
    """Write a graph of nodes with initializers, whose input is x and whose output is y."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **options)
    path.write_bytes(model.SerializeToString())
    return path


def answers(path, X):
    """What onnxruntime answers."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: X})[0]


# ---- what nncore wrote


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back(tmp_path, name, dtype):
    net = NETWORKS[name](dtype)
    net.save(tmp_path / "net.onnx", dtype=net.dtype)
    again = nn.load(tmp_path / "net.onnx")
    assert (again.layers, again.input_shape, again.cost_name) == (net.layers, net.input_shape, net.cost_name)
    assert (again.dtype, again.seed, again.epochs_trained) == (net.dtype, net.seed, net.epochs_trained)
    np.testing.assert_array_equal(again.parameters, net.parameters)
    assert len(again.training_record) == len(net.training_record)
    if net.training_record:
        assert again.training_record.data == net.training_record.data  # hash, range, classes, kind of targets
    assert again.history is None


def test_the_graph_counts_where_the_description_is_another(tmp_path):
    """Somebody has put another activation into the file: then nothing of the description is believed."""
    net = nn.Network([nn.Dense(3, dropout=0.5), nn.Dense(2)], input_shape=(4,), seed=7)
    net.save(tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    model.graph.node[1].op_type = "Tanh"
    onnx.save(model, tmp_path / "net.onnx")
    again = nn.load(tmp_path / "net.onnx")
    assert again.layers == (nn.Dense(3, "tanh"), nn.Dense(2))
    X = inputs_of(again)
    assert largest_difference(again.feedforward(X), answers(tmp_path / "net.onnx", X)) < 1e-6


@pytest.mark.parametrize(
    "text", ["", "[", "3", "null", "[[[[", '{"layers": 1}', '{"layers": [1]}', "{}", "[" * 9999]
)
def test_a_description_that_is_none_is_left(tmp_path, text):
    net = nn.Network([4, 2], seed=0)
    net.save(tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    helper.set_model_props(model, {"nncore": text})
    onnx.save(model, tmp_path / "net.onnx")
    np.testing.assert_array_equal(nn.load(tmp_path / "net.onnx").parameters, net.parameters)


# ---- what others wrote


@pytest.mark.parametrize("name", EXPORTED)
def test_what_pytorch_and_keras_export(name):
    """The files were made by data/onnx/export.py; x and y are what the network itself answered there."""
    net = nn.load(FOLDER / f"{name}.onnx")
    kind = "pytorch" if name.startswith(("torch", "dynamo")) else name.rsplit("-", 1)[0]
    with np.load(FOLDER / f"answers-{kind}.npz") as stored:
        x, y = stored[f"{name}_x"], stored[f"{name}_y"]
    if name.startswith("keras") and x.ndim == 4:
        x = x.transpose(0, 3, 1, 2)  # Keras' channels come last
    assert largest_difference(net.feedforward(x), y) < 2e-6
    assert (
        largest_difference(net.predict(x), y if net.layers[-1].activation == "linear" else net.predict(x)) < 1
    )


def test_there_are_files_of_every_exporter():
    assert len(EXPORTED) == 14


W, V, B, C = real(3, 4), real(2, 3), real(3), real(2)
CONSTANTS = {
    "W": W,
    "Wt": np.ascontiguousarray(W.T),
    "V": V,
    "B": B,
    "B1": B[None],
    "C": C,
    "one": np.float32([2]),
}
LAST = [helper.make_node("Gemm", ["h", "V", "C"], ["z"], transB=1), helper.make_node("Softmax", ["z"], ["y"])]


@pytest.mark.parametrize(
    "nodes",
    [
        [helper.make_node("Gemm", ["x", "W", "B"], ["h"], transB=1)],
        [helper.make_node("Gemm", ["x", "Wt", "B1"], ["h"])],
        [helper.make_node("Gemm", ["x", "W", "B"], ["h"], transB=1, alpha=0.5, beta=-3.0)],
        [helper.make_node("Gemm", ["x", "W", "one"], ["h"], transB=1)],
        [helper.make_node("Gemm", ["x", "W"], ["h"], transB=1)],
        [helper.make_node("MatMul", ["x", "Wt"], ["h"])],
        [helper.make_node("MatMul", ["x", "Wt"], ["a"]), helper.make_node("Add", ["a", "B"], ["h"])],
        [helper.make_node("MatMul", ["x", "Wt"], ["a"]), helper.make_node("Add", ["B1", "a"], ["h"])],
        [
            helper.make_node("Gemm", ["x", "W", "B"], ["a"], transB=1),
            helper.make_node("Add", ["a", "B"], ["b"]),
            helper.make_node("Relu", ["b"], ["h"]),
        ],
        [
            helper.make_node("Transpose", ["W"], ["t"], perm=[1, 0]),
            helper.make_node("Identity", ["t"], ["u"]),
            helper.make_node("MatMul", ["x", "u"], ["a"]),
            helper.make_node("Identity", ["a"], ["b"]),
            helper.make_node("Dropout", ["b"], ["c"]),
            helper.make_node("Tanh", ["c"], ["h"]),
        ],
        [
            helper.make_node("Constant", [], ["K"], value=numpy_helper.from_array(W.T.copy(), "k")),
            helper.make_node("MatMul", ["x", "K"], ["a"]),
            helper.make_node("Flatten", ["a"], ["b"]),
            helper.make_node("Sigmoid", ["b"], ["h"]),
        ],
    ],
)
@pytest.mark.parametrize("dims", [("N", 4), (None, None), (5, 4)])
def test_chains_of_dense_layers(tmp_path, nodes, dims):
    path = written(tmp_path / "net.onnx", [*nodes, *LAST], CONSTANTS, dims)
    X = real(5, 4)
    net = nn.load(path)
    assert largest_difference(net.feedforward(X), answers(path, X)) < 1e-6
    assert net.sizes == [4, 3, 2]


F, G = real(2, 1, 3, 3), real(3, 2, 2, 3)
MAPS = {"F": F, "G": G, "b2": real(2), "b3": real(1, 3, 1, 1), "W": real(4, 36), "flat": np.array([-1, 36])}
MAPS |= {"zeros": np.array([0, 0, 0, 1, 0, 0, 1, 1]), "images": np.array([0, 1, 8, 9])}


@pytest.mark.parametrize("auto", [{"pads": [0, 1, 1, 1]}, {"auto_pad": "SAME_UPPER"}, "Pad"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("rows", [False, True])
def test_chains_of_convolutions(tmp_path, auto, late, rows):
    nodes = [helper.make_node("Reshape", ["x", "images"], ["i"])] if rows else []
    nodes += [
        helper.make_node("Conv", ["i" if rows else "x", "F", "b2"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
    ]
    given = "b"
    if auto == "Pad":
        nodes += [helper.make_node("Pad", ["b", "zeros"], ["p"])]
        given, auto = "p", {}
    nodes += [helper.make_node("Conv", [given, "G"], ["c"], **auto)]
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    if late:  # pooling before the bias and before the activation, which changes no number
        nodes += [
            helper.make_node("MaxPool", ["c"], ["d"], **pool),
            helper.make_node("Add", ["d", "b3"], ["e"]),
            helper.make_node("Tanh", ["e"], ["f"]),
        ]
    else:
        nodes += [
            helper.make_node("Add", ["c", "b3"], ["d"]),
            helper.make_node("Tanh", ["d"], ["e"]),
            helper.make_node("MaxPool", ["e"], ["f"], **pool),
        ]
    nodes += [helper.make_node("Reshape", ["f", "flat"], ["g"])]
    arrays = MAPS | {"W": real(4, 27), "flat": np.array([0, -1])}
    nodes += [helper.make_node("Gemm", ["g", "W"], ["y"], transB=1)]
    path = written(tmp_path / "net.onnx", nodes, arrays, ("N", 72) if rows else ("N", 1, 8, 9))
    X = real(5, 72) if rows else real(5, 1, 8, 9)
    net = nn.load(path)
    assert [type(layer).__name__ for layer in net.layers] == ["Conv2D", "Conv2D", "MaxPool2D", "Dense"]
    assert largest_difference(net.feedforward(X), answers(path, X)) < 1e-6


def node(op, *inputs, output="y", **attributes):
    return helper.make_node(op, list(inputs), [output], name="it", **attributes)


DENSE = {"W": W, "V": V, "B": B}
BEFORE = helper.make_node("Gemm", ["x", "W"], ["h"], transB=1)
IMAGES = ("N", 1, 8, 9)
REFUSED = {
    "unknown layer": (
        [node("BatchNormalization", "x", "B", "B", "B", "B")],
        r"node 'it' \(BatchNormalization\)",
    ),
    "average": ([node("AveragePool", "x", kernel_shape=[2, 2])], "AveragePool.*reads a chain of Gemm"),
    "log-softmax": ([BEFORE, node("LogSoftmax", "h")], "LogSoftmax"),
    "another domain": ([helper.make_node("Gemm", ["x", "W"], ["y"], name="it", domain="com.me")], "'it'"),
    "no name": ([helper.make_node("Gelu", ["x"], ["y"])], r"the node that makes 'y' \(Gelu\)"),
    "transA": ([node("Gemm", "x", "W", transA=1)], "transA: 0 needed"),
    "weights first": ([node("MatMul", "W", "x")], "as second weights"),
    "sum": ([BEFORE, node("Add", "h", "h")], "a bias needed"),
    "two ways": ([BEFORE, helper.make_node("Tanh", ["h"], ["t"]), node("Add", "h", "t")], "'h' goes to"),
    "activation first": ([node("Relu", "x")], "behind the input"),
    "two activations": (
        [BEFORE, helper.make_node("Relu", ["h"], ["r"]), node("Tanh", "r")],
        "activation relu",
    ),
    "other axis": ([BEFORE, node("Softmax", "h", axis=0)], "softmax over the neurons"),
    "missing weights": ([node("Gemm", "x", "nothing")], "weights that are in the file"),
    "computed weights": (
        [helper.make_node("Tanh", ["W"], ["T"]), node("MatMul", "x", "T")],
        "weights that are in the file",
    ),
    "weights of other inputs": ([node("Gemm", "x", "V", transB=1)], "weights for 4 inputs needed"),
    "bias of others": ([BEFORE, node("Add", "h", "W")], "a bias for each of 3"),
    "no end": ([helper.make_node("Gemm", ["x", "W"], ["h"], transB=1)], "'h' goes to no node"),
    "circle": (
        [
            helper.make_node("Gemm", ["x", "W"], ["h"], transB=1),
            helper.make_node("Identity", ["h"], ["i"]),
            helper.make_node("Identity", ["i"], ["h"]),
        ],
        "another node makes 'h'",
    ),
    "itself": ([helper.make_node("Identity", ["x"], ["x"])], "circle"),
    "softmax inside": (
        [BEFORE, helper.make_node("Softmax", ["h"], ["s"]), node("Gemm", "s", "V", transB=1)],
        "softmax over the neurons of the output layer",
    ),
    "no layer": ([node("Identity", "x")], "no fully connected layer"),
    "training": ([BEFORE, node("Dropout", "h", "", "yes")], "training_mode: false needed"),
    "to whole numbers": ([BEFORE, node("Cast", "h", to=7)], "float32 or float64"),
    "wrong attribute": ([helper.make_node("Gemm", ["x", "W"], ["y"], name="it", transB="yes")], "'it'"),
    "a list for a number": ([node("Flatten", "x", axis=[1, 2])], "'it'"),
    "no axes": ([node("Transpose", "x")], "images needed"),
}
MAPS_REFUSED = {
    "stride": ([node("Conv", "x", "F", strides=[2, 2])], "strides: 1 needed"),
    "dilation": ([node("Conv", "x", "F", dilations=[2, 1])], "dilations: 1 needed"),
    "groups": ([node("Conv", "x", "G", group=2)], "filters of all 1 channels"),
    "padding": ([node("Conv", "x", "F", pads=[2, 2, 2, 2])], r"pads: no zeros.*\[1, 1, 1, 1\]"),
    "lower": ([node("Conv", "x", "E", auto_pad="SAME_LOWER")], "pads"),
    "overlap": ([node("MaxPool", "x", kernel_shape=[2, 2])], r"strides: \[2, 2\] needed"),
    "ceiling": ([node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], "ceil_mode"),
    "padded pooling": (
        [node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 0, 0])],
        "no zeros around",
    ),
    "dense over maps": ([node("MatMul", "x", "Q")], r"rows \(N, n\) needed"),
    "padding alone": ([helper.make_node("Pad", ["x", "zeros"], ["p"]), node("Flatten", "p")], "needs a Conv"),
    "a border of ones": ([helper.make_node("Pad", ["x", "zeros", "ones"], ["p"], name="it")], "zeros needed"),
    "large filter": ([node("Conv", "x", "L")], "filters of 9 x 9"),
    "other shape": ([node("Reshape", "x", "odd")], "got the shape"),
    "axes": ([node("Transpose", "x", perm=[0, 1, 3, 2])], "channels first or last"),
    "flatten": ([node("Flatten", "x", axis=2)], "axis: 1 needed"),
}
MORE = MAPS | {
    "L": real(1, 1, 9, 9),
    "E": real(2, 1, 2, 2),
    "Q": real(9, 3),
    "odd": np.array([-1, 8, 3, 3]),
    "ones": np.float32(1),
}


@pytest.mark.parametrize("name", [*REFUSED, *MAPS_REFUSED])
def test_what_is_no_chain_of_our_layers_is_refused_by_name(tmp_path, name):
    nodes, says = (REFUSED | MAPS_REFUSED)[name]
    arrays, dims = (MORE, IMAGES) if name in MAPS_REFUSED else (DENSE | {"yes": np.array(True)}, ("N", 4))
    path = written(tmp_path / "net.onnx", nodes, arrays, dims)
    with pytest.raises(ValueError, match=says) as error:
        nn.load(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("dims", "says"),
    [((4,), "1 axes"), (("N", 1, 2, 3, 4), "5 axes"), (("N", 1, "h", 9), "is not known"), ((), "0 axes")],
)
def test_inputs_that_are_no_examples(tmp_path, dims, says):
    path = written(tmp_path / "net.onnx", [node("Gemm", "x", "W", transB=1)], DENSE, dims)
    with pytest.raises(ValueError, match=says):
        nn.load(path)


# ---- what a file claims


def tampered(tmp_path, change):
    """A file of a network with one tensor, W, changed."""
    path = written(tmp_path / "net.onnx", [node("Gemm", "x", "W", transB=1)], {"W": W})
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def set_dims(*dims):
    def change(model):
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend(dims)

    return change


def external(model):
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def data_type(number):
    def change(model):
        model.graph.initializer[0].data_type = number

    return change


def value(number):
    def change(model):
        weights = np.full((3, 4), number, np.float32)
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "W"))

    return change


def twice(model):
    model.graph.initializer.add().CopyFrom(model.graph.initializer[0])


def shared(model):
    """Many layers that all have one large array: much more than the file holds."""
    big = numpy_helper.from_array(np.zeros((600, 600), np.float32), "W")
    model.graph.initializer[0].CopyFrom(big)
    del model.graph.node[:]
    for l in range(50):
        model.graph.node.add().CopyFrom(
            helper.make_node("Gemm", [f"v{l}" if l else "x", "W"], [f"v{l + 1}" if l < 49 else "y"])
        )
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 600)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_dims(3, -4), "sizes of 0 or more"),
        (set_dims(2**40, 2**20), "needs 1,152,921,504,606,846,976 numbers; it has 12"),
        (set_dims(2**62, 2**62, 2**62), "it has 12"),
        (set_dims(4, 4), "needs 16 numbers; it has 12"),
        (set_dims(0, 12), "it has 12"),
        (set_dims(12), "weights of 2 axes"),
        (set_dims(*[1] * 15, 12, 1), "sizes of 0 or more"),
        (external, "in another file, which is not read"),
        (data_type(10), "data type 10"),
        (data_type(99), "data type 99"),
        (value(np.nan), "not a network|finite"),
        (value(np.inf), "not a network|finite"),
        (twice, "two of its initializers"),
        (shared, "weights that no other layer"),
        (lambda model: model.graph.ClearField("node"), "'x' goes to no node"),
        (lambda model: model.graph.ClearField("output"), "one input and an output"),
        (lambda model: model.graph.ClearField("input"), "one input and an output"),
        (lambda model: model.ClearField("graph"), "."),
        (
            lambda model: model.graph.input.add().CopyFrom(helper.make_tensor_value_info("q", 1, [1])),
            "inputs 'x', 'q'",
        ),
    ],
)
def test_claims_are_checked(tmp_path, change, says):
    path = tampered(tmp_path, change)
    with pytest.raises(ValueError, match=says) as error:
        nn.load(path)
    assert str(path) in str(error.value)


def test_numbers_may_stand_in_a_list(tmp_path):
    def change(model):
        model.graph.initializer[0].CopyFrom(
            helper.make_tensor("W", TensorProto.FLOAT, W.shape, W.reshape(-1).tolist())
        )

    np.testing.assert_array_equal(nn.load(tampered(tmp_path, change)).weights[0], W)


def field(number, content):
    """A field of protobuf that holds bytes."""
    length, varint = len(content), b""
    while length > 127:
        varint, length = varint + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (field(7, b"\x0a\x00" * 200_000), "more than 100000 parts"),  # empty nodes
        (field(7, field(11, b"\x0a\x00" * 3_000_000)), "more than 4000000 bytes besides"),  # value_info
        (field(7, field(1, field(5, b"\x42\x00" * 150_000))), "more than 100000 parts"),  # a list of integers
        (field(7, b"\x0a\x7f"), "longer than what it belongs to"),
        (b"\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "does not end"),
        (b"\x43", "no value at byte"),
    ],
)
def test_files_that_would_take_much_more_memory_than_they_have(tmp_path, content, says):
    content = b"\x08\x08\x12\x00" + content
    with pytest.raises(ValueError, match=says):
        onnx_wire.check(content)
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=f"expected an ONNX network; .*{says}"):
        nn.load(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (b"Gemm", "there is no such layer"),
        (b"Sigmoid", "there is no such layer"),
        (b"layers.0.weight", "is needed, and it is not in the file|weights that are in the file"),
        (b"pixel_scale", None),
        (b"nncore", None),
    ],
)
def test_names_that_are_no_utf8(tmp_path, name, says):
    """protobuf gives them as bytes."""
    path = tmp_path / "net.onnx"
    nn.Network([4, 2], seed=0).save(path)
    content = path.read_bytes()
    for found in re.finditer(name, content):
        path.write_bytes(content[: found.start()] + b"\xff" + content[found.start() + 1 :])
        if says is None or content[found.start() - 1 : found.start()] == b".":  # the name of a node
            assert nn.load(path).sizes == [4, 2]
        else:
            with pytest.raises(ValueError, match=says):
                nn.load(path)


def test_constants_in_a_circle_and_in_a_tower(tmp_path):
    circle = [helper.make_node("Identity", ["b"], ["a"]), helper.make_node("Identity", ["a"], ["b"])]
    path = written(tmp_path / "circle.onnx", [*circle, node("MatMul", "x", "a")], {})
    with pytest.raises(ValueError, match="weights that are in the file"):
        nn.load(path)
    tower = [helper.make_node("Concat", [f"c{i}"] * 2, [f"c{i + 1}"], axis=0) for i in range(60)]
    constants = {"c0": np.array([-1]), "W": W}
    path = written(tmp_path / "tower.onnx", [*tower, node("Reshape", "x", "c60")], constants)
    with pytest.raises(ValueError, match=r"node 'it' \(Reshape\)"):
        nn.load(path)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    nn.Network([2, 1], seed=0).save(tmp_path / "net.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    for call in (
        lambda: nn.load(tmp_path / "net.onnx"),
        lambda: nn.Network([2, 1]).save(tmp_path / "b.onnx"),
    ):
        with pytest.raises(ImportError, match=re.escape("pip install onnx")):
            call()
