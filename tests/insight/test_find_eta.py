"""The book's recipe for eta: the story of its trials, and where it lands."""

import numpy as np
import pytest

import nncore as nn
from nncore.training import eta_search

BOOK = 0.5  # chapter 3's threshold for [784, 30, 10] and the cross-entropy cost; it uses half of it


@pytest.mark.parametrize("seed", range(3))
def test_the_eta_of_the_book_is_found_within_a_factor_of_3(sample, seed):
    train, _, _ = sample
    found = nn.find_eta([784, 30, 10], train, lmbda=0.8, seed=seed)
    assert BOOK / 3 < found.threshold < BOOK * 3
    assert found.eta == found.threshold / 2


def test_the_books_network_on_all_of_mnist(mnist):
    train, _, _ = mnist
    assert BOOK / 3 < nn.find_eta([784, 30, 10], train).threshold < BOOK * 3


def test_the_quadratic_cost_of_chapter_1_allows_a_larger_eta(sample):
    train, _, _ = sample
    found = nn.find_eta([784, 30, 10], train, cost="quadratic", init="large")
    assert 3 / 3 < found.eta < 3 * 3  # the book uses 3.0


def test_the_recipe_step_by_step(sample):
    train, _, _ = sample
    found = nn.find_eta([784, 30, 10], train[:2000])
    etas = [trial.eta for trial in found.trials]
    decades = [eta for eta in etas if eta in (0.01, 0.1, 1.0, 10.0)]
    assert etas[: len(decades)] == decades  # ten times as much each time
    good = decades[-2]
    assert etas[len(decades) :] == [2 * good, 5 * good][: len(etas) - len(decades)]  # then two and five times
    assert not found.trials[len(decades) - 1].steady
    assert found.threshold == max(trial.eta for trial in found.trials if trial.steady)
    first = found.trials[0]
    assert len(first.costs) == 1 + 3 * 8
    assert len({trial.costs[0] for trial in found.trials}) == 1  # each starts from the same parameters


def test_a_printed_search_lists_its_trials(sample):
    train, _, _ = sample
    found = nn.find_eta([784, 10], train[:1000])
    lines = repr(found).splitlines()
    assert "[784, 10]" in lines[0]
    assert "1000 examples, mini-batches of 10, lmbda 0" in lines[0]
    assert lines[1].startswith("  eta 0.01 ")
    assert lines[1].endswith("falls")
    assert "oscillates" in "".join(lines)
    assert lines[-1] == (
        f"It falls steadily up to eta = {found.threshold:g}. Use half of that: {found.eta:g}."
    )


def test_a_start_that_is_too_large_goes_down(sample):
    train, _, _ = sample
    up = nn.find_eta([784, 30, 10], train[:2000])
    down = nn.find_eta([784, 30, 10], train[:2000], start=100.0)
    assert [trial.eta for trial in down.trials[:2]] == [100.0, 10.0]
    assert down.threshold == up.threshold


def test_networks_and_functions_give_the_same_as_sizes(sample):
    train, _, _ = sample
    data = train[:500]
    net = nn.Network([784, 10], seed=0)
    before = net.parameters.copy()
    same = [nn.find_eta(layers, data) for layers in ([784, 10], net, lambda: nn.Network([784, 10], seed=0))]
    assert len({repr(found) for found in same}) == 1
    np.testing.assert_array_equal(net.parameters, before)
    assert (net.history, net.epochs_trained) == (None, 0)
    layers = [nn.Dense(20, "relu"), nn.Softmax(10)]
    assert nn.find_eta(layers, data, input_shape=(784,), init="he").eta < 1


def test_data_of_every_kind_are_left_as_they_are(sample):
    train, _, _ = sample
    data = train[:200]
    X, y = data.to_float(), data.labels.copy()
    kept = X.copy()
    found = [nn.find_eta([784, 10], d).threshold for d in (data, (X, y), list(data), zip(X, y, strict=True))]
    assert len(set(found)) == 1
    np.testing.assert_array_equal(X, kept)


def test_a_few_examples_will_do():
    found = nn.find_eta([2, 3, 1], ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 1]), mini_batch_size=1)
    assert all(len(trial.costs) == 1 + 3 * 8 for trial in found.trials if np.isfinite(trial.costs).all())


def test_no_eta_is_recommended_if_no_cost_falls():
    """Zeros in and symmetric weights: the output layer's biases are at their best from the start."""
    net = nn.Network([2, 2], init="zeros")
    data = np.zeros((40, 2)), np.tile([0, 1], 20)
    found = nn.find_eta(net, data, mini_batch_size=40)
    assert found.threshold is None
    assert found.eta is None
    assert found.trials[-1].eta == pytest.approx(1e-7)
    assert "falls steadily at none of them" in repr(found)


def judged(costs, others=()):
    return eta_search._judge(1.0, list(costs), list(others))


def test_a_cost_is_judged_by_its_rises():
    falling = [8.0, 4.0, 3.0, 2.0, 1.0]
    assert judged(falling).steady
    assert judged(falling).rises == 0
    assert judged([8, 4, 3, 3.2, 2]).rises == pytest.approx(0.2 / 2.2)
    assert judged([8, 4, 3, 4, 3, 4, 3]).verdict == "oscillates"
    assert judged([8, 9, 10, 11]).verdict == "does not fall"
    assert judged([8, np.inf]).verdict == "leaves the finite numbers"
    assert judged([8, np.inf]).far_too_large
    better = eta_search.Trial(0.5, (8.0, 0.5, 0.4), 0.0, "falls")
    assert judged(falling, [better]).verdict == "ends higher than at a smaller eta"
    assert judged([8, 8, 8]).verdict == "does not fall"


def test_a_run_that_diverges_is_a_trial_like_any_other():
    x = np.linspace(-1, 1, 100)[:, None]
    layers = [nn.Dense(10, "tanh"), nn.Dense(1, "linear")]
    found = nn.find_eta(layers, (x, np.sin(3 * x)), input_shape=(1,), start=1.0)
    assert found.trials[0].verdict == "leaves the finite numbers"
    assert found.threshold < 1


def test_ctrl_c_ends_the_whole_search(sample, monkeypatch):
    train, _, _ = sample
    interrupted = nn.History()
    interrupted.interrupted = True
    monkeypatch.setattr(nn.Network, "SGD", lambda *arguments, **settings: interrupted)
    with pytest.raises(KeyboardInterrupt):
        nn.find_eta([784, 10], train[:100])


def test_wrong_arguments_are_refused(sample):
    train, _, _ = sample
    with pytest.raises(ValueError, match=r"start: .* needed"):
        nn.find_eta([784, 10], train, start=0.0)
    with pytest.raises(ValueError, match="epochs: at least 1"):
        nn.find_eta([784, 10], train, epochs=0)
    with pytest.raises(TypeError, match="cost go with sizes or layers alone"):
        nn.find_eta(nn.Network([784, 10]), train, cost="quadratic")
    with pytest.raises(TypeError, match="got one that returns list"):
        nn.find_eta(lambda: [784, 10], train)
    with pytest.raises(ValueError, match="data, x"):
        nn.find_eta([783, 10], train)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("trial", ["float32", "float64"])
def test_networks_and_data_may_differ_in_dtype(dtype, trial):
    """The examples are checked for one network, and each trial makes another."""
    rng = np.random.default_rng(0)
    X = rng.random((60, 4)).astype(dtype)
    dtypes = iter([dtype])
    found = nn.find_eta(
        lambda: nn.Network([4, 3, 2], seed=0, dtype=next(dtypes, trial)), (X, (X[:, 0] > 0.5).astype(int))
    )
    assert found.eta > 0
    net = nn.Network([4, 3, 2], dtype=dtype, init="zeros", seed=0)
    net.SGD((X, (X[:, 0] > 0.5).astype(int)), 1, 10, 1e-6)
    assert nn.diagnose(net, (X, (X[:, 0] > 0.5).astype(int))).names
