"""`page_of` gathers what the page of a network shows; `formats.html_page` makes the page of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncore import _answers, _validation
from nncore.datasets import Dataset, load_sample

if TYPE_CHECKING:
    from nncore.formats.page_about import Curve
    from nncore.formats.parts import Parts
    from nncore.network import Network

SIDE = 28
GALLERY = 50  # test digits in the page
DIGITS = (None, "sample", "mnist")  # names of data whose test digits are like those that ship with nncore
DTYPES = ("float16", "float32")
SEEN = 0.02  # a smaller share of images that it was trained on is not worth a word
LARGEST_HALF = 65504.0  # float16 has no larger number
CURVES = (  # the first that was monitored is drawn
    ("evaluation_accuracy", "Accuracy on the evaluation data", True),
    ("training_accuracy", "Accuracy on the training data", True),
    ("evaluation_cost", "Cost on the evaluation data", False),
    ("training_cost", "Cost on the training data", False),
)


def page_of(
    net: Network,
    parts: Parts,
    name: str,
    *,
    dtype: Literal["float16", "float32"],
    title: str | None,
    test_data: Any,
) -> str:
    """Return the page of a network: see `Network.save_html`.

    `parts` are those of the network, in float32, and `name` is that of the page's file.
    """
    from nncore.formats import html_page, page_about

    _validation.one_of("dtype", dtype, DTYPES)
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title: text needed, got {title!r:.60}")
    arrays = _parameters(parts, dtype)
    test = _test_data(net, test_data)
    accuracy = None if test is None or not _has_classes(net) else net.accuracy(test)
    arrays |= _gallery(test)
    page = {
        "title": _title(net, name) if title is None else title,
        "input": {"shape": list(net.input_shape)},
        "draws": net.sizes[0] == SIDE * SIDE,
        "sentence": "",
        "classes": _names(net),
        "answers": _answers.kind_of_answers(net),
        "cost": net.cost_name,
        "accuracy": accuracy,
        "usual": None if net.training_record.data is None else _usual(net),
    }
    facts = _facts(net, parts, dtype, test, accuracy)
    return html_page.text(parts.description, page, arrays, page_about.about(facts, _curve(net), name))


def _parameters(parts: Parts, dtype: str) -> dict[str, Any]:
    """Return the weights and biases by the names that they have in a page."""
    from nncore.formats.page_model import multiples

    arrays: dict[str, Any] = {}
    for name, each in (("weights", parts.weights), ("biases", parts.biases)):
        for l, array in enumerate(each):
            if dtype == "float16" and array.size and (largest := float(np.abs(array).max())) > LARGEST_HALF:
                raise ValueError(
                    f"dtype: float16 has numbers up to {LARGEST_HALF:,.0f}, and {name}[{l}] has {largest:g}; "
                    "dtype='float32' keeps it"
                )
            arrays[f"{name}_{l}"] = multiples(array) if dtype == "float16" else array
    return arrays


def _test_data(net: Network, given: Any) -> Any:
    """Return the data that the page measures and shows: what was given, or digits that ship with nncore."""
    if given is not None:
        return given
    known = net.training_record.data
    reads_digits = net.sizes[0] == SIDE * SIDE and net.sizes[-1] == 10 and _has_classes(net)
    if not reads_digits or (known is not None and known.name not in DIGITS):
        return None
    return load_sample()[2]


def _has_classes(net: Network) -> bool:
    return _answers.kind_of_answers(net) == _validation.CLASSES


def _gallery(test: Any) -> dict[str, NDArray[Any]]:
    """Return the first images of 28 x 28 of the test data, as many of each class, with their labels."""
    images = test.images if isinstance(test, Dataset) else None
    if images is None or images.dtype != np.uint8 or images[0].size != SIDE * SIDE:
        return {}
    labels = np.asarray(test.labels)
    if labels.ndim != 1 or labels.max() > 255:
        return {}
    classes = np.unique(labels)
    each = max(1, GALLERY // len(classes))
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == k)[:each] for k in classes])[:GALLERY])
    return {
        "images": images[chosen].reshape(-1, SIDE, SIDE),
        "labels": labels[chosen].astype(np.uint8),
    }


def _title(net: Network, name: str) -> str:
    return f"{name.removesuffix('.html')}, {'–'.join(str(n) for n in net.sizes)}"


def _names(net: Network) -> list[str]:
    """Return what each output stands for."""
    known = net.training_record.data
    if known is not None and known.class_names and len(known.class_names) == net.sizes[-1]:
        return list(known.class_names)
    return [str(j) for j in range(net.sizes[-1])]


def _usual(net: Network) -> dict[str, float]:
    """Return the range and the mean of the inputs of the last training."""
    data = net.training_record.data
    assert data is not None
    return {"low": data.low, "high": data.high, "mean": data.mean}


def _facts(net: Network, parts: Parts, dtype: str, test: Any, accuracy: float | None) -> dict[str, str]:
    """Return in words what is known of the network."""
    facts = {"Layers": "; ".join([str(list(net.input_shape)), *(layer.short() for layer in net.layers)])}
    for run in net.training_record:
        data = run.data
        epochs = f"{run.epochs:,} epoch{'s' * (run.epochs != 1)}"
        what = f"{data.n:,} examples" + (f" of {data.name!r}" if data.name else "")
        what = f"{data.n:,} digits that ship with nncore" if data.name == "sample" else what
        facts[f"Run {len(facts)}" if len(net.training_record) > 1 else "Trained"] = (
            f"{epochs} on {what}: {run.settings}; seed {run.settings.seed}"
        )
    if not net.training_record:
        facts["Trained"] = "never"
    if accuracy is not None:
        name = getattr(test, "name", None)
        which = "test digits that ship with nncore" if name == "sample" else "test examples"
        n = len(test if isinstance(test, Dataset) else test[0])
        facts["Right"] = f"{100 * accuracy:.{1 if n < 2000 else 2}f} % of {n:,} {which}{_seen(net, test)}"
    facts["Written by"] = f"nncore {parts.description['nncore']}, weights in {dtype}"
    return facts


def _seen(net: Network, test: Any) -> str:
    """Say of test images how many of them the network was trained on, if it was."""
    share = net.training_record.share_seen(test) if isinstance(test, Dataset) else 0.0
    return f"; it was trained on about {share:.0%} of these, and knows them" if share >= SEEN else ""


def _curve(net: Network) -> Curve | None:
    """Return what was monitored in the last run, if anything."""
    from nncore.formats.page_about import Curve

    if net.history is None:
        return None
    for name, words, is_share in CURVES:
        if values := net.history[name]:
            return Curve(words, values, is_share)
    return None
