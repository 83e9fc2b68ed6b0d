"""Messages come back as they were sent, and bytes from strangers take no more than their own size."""

import contextlib
import json
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nncore.play import wire
from nncore.play.wire import MalformedMessage, pack, unpack

NAMES = st.text(max_size=8).filter(lambda name: name != "array")
ARRAYS = st.sampled_from(sorted(wire.TYPES)).flatmap(
    lambda name: arrays_of.arrays(
        name, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    )
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=10)
    | st.floats(allow_nan=False, allow_infinity=False)
)
CONTENTS = st.dictionaries(
    NAMES,
    st.recursive(
        PLAIN | ARRAYS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=4,
)


def header_of(data):
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length])


def message(header, buffers=b""):
    """Return the bytes of a message with this header, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + bytes(-(4 + len(text)) % 8) + buffers


def one_array(buffers=bytes(16), lengths=(16,), **changes):
    array = {"array": 0, "type": "float32", "shape": [4]} | changes
    return message({"screen": "", "content": {"x": array}, "lengths": list(lengths)}, buffers)


def same(a, b):
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(st.text(max_size=10), CONTENTS)
@settings(max_examples=150)
def test_what_is_packed_comes_back(screen, content):
    found = unpack(pack(screen, content))
    assert found.screen == screen
    assert same(content, found.content)


def test_the_layout_is_that_of_the_contract():
    data = pack("draw", {"with": {"pixels": np.array([[1, 2, 3]], np.uint8), "more": [np.float32([0.5])]}})
    assert header_of(data) == {
        "screen": "draw",
        "content": {
            "with": {
                "pixels": {"array": 0, "type": "uint8", "shape": [1, 3]},
                "more": [{"array": 1, "type": "float32", "shape": [1]}],
            }
        },
        "lengths": [3, 4],
    }
    assert len(data) % 8 == 0
    assert data[-16:] == b"\1\2\3" + bytes(5) + np.float32(0.5).tobytes() + bytes(4)


def test_arrays_are_copies_that_may_be_kept():
    data = pack("", {"x": np.arange(3, dtype=np.float64)})
    x = unpack(data).content["x"]
    x[0] = 5
    assert x.flags.owndata
    assert x.flags.c_contiguous
    assert unpack(data).content["x"][0] == 0


def test_arrays_of_other_orders_are_sent_row_by_row_and_little_endian():
    x = np.arange(6, dtype=">f4").reshape(2, 3).T
    assert unpack(pack("", {"x": x})).content["x"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_numbers_that_are_not_finite_are_null_outside_of_arrays_and_themselves_inside():
    values = [math.nan, math.inf, -math.inf, np.float32(math.nan), np.float64(math.inf)]
    assert unpack(pack("", {"values": values})).content["values"] == [None] * 5
    x = np.array([math.nan, math.inf, -math.inf], np.float32)
    assert unpack(pack("", {"x": x})).content["x"].tobytes() == x.tobytes()


def test_numbers_of_numpy_are_sent_as_numbers():
    content = {"a": np.int64(7), "b": np.float32(0.1), "c": np.bool_(True), "d": np.uint8(3)}
    assert unpack(pack("", content)).content == {"a": 7, "b": float(np.float32(0.1)), "c": True, "d": 3}


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        ({"seed": 2**53 + 1}, ValueError, "2\\*\\*53 needed, got 9007199254740993: send it as text"),
        ({"x": np.arange(3)}, TypeError, "got int64: convert it"),
        ({"x": np.array(["a"])}, TypeError, "convert it"),
        ({"x": {1: 2}}, TypeError, "keys that are text needed, got 1"),
        ({"x": {"array": 2}}, ValueError, "take another name"),
        ({"x": object()}, TypeError, "JSON and arrays, got object"),
    ],
)
def test_what_cannot_be_sent_is_refused(content, error, text):
    with pytest.raises(error, match=text):
        pack("", content)


HOSTILE = {
    "nothing": b"",
    "three bytes": b"\0\0\0",
    "a header longer than the message": (1000).to_bytes(4, "little") + b"{}",
    "a header longer than a megabyte": message(b" " * 1_000_001),
    "a header of 4 GB": b"\xff\xff\xff\xff" + bytes(100),
    "no JSON": message(b"{"),
    "no UTF-8": message(b'"\xff\xff"'),
    "a list": message([]),
    "a key too few": message({"screen": "", "content": {}}),
    "a key too many": message({"screen": "", "content": {}, "lengths": [], "more": 1}),
    "a screen that is no text": message({"screen": 1, "content": {}, "lengths": []}),
    "content that is no object": message({"screen": "", "content": [], "lengths": []}),
    "lengths that are no list": message({"screen": "", "content": {}, "lengths": {}}),
    "a negative length": one_array(lengths=[-8]),
    "a length that is true": message({"screen": "", "content": {}, "lengths": [True]}, bytes(8)),
    "a length of 1.5": one_array(lengths=[1.5]),
    "a length of a terabyte": one_array(lengths=[2**40]),
    "65 buffers": message({"screen": "", "content": {}, "lengths": [8] * 65}, bytes(65 * 8)),
    "buffers too short": one_array(buffers=bytes(8)),
    "bytes at the end": one_array(buffers=bytes(24)),
    "padding that is not zero": one_array(b"\0" * 15 + b"\1", lengths=[12], shape=[3]),
    "a buffer that is not there": one_array(array=1),
    "a buffer number -1": one_array(array=-1),
    "a buffer number that is true": one_array(array=True),
    "a type that is not sent": one_array(type="float16"),
    "a type of objects": one_array(type="O"),
    "a type that is a list": one_array(type=["float32"]),
    "a shape that is a number": one_array(shape=4),
    "a shape of another size": one_array(shape=[5]),
    "a shape with -1": one_array(shape=[-1]),
    "a shape with a float": one_array(shape=[4.0]),
    "a shape of 9 dimensions": one_array(shape=[1] * 8 + [4]),
    "a shape whose product is beyond 64 bits": one_array(shape=[2**25] * 8),
    "no number, and a shape beyond 64 bits": one_array(b"", lengths=[0], shape=[0, *[2**25] * 7]),
    "an array with a key more": one_array(more=1),
    "an array without a shape": message(
        {"screen": "", "content": {"x": {"array": 0, "type": "uint8"}}, "lengths": [8]}, bytes(8)
    ),
    "a buffer twice": message(
        {"screen": "", "content": {"x": [{"array": 0, "type": "uint8", "shape": [8]}] * 2}, "lengths": [8]},
        bytes(8),
    ),
    "NaN": message(b'{"screen": "", "content": {"x": NaN}, "lengths": []}'),
    "Infinity": message(b'{"screen": "", "content": {"x": -Infinity}, "lengths": []}'),
    "a number beyond the largest": message(b'{"screen": "", "content": {"x": 1e999}, "lengths": []}'),
    "a whole number of 10,000 digits": message(
        b'{"screen": "", "content": {"x": ' + b"9" * 10000 + b'}, "lengths": []}'
    ),
    "40 lists, one in another": message(
        b'{"screen": "", "content": {"x": ' + b"[" * 40 + b"]" * 40 + b'}, "lengths": []}'
    ),
    "90,000 lists, one in another": message(
        b'{"screen": "", "content": {"x": ' + b"[" * 90000 + b"]" * 90000 + b'}, "lengths": []}'
    ),
    "300,000 lists": message(b'{"screen": "", "content": {"x": [' + b"[]," * 300000 + b'1]}, "lengths": []}'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_in_one_way(name):
    with pytest.raises(MalformedMessage):
        unpack(HOSTILE[name])


def test_one_array_is_no_hostile_message():
    """Else the messages made of it would show nothing."""
    assert unpack(one_array()).content["x"].shape == (4,)


@given(
    st.binary(max_size=200) | st.sampled_from([pack("a", {"x": np.zeros(5, np.float32), "y": [1, "z"]})]),
    st.data(),
)
@settings(max_examples=300)
def test_changed_bytes_never_end_in_anything_else(data, choose):
    changed = bytearray(data)
    for _ in range(choose.draw(st.integers(0, 4))):
        if changed:
            changed[choose.draw(st.integers(0, len(changed) - 1))] = choose.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedMessage):
        unpack(bytes(changed))


@pytest.mark.parametrize(
    "data",
    [
        pack("", {"x": np.zeros(1_000_000, np.uint8)}),
        HOSTILE["a shape whose product is beyond 64 bits"],
        HOSTILE["300,000 lists"],
        HOSTILE["90,000 lists, one in another"],
        message(b'{"screen": "", "content": {"x": [' + b"0," * 400000 + b'1]}, "lengths": []}'),
        message(b'{"screen": "", "content": {"x": [' + b"[]," * 40000 + b'1]}, "lengths": []}'),
    ],
    ids=["an array", "a huge shape", "lists", "deep lists", "numbers", "lists as far as allowed"],
)
def test_a_message_takes_memory_in_proportion_to_its_size(data):
    tracemalloc.start()
    with contextlib.suppress(MalformedMessage):
        unpack(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parts = min(wire.MOST_PARTS, sum(map(data.count, (b"[", b"{"))))
    assert peak < 8 * len(data) + 80 * parts + 100_000
