"""`packed` trains the networks that the site's screens show, and packs them with digits."""

from __future__ import annotations

import base64
import functools
from typing import Any

from nncore import _exchange
from nncore.datasets import Dataset, load_sample
from nncore.formats.page_model import pack
from nncore.network import Network
from nncore.play.screens import convolution
from nncore.play.workbench import Workbench, default_network

DIGITS = 250  # test digits, the first ones, so that they have the numbers that `nncore play` gives them
TRAINED = 1000  # training images, on which chapter 5 measures


@functools.cache
def workbench() -> Workbench:
    """Return what the screens of the site share: the network that `nncore play` opens with."""
    data = load_sample()
    return Workbench(default_network(data[0]), "", data)


def packed() -> dict[str, bytes]:
    """Return the networks with their digits, compressed, by the names of their scripts."""
    bench = workbench()
    both = convolution.Convolution(bench, lambda name, value: None).ask_network()
    about = {name: both[name] for name in ("convolutional", "dense")}
    return {
        "digits": compressed(bench.net, bench.description(), named(bench.test[:DIGITS])),
        "filters": compressed(convolution.own_convolutional(), about, {}),
        "thousand": compressed(Network([1, 1], seed=0), {}, named(bench.training[:TRAINED])),
    }


def named(digits: Dataset) -> dict[str, Any]:
    """Return digits as arrays with their names."""
    return {"images": digits.images.reshape(len(digits), -1), "labels": digits.labels.astype("uint8")}


def compressed(net: Network, page: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """Return a network and arrays as `net/load.js` reads them."""
    parts = _exchange.parts_of(net)
    parameters = {
        f"{name}_{l}": array
        for name, each in (("weights", parts.weights), ("biases", parts.biases))
        for l, array in enumerate(each)
    }
    text = pack(parts.description, page, parameters | arrays)
    return base64.b85decode(text.replace(",", "<"))
