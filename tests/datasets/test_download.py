"""Downloads take the right files only, within limits, and say what failed."""

import contextlib
import gzip
import hashlib
import http.server
import os
import threading
from functools import partial

import pytest
from support.data_files import IDX_NAMES, assert_few, small_data, write_idx

from nncore import datasets
from nncore.datasets import download


@pytest.fixture
def mirrors(tmp_path, few, monkeypatch):
    """Two mirrors on this machine: the first has other files of these names, the second the right ones."""
    write_idx(tmp_path / "wrong", small_data(seed=9), lambda name: name + ".gz", gzip.compress)
    write_idx(tmp_path / "right", few, lambda name: name + ".gz", gzip.compress)
    hashes = {
        f"{name}.gz": hashlib.sha256((tmp_path / "right" / f"{name}.gz").read_bytes()).hexdigest()
        for name in IDX_NAMES
    }

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(datasets.mnist, "SHA256", hashes)
        monkeypatch.setattr(datasets.mnist, "MIRRORS", (f"{address}/wrong/", f"{address}/right/"))
        monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
        yield server
        server.shutdown()


def test_download_takes_only_the_right_files_and_keeps_them(mirrors, few, tmp_path, monkeypatch):
    assert_few(datasets.load_mnist(), few)
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(
        f"{name}.gz" for name in IDX_NAMES
    )
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ())
    assert_few(datasets.load_mnist(), few)  # from the cache


def test_an_unfinished_download_is_finished(mirrors, few, tmp_path):
    write_idx(tmp_path / "cache" / "mnist", few, lambda name: name + ".gz", gzip.compress)
    (tmp_path / "cache" / "mnist" / f"{IDX_NAMES[2]}.gz").unlink()
    assert_few(datasets.load_mnist(), few)


def test_without_a_network_the_message_names_other_ways(tmp_path, few, monkeypatch):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    with pytest.raises(
        ConnectionError, match=r"could not be downloaded .*path=.*NNCORE_DATA.*load_sample"
    ) as error:
        datasets.load_mnist()
    assert "\n" not in str(error.value)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="/proc is Linux's")
@pytest.mark.parametrize("obstacle", ["a file", "no permission"])
def test_a_cache_that_cannot_be_written_is_named_before_any_mirror(mirrors, tmp_path, monkeypatch, obstacle):
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    (tmp_path / "cache").write_text("here")
    if obstacle == "no permission":  # not even root may write here
        monkeypatch.setenv("NNCORE_CACHE", "/proc/nncore")
    with pytest.raises(OSError, match=r"the cache .*cannot be written .*NNCORE_CACHE") as error:
        datasets.load_mnist()
    assert "127.0.0.1" not in str(error.value)
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "elsewhere"))  # what the message says
    with pytest.raises(ConnectionError):
        datasets.load_mnist()


def test_a_download_has_a_limit_of_size(mirrors, few, tmp_path, monkeypatch):
    """The first mirror sends without end; the second has the files."""
    sent = []

    class Endless(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(bytes(1 << 16))
                    sent.append(1 << 16)

        def log_message(self, *arguments):
            pass

    monkeypatch.setattr(download, "MOST_BYTES", 200_000)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        endless = f"http://127.0.0.1:{server.server_port}/"
        with pytest.raises(ValueError, match="more than 0 MB"):
            download.fetch(endless)
        monkeypatch.setattr(datasets.mnist, "MIRRORS", (endless, datasets.mnist.MIRRORS[1]))
        assert_few(datasets.load_mnist(), few)
        server.shutdown()
    assert sum(sent) < 50_000_000


def test_a_download_has_a_limit_of_time(mirrors, monkeypatch):
    monkeypatch.setattr(download, "MOST_SECONDS", -1)
    with pytest.raises(ValueError, match="not whole after -1 seconds"):
        download.fetch(f"{datasets.mnist.MIRRORS[1]}{IDX_NAMES[0]}.gz")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/etc/passwd"])
def test_only_http_is_fetched(address):
    with pytest.raises(ValueError, match="http"):
        download.fetch(address)
