"""The screen Draw: a digit goes through the network, and every number on its way is shown."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np

from nncore import _exchange
from nncore.layers import MaxPool2D
from nncore.play.screens.screen import Screen, reals, whole
from nncore.play.workbench import described_layer
from nncore.reference.equations import forward

MANY_PARAMETERS = 200_000  # the answer of a network with so many takes milliseconds


class Draw(Screen):
    """Draw shows what the network computes for one digit."""

    def ask_network(self) -> dict[str, Any]:
        """Return the description of the open network, and each layer with its weights and biases."""
        net, layers = self.bench.net, []
        arrays = zip(net.weights, net.biases, strict=True)
        for l, layer in enumerate(net.layers):
            w, b = (None, None) if isinstance(layer, MaxPool2D) else next(arrays)
            layers.append(
                described_layer(net, l)
                | {
                    "weights": None if w is None else w.astype(np.float32),
                    "biases": None if b is None else b.astype(np.float32).reshape(-1),
                }
            )
        return self.bench.description() | {"layers": layers}

    def ask_forward(self, pixels: Any) -> dict[str, Any]:
        """Send one input, numbers from 0 to 1, through the network.

        The z and a of hidden layers are those of `Network.activations`, computed in float64 and rounded to
        float32; the outputs are the core's own, those of `Network.feedforward`.
        """
        net = self.bench.net
        row = reals("pixels", pixels, net.sizes[0], 0.0, 1.0).reshape(1, -1)
        start = time.perf_counter()
        outputs = self.bench.outputs(row)[0]
        seconds = time.perf_counter() - start
        with np.errstate(over="ignore", invalid="ignore"):
            zs, activations = forward(self.bench.exact, row.T.astype(np.float64))
        layers = [
            {
                "z": None if isinstance(layer, MaxPool2D) else z[..., 0].astype(np.float32),
                "a": a[..., 0].astype(np.float32),
            }
            for layer, z, a in zip(net.layers, zs, activations, strict=True)
        ]
        layers[-1]["a"] = outputs.astype(np.float32)
        return {"layers": layers, "answer": int(outputs.argmax()), "seconds": seconds}

    def is_quick(self, name: str) -> bool:
        """Whoever draws waits for no other thread."""
        net = self.bench.net
        return name == "forward" and net.parameters.size < MANY_PARAMETERS and len(net.input_shape) == 1

    def ask_examples(self) -> dict[str, Any]:
        """Return the 20 test digits of the thumbnails: two of each class, in order."""
        chosen = self.bench.examples
        test = self.bench.test
        return {
            "indices": chosen.astype(np.int32),
            "images": test.images[chosen].reshape(len(chosen), -1),
            "labels": test.labels[chosen].astype(np.uint8),
        }

    def ask_example(self, label: Any = None, after: Any = None, seed: Any = None) -> dict[str, Any]:
        """Return a test digit: the next of a class, or any that the seed chooses.

        Parameters
        ----------
        label : int or None
            Its class; None means any.
        after : int or None
            The index of the test digit behind which the search begins; after the last comes the first.
        seed : int or None
            In place of `after`: chooses one at random.
        """
        labels = self.bench.test.labels
        indices = np.arange(len(labels))
        if label is not None:
            indices = indices[labels == whole("label", label, 0, int(labels.max()))]
        if seed is not None:
            index = np.random.default_rng(whole("seed", seed, 0, 2**53)).choice(indices)
        else:
            last = -1 if after is None else whole("after", after, -1, len(labels) - 1)
            later = indices[indices > last]
            index = later[0] if len(later) else indices[0]
        return {
            "index": int(index),
            "pixels": self.bench.test.images[index].reshape(-1),
            "label": int(labels[index]),
        }

    def ask_html(self) -> dict[str, Any]:
        """Return the network as one HTML file, as `Network.save_html` writes it."""
        name = re.sub(r"(\.[A-Za-z0-9]{1,12})?$", ".html", self.bench.name or "digits", count=1)
        page = _exchange.html_of(self.bench.net, name)
        return {"name": name, "page": np.frombuffer(page.encode(), np.uint8)}
