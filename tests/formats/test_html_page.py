"""A network goes into a page and comes back; a page that is damaged or made by others is refused."""

import base64
import gzip
import html
import json
import re

import numpy as np
import pytest
from support.exchange import NETWORKS, classes, numbers

import nncore as nn
from nncore.files import kinds
from nncore.formats import html_page, page_about, page_model


def rounded(net, dtype):
    arrays = (*net.weights, *net.biases)
    return list(arrays) if dtype == "float32" else [page_model.multiples(array).reals() for array in arrays]


def code_of(page):
    """What the page unpacks before it shows anything: modules, styles, and what it says of the network."""
    text = re.search(r'id="nncore-modules">([^<]*)<', page)[1]
    return json.loads(gzip.decompress(base64.b85decode(text.replace(",", "<"))))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back(tmp_path, name, dtype):
    net = NETWORKS[name]("float32")
    net.save_html(tmp_path / "net.html", dtype=dtype)
    again = nn.load(tmp_path / "net.html")
    assert (again.layers, again.input_shape, again.cost_name) == (net.layers, net.input_shape, net.cost_name)
    assert (again.dtype, again.seed, again.epochs_trained) == ("float32", net.seed, net.epochs_trained)
    for found, wanted in zip((*again.weights, *again.biases), rounded(net, dtype), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert [run.settings for run in again.training_record] == [run.settings for run in net.training_record]
    assert again.history is None


def test_save_writes_a_page_by_its_name(tmp_path):
    net = classes()
    net.save(tmp_path / "a.html")
    net.save_html(tmp_path / "b.html")
    net.save(tmp_path / "c.html", dtype="float32")
    net.save_html(tmp_path / "d.html", dtype="float32")
    a, b, c, d = ((tmp_path / f"{name}.html").read_text() for name in "abcd")
    assert a.replace("a.html", "b.html").replace("a, 6", "b, 6") != c
    assert html_page.NETWORK.findall(c.encode()) != html_page.NETWORK.findall(a.encode())
    for one, other in ((a, b), (c, d)):
        assert len(one) == pytest.approx(len(other), rel=0.01)
    assert kinds.recognise(tmp_path / "a.html") == kinds.EXPORTED


def test_the_same_network_gives_the_same_page(tmp_path):
    classes().save_html(tmp_path / "net.html")
    first = (tmp_path / "net.html").read_bytes()
    classes().save_html(tmp_path / "net.html")
    assert (tmp_path / "net.html").read_bytes() == first


def test_a_network_of_float64_is_rounded(tmp_path):
    net = classes("float64")
    net.save_html(tmp_path / "net.html", dtype="float32")
    again = nn.load(tmp_path / "net.html")
    assert again.dtype == "float32"
    np.testing.assert_array_equal(again.parameters, net.copy("float32").parameters)


def test_the_limits_of_float16(tmp_path):
    net = nn.Network([2, 1], seed=0)
    net.weights[0][0, 1] = 1e5
    with pytest.raises(ValueError, match=r"weights\[0\] has 100000; dtype='float32' keeps it"):
        net.save_html(tmp_path / "net.html")
    net.save_html(tmp_path / "net.html", dtype="float32")
    assert nn.load(tmp_path / "net.html").weights[0][0, 1] == 1e5
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "net.npz"}, "path: a page's name ends in .html, got 'net.npz'"),
        ({"dtype": "float64"}, "dtype: float16 or float32 needed, got 'float64'|dtype: one of"),
        ({"dtype": None}, "dtype: "),
    ],
)
def test_arguments_that_do_not_fit(tmp_path, options, message):
    path = tmp_path / options.pop("path", "net.html")
    with pytest.raises(ValueError, match=message):
        nn.Network([2, 1], seed=0).save_html(path, **options)
    assert not path.exists()


def test_a_title_that_is_no_text(tmp_path):
    with pytest.raises(TypeError, match="title: text needed, got 3"):
        nn.Network([2, 1], seed=0).save_html(tmp_path / "net.html", title=3)


def test_what_a_reader_names_is_not_code(tmp_path):
    """Titles, names of files and of classes come into HTML and JavaScript: none ends an element."""
    bad = "</script><script>alert(1)</script><!--"
    X, y = np.random.default_rng(0).integers(0, 255, (20, 28, 28), dtype=np.uint8), np.arange(20) % 2
    data = nn.Dataset(X, y, name=bad, class_names=[bad, "other"])
    net = nn.Network([784, 2], seed=0)
    net.SGD(data, 1, 5, 0.1)
    net.save_html(tmp_path / "net.html", title=bad)
    text = (tmp_path / "net.html").read_text()
    assert bad not in text
    assert "<script" not in code_of(text)["about"]
    assert text.count("<script") == 3
    assert f"<title>{html.escape(bad)}</title>" in text
    assert nn.load(tmp_path / "net.html").training_record.data.class_names == (bad, "other")


def test_the_page_says_how_the_network_was_trained(tmp_path):
    train, validation, test = nn.datasets.load_sample()
    net = nn.Network([784, 15, 10], seed=4)
    net.SGD(train, 3, 10, 0.5, 1.0, evaluation_data=validation)
    net.save_html(tmp_path / "digits.html")
    page = (tmp_path / "digits.html").read_text()
    text = code_of(page)["about"]
    assert "3 epochs on 8,000 digits that ship with nncore: GradientDescent(), eta 0.5, lmbda 1" in text
    assert f"{100 * net.accuracy(test):.1f} % of 1,000 test digits that ship with nncore" in text
    assert "Accuracy on the evaluation data after each epoch" in text
    assert text.count("polyline") == 1
    header, arrays = page_model.unpack(html_page.NETWORK.search(page.encode())[1])
    assert header["page"]["accuracy"] == net.accuracy(test)
    assert arrays["images"].shape == (50, 28, 28)
    assert np.bincount(arrays["labels"]).tolist() == [5] * 10
    assert all((test.images == image).all((1, 2)).any() for image in arrays["images"])


def test_the_page_says_of_test_digits_that_the_network_was_trained_on_them(tmp_path):
    train, _, test = nn.datasets.load_sample()
    for data, said in ((test, "; it was trained on about 100% of these, and knows them"), (train, "")):
        net = nn.Network([784, 10], seed=0)
        net.SGD(data, 1, 10, 0.5)
        net.save_html(tmp_path / "net.html")
        text = code_of((tmp_path / "net.html").read_text())["about"]
        assert f"test digits that ship with nncore{said}</dd>" in text


def test_only_networks_that_read_digits_show_digits(tmp_path):
    X, y = np.random.default_rng(0).integers(0, 255, (20, 28, 28), dtype=np.uint8), np.arange(20) % 10
    other = nn.Network([784, 10], seed=0)
    other.SGD(nn.Dataset(X, y, name="fashion_mnist"), 1, 5, 0.1)
    for net in (other, numbers(), classes()):
        net.save_html(tmp_path / "net.html")
        _, arrays = page_model.unpack(html_page.NETWORK.search((tmp_path / "net.html").read_bytes())[1])
        assert "images" not in arrays
    other.save_html(tmp_path / "net.html", test_data=nn.Dataset(X, y))
    _, arrays = page_model.unpack(html_page.NETWORK.search((tmp_path / "net.html").read_bytes())[1])
    assert len(arrays["images"]) == 20


def packed(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    content = (len(text) if length is None else length).to_bytes(4, "little") + text + data
    return base64.b85encode(gzip.compress(content, mtime=0)).replace(b"<", b",")


def page(text):
    return (
        b"<!doctype html>\n"
        + kinds.PAGE_MARK.encode()
        + b'<script type="application/x-nncore" id="nncore-network">'
        + text
        + b"</script>"
    )


GOOD = {"format": "nncore", "version": 1, "description": {}, "page": {}, "arrays": []}
CLAIM = {"name": "weights_0", "type": "float32", "shape": [1]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (page(b"").replace(b"nncore-network", b"other"), "it has 0 elements"),
        (page(packed(GOOD)) + page(packed(GOOD)), "it has 2 elements"),
        (page(b"A:"), "no base85"),
        (page(b"~~~~~"), "no base85"),
        (page(b"AAAAA"), "cut off or damaged"),
        (page(b""), "cut off or damaged"),
        (page(base64.b85encode(gzip.compress(b"abc", mtime=0)).replace(b"<", b",")), "cut off or damaged"),
        (page(packed(GOOD, length=3_000)), "its header claims|cut off or damaged"),
        (page(packed(GOOD, length=2**32 - 1)), "its header claims 4,294,967,295 bytes"),
        (page(packed(b"[" * 200_000)), "more than 100,000 parts"),
        (page(packed(b"[" * 60 + b"]" * 60)), "nests lists more than"),
        (page(packed([])), "does not say format"),
        (page(packed(GOOD | {"format": "other"})), "does not say format"),
        (page(packed(GOOD | {"version": 2})), "expected version 1, got 2; a newer nncore may read it"),
        (page(packed({"format": "nncore", "version": 1})), "no entry 'description'"),
        (page(packed(GOOD | {"description": []})), "no description"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"shape": [10**8]}]})), "claim 400,000,000 bytes"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"shape": [-1]}]})), "has no shape"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"shape": [True]}]})), "has no shape"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"type": "object"}]})), "an unknown type"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"type": []}]})), "an unknown type"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"type": "int16"}]})), "no unit"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"type": "int16", "unit": "1"}]})), "no unit"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"type": "int16", "unit": -1.0}]})), "no unit"),
        (page(packed(GOOD | {"arrays": [CLAIM | {"unit": 0.5}]})), "no unit"),
        (page(packed(GOOD | {"arrays": [CLAIM, CLAIM]}, bytes(8))), "two arrays of one name"),
        (page(packed(GOOD | {"arrays": [CLAIM]}, bytes(3))), "cut off or damaged"),
        (page(packed(GOOD | {"arrays": [CLAIM]}, bytes(5))), "it goes on after its arrays"),
        (page(packed(GOOD, b"\0" * 50_000_000)), "it goes on after its arrays"),
        (page(packed(GOOD)), "not a network that nncore saved"),
    ],
)
def test_damaged_and_foreign_pages_are_refused(tmp_path, content, message):
    path = tmp_path / "net.html"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        nn.load(path)
    assert str(path) in str(error.value)


def test_a_page_of_others_is_a_web_page(tmp_path):
    (tmp_path / "net.html").write_text("<!doctype html><html><body>Not found</body></html>")
    with pytest.raises(ValueError, match="this is a web page; the download went wrong"):
        nn.load(tmp_path / "net.html")


def test_a_page_that_a_browser_saved_again_is_read(tmp_path):
    """Browsers write the page anew: other line ends, a comment, attributes kept."""
    net = classes()
    net.save_html(tmp_path / "net.html")
    text = (tmp_path / "net.html").read_text()
    text = text.replace("<!doctype html>", "<!DOCTYPE html>\n<!-- saved from url=(0042)file:///net.html -->")
    (tmp_path / "net.html").write_bytes(text.replace("\n", "\r\n").encode())
    assert nn.load(tmp_path / "net.html").sizes == net.sizes


def test_arrays_whose_shapes_do_not_fit_the_layers_are_refused(tmp_path):
    classes().save_html(tmp_path / "net.html")
    text = (tmp_path / "net.html").read_bytes()
    header, arrays = page_model.unpack(html_page.NETWORK.search(text)[1])
    arrays["weights_0"] = arrays["weights_0"][:, :-1]
    (tmp_path / "net.html").write_bytes(page(page_model.pack(header["description"], {}, arrays).encode()))
    with pytest.raises(ValueError, match="not a network that nncore saved"):
        nn.load(tmp_path / "net.html")


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    classes().save_html(tmp_path / "net.html")
    text = (tmp_path / "net.html").read_bytes()
    header, arrays = page_model.unpack(html_page.NETWORK.search(text)[1])
    arrays["weights_0"] = np.full_like(arrays["weights_0"], np.nan)
    (tmp_path / "net.html").write_bytes(page(page_model.pack(header["description"], {}, arrays).encode()))
    with pytest.raises(ValueError, match="weights_0"):
        nn.load(tmp_path / "net.html")


def test_rounded_numbers_are_those_of_float16_and_nearly_as_near():
    rng = np.random.default_rng(0)
    for largest in (1e-7, 0.3, 1.0, 17.0, 60000.0):
        array = rng.uniform(-1, 1, 5000).astype(np.float32) * np.float32(largest)
        counts, unit = found = page_model.multiples(array)
        assert np.log2(unit) == round(np.log2(unit))
        np.testing.assert_array_equal(found.reals(), counts * unit)
        if largest > 1e-4:
            np.testing.assert_array_equal(found.reals(), found.reals().astype(np.float16))
        near = np.maximum(np.spacing(np.abs(array).astype(np.float16)).astype(float) / 2, unit / 2)
        assert (np.abs(found.reals().astype(float) - array) <= near + unit / 2).all()
    assert page_model.multiples(np.zeros(3, np.float32)).reals().tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_arrays_come_back_to_the_bit(dtype):
    rng = np.random.default_rng(0)
    arrays = {f"a{n}": (200 * rng.standard_normal((n, 3))).astype(dtype) for n in (0, 1, 5)}
    _, found = page_model.unpack(page_model.pack({}, {}, arrays).encode())
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize(
    ("low", "high"), [(0.93, 0.9612), (0, 1), (0.5, 0.5), (0, 0), (1e-4, 3e-4), (-2, 1e6)]
)
def test_ticks_are_round_and_lie_around(low, high):
    ticks = page_about.ticks_between(low, high, 4)
    assert ticks[0] <= low + 1e-9
    assert ticks[-1] >= high - 1e-9
    assert 2 <= len(ticks) <= 6


def test_a_curve_of_one_epoch_and_one_with_gaps():
    for values in ([0.5], [float("nan"), 0.5, 0.75]):
        text = page_about.drawn(page_about.Curve("Accuracy", values, True))
        assert "nan" not in text
        assert len(re.search(r'points="([^"]*)"', text)[1].split()) == sum(v == v for v in values)
    assert page_about.drawn(page_about.Curve("Cost", [float("nan")], False)) == ""
