"""A network carries a record of what it was trained on."""

import copy
import pickle

import numpy as np
import pytest

import nncore as nn
from nncore.training.fingerprint import Sample, hashes


def trained(data, **options):
    net = nn.Network([784, 5, 10], seed=0)
    net.SGD(data, 1, 10, 0.5, 1.0, **options)
    return net


def test_what_the_record_says(sample):
    net = trained(sample[0])
    data, settings = net.training_record.data, net.training_record[-1].settings
    assert (data.name, data.n, data.n_in, data.targets) == ("sample", 8000, 784, "classes")
    assert (data.low, data.high) == (0, 255 / 256)
    assert abs(data.mean - sample[0].to_float().mean()) < 0.01
    assert (settings.eta, settings.lmbda, settings.mini_batch_size, settings.seed) == (0.5, 1.0, 10, 0)
    assert settings.rule == "GradientDescent()"
    assert settings.versions["nncore"] == nn.__version__
    assert "8,000 examples" in repr(net.training_record)
    assert repr(nn.Network([2, 1]).training_record) == "<TrainingRecord: never trained>"
    assert nn.Network([2, 1]).training_record.data is None


def test_names_of_classes_are_kept(sample):
    images, labels = sample[0].images[:50], sample[0].labels[:50] % 2
    net = nn.Network([784, 2], seed=0)
    net.SGD(nn.Dataset(images, labels, name="parity", class_names=["even", "odd"])[:40], 1, 10, 0.5)
    assert (net.training_record.data.name, net.training_record.data.class_names) == (
        "parity",
        ("even", "odd"),
    )


@pytest.mark.parametrize(
    "way",
    [
        lambda net, path: (net.save(path), nn.load(path))[1],
        lambda net, path: net.copy(),
        lambda net, path: net.copy("float64"),
        lambda net, path: copy.deepcopy(net),
        lambda net, path: pickle.loads(pickle.dumps(net)),
    ],
)
def test_it_travels_with_the_network(sample, tmp_path, way):
    net = trained(sample[0][:600], schedule=nn.schedules.Cosine(5), augment=nn.augment.Shift(1))
    other = way(net, tmp_path / "net.npz")
    assert repr(other.training_record) == repr(net.training_record)
    assert other.training_record.data == net.training_record.data
    assert other.training_record.share_seen(sample[0][:600]) == 1
    other.SGD(sample[0][:300], 1, 10, 0.5)
    assert (len(other.training_record), len(net.training_record)) == (2, 1)


def test_the_same_data_and_settings_are_one_run(sample):
    net = trained(sample[0])
    net.SGD(sample[0], 2, 10, 0.5, 1.0)
    assert [run.epochs for run in net.training_record] == [3]
    net.SGD(sample[0], 1, 10, 0.1, 1.0)
    assert [run.epochs for run in net.training_record] == [3, 1]
    again = nn.load(_saved(net))
    again.SGD(sample[0], 1, 10, 0.1, 1.0)
    assert [run.epochs for run in again.training_record] == [3, 2]


def _saved(net):
    import tempfile
    from pathlib import Path

    path = Path(tempfile.mkdtemp()) / "net.npz"
    net.save(path)
    return path


def test_many_runs_do_not_pile_up():
    net = nn.Network([2, 1], seed=0)
    for i in range(50):
        net.SGD(([[i, 0.0], [0.0, i]], [0, 1]), 1, 1, 0.1)
    assert len(net.training_record) + net.training_record.left_out == 50
    assert len(net.training_record) == 20
    assert net.training_record[0].data.high == 0
    assert net.training_record[-1].data.high == 49


def test_a_run_that_completes_no_epoch_leaves_no_record(sample):
    net = nn.Network([784, 5, 10], seed=0)
    net.SGD(sample[0][:100], 0, 10, 0.5)
    assert not net.training_record
    linear = nn.Network([nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    with pytest.raises(nn.DivergenceError):
        linear.SGD(([[1e6]] * 50, [[1.0]] * 50), 1, 1, 1e9)
    assert not linear.training_record


def test_minimize_is_recorded():
    net = nn.Network([nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    net.minimize(([[0.0], [1.0]], [3.0, 4.0]), method="CG")
    run = net.training_record[-1]
    assert (run.settings.rule, run.data.targets, run.epochs) == ("CG", "numbers", len(net.history))


def test_the_hash_tells_data_apart(sample):
    data = sample[0][:1000]
    images, labels = data.images.copy(), data.labels
    same = [data, (data.to_float(), labels), (images, np.eye(10)[labels]), list(data)]
    assert len({trained(form).training_record.data.hash for form in same}) == 1
    changed = images.copy()
    changed[0, 14, 14] ^= 1
    others = [(changed, labels), (images, (labels + 1) % 10), data[:999], data[::-1], data]
    assert len({trained(form).training_record.data.hash for form in others}) == 5


def test_hashes_of_examples():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (300, 3072), np.uint8)
    found = hashes(rows)
    assert len(set(found.tolist())) == 300
    np.testing.assert_array_equal(hashes(rows / 256), found)
    np.testing.assert_array_equal(hashes(np.float32([[0.0, 1.5]])), hashes(np.float64([[-0.0, 1.5]])))


def test_share_seen(sample):
    record = trained(sample[0]).training_record
    assert record.share_seen(sample[0]) == 1
    assert record.share_seen(sample[2]) == 0
    mixed = np.concatenate([sample[0].images[:500], sample[2].images[:500]])
    assert 0.3 < record.share_seen(mixed) < 0.7
    assert record.share_seen(np.zeros((3, 5))) == 0


def test_a_damaged_record_is_refused(sample, tmp_path):
    net = trained(sample[0][:50])
    description, arrays = net._state()
    for change in (
        {"runs": [{}], "left_out": 0},
        {"runs": [], "left_out": -1},
        {"runs": 5, "left_out": 0},
        5,
    ):
        from nncore.formats import npz

        npz.write(tmp_path / "bad.npz", description | {"training_record": change}, arrays)
        with pytest.raises(ValueError, match="not a network that nncore saved"):
            nn.load(tmp_path / "bad.npz")


def test_a_file_without_a_record_loads(sample, tmp_path):
    from nncore.formats import npz

    description, arrays = trained(sample[0][:50])._state()
    del description["training_record"]
    npz.write(tmp_path / "old.npz", description, arrays)
    assert not nn.load(tmp_path / "old.npz").training_record


def test_the_record_costs_little_however_many_examples_there_are(sample):
    """The sample is 512 examples at most, and no others are looked at: here they would be 784 GB."""
    net = trained(sample[0])
    given = net._examples("data", sample[0])
    n = 10**9
    many = given._replace(
        n=n, images=np.broadcast_to(given.images[0], (n, 784)), labels=np.broadcast_to(given.labels[0], n)
    )
    for examples in (given, many):
        taken = Sample.of(sample[0], examples)
        assert len(taken.rows) == 512
        assert len(taken.X) + len(taken.y) < 2_000_000


@pytest.mark.parametrize("scale", [1e-300, 1e100, 1e155, 1e200, -1e308])
def test_a_network_that_was_trained_on_huge_inputs_can_be_read_again(tmp_path, scale):
    """The sums that describe the inputs are larger than any float."""
    X = np.random.default_rng(0).random((5, 3)) * scale
    net = nn.Network([3, 2], dtype="float64", seed=0)
    net.SGD((X, [0, 1, 0, 1, 0]), 1, 2, 0.0)
    net.save(tmp_path / "net.npz")
    record = nn.load(tmp_path / "net.npz").training_record
    assert record.data == net.training_record.data
    assert np.isfinite([record.data.mean, record.data.mean_square]).all()


OTHER_FORMATS = ["html", "onnx", "safetensors"]


def from_another_format(net, folder, format):
    if format != "html":
        pytest.importorskip(format)
    net.save(folder / f"net.{format}")
    found = nn.load(folder / f"net.{format}")
    assert found.training_record.data.rows is None
    return found.training_record


@pytest.mark.parametrize("format", OTHER_FORMATS)
def test_a_file_without_the_examples_knows_them_by_the_hash_of_all(sample, tmp_path, format):
    train, _, test = sample
    of_test = from_another_format(trained(test), tmp_path, format)
    assert of_test.share_seen(test) == of_test.share_seen(test.images) == 1
    assert of_test.share_seen(train) == 0
    of_some = from_another_format(trained(train[:700]), tmp_path, format)
    assert of_some.share_seen(train[:700]) == of_some.share_seen(train[:100]) == 1
    assert of_some.share_seen(test) == of_some.share_seen(train[700:]) == 0
    of_pairs = from_another_format(trained((test.images, test.labels)), tmp_path, format)
    assert of_pairs.share_seen(test) == 1  # whatever it was called


@pytest.mark.parametrize("format", OTHER_FORMATS)
def test_what_nothing_says_is_nan(sample, tmp_path, format):
    train, validation, test = sample
    others = nn.Dataset(train.images[:300, :, ::-1], train.labels[:300])
    record = from_another_format(trained(others), tmp_path, format)
    assert np.isnan(record.share_seen(test))
    assert np.isnan(record.share_seen(others.images))
    assert record.share_seen(test, sets=[validation, others]) == 0
    assert record.share_seen(others.images, sets=[validation, others]) == 1
    assert record.share_seen(np.zeros((3, 5))) == 0  # examples of another size are others
    assert trained(others).training_record.share_seen(test) == 0


def test_one_run_of_several_is_enough(sample, tmp_path):
    train, _, test = sample
    net = trained(test)
    net.SGD(nn.Dataset(train.images[:300, :, ::-1], train.labels[:300]), 1, 10, 0.5)
    record = from_another_format(net, tmp_path, "html")
    assert record.share_seen(test) == 1
    assert np.isnan(record.share_seen(train))


def test_the_digits_that_ship_are_among_those_of_mnist(sample, mnist, tmp_path):
    train, validation, test = mnist
    both = (
        np.concatenate([train.images, validation.images]),
        np.concatenate([train.labels, validation.labels]),
    )
    for data in (train, both):
        net = nn.Network([784, 10], seed=0)
        net.SGD(data, 1, 1000, 0.5)
        record = from_another_format(net, tmp_path, "html")
        assert record.share_seen(sample[2]) == record.share_seen(sample[0]) == 1
        assert np.isnan(record.share_seen(test))
        if data is train:
            assert record.share_seen(test, sets=mnist) == record.share_seen(validation, sets=mnist) == 0
            assert record.share_seen(train) == 1
