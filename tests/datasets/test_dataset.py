"""`Dataset`, and the sample that ships with the package."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest
from support.data_files import small_data
from support.refusal import refused

import nncore
from nncore import datasets


def test_a_dataset_does_not_copy_its_pixels():
    images, labels = small_data()
    data = datasets.Dataset(images, labels)
    assert data.images.ctypes.data == images.ctypes.data
    assert np.shares_memory(data[2:5].images, images)
    assert images.flags.writeable


def test_the_arrays_of_a_dataset_are_read_only():
    data = datasets.Dataset(*small_data())
    for part in (data, data[1:3], data[[0, 2]], data.only(int(data.labels[0]))):
        for array in (part.images, part.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_to_float_divides_bytes_by_256_exactly():
    images, labels = small_data()
    inputs = datasets.Dataset(images, labels).to_float()
    assert inputs.dtype == np.float32
    assert inputs.shape == (6, 784)
    np.testing.assert_array_equal(inputs.astype(np.float64), images.reshape(6, 784) / 256)
    np.testing.assert_array_equal(
        datasets.Dataset(images[:, ::2, ::-1], labels).to_float()[3], images[3, ::2, ::-1].ravel() / 256
    )


def test_one_index_gives_a_pair_of_the_book():
    images, labels = small_data()
    data = datasets.Dataset(images, labels)
    for i in (0, 5, -1, np.int64(2), np.array(3)):
        x, label = data[i]
        assert x.shape == (784, 1)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x.ravel(), images[i].ravel() / 256)
        assert type(label) is int
        assert label == labels[i]
    assert [label for _, label in data] == list(labels)
    with pytest.raises(IndexError):
        data[6]


@pytest.mark.parametrize(
    "key",
    [
        slice(1, 4),
        slice(None, None, -2),
        [4, 0, 0],
        np.array([-1, 2]),
        np.arange(6) % 2 == 0,
        [True, False, False, True, True, False],
        [],
    ],
    ids=str,
)
def test_many_indices_give_a_dataset(key):
    images, labels = small_data()
    part = datasets.Dataset(images, labels)[key]
    assert isinstance(part, datasets.Dataset)
    rows = np.arange(6)[key if len(np.shape(key)) == 0 or len(key) else slice(0)]
    np.testing.assert_array_equal(part.images, images[rows])
    np.testing.assert_array_equal(part.labels, labels[rows])
    assert len(part) == len(rows)
    assert part.to_float().shape == (len(rows), 784)


@pytest.mark.parametrize(
    "key", [1.5, "0", None, ..., True, (1, 2), [[1, 2]], [0.5], np.zeros((6, 784), bool)]
)
def test_other_indices_are_refused(key):
    with pytest.raises(TypeError, match="a Dataset takes an int, a slice"):
        datasets.Dataset(*small_data())[key]


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(IndexError):
        datasets.Dataset(*small_data())[[True, False]]


def test_only():
    data = datasets.Dataset(np.arange(10, dtype=np.uint8).reshape(5, 2), [3, 1, 3, 0, 1])
    np.testing.assert_array_equal(data.only(1, 0).labels, [1, 0, 1])
    np.testing.assert_array_equal(data.only(1, 0).images, [[2, 3], [6, 7], [8, 9]])
    with pytest.raises(
        ValueError, match=r"only: no example of Dataset\(5 images of 2.* has a label in \(7,\)"
    ):
        data.only(7)
    with pytest.raises(ValueError, match="only"):
        data.only()
    with pytest.raises(TypeError):
        data.only("1")


def test_repr():
    data = datasets.Dataset(*small_data())
    assert repr(data) == f"Dataset(6 images of 28 x 28, labels {data.labels.min()} to {data.labels.max()})"
    assert repr(data[:0]) == "Dataset(0 images of 28 x 28)"


@pytest.mark.parametrize(
    ("images", "labels", "error", "says"),
    [
        (np.zeros((2, 3)), [0, 1], TypeError, r"images: expected bytes .*got float64"),
        ([[1, 2], [3, 4]], [0, 1], TypeError, r"images: expected bytes .*got int64"),
        (np.zeros((2, 3), np.int8), [0, 1], TypeError, "int8"),
        (np.zeros(3, np.uint8), [0, 1, 2], ValueError, r"images: expected shape .*got \(3,\)"),
        (np.zeros((2, 1, 3, 3), np.uint8), [0, 1], ValueError, r"got \(2, 1, 3, 3\)"),
        (np.zeros((2, 0), np.uint8), [0, 1], ValueError, r"got \(2, 0\)"),
        (np.zeros((2, 3), np.uint8), [0], ValueError, r"labels: expected shape \(2,\).*got \(1,\)"),
        (np.zeros((2, 3), np.uint8), [[0], [1]], ValueError, r"labels: expected shape \(2,\)"),
        (np.zeros((2, 3), np.uint8), [0.0, 1.0], TypeError, "labels: expected ints, got float64"),
        (np.zeros((2, 3), np.uint8), [0, -4], ValueError, "labels: expected 0 or more, got -4 at row 1"),
        (np.zeros((2, 3), np.uint8), ["0", "1"], TypeError, "labels: expected ints"),
    ],
)
def test_dataset_refuses(images, labels, error, says):
    with pytest.raises(error, match=says):
        datasets.Dataset(images, labels)


# -------------------------------------------------------------------------------------------------- sample


def test_sample(sample):
    assert [len(part) for part in sample] == [8000, 1000, 1000]
    images = np.concatenate([part.images for part in sample])
    labels = np.concatenate([part.labels for part in sample])
    assert images.shape == (10_000, 28, 28)
    assert labels.dtype == np.int64
    decoded = hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
    assert decoded == "2e49afdffc567fd5f9f306a04e2bafced2432146ae04f4b9a58b25505ba05b2e"
    assert datasets.bundled.SAMPLE.stat().st_size < 2_000_000
    assert (datasets.bundled.SAMPLE.parent / "LICENSE.md").is_file()


def test_sample_is_new_each_time():
    first, second = datasets.load_sample()[0], datasets.load_sample()[0]
    assert not np.shares_memory(first.images, second.images)


def test_sample_is_the_beginning_of_mnist(sample, mnist):
    np.testing.assert_array_equal(np.concatenate([part.images for part in sample]), mnist[0].images[:10_000])
    np.testing.assert_array_equal(np.concatenate([part.labels for part in sample]), mnist[0].labels[:10_000])


def test_datasets_import_nothing_heavy():
    program = (
        "import sys, nncore.datasets; print(*{'scipy', 'sklearn', 'matplotlib', 'pooch', 'requests', 'tqdm'}"
        " & set(sys.modules))"
    )
    assert not subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip()


@pytest.mark.parametrize("labels", [["cat", "dog", "cat"], np.array(["cat", "dog", "cat"], object)])
def test_labels_that_are_no_ints(labels):
    images = np.zeros((3, 4, 4), np.uint8)
    message = refused(TypeError, "labels: expected ints", lambda: datasets.Dataset(images, labels))
    names = {"np": np, "nn": nncore, "images": images, "labels": labels}
    exec(re.search(r"words: (.*), and", message)[1], names)
    data = eval(re.search(r"nn\.Dataset\(.*?\)", message)[0], names)
    assert [data.class_names[label] for label in data.labels] == list(labels)
    names["labels"] = ["dog", "dog"]  # later ones
    exec(re.search(r"class_names: (labels = .*)", message)[1], names)
    assert names["labels"] == [1, 1]
    for others in (["1", "0", "1"], [1.0, 0.0, 1.0]):
        message = refused(
            TypeError, "labels: expected ints", lambda others=others: datasets.Dataset(images, others)
        )
        assert eval(re.search(r"np.*int\)", message)[0], {"np": np, "labels": others}).tolist() == [1, 0, 1]
    assert "astype" not in refused(TypeError, "labels", lambda: datasets.Dataset(images, [0.5, 1, 2]))
