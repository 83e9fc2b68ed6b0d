"""SGD of the book's programs says what to type for an argument that another library has, and that works."""

import contextlib
import inspect
import io

import numpy as np
import pytest

import nncore as nn
from nncore.book import hints, network, network2, network3

X, Y = np.random.default_rng(0).random((20, 784)), np.arange(20) % 10
PAIRS = list(zip(X[:, :, None], np.eye(10)[Y][:, :, None], strict=True))


def made(program):
    """A network of the program, and data as it takes them."""
    if program == "network3":
        data = nn.Dataset((256 * X).astype(np.uint8).reshape(-1, 28, 28), Y)
        return network3.Network([network3.SoftmaxLayer(784, 10)], 10), data
    return {"network": network, "network2": network2}[program].Network([784, 5, 10]), PAIRS


@pytest.mark.parametrize("program", hints.TRAIN)
def test_an_argument_of_another_library_hints(program):
    net, data = made(program)
    for name, hint in hints.ARGUMENTS[program].items():
        with pytest.raises(TypeError) as caught:
            net.SGD(data, **{name: 1})
        says = f"{program}.Network.SGD() got an unexpected keyword argument {name!r}. In nncore: {hint}"
        assert str(caught.value) == says


@pytest.mark.parametrize("program", hints.TRAIN)
def test_every_line_that_a_hint_shows_runs(program):
    for line in sorted({*hints.ARGUMENTS[program].values(), hints.TRAIN[program]}):
        net, data = made(program)
        names = dict.fromkeys(("training_data", "validation_data", "test_data", "data"), data)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(line, names | {"net": net, "nn": nn, "network2": network2})


@pytest.mark.parametrize(
    ("program", "needed"),
    [("network", "eta"), ("network2", "eta"), ("network3", "eta and validation_data and test_data")],
)
def test_what_is_missing_is_named(program, needed):
    net, data = made(program)
    with pytest.raises(TypeError) as caught:
        net.SGD(data, 1, 10)
    assert str(caught.value) == f"{program}.Network.SGD() needs {needed}. In nncore: {hints.TRAIN[program]}"
    required = [p for p in inspect.signature(net.SGD).parameters.values() if p.default is p.empty]
    assert [p.name for p in required][:4] == ["training_data", "epochs", "mini_batch_size", "eta"]


@pytest.mark.parametrize("program", hints.TRAIN)
def test_an_unknown_argument_is_refused_as_python_does(program):
    net, data = made(program)
    more = (data, data) if program == "network3" else ()
    with pytest.raises(TypeError, match=r"SGD\(\) got an unexpected keyword argument 'ettc'$"):
        net.SGD(data, 1, 10, 0.5, *more, ettc=1)
