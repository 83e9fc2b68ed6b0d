"""The command line: what it prints, keeps and refuses, and with which exit code."""

import gzip
import os
import re
import signal
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest
from click.testing import CliRunner

import nncore
from nncore import cli
from nncore.cli.messages import for_a_shell

QUICK = ["--layers", "784,10", "--epochs", "2"]  # a network that trains in 10 ms
COMMANDS = ("train", "evaluate", "predict", "diagnose", "find-eta", "info")


def run(*args, code=0):
    """Run the command in this process; what it printed on standard output, and on standard error."""
    result = CliRunner().invoke(cli.main, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    if code:
        assert "Traceback" not in result.output
    return result.stdout, result.stderr


def refused(*args):
    """The one line that a user's mistake with data and files gives."""
    stdout, stderr = run(*args, code=1)
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Error: ")
    assert "Test accuracy" not in stdout
    return lines[0]


def misused(*args):
    """What a mistake on the command line gives."""
    return " ".join(run(*args, code=2)[1].split())


def accuracy_of(line):
    """The count and the number of digits in the last line of train and evaluate."""
    found = re.fullmatch(r"Test accuracy: (\d+\.\d\d)% \((\d+) of (\d+) digits\)\.", line)
    assert found is not None, line
    percent, right, n = float(found[1]), int(found[2]), int(found[3])
    assert percent == pytest.approx(100 * right / n, abs=0.005)
    return right, n


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that the command trained, and kept, with its defaults."""
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    stdout, _ = run("train", "--output", path)
    return path, stdout.splitlines()


def first_digit(sample):
    """A test image as bytes (28, 28), and its label."""
    _, _, test = sample
    return test.images[0], int(test.labels[0])


# train


def test_train_learns_the_bundled_digits(model, sample):
    path, lines = model
    assert lines[0].startswith("Learning 8000 digits: layers 784,100,10, ")
    epochs = [line for line in lines if line.startswith("Epoch ")]
    assert len(epochs) == 20
    for epoch, line in enumerate(epochs):
        assert re.fullmatch(rf"Epoch {epoch}: \d+ / 1000", line)
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
    twin = nncore.Network([784, 12, 10], cost="quadratic", init="large", dtype="float64", seed=7)
    history = twin.SGD(train, 3, 20, 3.0, 0.5, evaluation_data=validation)
    net = nncore.load(path)
    assert (net.cost_name, net.dtype) == ("quadratic", "float64")
    assert all((w == w_twin).all() for w, w_twin in zip(net.weights, twin.weights, strict=True))
    counts = [int(count) for count in re.findall(r"Epoch \d: (\d+) / 1000", stdout)]
    assert counts == [round(1000 * accuracy) for accuracy in history.evaluation_accuracy]


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


def test_train_on_mnist(mnist):
    stdout, _ = run("train", "--data", "mnist", "--layers", "784,10", "--epochs", 1)
    right, n = accuracy_of(stdout.splitlines()[-1])
    assert n == 10_000
    assert right > 8800
    folder = os.environ["NNCORE_DATA"]
    assert run("train", "--data", folder, "--layers", "784,10", "--epochs", 1)[0] == stdout


def test_a_network_that_does_not_learn_is_reported_with_a_command_that_works(tmp_path):
    path = tmp_path / "net.npz"
    bad = ["--layers", "784,30,10", "--epochs", 2, "--eta", 100, "--cost", "quadratic", "--init", "large"]
    _, stderr = run("train", *bad, "--lmbda", 0, "--output", path)
    assert stderr == (
        "It answers 1 for every image; 124 of 1000 are 1s. To see why: "
        f"nncore diagnose {path} --data sample --eta 100 --lmbda 0 --mini-batch 10\n"
    )
    command = stderr.strip().partition("To see why: nncore ")[2].split()
    found, _ = run(*command)
    assert "1. one answer (serious)" in found
    assert "eta = 100 is about" in found
    assert not re.search(r"\bnn\.|\bnet\.", found)  # nothing that only Python understands
    _, stderr = run("train", *bad, "--lmbda", 0)
    assert "Train again with --output digits.npz, and then: nncore diagnose digits.npz --data" in stderr


def test_remedies_are_those_of_a_shell(tmp_path):
    nncore.Network([784, 10], seed=0).save(tmp_path / "new.npz")
    assert "nncore train --output MODEL trains one." in run("diagnose", tmp_path / "new.npz")[0]
    python = (
        'Its cost: cost="cross-entropy"; nn.diagnose(net, data), nn.diagnose(net, data, eta=...), '
        "nn.find_eta(layers, data)"
    )
    assert for_a_shell(python) == (
        "Its cost: --cost cross-entropy; nncore diagnose MODEL, nncore diagnose MODEL --eta ETA, "
        "nncore find-eta"
    )


def test_warnings_are_sentences(monkeypatch):
    def warns(path):
        warnings.warn("the file is old,\n but it was read", UserWarning, stacklevel=1)
        return nncore.Network([784, 10], seed=0)

    monkeypatch.setattr(nncore, "load", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert run("evaluate", "net.npz")[1] == "Warning: the file is old, but it was read\n"


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


def test_ctrl_c_elsewhere_is_130_too(monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(nncore, "load", interrupted)
    assert run("evaluate", "digits.npz", code=130)[1] == "Stopped.\n"


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
    assert re.search(r"\d\d:\d\d<\d\d:\d\d", text)
    assert "Epoch 0" not in text
    accuracy_of(text.splitlines()[-1])


# evaluate


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
    assert "(100,)" in refused("evaluate", tmp_path / "net.npz")


# predict


def predicted(path, model, *options):
    """The digit and the per cent that predict prints for a file of one image."""
    stdout, _ = run("predict", model, path, *options)
    found = re.fullmatch(rf"{re.escape(str(path))}: (\d) \((\d+\.\d)%\)\n", stdout)
    assert found is not None, stdout
    return int(found[1]), float(found[2])


@pytest.mark.parametrize("shape", [(28, 28), (784,), (784, 1), (1, 28, 28)])
@pytest.mark.parametrize("kind", ["bytes", "float32", "float64", "big-endian"])
def test_predict_reads_arrays(tmp_path, model, sample, shape, kind):
    image, label = first_digit(sample)
    dtype = {"bytes": None, "float32": np.float32, "float64": np.float64, "big-endian": ">f8"}[kind]
    array = image if dtype is None else (image / 256).astype(dtype)
    np.save(tmp_path / "digit.npy", array.reshape(shape))
    a = nncore.load(model[0]).feedforward(image.reshape(784) / 256)
    digit, percent = predicted(tmp_path / "digit.npy", model[0])
    assert digit == np.argmax(a) == label
    assert percent == pytest.approx(100 * a.max(), abs=0.051)


def test_predict_reads_many_images_and_many_files(tmp_path, model, sample):
    _, _, test = sample
    np.save(tmp_path / "images.npy", test.images[:3])
    np.save(tmp_path / "rows.npy", test.to_float()[3:5])
    idx = struct.pack(">4B3I", 0, 0, 8, 3, 2, 28, 28) + test.images[5:7].tobytes()
    (tmp_path / "plain-idx3-ubyte").write_bytes(idx)
    (tmp_path / "packed-idx3-ubyte.gz").write_bytes(gzip.compress(idx))
    names = ["images.npy", "rows.npy", "plain-idx3-ubyte", "packed-idx3-ubyte.gz"]
    stdout, _ = run("predict", model[0], *[tmp_path / name for name in names])
    labels = nncore.load(model[0]).predict(test[:7])
    places = [(names[0], i) for i in range(3)]
    places += [(name, i) for name in names[1:] for i in range(2)]
    for line, (name, i), digit in zip(stdout.splitlines(), places, [*labels, *labels[5:]], strict=True):
        assert line.startswith(f"{tmp_path / name}[{i}]: {digit} (")


@pytest.mark.parametrize("name", ["digit.png", "digit.pgm", "digit.bmp"])
def test_predict_reads_pictures(tmp_path, model, sample, name):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    image, _ = first_digit(sample)
    np.save(tmp_path / "digit.npy", image)
    Image.fromarray(image).save(tmp_path / name)
    assert predicted(tmp_path / name, model[0]) == predicted(tmp_path / "digit.npy", model[0])


def test_dark_digits_on_light_paper(tmp_path, model, sample):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    image, _ = first_digit(sample)
    np.save(tmp_path / "digit.npy", image)
    Image.fromarray(255 - image).save(tmp_path / "paper.png")
    black = np.zeros_like(image)
    Image.fromarray(np.dstack([black, black, black, image])).save(tmp_path / "transparent.png")
    for name in ("paper.png", "transparent.png"):
        assert "--invert" in run("predict", model[0], tmp_path / name)[1]
        assert predicted(tmp_path / name, model[0], "--invert") == predicted(tmp_path / "digit.npy", model[0])


def test_predict_without_pillow(tmp_path, model, monkeypatch):
    (tmp_path / "digit.png").write_bytes(b"\x89PNG\r\n")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "pip install pillow" in refused("predict", model[0], tmp_path / "digit.png")


def test_images_that_do_not_fit_are_refused(tmp_path, model):
    bad = {
        "size.npy": np.zeros((28, 27), np.uint8),
        "scale.npy": np.full((28, 28), 255.0),
        "negative.npy": np.full((28, 28), -0.5),
        "nan.npy": np.full((28, 28), np.nan),
        "ints.npy": np.zeros((28, 28), np.int64),
        "text.npy": np.full((28, 28), "x"),
        "none.npy": np.zeros((0, 28, 28), np.uint8),
        "scalar.npy": np.uint8(3),
        "objects.npy": np.full((28, 28), None),
    }
    for name, array in bad.items():
        np.save(tmp_path / name, array, allow_pickle=True)
    whole = (tmp_path / "size.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[: len(whole) // 2])
    with open(tmp_path / "huge.npy", "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 28, 28)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(784))
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "words.png").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(bytes(1000))[:20])
    for name in sorted(entry.name for entry in tmp_path.iterdir()):
        refused("predict", model[0], tmp_path / name)
    assert "(28, 27)" in refused("predict", model[0], tmp_path / "size.npy")
    assert "int64" in refused("predict", model[0], tmp_path / "ints.npy")
    assert "255" in refused("predict", model[0], tmp_path / "scale.npy")
    assert "missing.png" in refused("predict", model[0], tmp_path / "missing.png")


# help, the process


def test_help_teaches():
    overview = run("--help")[0]
    assert run("-h")[0] == overview
    for command in COMMANDS:
        assert f"nncore {command}" in overview
        help_text = run(command, "--help")[0]
        assert f"nncore {command}" in help_text or command == "info"
    assert "--init large --eta 3" in run("train", "--help")[0]


def test_version():
    assert run("--version")[0] == f"nncore {nncore.__version__}\n"


def test_unknown_commands_are_misuse():
    assert "tarin" in misused("tarin")
    misused("predict", "digits.npz")


def test_python_m_nncore(tmp_path):
    command = [sys.executable, "-m", "nncore"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"nncore {nncore.__version__}\n"
    done = subprocess.run([*command, "evaluate", tmp_path / "no.npz"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path / 'no.npz'}: No such file or directory\n"


def test_an_unknown_target_is_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "nncore", "info"],
        capture_output=True,
        text=True,
        env={**os.environ, "NNCORE_TARGET": "abacus"},
    )
    assert done.returncode == 1
    assert re.fullmatch(r"Error: NNCORE_TARGET: .*'abacus'\n", done.stderr)


def test_training_imports_only_what_it_uses():
    code = (
        "import sys\n"
        "from nncore.cli import main\n"
        "try: main(['train', '--epochs', '1', '--layers', '784,10'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print(*{'scipy', 'sklearn', 'matplotlib', 'pooch', 'PIL', 'tqdm', 'nncore.book'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
