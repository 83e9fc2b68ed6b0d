"""Valid files of every format that nncore reads: what the mutations begin with."""

import gzip
import io
import json
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from support.data_files import idx_bytes, python2_pickle

import nncore as nn
from nncore.book import network2, network3


def networks(folder):
    """Write small networks of many kinds, trained and not, and an ensemble."""
    X, y = np.random.default_rng(0).random((12, 16)), np.arange(12) % 3
    dense = nn.Network([16, 5, 3], seed=1)
    dense.save(folder / "untrained.npz")
    dense.SGD((X, y), 2, 4, 0.1, rule="adam", evaluation_data=(X, y), keep_best=True)
    dense.save(folder / "adam.npz")
    dense.save(folder / "cross-entropy.json")
    layers = [nn.Conv2D(2, 2, activation="relu"), nn.MaxPool2D(1), nn.Dense(4, "tanh"), nn.Softmax(3)]
    convolutional = nn.Network(layers, input_shape=(1, 4, 4), cost="log-likelihood", seed=2)
    convolutional.SGD((X, y), 1, 4, 0.1, momentum=0.5, monitor=nn.Monitor("training_cost", every=4))
    convolutional.save(folder / "convolution.npz")
    nn.Ensemble([dense, dense.copy()]).save(folder / "ensemble.npz")
    network2.Network([4, 3, 2], cost=network2.QuadraticCost).save(folder / "quadratic.json")
    network3.Network([network3.SoftmaxLayer(16, 3)], 4).save(folder / "network3.npz")
    dense.save(folder / "dense.html")
    convolutional.save(folder / "convolution.html", dtype="float32")


def data_sets(folder):
    """Write a small MNIST in each form in which it is distributed."""
    images = np.arange(6 * 784, dtype=np.uint32).astype(np.uint8).reshape(6, 28, 28)
    labels = (np.arange(6) * 3 % 10).astype(np.uint8)
    (folder / "images-idx3").write_bytes(idx_bytes(images))
    (folder / "labels-idx1").write_bytes(idx_bytes(labels))
    (folder / "images-idx3.gz").write_bytes(gzip.compress(idx_bytes(images[:2]), mtime=0))
    np.save(folder / "images.npy", images)
    arrays = {"x_train": images[:4], "y_train": labels[:4], "x_test": images[4:], "y_test": labels[4:]}
    np.savez(folder / "mnist-stored.npz", **arrays)
    np.savez_compressed(folder / "mnist.npz", **arrays)
    pixels = images.reshape(6, 784).astype(np.float32) / np.float32(256)
    parts = tuple((pixels[i : i + 2], labels[i : i + 2].astype(int)) for i in (0, 2, 4))
    (folder / "python2.pkl").write_bytes(python2_pickle(parts))
    for protocol in (1, 2, 4, 5):
        (folder / f"protocol{protocol}.pkl").write_bytes(pickle.dumps(parts, protocol=protocol))
    (folder / "mnist.pkl.gz").write_bytes(gzip.compress(pickle.dumps(parts, protocol=2), 1, mtime=0))


def pictures_and_tables(folder):
    """Write a picture in each format that is read, and tables."""
    pixels = np.full((40, 60), 220, np.uint8)
    pixels[8:32, 20:24] = pixels[8:32, 40:44] = 30
    for ending in ("png", "jpg", "bmp", "gif", "tif", "pgm", "webp"):
        Image.fromarray(pixels).save(folder / f"ones.{ending}")
    Image.fromarray(pixels.astype(np.uint16) * 257).save(folder / "deep.png")
    Image.fromarray(pixels > 100).save(folder / "bits.png")
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 12, 4), np.uint8), "RGBA")
    small.save(folder / "colours.png")
    small.convert("P").save(folder / "palette.png", transparency=3)
    small.convert("CMYK").save(folder / "cmyk.jpg")
    small.convert("RGB").save(folder / "lzw.tif", compression="tiff_lzw")
    Image.fromarray(pixels.astype(np.float32) / 255).save(folder / "floats.tif")
    turned = Image.Exif()
    turned[0x0112] = 6  # the orientation
    Image.fromarray(pixels).save(folder / "turned.jpg", exif=turned)
    (folder / "flowers.csv").write_text('a;b;class\n1.5;2;"set;osa"\n3;4e1;other\n')
    (folder / "numbers.tsv").write_text("0\t1\t2\n1\t3\t4\n")


def other_files(folder):
    """Write files that no reader reads, but that `recognise` knows."""
    (folder / "table.csv").write_text("label,a,b\n1,0,255\n2,3,4\n")
    (folder / "pointer").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (folder / "other.json").write_text(json.dumps({"sizes": 3, "weights": [], "biases": {}}))
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(3))
    (folder / "arrays.npz").write_bytes(buffer.getvalue())
    (folder / "a.safetensors").write_bytes(b"\x10" + bytes(7) + b'{"a": [1, 2, 3]}')


def exchanged(folder):
    """Write networks as ONNX and safetensors, and take some that other libraries wrote."""
    if find_spec("onnx") is None or find_spec("safetensors") is None:
        return
    layers = [nn.Conv2D(2, 2, "relu", "same"), nn.MaxPool2D(2), nn.Dense(4, "tanh"), nn.Softmax(3)]
    convolutional = nn.Network(layers, input_shape=(1, 4, 4), seed=3)
    convolutional.save(folder / "convolution.onnx", label=True)
    convolutional.save(folder / "convolution.safetensors")
    nn.Network([4, 3, 1], dtype="float64", seed=4).save(folder / "dense.onnx", dtype="float64")
    nn.Network([4, 3, 1], dtype="float64", seed=4).save(folder / "dense.safetensors")
    for path in sorted((Path(__file__).parents[1] / "formats" / "data" / "onnx").glob("*-conv.onnx")):
        (folder / path.name).write_bytes(path.read_bytes())


def make(folder: Path) -> dict[str, bytes]:
    """Return the contents of all these files by their names; they are written into a new folder first."""
    folder.mkdir()
    networks(folder)
    data_sets(folder)
    pictures_and_tables(folder)
    other_files(folder)
    exchanged(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
