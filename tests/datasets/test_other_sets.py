"""`load_mnist` reads MNIST as others distribute it, and other sets of its form; the rest it names."""

import gzip
import pickle
import re

import numpy as np
import pytest
from support.data_files import assert_few, idx_bytes, small_data, write_idx

import nncore as nn
from nncore import datasets
from nncore.book import mnist_loader


@pytest.fixture(autouse=True)
def no_mnist(few):
    return few


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("labels_dtype", ["uint8", "int64"])
def test_keras_mnist_is_read(tmp_path, few, save, labels_dtype):
    images, labels = few
    labels = labels.astype(labels_dtype)
    path = tmp_path / "mnist.npz"
    save(path, x_train=images[:4], y_train=labels[:4], x_test=images[4:], y_test=labels[4:])
    assert_few(datasets.load_mnist(path), few)
    assert_few(datasets.load_mnist(tmp_path), few)
    (tmp_path / "mnist.npz").rename(tmp_path / "another-name")
    assert_few(datasets.load_mnist(tmp_path / "another-name"), few)
    arrays = mnist_loader.load_data(tmp_path / "another-name")
    np.testing.assert_array_equal(arrays[2][0] * 256, images[4:].reshape(2, 784))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x_train": np.zeros((4, 28, 28))}, "x_train.npy has dtype float64"),
        ({"x_train": np.zeros((5, 28, 28), np.uint8)}, r"labels: expected shape \(5,\)"),
        ({"y_test": np.array(["a", "b"])}, "y_test.npy has dtype <U1"),
        ({"y_test": np.array([None, None])}, "y_test.npy has a header"),
    ],
)
def test_a_damaged_keras_file_is_refused(tmp_path, few, change, says):
    images, labels = few
    arrays = {"x_train": images[:4], "y_train": labels[:4], "x_test": images[4:], "y_test": labels[4:]}
    np.savez(tmp_path / "mnist.npz", **(arrays | change))
    with pytest.raises(ValueError, match=rf"mnist\.npz: expected the mnist\.npz of Keras.*{says}"):
        datasets.load_mnist(tmp_path / "mnist.npz")


@pytest.mark.parametrize("given", ["", "MNIST", "MNIST/raw", "MNIST/raw/t10k-labels-idx1-ubyte"])
def test_the_folders_of_torchvision_are_found(tmp_path, few, given):
    write_idx(tmp_path / "MNIST" / "raw", few)
    (tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"left by the download")
    write_idx(tmp_path / "FashionMNIST" / "raw", small_data(seed=5))
    assert_few(datasets.load_mnist(tmp_path / given), few)
    assert_few(datasets.load_mnist(tmp_path / "FashionMNIST"), small_data(seed=5))


def test_another_set_is_not_taken_for_mnist(tmp_path, few):
    write_idx(tmp_path / "FashionMNIST" / "raw", few)
    remedy = f"nn.datasets.load_mnist({str(tmp_path / 'FashionMNIST' / 'raw')!r})"
    with pytest.raises(FileNotFoundError, match=re.escape(remedy)):
        datasets.load_mnist(tmp_path)
    assert_few(eval(remedy, {"nn": nn}), few)


def test_emnist_is_read(tmp_path):
    """Letters have labels 1 to 26, and six sets lie in one folder."""
    images = np.arange(52 * 784, dtype=np.uint32).astype(np.uint8).reshape(52, 28, 28)
    labels = np.arange(52, dtype=np.uint8) % 26 + 1
    for part, rows in (("train", slice(0, 48)), ("test", slice(48, 52))):
        for what, data, d in (("images", images, 3), ("labels", labels, 1)):
            name = f"emnist-letters-{part}-{what}-idx{d}-ubyte.gz"
            (tmp_path / name).write_bytes(gzip.compress(idx_bytes(data[rows])))
    train, validation, test = datasets.load_mnist(tmp_path)
    assert [len(each) for each in (train, validation, test)] == [40, 8, 4]
    np.testing.assert_array_equal(np.concatenate([train.labels, validation.labels, test.labels]), labels)
    for path in list(tmp_path.iterdir()):
        (tmp_path / path.name.replace("letters", "digits")).write_bytes(path.read_bytes())
    with pytest.raises(
        ValueError, match=r"it holds 2 sets; name one of .*emnist-digits.*emnist-letters"
    ) as error:
        datasets.load_mnist(tmp_path)
    named = str(error.value).rsplit(", ", 1)[-1]
    assert datasets.load_mnist(named)[2].labels.tolist() == labels[48:].tolist()


def test_a_pair_alone_is_read_as_the_message_says(tmp_path, few):
    write_idx(tmp_path, few)
    for path in list(tmp_path.glob("t10k*")):
        path.unlink()
    with pytest.raises(
        FileNotFoundError, match="t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte missing"
    ) as error:
        datasets.load_mnist(tmp_path)
    remedy = re.search(r"nn\.Dataset\(.*?\)\)", str(error.value))[0]
    data = eval(remedy, {"nn": nn})
    np.testing.assert_array_equal(data.images, few[0][:4])
    np.testing.assert_array_equal(data.labels, few[1][:4])


def test_a_csv_is_read_as_the_message_says(tmp_path, few):
    images, labels = few
    table = np.column_stack([labels, images.reshape(6, 784)])
    header = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    for name, first in (("kaggle.csv", header), ("plain.csv", "")):
        path = tmp_path / name
        np.savetxt(path, table, fmt="%d", delimiter=",", header=first, comments="")
        if not first:
            path.write_text(path.read_text().lstrip())
        with pytest.raises(ValueError, match="a CSV table of 785 columns") as error:
            datasets.load_mnist(path)
        data = eval(re.search(r"(nn\.datasets\.read_csv\(.*\)) reads it", str(error.value))[1], {"nn": nn})
        np.testing.assert_array_equal(data.images, images)
        np.testing.assert_array_equal(data.labels, labels)


def test_other_files_are_named(tmp_path):
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 16168813\n")
    with pytest.raises(ValueError, match=r"mnist\.pkl\.gz: expected MNIST .*a Git LFS pointer.*git lfs pull"):
        datasets.load_mnist(path)
    with pytest.raises(ValueError, match="Git LFS pointer"):
        datasets.load_mnist(tmp_path)
    path.write_bytes(gzip.compress(pickle.dumps({"weights": np.zeros(3), "path": tmp_path})))
    with pytest.raises(ValueError, match=r"a pickle of objects from numpy.*pickle\.load"):
        datasets.load_mnist(path)
    nn.Network([2, 1]).save(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"this is a network that nncore saved; nn\.load reads it"):
        datasets.load_mnist(tmp_path / "net.npz")
    with pytest.raises(ValueError, match="this is a network that nncore saved"):
        datasets.read_idx(tmp_path / "net.npz")
