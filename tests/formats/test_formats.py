"""What is written is read; an old file lasts until the new one is whole; what a file says is not believed."""

import copy
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nncore as nn
from nncore import formats as storage

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

DESCRIPTION = {
    "layers": [784, 30, 10],
    "cost": "cross-entropy",
    "seed": 7,
    "eta": 0.1,
    "note": "é \n",
    "none": None,
}
posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and signals as POSIX has them")


def example_arrays():
    rng = np.random.default_rng(0)
    return {
        "parameters": rng.normal(size=100).astype(np.float32),
        "w": rng.normal(size=(3, 4)),
        "n": np.array(5),
    }


def assert_same(found, arrays):
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


@pytest.fixture
def path(tmp_path):
    """A file that `write` wrote."""
    path = tmp_path / "digits.npz"
    storage.npz.write(path, DESCRIPTION, example_arrays())
    return path


# --------------------------------------------------------------------------------------------------- write


def test_read_returns_what_was_written(path):
    description, arrays = storage.npz.read(path)
    assert description == DESCRIPTION
    assert_same(arrays, example_arrays())
    assert storage.npz.read(str(path))[0] == DESCRIPTION


@fuzz
@given(
    array=hnp.arrays(
        st.sampled_from(["<f4", ">f4", "<f8", "<i8", "<u1", "?", "<c8"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    form=st.sampled_from(["C", "F", "strided"]),
    description=st.dictionaries(
        st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists), max_size=4
    ),
)
def test_every_array_of_numbers_is_read_back(tmp_path, array, form, description):
    array = (
        array[..., ::-1]
        if form == "strided" and array.ndim
        else np.array(array, order=form[0].replace("s", "C"))
    )
    storage.npz.write(tmp_path / "any", description, {"a": array})
    found, arrays = storage.npz.read(tmp_path / "any")
    assert found == description
    assert_same(arrays, {"a": array})


def test_no_suffix_is_added_to_the_path(tmp_path):
    storage.npz.write(tmp_path / "digits", {}, {})
    assert os.listdir(tmp_path) == ["digits"]
    assert storage.npz.read(tmp_path / "digits") == ({}, {})


def test_numpy_opens_the_file_too(path):
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["w"], example_arrays()["w"])
        assert json.loads(str(file["description"])) == {
            "format": "nncore",
            "version": 2,
            "description": DESCRIPTION,
        }


def test_the_same_contents_give_the_same_bytes(path, tmp_path):
    storage.npz.write(tmp_path / "again", DESCRIPTION, example_arrays())
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        storage.npz.write(tmp_path / "new", {}, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask


@posix
def test_permissions_and_links_of_the_old_file_stay(path, tmp_path):
    path.chmod(0o640)
    link = tmp_path / "link.npz"
    link.symlink_to(path.name)
    storage.npz.write(link, {"new": True}, {})
    assert link.is_symlink()
    assert storage.npz.read(path) == ({"new": True}, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def fail(*arguments, **keywords):
    raise OSError("no space left")


def interrupt(*arguments, **keywords):
    raise KeyboardInterrupt


@pytest.mark.parametrize("failure", [fail, interrupt])
@pytest.mark.parametrize("where", ["os.fsync", "os.replace", "numpy.lib.format.write_array"])
def test_a_failure_leaves_the_old_file_and_nothing_else(path, monkeypatch, failure, where):
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(where, failure)
        with pytest.raises((OSError, KeyboardInterrupt)):
            storage.npz.write(path, {"new": True}, {"big": np.zeros(10_000)})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@posix
def test_a_crash_leaves_the_old_file(path):
    before = path.read_bytes()
    program = (
        "import os, signal, sys, numpy as np\n"
        "from nncore import formats\n"
        "os.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "formats.npz.write(sys.argv[1], {'new': True}, {'big': np.zeros(10_000)})\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)]).returncode == -signal.SIGKILL
    assert path.read_bytes() == before


@posix
def test_contents_are_flushed_before_the_name(path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", lambda *names: (steps.append("name"), replace(*names)))
    storage.npz.write(path, {}, {"a": np.zeros(1000)})
    assert steps == ["file", "name", "folder"]


@pytest.mark.parametrize(
    ("description", "arrays", "error", "says"),
    [
        ({"a": object()}, {}, TypeError, "JSON"),
        ({"a": np.float32(1)}, {}, TypeError, "JSON"),
        ({}, {"description": np.zeros(3)}, ValueError, "'description' is taken"),
        ({}, {"a": np.array([None])}, TypeError, "'a' has dtype object"),
        ({}, {"a": np.array(["text"])}, TypeError, "'a' has dtype <U4"),
        ({}, {"a": np.zeros(2, [("x", "f4")])}, TypeError, "only numbers"),
    ],
)
def test_write_refuses_and_writes_nothing(path, description, arrays, error, says):
    before = path.read_bytes()
    with pytest.raises(error, match=says):
        storage.npz.write(path, description, arrays)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_write_refuses_what_is_not_a_file(tmp_path):
    with pytest.raises(ValueError, match="expected a file, but this is a folder; name a file in it"):
        storage.npz.write(tmp_path, {}, {})
    with pytest.raises(FileNotFoundError, match=r"path: there is no folder .*nowhere"):
        storage.npz.write(tmp_path / "nowhere" / "digits.npz", {}, {})
    if os.path.exists(os.devnull):
        with pytest.raises(ValueError, match="expected a file, but this is a device"):
            storage.npz.write(os.devnull, {}, {})


# ---------------------------------------------------------------------------------------------------- read


def npy(content, descr="<f4", shape="(2,)", order="False"):
    """A .npy entry whose header says this."""
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def text(content):
    """A .npy entry with a string."""
    return npy(content.encode("utf-32-le"), f"<U{len(content)}", "()")


GOOD = text('{"format": "nncore", "version": 1, "description": {}}')


def zipped(path, *entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, compression)


def test_entries_made_here_are_as_write_makes_them(tmp_path):
    zipped(tmp_path / "own", ("description.npy", GOOD), ("a.npy", npy(bytes(8))))
    description, arrays = storage.npz.read(tmp_path / "own")
    assert description == {}
    assert_same(arrays, {"a": np.zeros(2, np.float32)})


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], "this is a zip archive with nothing in it"),
        ([("a.npy", npy(bytes(8)))], "an .npz file of NumPy's with the arrays a; numpy.load reads it"),
        (
            [("description.npy", GOOD), ("readme.txt", b"hello")],
            "this is a network that nncore saved, but its entry 'readme.txt' is not .npy",
        ),
        ([("description.npy", text("{"))], "whole file"),
        ([("description.npy", text("[" * 100_000))], "whole file"),
        ([("description.npy", text("[]"))], "format 'nncore'"),
        ([("description.npy", text('{"version": 1}'))], "format 'nncore'"),
        (
            [("description.npy", text('{"format": "nncore"}'))],
            "expected version 1 to 2 of the format, got None",
        ),
        (
            [("description.npy", text('{"format": "nncore", "version": 3}'))],
            "got 3; a newer nncore may read it",
        ),
        ([("description.npy", text('{"format": "nncore", "version": 1}'))], "description is missing"),
        ([("description.npy", npy(bytes(8)))], "description.npy has dtype float32"),
        ([("description.npy", npy(b"\xff" * 8, "<U1"))], "whole file"),
        ([("description.npy", npy(b"\xff" * 4, "<U1", "()"))], "whole file"),  # beyond Unicode
        ([("description.npy", GOOD), ("a.npy", b"")], "a.npy is not .npy"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8))[:30])], "a.npy has a header"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8))[:-1])], "a.npy says shape"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(9)))], "a.npy says shape"),
        (
            [("description.npy", GOOD), ("a.npy", npy(bytes(8), shape="(4611686018427387906,)"))],
            "a.npy says shape",
        ),
        (
            [("description.npy", GOOD), ("a.npy", npy(bytes(8), shape="(0, 9223372036854775808)"))],
            "whole file",
        ),
        ([("description.npy", GOOD), ("a.npy", npy(b"", shape="(" + "9" * 5000 + ",)"))], "whole file"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), shape="(-2,)"))], "a.npy has a header"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), shape="(2, 2 2)"))], "whole file"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), "<f3"))], "whole file"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), "<U1"))], "a.npy has dtype <U1"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), "|O", "(1,)"))], "a.npy has a header"),
        ([("description.npy", GOOD), ("a.npy", npy(bytes(8), order="eval('1')"))], "a.npy has a header"),
    ],
)
def test_refused_files_are_named(tmp_path, entries, says):
    path = tmp_path / "bad.npz"
    zipped(path, *entries)
    with pytest.raises(ValueError, match=says) as error:
        storage.npz.read(path)
    assert str(path) in str(error.value)


def test_two_entries_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped(tmp_path / "bad", ("description.npy", GOOD), ("description.npy", GOOD))
    with pytest.raises(ValueError, match="two entries of one name"):
        storage.npz.read(tmp_path / "bad")


def test_a_pickle_is_refused(tmp_path):
    np.savez(tmp_path / "objects.npz", description=np.array({"a": 1}), allow_pickle=True)
    with pytest.raises(ValueError, match=r"objects\.npz.*header"):
        storage.npz.read(tmp_path / "objects.npz")


def test_a_zip_bomb_takes_no_memory(tmp_path):
    big = npy(bytes(20_000_000), shape="(5000000,)")
    path = tmp_path / "bomb.npz"

    def assert_refused(says):
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=says):
                storage.npz.read(path)
            assert tracemalloc.get_traced_memory()[1] < 2e6
        finally:
            tracemalloc.stop()

    zipped(path, ("description.npy", GOOD), ("a.npy", big), compression=zipfile.ZIP_DEFLATED)
    assert_refused("compressed")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("description.npy", GOOD)
        archive.writestr("a.npy", npy(b"", shape="(5000000,)"))
        archive.filelist[-1].file_size = archive.filelist[-1].compress_size = len(big)  # only said
    assert_refused("claim more")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("description.npy", GOOD)
        archive.writestr("a.npy", npy(bytes(8000), shape="(2000,)"))
        for i in range(1000):  # the same bytes under many names
            entry = copy.copy(archive.filelist[1])
            entry.filename = f"a{i}.npy"
            archive.filelist.append(entry)
    assert_refused("claim more")


def test_lzma_that_asks_for_gigabytes_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """The dictionary of an LZMA entry may have any size that the entry says: here 4 GB."""
    lzma = pytest.importorskip("lzma")
    path = tmp_path / "bomb.npz"
    zipped(path, ("description.npy", GOOD), compression=zipfile.ZIP_LZMA)
    content = path.read_bytes()
    properties = content.index(b"\x09\x04\x05\x00") + 5  # version, length, then a byte and the size
    path.write_bytes(content[:properties] + b"\xff\xff\xff\xff" + content[properties + 4 :])
    unpacked = []
    monkeypatch.setattr(lzma, "LZMADecompressor", lambda *arguments, **keywords: unpacked.append(arguments))
    for read in (storage.npz.read, nn.load, nn.datasets.load_mnist):
        with pytest.raises(ValueError, match=r"an \.npz file of NumPy's with the arrays description"):
            read(path)
    assert unpacked == []


def test_a_file_cut_off_anywhere_is_refused(path):
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"digits\.npz: expected a whole file of nncore's"):
            storage.npz.read(path)


def test_a_missing_file_is_a_FileNotFoundError(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npz"):
        storage.npz.read(tmp_path / "none.npz")


def read_or_refuse(path):
    """What the file holds, or None after a ValueError that names it; anything else fails the test."""
    try:
        return storage.npz.read(path)
    except ValueError as error:
        message = str(error)
    assert str(path) in message
    return None


@fuzz
@given(content=st.binary(max_size=300), begin=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_arbitrary_bytes_are_refused(tmp_path, content, begin):
    path = tmp_path / "any.npz"
    path.write_bytes(begin + content)
    assert read_or_refuse(path) is None


@fuzz
@given(data=st.data())
def test_a_flipped_bit_changes_nothing_or_is_refused(tmp_path, data):
    path = tmp_path / "flipped.npz"
    storage.npz.write(path, DESCRIPTION, example_arrays())
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    found = read_or_refuse(path)
    if found is not None:  # the bit was one that a zip has no use for
        assert found[0] == DESCRIPTION
        assert_same(found[1], example_arrays())
