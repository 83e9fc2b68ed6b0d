"""What the messages of a sweep tell a user to do works, on the very call that brought the message."""

import concurrent.futures
import contextlib

import pytest

import nncore as nn

CONFIGS = [{"layers": [784, 10], "epochs": 1, "mini_batch_size": 10, "eta": 0.1}]


def message(call):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    return str(caught.value)


@pytest.fixture
def data(sample):
    return sample[0][:50]


def test_what_the_sweep_gives_itself(data, sample, tmp_path):
    def says(**argument):
        return message(lambda: nn.sweep(CONFIGS, data, seeds=1, **argument))

    assert "seeds= of nn.sweep" in says(seed=3)
    assert nn.sweep(CONFIGS, data, seeds=[3])[0].network.seed == 3
    assert "the data are the second argument of nn.sweep" in says(training_data=data)
    assert nn.sweep(CONFIGS, data, seeds=1)[0].error is None
    assert "pass it to nn.sweep, for all configs alike" in message(
        lambda: nn.sweep([CONFIGS[0] | {"evaluation_data": sample[1]}], data, seeds=1)
    )
    assert nn.sweep(CONFIGS, data, seeds=1, evaluation_data=sample[1])[0].history.evaluation_cost
    assert "nn.sweep(..., folder=...) resumes" in says(resume=nn.History())
    for _ in range(2):
        assert nn.sweep(CONFIGS, data, seeds=1, folder=tmp_path)[0].error is None
    assert "pass it to nn.sweep" in message(
        lambda: nn.sweep([CONFIGS[0] | {"progress": True}], data, seeds=1)
    )
    assert nn.sweep(CONFIGS, data, seeds=1, progress=True)[0].error is None


def test_missing_arguments(data):
    config = {name: value for name, value in CONFIGS[0].items() if name != "eta"}
    text = message(lambda: nn.sweep([config], data, seeds=1))
    assert "eta missing: write it there, or pass it to nn.sweep for all configs alike" in text
    assert nn.sweep([config | {"eta": 0.1}], data, seeds=1)[0].error is None
    assert nn.sweep([config], data, seeds=1, eta=0.1)[0].error is None


def test_nothing_monitored(data, sample):
    results = nn.sweep(CONFIGS, data, seeds=1)
    assert 'pass evaluation_data, or monitor="training_cost"' in message(results.best)
    assert nn.sweep(CONFIGS, data, seeds=1, evaluation_data=sample[1]).best().config == 0
    assert nn.sweep(CONFIGS, data, seeds=1, monitor="training_cost").best().config == 0


def test_the_executors_that_are_named_work(data):
    text = message(lambda: nn.sweep(CONFIGS, data, 4, seeds=1))
    assert "such as ThreadPoolExecutor(4), or what nn.distributed.dask() gives; got int" in text
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        assert nn.sweep(CONFIGS, data, executor, seeds=1)[0].error is None
    assert isinstance(nn.distributed.dask(), contextlib.AbstractContextManager)  # tests/distributed


def test_names_of_other_libraries(data):
    text = message(lambda: nn.sweep([CONFIGS[0] | {"learning_rate": 0.1}], data, seeds=1))
    assert "eta=0.5" in text
    text = message(lambda: nn.sweep([CONFIGS[0] | {"epoch": 1}], data, seeds=1))
    assert text.endswith("did you mean 'epochs'?")
