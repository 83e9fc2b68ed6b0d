"""The screens on pages of the site answer as the core does: the same questions are asked of both."""

import time

import numpy as np
import pytest
from support.node import needs_node, run
from support.play import without_mnist
from support.site_screens import answered_by_core, answered_by_site, bundles, networks, same

import nncore as nn
from nncore.play.digits import Digits
from nncore.play.screens import SCREENS
from nncore.play.workbench import Workbench
from nncore.reference.network import shuffled

pytestmark = needs_node


@pytest.fixture(scope="module", autouse=True)
def _no_mnist():
    """Hide MNIST from the core, since the pages have the bundled digits."""
    with without_mnist():
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The folder in which the front end's modules and the site's import one another."""
    folder = tmp_path_factory.mktemp("modules")
    bundles.stage(folder)
    return folder


@pytest.fixture(scope="module")
def data():
    return networks.packed()


def digits(*indices):
    """Test digits as the page has them: their numbers, from 0 to 255/256."""
    images = networks.workbench().test.images
    return [images[index].reshape(-1).astype(np.float32) / 256 for index in indices]


def both(root, screen, *questions, within, data=None, bench=None, without=()):
    """Ask the site and the core the same, and compare the answers, but for some of their keys."""
    found, _ = answered_by_site(root, screen, *questions, data=data)
    wanted, _ = answered_by_core(screen, *questions, bench=bench or networks.workbench())
    for one, other, (name, _) in zip(found, wanted, questions, strict=True):
        for key in without:
            assert (key in one) == (key in other)
            one.pop(key, None), other.pop(key, None)
        same(one, other, within, name)
    return found


def test_every_answered_screen_is_a_screen():
    assert bundles.answered()
    assert set(bundles.answered()) <= set(SCREENS)


def test_random_numbers_are_numpy_s(root):
    script = """
    import { Random } from "@/numbers/random.js";
    return given.seeds.map((seed) => {
      const random = new Random(BigInt(seed));
      return [random.normal(3001), random.permutation(500), random.uniform(-1, 3, 7), random.normal(5)];
    });
    """
    seeds = [0, 1, 7, 12345, 2**53 - 1, 2**64 + 3, 2**140 + 5]
    for seed, found in zip(seeds, run(script, root, seeds=list(map(str, seeds))), strict=True):
        rng = np.random.default_rng(seed)
        np.testing.assert_allclose(found[0], rng.standard_normal(3001), rtol=1e-13)
        assert found[1] == rng.permutation(500).tolist()
        np.testing.assert_allclose(found[2], rng.uniform(-1, 3, 7), rtol=1e-15)
        np.testing.assert_allclose(found[3], rng.standard_normal(5), rtol=1e-13)


def test_the_tail_of_the_ziggurat_is_numpy_s(root):
    script = """
    import { Random } from "@/numbers/random.js";
    return new Random(3).normal(200000);
    """
    found, wanted = run(script, root), np.random.default_rng(3).standard_normal(200_000)
    assert np.abs(wanted).max() > 3.66  # some lie beyond the last strip
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_the_fast_order_is_the_core_s(root):
    script = """
    import { shuffled } from "@/numbers/order.js";
    return given.keys.map(([n, seed, epoch]) => shuffled(n, seed, epoch));
    """
    keys = [(1, 0, 0), (2, 1, 0), (200, 1, 99), (441, 2**53 - 1, 2**31 + 7), (1000, 5, 2**32 + 3)]
    for key, found in zip(keys, run(script, root, keys=keys), strict=True):
        assert found.tolist() == shuffled(*key)


def test_draw(root, data):
    pixels = digits(3, 17, 249)
    questions = [("forward", {"pixels": each}) for each in (*pixels, np.zeros(784, np.float32))]
    both(root, "draw", *questions, within=1e-6, data=data, without=("seconds",))
    questions = [("network", {}), ("examples", {}), ("example", {"after": 2}), ("example", {"label": 7})]
    questions += [("example", {"label": 7, "after": 17}), ("example", {"after": -1})]
    both(root, "draw", *questions, within=0, data=data)


@pytest.mark.parametrize("start", [(2.0, 2.0, 1.0, 0.15), (0.6, 0.9, 1.0, 0.15), (-3.0, 5.0, -1.5, 4.0)])
def test_neuron(root, start):
    both(root, "neuron", ("learn", dict(zip("wbx", start, strict=False), eta=start[3])), within=1e-12)


def test_softmax(root, data):
    questions = [("network", {}), ("example", {"label": 3, "after": 20})]
    for pixels, temperature in zip(digits(78, 5, 200), (1.0, 0.05, 40.0), strict=True):
        questions.append(("outputs", {"pixels": pixels, "temperature": temperature}))
    both(root, "softmax", *questions, within=1e-12, data=data)


@pytest.mark.parametrize("name", ["xor", "circles", "moons", "spirals"])
def test_points_of_the_plane(root, name):
    both(root, "plane", ("points", {"name": name}), within=1e-7)
    both(root, "plane", ("points", {"name": name, "n": 77, "noise": 0.4, "seed": 12}), within=1e-7)


def begin(run=1, n=60, epochs=0, **changed):
    X, y = nn.datasets.toy("moons", n, seed=2) if n else (np.zeros((0, 2)), np.zeros(0))
    usual = {"layers": [4], "activation": "tanh", "eta": 0.3, "lmbda": 0.0, "rule": "sgd", "seed": 1}
    points = {"points": X.astype(np.float32), "labels": y.astype(np.uint8)}
    return "begin", {"run": run, "epochs": epochs, **points, **usual, **changed}


@pytest.mark.parametrize("rule", ["sgd", "momentum", "nesterov", "adam"])
@pytest.mark.parametrize(
    "changed",
    [
        {"layers": [4], "activation": "tanh"},
        {"layers": [8, 3], "activation": "sigmoid", "lmbda": 2.0, "seed": 5},
        {"layers": [5, 5, 2], "activation": "relu", "cut": [1, 4], "mini_batch_size": 7},
        {"layers": [], "activation": "tanh", "n": 2},
    ],
)
def test_plane_trains_as_the_core(root, rule, changed):
    eta = 0.01 if rule == "adam" else 0.03
    questions = [
        begin(rule=rule, eta=eta, epochs=5, **changed),
        ("step", {}),
        ("set", {"eta": eta / 2}),
        ("epoch", {}),
        ("epoch", {}),
    ]
    # each of at most 63 steps rounds to float32, here and in the core's own sums
    found = both(root, "plane", *questions, within=64 * 2**-23, without=("seconds",))
    moved = found[-1]["parameters"] - found[0]["parameters"]
    assert np.abs(moved).max() > 1e-3


def test_plane_moved_by_hand(root):
    row = np.linspace(-2, 2, 17).astype(np.float32)
    questions = [
        begin(parameters=row, epochs=40, activation="step"),
        ("set", {"place": 3, "value": -0.5}),
        ("pause", {}),
        ("step", {}),
        ("set", {"parameters": row[::-1].copy(), "cut": [2]}),
        ("pause", {}),
        begin(n=0, run=2),
        ("epoch", {}),
    ]
    found = both(root, "plane", *questions, within=0, without=("seconds",))
    assert "a slope needed to train" in found[3]["refused"]
    assert "points: one or more needed" in found[7]["refused"]


@pytest.mark.parametrize(("eta", "lmbda"), [(50.0, 1e4), (1e6, 1e3), (50.0, 100.0)])
def test_plane_says_when_it_diverges(root, eta, lmbda):
    questions = [begin(eta=eta, lmbda=lmbda, rule="momentum"), *[("epoch", {})] * 5]
    found, _ = answered_by_site(root, "plane", *questions)
    wanted, _ = answered_by_core("plane", *questions, bench=networks.workbench())
    assert any(each["error"] for each in wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one["error"].partition(";")[0] == other["error"].partition(";")[0]
        assert one["epochs"] == other["epochs"]


OWN = np.sin(np.linspace(0, 5, 101)).round(2)


@pytest.mark.parametrize("w", [200.0, 1000.0, 1e6])
def test_bumps(root, w):
    steps, heights = np.linspace(-0.2, 1.1, 14), np.linspace(-3, 4, 7)
    questions = [
        ("curve", {"N": 5, "w": w}),
        ("curve", {"N": 7, "w": w, "own": OWN}),
        ("curve", {"N": 7, "w": w, "steps": steps, "own": OWN}),
        ("curve", {"N": 7, "w": w, "steps": steps, "heights": heights}),
        ("curve", {"N": 200, "w": w}),
    ]
    # w x is rounded, and a step is steep: its activation is off by a quarter of that; 14 such steps, 4 high
    both(root, "universality", *questions, within=1e-12 + 14 * w * 2**-52)


def test_best_heights(root):
    upright = [("curve", {"N": N, "w": 200.0 * N, "best": True}) for N in (5, 60)]
    both(root, "universality", *upright, within=1e-12)
    soft = [("curve", {"N": N, "w": 40.0 * N, "best": True, "own": OWN}) for N in (4, 12)]
    both(root, "universality", *soft, within=1e-12)


def test_towers(root):
    heights = np.linspace(-1, 2, 9)
    questions = [("surface", {"N": N, "w": w}) for N in (1, 5, 12) for w in (20.0, 2400.0)]
    both(root, "universality", *questions, ("surface", {"N": 3, "w": 600.0, "heights": heights}), within=1e-9)


@pytest.mark.parametrize("given", [{"N": 3, "own": OWN}, {"N": 1, "inputs": 2}])
def test_sgd_tries_the_same(root, given):
    _, frames = answered_by_site(root, "universality", ("sgd", given), ("wait", {}))
    name, last = frames[-1]
    begun, core = answered_by_core_to_the_end("universality", given)
    assert name == "sgd"
    assert (last["epoch"], last["neurons"], last["error"]) == (begun["epochs"], begun["neurons"], "")
    same(last["output"], core["output"], 1e-6)
    assert last["mean"] == pytest.approx(core["mean"], abs=1e-6)


def answered_by_core_to_the_end(screen, given):
    """The core's last frame of an attempt."""
    frames = []
    asked = SCREENS[screen](networks.workbench(), lambda name, value: frames.append(value))
    begun = asked.ask("sgd", given)
    asked.attempt.thread.join()
    return begun, frames[-1]


def test_equations(root, data):
    (three, eight), h = (
        digits(78, 110),
        [("weights", 3, [2, 5]), ("weights", 2, [4, 406]), ("biases", 2, [7, 0])],
    )
    differences = [("difference", {"kind": kind, "layer": layer, "entry": entry}) for kind, layer, entry in h]
    of_three = [("trace", {"pixels": three, "label": 3}), ("along", {"most": 0.4}), ("moved", {"eta": 0.07})]
    of_eight = [("trace", {"pixels": eight, "layer": 1}), ("along", {"most": 3.0})]
    questions = [("network", {}), *of_three, ("step", {"eta": 0.07}), *of_three, ("step", {"eta": 0.5})]
    questions += [*of_eight, ("again", {}), *of_eight, ("again", {}), ("moved", {"eta": 1.0})]
    both(root, "equations", *questions, within=1e-12, data=data)
    # both costs are rounded, and the difference of costs is divided by 2h
    asked = [of_three[0], *differences]
    found = both(root, "equations", *asked, within=1e-9, data=data)
    assert all(abs(each["difference"]) > 1e-6 for each in found[1:])


def test_convolution(root, data):
    questions = [("network", {}), *(("forward", {"pixels": pixels}) for pixels in digits(78, 5))]
    both(root, "convolution", *questions, within=1e-6, data=data)


def test_mistakes(root, data):
    bench = networks.workbench()
    few = Workbench(bench.net, "", (bench.training, bench.validation, bench.test[: networks.DIGITS]))
    found = both(root, "mistakes", ("answers", {}), within=1e-6, data=data, bench=few)
    assert len(found[0]["worst"]) > 5
    maps = [("map", {"layer": layer}) for layer in (1, 2, 3)]
    both(root, "mistakes", *maps, within=1e-6, data=data, bench=few)


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": 4, "activation": "sigmoid", "init": "scaled"},
        {"hidden": 1, "activation": "tanh", "init": "glorot", "seed": 3},
        {"hidden": 3, "activation": "relu", "init": "he", "seed": 8},
        {"hidden": 2, "activation": "sigmoid", "init": "large"},
    ],
)
def test_speeds(root, data, settings):
    questions = [("begin", {**settings, "at": 3}), ("wait", {}), ("state", {})]
    found, frames = answered_by_site(root, "speeds", *questions, data=data)
    screen = SCREENS["speeds"](networks.workbench(), lambda name, value: None)
    screen.ask("begin", questions[0][1])
    while (wanted := screen.ask("state", {}))["running"]:
        time.sleep(0.01)
    screen.close()
    last = found[-1]
    assert frames[-1][1]["running"] is False
    # the core sums the gradients of 1,000 images in float32, through up to five layers
    np.testing.assert_allclose(last.pop("curve"), wanted.pop("curve"), rtol=1e-5)
    for key in ("serial", "seconds"):
        last.pop(key), wanted.pop(key)
    same(last, wanted, 0)


def test_speeds_of_all_images_are_refused(root, data):
    given = {"hidden": 2, "activation": "relu", "init": "he", "data": "all"}
    found, _ = answered_by_site(root, "speeds", ("begin", given), data=data)
    assert "nncore play trains on all" in found[0]["refused"]


@pytest.fixture
def train_screen(monkeypatch):
    """The core's screen Train, on the digits that the site has."""
    bench = networks.workbench()
    few = Digits(bench.training[: networks.TRAINED], bench.test[: networks.DIGITS], False, "data")
    monkeypatch.setattr("nncore.play.screens.train.digits_at_hand", lambda: few)
    screen = SCREENS["train"](bench, lambda name, value: None)
    yield screen
    screen.close()


RUNS = [
    {"settings": {}, "at": [2, 30]},
    {
        "settings": {"cost": "cross-entropy", "eta": 0.5, "lmbda": 2.0, "momentum": 0.5, "seed": 4},
        "at": [2, 0],
    },
    {
        "settings": {"hidden": 0, "init": "glorot", "eta": 0.1},
        "moved": [[0, 500, "eta", 0.3], [1, 200, "mini_batch_size", 64]],
        "at": [2, 0],
    },
    {"settings": {"init": "large", "hidden": 12}, "at": [0, 0]},
]


def settled(screen):
    """The core's state, as soon as nothing trains."""
    while (state := screen.ask("state", {}))["running"]:
        time.sleep(0.01)
    return state


def test_train(root, data, train_screen):
    questions = [("begin", {"runs": RUNS, "epochs": 5}), ("wait", {}), ("state", {})]
    found = answered_by_site(root, "train", *questions, data=data)[0][-1]
    train_screen.ask("begin", questions[0][1])
    wanted = settled(train_screen)
    check_states(found, wanted)
    assert [run["images"] for run in found["runs"]] == [2030, 2000, 2000, 0]


def check_states(found, wanted):
    """Check two states of Train after a few epochs: each of some 200 steps rounds, here and in the core."""
    for one, other in zip(found["runs"], wanted["runs"], strict=True):
        np.testing.assert_allclose(one.pop("curve"), other.pop("curve"), rtol=1e-4)
        one.pop("seconds"), other.pop("seconds")
    assert np.abs(found["weights"].astype(int) - wanted["weights"]).max() <= 1
    histogram, other = found.pop("histogram"), wanted.pop("histogram")
    assert np.abs(histogram.pop("now") - other.pop("now")).sum() < 20
    same(histogram, other, 0)
    for key in ("serial", "weights", "code"):
        found.pop(key), wanted.pop(key)
    same(found, wanted, 1e-4)


def test_train_moved_and_beside(root, data, train_screen):
    begin = {"runs": [{"settings": {"hidden": 8}, "at": [0, 0]}], "epochs": 2}
    questions = [
        ("begin", begin),
        ("set", {"name": "eta", "value": 1.0}),
        ("step", {}),
        ("wait", {}),
        ("set", {"name": "momentum", "value": 0.7}),
        ("epoch", {}),
        ("wait", {}),
        ("beside", {"name": "hidden", "value": 5}),
        ("wait", {}),
        ("go", {}),
        ("wait", {}),
        ("new_start", {}),
        ("apply", {"changes": {"eta": 0.25}}),
        ("wait", {}),
        ("choose", {"run": 0}),
        ("drop", {"letter": "B"}),
        ("state", {}),
    ]
    # frames that a test does not see anew have ended all the same
    found = answered_by_site(root, "train", *questions, data=data)[0][-1]
    for name, given in questions:
        if name == "wait":
            settled(train_screen)
        else:
            train_screen.ask(name, given)
    check_states(found, settled(train_screen))
    assert len(found["runs"]) == 2


@pytest.mark.parametrize(("name", "value"), [("eta", -1.0), ("mini_batch_size", 0), ("cost", "hinge")])
def test_train_refuses_what_the_core_refuses(root, data, train_screen, name, value):
    questions = [("begin", {"runs": [{}]}), ("beside", {"name": name, "value": value}), ("doctor", {})]
    found = answered_by_site(root, "train", *questions, data=data)[0]
    train_screen.ask("begin", questions[0][1])
    with pytest.raises((ValueError, TypeError), match=f"^{name}: "):
        train_screen.ask("beside", questions[1][1])
    assert found[1]["refused"].startswith(f"{name}: ")
    assert "nncore play has it" in found[2]["refused"]


def test_what_the_site_sends_is_small(data):
    """A screen loads the networks and digits of at most 300 KB."""
    size = {name: len(content) * 4 / 3 for name, content in data.items()}
    assert size["digits"] + size["filters"] < 300 * 1024
    assert size["thousand"] < 300 * 1024
