"""`nncore train` and `nncore evaluate`: what they learn, print, save and refuse."""

import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.commands import accuracy_of, misused, refused, run

import nncore
from nncore.cli import recipes

QUICK = ["--layers", "784,10", "--epochs", "2"]  # a network that trains in 10 ms


def test_train_learns_the_bundled_digits(model, sample):
    path, lines = model
    assert lines[0].startswith("Learning 8000 digits: layers 784,100,10, ")
    epochs = [line for line in lines if line.startswith("Epoch ")]
    assert len(epochs) == 20
    for epoch, line in enumerate(epochs):
        assert re.fullmatch(rf"Epoch {epoch}: \d+ / 1000 validation digits right", line)
    right, n = accuracy_of(lines[-1])
    assert n == 1000
    assert right >= 940
    net = nncore.load(path)
    assert net.sizes == [784, 100, 10]
    assert round(1000 * net.accuracy(sample[2])) == right


def test_train_takes_its_options(tmp_path):
    path = tmp_path / "net.npz"
    options = ["--layers", "784,12,10", "--cost", "quadratic", "--init", "large", "--epochs", 3]
    options += ["--mini-batch", 20, "--eta", 3, "--lmbda", 0.5, "--seed", 7, "--dtype", "float64"]
    stdout, _ = run("train", *options, "--output", path)
    train, validation, _ = nncore.datasets.load_sample()
    same = nncore.Network([784, 12, 10], cost="quadratic", init="large", dtype="float64", seed=7)
    history = same.SGD(train, 3, 20, 3.0, 0.5, evaluation_data=validation)
    net = nncore.load(path)
    assert (net.cost_name, net.dtype) == ("quadratic", "float64")
    assert all((w == w_same).all() for w, w_same in zip(net.weights, same.weights, strict=True))
    counts = [int(count) for count in re.findall(r"Epoch \d: (\d+) / 1000", stdout)]
    assert counts == [round(1000 * accuracy) for accuracy in history.evaluation_accuracy]


def test_train_lets_every_digit_count_the_same(tmp_path):
    path = tmp_path / "net.npz"
    stdout, _ = run("train", *QUICK, "--class-weight", "balanced", "--output", path)
    assert "seed 0, class weights balanced." in stdout
    train, _, _ = nncore.datasets.load_sample()
    same = nncore.Network([784, 10], seed=0)
    same.SGD(train, 2, 10, 0.5, 0.8, class_weight="balanced")
    net = nncore.load(path)
    assert (net.parameters == same.parameters).all()
    weights = net.training_record[-1].settings.weights
    assert weights == same.training_record[-1].settings.weights
    assert f"weights {weights}" in run("info", path)[0]


def parameters_in(path):
    return nncore.load(path).parameters.tobytes()


def test_lmbda_is_by_default_a_10000th_of_the_training_digits(tmp_path):
    a, b = tmp_path / "a.npz", tmp_path / "b.npz"
    run("train", *QUICK, "--output", a)
    run("train", *QUICK, "--lmbda", "0.8", "--output", b)
    assert parameters_in(a) == parameters_in(b)


def test_one_seed_one_result(tmp_path):
    paths = [tmp_path / f"{i}.npz" for i in range(3)]
    for path, seed in zip(paths, (5, 5, 6), strict=True):
        run("train", *QUICK, "--seed", seed, "--output", path)
    assert parameters_in(paths[0]) == parameters_in(paths[1]) != parameters_in(paths[2])


def test_log_likelihood_ends_in_a_softmax(tmp_path):
    run("train", *QUICK, "--cost", "log-likelihood", "--output", tmp_path / "net.npz")
    net = nncore.load(tmp_path / "net.npz")
    assert net.layers[-1].activation == "softmax"
    assert net.cost_name == "log-likelihood"


def test_layers_may_be_written_as_in_the_book():
    assert "layers 784,5,10," in run("train", "--layers", "[784, 5, 10]", "--epochs", 0)[0]


def test_network_conv_brings_its_own_numbers(tmp_path):
    path = tmp_path / "net.npz"
    stdout, _ = run("train", "--network", "conv", "--epochs", 2, "--seed", 3, "--output", path)
    lines = stdout.splitlines()
    assert lines[0].startswith("Learning 8000 digits: convolutions ")
    assert "log-likelihood cost, eta 0.01, lmbda 0, mini-batches of 10, seed 3." in lines[0]
    assert [line.split(":")[0] for line in lines[1:3]] == ["Epoch 0", "Epoch 1"]
    right, _ = accuracy_of(lines[-1])
    assert right > 930
    net = nncore.load(path)
    assert net.input_shape == (1, 28, 28)
    assert net.history.eta == [0.01, pytest.approx(0.001)]
    assert net.history.rule == nncore.rules.Momentum(0.9)
    assert run("evaluate", path)[0].strip() == lines[-1]


def test_network_conv_takes_options(tmp_path):
    path = tmp_path / "net.npz"
    options = ["--epochs", 1, "--eta", 0.02, "--mini-batch", 40, "--lmbda", 0.5, "--init", "scaled"]
    stdout, _ = run("train", "--network", "conv", *options, "--dtype", "float64", "--output", path)
    assert "eta 0.02, lmbda 0.5, mini-batches of 40" in stdout
    net = nncore.load(path)
    assert (net.dtype, net.history.eta) == ("float64", [0.02])


def test_network_conv_sees_as_many_digits_in_a_small_set_as_in_three_epochs_of_mnist():
    epochs = [recipes.convolutional((28, 28), n).epochs for n in (50_000, 60_000, 8000)]
    assert epochs == [3, 3, 19]


def test_network_takes_sizes_too(tmp_path):
    paths = tmp_path / "a.npz", tmp_path / "b.npz"
    for option, path in zip(("--layers", "--network"), paths, strict=True):
        run("train", option, "784,12,10", "--epochs", 1, "--output", path)
    assert parameters_in(paths[0]) == parameters_in(paths[1])


def test_network_is_explained():
    assert "--network" in misused("train", "--network", "784,11")
    assert "nor a list of sizes" in misused("train", "--network", "convolutional")
    assert "give one of them" in misused("train", "--network", "conv", "--layers", "784,10")
    assert "leave --cost out" in misused("train", "--network", "conv", "--cost", "quadratic")


def test_network_by_the_number_of_the_books_experiment(tmp_path):
    path = tmp_path / "net.npz"
    stdout, _ = run("train", "--network", "3.9", "--epochs", 2, "--output", path)
    assert "the book's 3.9 (784,30,10), cross-entropy cost, eta 0.5, lmbda 0.8, mini-batches of 10" in stdout
    train, validation, _ = nncore.datasets.load_sample()
    same = nncore.Network([784, 30, 10], init="large", seed=0)
    same.SGD(train, 2, 10, 0.5, 5.0 * 8000 / 50_000, evaluation_data=validation)
    assert parameters_in(path) == same.parameters.tobytes()


def test_a_convolutional_network_of_the_book(tmp_path):
    path = tmp_path / "net.npz"
    stdout, _ = run("train", "--network", "6.6", "--epochs", 1, "--eta", 0.05, "--output", path)
    assert "(Conv2D(20, 5) relu, MaxPool2D(2), Conv2D(40, 5) relu, MaxPool2D(2), Dense(100) relu, " in stdout
    assert "log-likelihood cost, eta 0.05, lmbda 0.16," in stdout
    assert nncore.load(path).history.eta == [0.05]


@pytest.mark.parametrize("number", ["1.1", "3.17/eta-100-lmbda-20", "6.1", "6.7", "6.8/fc-1000", "6.10"])
def test_experiments_have_the_books_numbers(number):
    from nncore.reproduction import experiments

    id, _, part = number.partition("/")
    training = next(p for p in experiments.find(id).parts if part in ("", p.name))
    recipe = recipes.of_experiment(number, 50_000)
    assert recipe.layers == training.layers
    names = ("init", "eta", "lmbda", "epochs", "images", "expanded", "input_shape")
    assert all(getattr(recipe, name) == getattr(training, name) for name in names)
    assert recipe.cost == training.network(0).cost_name
    n = 8000  # of the bundled digits: the strength of the regularisation for each example stays the same
    learned = min(n, training.images or n) * (5 if training.expanded else 1)
    full = (training.images or 50_000) * (5 if training.expanded else 1)
    assert recipes.of_experiment(number, n).lmbda / learned == pytest.approx(training.lmbda / full)
    digits = nncore.Dataset(np.zeros((40, 28, 28), np.uint8), np.zeros(40, int))
    assert len(recipe.training_data(digits)) == len(training.training_data(digits))


def test_rules_dropout_and_activation_are_those_of_SGD(tmp_path):
    path = tmp_path / "net.npz"
    options = ["--rule", "adam", "--eta", 0.002, "--activation", "relu", "--dropout", 0.25, "--l1", 0.01]
    options += ["--init", "he", "--lmbda", 0, "--epochs", 2, "--threads", 1, "--keep-best", "--stop", 7]
    stdout, _ = run("train", "--layers", "784,20,12,10", *options, "--output", path)
    assert "layers 784,20,12,10, relu neurons, dropout 0.25, l1 0.01, rule adam, cross-entropy cost" in stdout
    layers = [
        nncore.Dense(20, "relu"),
        nncore.Dense(12, "relu", dropout=0.25),
        nncore.Dense(10, dropout=0.25),
    ]
    same = nncore.Network(layers, input_shape=(784,), cost="cross-entropy", init="he", seed=0)
    train, validation, _ = nncore.datasets.load_sample()
    same.SGD(
        train, 2, 10, 0.002, rule="adam", l1=0.01, evaluation_data=validation, keep_best=True,
        monitor="evaluation_accuracy",
    )  # fmt: skip
    assert parameters_in(path) == same.parameters.tobytes()


def test_momentum_and_softmax(tmp_path):
    path = tmp_path / "net.npz"
    options = ["--momentum", 0.5, "--rule", "nesterov", "--cost", "log-likelihood", "--activation", "tanh"]
    run("train", "--layers", "784,10,10", *options, "--epochs", 1, "--output", path)
    net = nncore.load(path)
    assert [type(layer) for layer in net.layers] == [nncore.Dense, nncore.Softmax]
    assert net.layers[0].activation == "tanh"
    assert net.history.rule == nncore.rules.Nesterov(0.5)


def test_conv_without_its_momentum(tmp_path):
    path = tmp_path / "net.npz"
    run("train", "--network", "conv", "--rule", "sgd", "--epochs", 1, "--output", path)
    assert nncore.load(path).history.rule == nncore.rules.chosen("sgd", None)


def test_the_training_stops_when_nothing_gets_better():
    stdout, _ = run("train", "--layers", "784,10", "--eta", 0, "--stop", 3)
    assert len([line for line in stdout.splitlines() if line.startswith("Epoch ")]) == 4


def test_log_and_plot(tmp_path):
    log, plot = tmp_path / "run.csv", tmp_path / "run.svg"
    stdout, _ = run("train", *QUICK, "--log", log, "--plot", plot)
    counts = [int(count) for count in re.findall(r"Epoch \d: (\d+) / 1000", stdout)]
    rows = [line.split(",") for line in log.read_text().splitlines()]
    column = rows[0].index("evaluation_accuracy")
    assert [round(1000 * float(row[column])) for row in rows[1:]] == counts
    assert f"{counts[-1] / 10:.2f} %" in plot.read_text()
    assert "a folder; name a file in it" in refused("train", *QUICK, "--log", tmp_path)
    assert ".png, .svg or .pdf" in refused("train", *QUICK, "--plot", tmp_path / "run.txt")


def test_options_that_do_not_go_together_are_explained():
    assert "6.6 brings its own" in misused("train", "--network", "6.6", "--dropout", 0.5)
    assert "conv brings its own" in misused("train", "--network", "conv", "--activation", "relu")
    assert "it needs a hidden layer" in misused("train", "--layers", "784,10", "--dropout", 0.5)
    assert "leave --cost out" in misused("train", "--network", "6.6", "--cost", "quadratic")
    assert "'6.77' is not one of the book's experiments" in misused("train", "--network", "6.77")
    assert "experiment 4.1 trains no network of its own" in misused("train", "--network", "4.1")
    assert "one of 6.8/fc-300, 6.8/fc-1000 needed" in misused("train", "--network", "6.8/fc-100")


@pytest.mark.slow
def test_network_conv_reads_99_per_cent_of_mnist(mnist):
    right = []
    for seed in range(3):
        stdout, _ = run("train", "--data", "mnist", "--network", "conv", "--seed", seed)
        right.append(accuracy_of(stdout.splitlines()[-1])[0])
    assert sorted(right)[1] >= 9900


def test_train_on_mnist(mnist):
    stdout, _ = run("train", "--data", "mnist", "--layers", "784,10", "--epochs", 1)
    right, n = accuracy_of(stdout.splitlines()[-1])
    assert n == 10_000
    assert right > 8800
    folder = os.environ["NNCORE_DATA"]
    assert run("train", "--data", folder, "--layers", "784,10", "--epochs", 1)[0] == stdout


def test_a_network_that_does_not_learn_is_reported(tmp_path):
    path = tmp_path / "net.npz"
    bad = ["--layers", "784,30,10", "--epochs", 2, "--eta", 100, "--cost", "quadratic", "--init", "large"]
    _, stderr = run("train", *bad, "--lmbda", 0, "--output", path)
    assert stderr.startswith("It answers 1 for every image; 124 of 1000 are 1s. eta = 100 is about ")
    assert stderr.endswith(f", on a new network. To see why: nncore diagnose {path}\n")
    command = stderr.strip().partition("To see why: nncore ")[2].split()
    found, _ = run(*command)
    assert "1. one answer (serious)" in found
    assert "eta = 100 is about" in found
    assert not re.search(r"\bnn\.|\bnet\.", found)  # nothing that only Python understands
    _, stderr = run("train", *bad, "--lmbda", 0)
    assert stderr.endswith("Train again with --output digits.npz, and then: nncore diagnose digits.npz\n")


def test_without_output_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--output digits.npz" in run("train", *QUICK)[0]
    assert list(tmp_path.iterdir()) == []


def test_an_older_network_is_replaced(tmp_path):
    path = tmp_path / "net.npz"
    run("train", *QUICK, "--output", path)
    before = path.read_bytes()
    run("train", *QUICK, "--seed", 1, "--output", path)
    assert path.read_bytes() != before
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.npz"]


def test_output_is_checked_before_training(tmp_path, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(nncore.Network, "SGD", never)
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    assert "no folder" in refused("train", "--output", tmp_path / "missing" / "net.npz")
    assert "is a folder" in refused("train", "--output", tmp_path)
    assert "is not a network" in refused("train", "--output", notes)
    assert notes.read_text() == "mine"


def test_layers_that_do_not_fit_are_explained():
    for layers in ("30", "784,30", "100,30,10", "784,30,11"):
        assert "784,30,10" in misused("train", "--layers", layers)
    for layers in ("", "784;30;10", "784,,10", "784,-3,10", "784,0,10", "784,3.5,10"):
        assert "is not a list of sizes" in misused("train", "--layers", layers)


@pytest.mark.parametrize(
    "option",
    [
        *("--epochs -1", "--mini-batch 0", "--eta -1", "--eta much", "--lmbda -1", "--seed -1", "--seed 1.5"),
        *("--cost hinge", "--init best", "--dtype int8", "--nonsense"),
    ],
)
def test_options_out_of_range_are_misuse(option):
    assert option.split()[0] in misused("train", *option.split())


def test_what_the_library_refuses_is_one_line():
    assert "eta" in refused("train", "--eta", "nan")
    assert "eta" in refused("train", *QUICK, "--eta", "1e35")  # diverges
    assert "nowhere" in refused("train", "--data", "nowhere")


def test_ctrl_c_keeps_what_was_learned(tmp_path):
    path = tmp_path / "net.npz"
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from nncore.cli import main; main(['train', '--epochs', '1000000', '--output', {str(path)!r}])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as training:
        assert training.stdout is not None
        for line in training.stdout:
            if line.startswith("Epoch 2"):
                training.send_signal(signal.SIGINT)
                break
        stdout, stderr = training.communicate(timeout=30)
    assert training.returncode == 130
    assert f"saved in {path}" in stdout
    assert re.fullmatch(r"Stopped after \d+ epochs\.\n", stderr)
    net = nncore.load(path)
    assert net.epochs_trained >= 3
    assert net.accuracy(nncore.datasets.load_sample()[2]) > 0.85


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_a_bar_with_speed_and_time_left():
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [sys.executable, "-m", "nncore", "train", "--layers", "784,30,10"]
    training = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert training.wait(timeout=30) == 0
    text = shown.decode()
    assert re.search(r"images/s", text)
    assert re.search(r"\d\d:\d\d left", text)
    assert "Epoch 0" not in text
    accuracy_of(text.splitlines()[-1])


def test_evaluate_counts_the_test_digits(model, mnist):
    path, lines = model
    assert run("evaluate", path)[0] == lines[-1] + "\n"
    right, n = accuracy_of(run("evaluate", path, "--data", "mnist")[0].strip())
    assert (right, n) == (round(10_000 * nncore.load(path).accuracy(mnist[2])), 10_000)


def test_a_network_that_is_none_is_refused(tmp_path):
    assert "missing.npz: No such file" in refused("evaluate", tmp_path / "missing.npz")
    other = tmp_path / "other.npz"
    np.savez(other, a=np.arange(3))
    for path in (other, __file__, tmp_path):
        assert str(path) in refused("evaluate", path)
        assert str(path) in refused("predict", path, __file__)


def test_a_network_for_other_data_is_refused(tmp_path):
    nncore.Network([100, 10], seed=0).save(tmp_path / "net.npz")
    lines = run("evaluate", tmp_path / "net.npz", code=1)[1].splitlines()
    assert "does not say what it was trained on" in lines[0]
    assert "(100,)" in lines[-1]


def test_files_that_promise_another_format_are_refused_before_the_training(tmp_path):
    start = "train", "--epochs", "1", "--layers", "784,10"
    text = refused(*start, "--log", tmp_path / "run.json")
    assert "--log: " in text
    better = re.search(r"type '(.*?)'", text)[1]
    run(*start, "--log", better)
    assert Path(better).read_text().startswith("run,epoch")
    assert "--plot: " in refused(*start, "--plot", tmp_path / "run.csv")
    assert "--log: there is no folder" in refused(*start, "--log", tmp_path / "none" / "run.csv")
