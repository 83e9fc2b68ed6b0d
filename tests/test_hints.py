"""Names that people know from other libraries: the error shows what to type, and that works."""

import contextlib
import copy
import inspect
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import nncore as nn
from nncore import _hints


@pytest.fixture
def namespace(sample, tmp_path, monkeypatch):
    """What the lines of the hints may use."""
    training_data, data = sample[0][:20], sample[1][:20]
    monkeypatch.setattr(nn.datasets, "load_mnist", lambda: sample)
    X = data.to_float()
    net = nn.Network([784, 30, 10], seed=0)
    net.SGD(training_data, 1, 10, 0.5, monitor="training_cost")
    net.save(tmp_path / "net.npz")
    return {"nn": nn, "net": net, "training_data": training_data, "data": data, "X": X, "y": data.labels,
            "path": tmp_path / "net.npz", "ensemble": nn.Ensemble([net])}  # fmt: skip


HINTS = [_hints.NETWORK, _hints.PACKAGE, _hints.LAYER, _hints.HISTORY, _hints.ENSEMBLE]
HINTS += [*_hints.ARGUMENTS.values(), dict(enumerate(_hints.CALLS.values()))]


@pytest.mark.parametrize("hint", sorted({hint for hints in HINTS for hint in hints.values()}))
def test_every_line_that_a_hint_shows_runs(hint, namespace):
    if "plot" in hint:
        pytest.importorskip("matplotlib")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(hint, namespace)


@pytest.mark.parametrize("name", _hints.NETWORK)
def test_a_network_hints(name):
    net = nn.Network([2, 1])
    assert not hasattr(net, name)
    with pytest.raises(AttributeError) as caught:
        getattr(net, name)
    assert (
        str(caught.value) == f"'Network' object has no attribute {name!r}. In nncore: {_hints.NETWORK[name]}"
    )


@pytest.mark.parametrize("name", _hints.PACKAGE)
def test_the_package_hints(name):
    assert not hasattr(nn, name)
    with pytest.raises(AttributeError) as caught:
        getattr(nn, name)
    assert (
        str(caught.value) == f"module 'nncore' has no attribute {name!r}. In nncore: {_hints.PACKAGE[name]}"
    )


@pytest.mark.parametrize("name", _hints.ENSEMBLE)
def test_an_ensemble_hints(name):
    ensemble = nn.Ensemble([nn.Network([2, 1])])
    assert not hasattr(ensemble, name)
    with pytest.raises(AttributeError) as caught:
        getattr(ensemble, name)
    hint = _hints.ENSEMBLE[name]
    assert str(caught.value) == f"'Ensemble' object has no attribute {name!r}. In nncore: {hint}"
    assert copy.deepcopy(ensemble)[0].sizes == pickle.loads(pickle.dumps(ensemble))[0].sizes == [2, 1]


EXAMPLE = ([[0.0, 1.0]], [0])
NEEDED = {"SGD": (EXAMPLE, 1, 1, 0.5), "Network": ([2, 1],), "MaxPool2D": (2,), "Conv2D": (1, 2)}
NEEDED |= {"Ensemble.SGD": (EXAMPLE,), "minimize": (EXAMPLE,), "find_eta": ([2, 2], EXAMPLE)}
NEEDED["average"] = NEEDED["Steps"] = (nn.Network([2, 2]), EXAMPLE)
FUNCTIONS = {
    "SGD": nn.Network([2, 2]).SGD,
    "minimize": nn.Network([2, 2]).minimize,
    "Ensemble.SGD": nn.Ensemble([nn.Network([2, 2])]).SGD,
    "average": nn.distributed.average,
}


@pytest.mark.parametrize(
    ("function", "name"), [(function, name) for function, names in _hints.ARGUMENTS.items() for name in names]
)
def test_an_argument_of_another_library_hints(function, name):
    call = FUNCTIONS.get(function) or getattr(nn, function)
    with pytest.raises(TypeError) as caught:
        call(*NEEDED.get(function, (3,)), **{name: 1})
    hint = _hints.ARGUMENTS[function][name]
    assert str(caught.value) == f"{function}() got an unexpected keyword argument {name!r}. In nncore: {hint}"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("net.SGD(d, epochs=1, batch_size=10, lr=0.1)", "got an unexpected keyword argument 'batch_size'"),
        ("net.SGD(d, 1, 10, lr=0.1)", "got an unexpected keyword argument 'lr'"),
        ("net.SGD(d, n_epochs=1)", "got an unexpected keyword argument 'n_epochs'"),
        ("net.SGD(d, 1, 10)", "needs eta"),
        ("net.SGD(d)", "needs epochs and mini_batch_size and eta"),
    ],
)
def test_a_call_as_other_libraries_have_it_hints(call, says):
    """Without the arguments of nncore in whose place the others stand."""
    with pytest.raises(TypeError) as caught:
        eval(call, {"net": nn.Network([2, 2]), "d": ([[0.0, 1.0]], [0])})
    assert str(caught.value) == f"SGD() {says}. In nncore: {_hints.TRAIN}"
    assert str(inspect.signature(nn.Network.SGD)).startswith(
        "(net: 'Network', training_data: 'Any', epochs: 'int', mini_batch_size: 'int', eta: 'float', lmbda"
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("nn.Ensemble([net]).SGD(d, epochs=1, batch_size=10, lr=0.1)", "unexpected keyword argument 'batch_"),
        ("nn.Ensemble([net]).SGD(d)", "needs epochs and mini_batch_size and eta"),
        ("nn.distributed.average(net, d, workers=1)", "needs rounds and mini_batch_size and eta"),
        ("nn.Steps(net, d, batch_size=10, lr=0.1)", "unexpected keyword argument 'batch_size'"),
        ("nn.Steps(net, d, 10)", "needs eta"),
    ],
)
def test_so_does_a_call_of_what_trains_by_another_name(call, says):
    with pytest.raises(
        TypeError, match=rf"{says}.*\. In nncore: .*(e\.SGD|nn\.distributed\.average|Steps)\("
    ):
        eval(call, {"nn": nn, "net": nn.Network([2, 2]), "d": EXAMPLE})


@pytest.mark.parametrize(
    "call",
    [
        *("nn.Dense(3, ettc=1)", "nn.Network([2, 1], ettc=1)", "net.SGD(d, 1, 1, 1, ettc=1)"),
        "net.minimize(d, ettc=1)",
        "nn.find_eta([2, 2], d, ettc=1)",
        "nn.Steps(net, d, 1, 1, ettc=1)",
        "nn.distributed.average(net, d, workers=1, rounds=1, mini_batch_size=1, eta=1, ettc=1)",
    ],
)
def test_an_unknown_argument_is_refused_as_python_does(call):
    with pytest.raises(TypeError, match=r"got an unexpected keyword argument 'ettc'$"):
        eval(call, {"nn": nn, "net": nn.Network([2, 2]), "d": ([[0.0, 1.0]], [0])})


def test_a_subclass_may_have_such_an_argument():
    class Mine(nn.Network):
        def __init__(self, sizes, eta):
            super().__init__(sizes)
            self.eta = eta

    assert Mine([2, 1], eta=3).copy().sizes == [2, 1]


@pytest.mark.parametrize("name", _hints.LAYER)
@pytest.mark.parametrize("layer", [nn.Dense(3), nn.Conv2D(2, 3), nn.MaxPool2D(2)])
def test_a_layer_hints(layer, name):
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'\. In nncore: "):
        getattr(layer, name)
    assert copy.deepcopy(layer) == layer == pickle.loads(pickle.dumps(layer))


@pytest.mark.parametrize("name", _hints.HISTORY)
def test_a_history_hints(name):
    history = nn.History()
    assert not hasattr(history, name)
    with pytest.raises(AttributeError, match=rf"'History' object has no attribute '{name}'\. In nncore: net\."
                       if name != "epoch" else r"In nncore: list\("):  # fmt: skip
        getattr(history, name)
    with pytest.raises(KeyError) as caught:
        history[name]
    assert caught.value.args[0].endswith(f"In nncore: {_hints.HISTORY[name]}")


def test_brackets_behind_a_history_give_a_list_or_say_which_there_are():
    history = nn.Network([2, 2], seed=0).SGD(([[0.0, 1.0]], [0]), 1, 1, 0.5)
    assert history["eta"] == history.eta == [0.5]
    for wrong in ("etas", 0, None):
        with pytest.raises(KeyError, match=r"one of evaluation_cost, .* needed, got"):
            history[wrong]
    assert copy.deepcopy(history).eta == history.eta == pickle.loads(pickle.dumps(history)).eta
    assert [len(each) for each in history] == [0, 0, 0, 0]


@pytest.mark.parametrize(("argument", "value", "meant"), [
    ("activation", "ReLU", "relu"), ("activation", "Sigmoid", "sigmoid"), ("activation", "TANH", "tanh"),
    ("activation", "logistic", "sigmoid"), ("activation", "identity", "linear"),
    ("cost", "MSE", "quadratic"), ("cost", "Cross_Entropy", "cross-entropy"),
    ("cost", "BCE", "cross-entropy"),
    ("init", "Xavier", "glorot"), ("init", "He", "he"), ("dtype", "Float64", "float64"),
])  # fmt: skip
def test_a_name_in_another_form_hints_the_one_of_nncore(argument, value, meant):
    with pytest.raises(
        ValueError, match=rf"^{argument}: one of .*{meant}.* needed, got '{value}': write "
    ) as caught:
        nn.Network([2, 3, 2], **{argument: value})
    named = {}
    exec(str(caught.value).partition(": write ")[2], {}, named)
    assert named == {argument: meant}
    nn.Network([2, 3, 2], **named)


def test_the_words_for_names_lead_to_names():
    known = {*nn.layers.ACTIVATIONS, *nn.layers.COSTS, "scaled", "large", "he", "glorot", "zeros"}
    known |= {"sgd", "float32", "float64"}
    assert set(_hints.CHOICES.values()) <= known
    assert _hints.choice("activation", "gelu", nn.layers.ACTIVATIONS) == ""


def last_line(code):
    """What Python prints at the end of a program that fails."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return run.stderr.rstrip().splitlines()[-1]


@pytest.mark.parametrize(
    ("code", "suggestion"), [("nn.Network([2, 1]).acuracy", "accuracy"), ("nn.Netwrok", "Network")]
)
def test_misspellings_get_the_suggestion_of_python(code, suggestion):
    assert last_line(f"import nncore as nn; {code}").endswith(f". Did you mean: '{suggestion}'?")


def test_a_hint_is_all_that_python_says():
    assert last_line("import nncore as nn; nn.Network([2, 1]).fit").endswith(f"In nncore: {_hints.TRAIN}")


def test_a_subclass_is_named_and_may_define_the_name():
    class Fitted(nn.Network):
        def fit(self, X, y):
            return self.SGD((X, y), 1, 1, 0.1)

    net = Fitted([2, 1])
    assert len(net.fit([[0.0, 1.0]], [1])) == 1
    with pytest.raises(AttributeError, match=r"'Fitted' object has no attribute 'score'\. In nncore: "):
        net.score  # noqa: B018


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_hints_do_not_disturb_copies(protocol):
    net = nn.Network([2, 1], seed=0)
    for other in (copy.copy(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net, protocol))):
        np.testing.assert_array_equal(other.parameters, net.parameters)


def test_import_of_a_hinted_name_says_what_to_type():
    with pytest.raises(ImportError, match="cannot import name 'Sequential' from 'nncore'"):
        from nncore import Sequential  # noqa: F401
