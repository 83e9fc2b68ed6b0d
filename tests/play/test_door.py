"""Who is let in: this machine's page, with the token, and nobody else."""

import json

import pytest
from support.play import Client, closed, honest, request
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from nncore.play import door

WANTED = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cache-Control",
}


def test_the_page_is_served_with_the_headers_of_the_door(server):
    status, headers, body = request(server)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<!doctype html>" in body.lower()
    assert headers.keys() >= WANTED
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert f"ws://127.0.0.1:{server.port}" in policy
    assert "Server" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost:1",
        "",
        "[::1]:{port}",
        "0.0.0.0:{port}",
        "127.0.0.1.evil.example:{port}",
    ],
)
def test_a_strange_host_is_refused(server, host):
    """A name of somebody else that leads to 127.0.0.1: DNS rebinding."""
    status, headers, body = request(server, Host=host.format(port=server.port))
    assert status == 403
    assert headers.keys() >= WANTED
    assert b"doctype" not in body


def test_both_names_of_this_machine_are_taken(server):
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        assert request(server, Host=f"{name}:{server.port}")[0] == 200


def test_a_request_without_a_host_or_with_two_is_refused():
    assert not door.knows_host([], 8000)
    assert not door.knows_host(["127.0.0.1:8000", "127.0.0.1:8000"], 8000)


def test_on_the_port_of_http_browsers_leave_it_out():
    assert door.knows_host(["localhost"], 80)
    assert door.knows_origin(["http://127.0.0.1"], 80)
    assert not door.knows_host(["localhost"], 8000)


def test_names_from_outside_are_looked_up_and_never_joined_to_a_folder(server):
    for path in (
        "/../door.py",
        "/..%2fdoor.py",
        "//etc/passwd",
        "/static/../server.py",
        "/%2e%2e/wire.py",
        "/index.html/",
        "/nonsense",
        "*",
    ):
        status, headers, body = request(server, path)
        assert status == 404
        assert headers.keys() >= WANTED
        assert b"import" not in body


def test_what_stands_behind_a_question_mark_is_left_out(server):
    assert request(server, "/index.html?a=../x")[0] == 200


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_get_alone_is_answered(server, method):
    status, headers, _ = request(server, method=method)
    assert (status, headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "file://",
        None,
    ],
)
def test_a_socket_of_another_page_is_refused(server, origin):
    given = None if origin is None else origin.format(port=server.port)
    address = f"ws://127.0.0.1:{server.port}/socket"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=given, proxy=None):
        pass
    assert refused.value.response.status_code == 403
    assert refused.value.response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_socket_elsewhere_is_not_there(server):
    address = f"127.0.0.1:{server.port}"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://{address}/other", origin=f"http://{address}", proxy=None),
    ):
        pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize("token", ["wrong", "\ud800", "x" * 4000, "é"])
def test_a_wrong_token_closes_the_socket(server, token):
    with Client(server, token=token) as client:
        assert closed(client) == 4401


@pytest.mark.parametrize("first", ["{}", "[]", "1", "null", '{"token": null}', '{"token": ["a"]}'])
def test_a_first_message_without_the_token_closes_the_socket(server, first):
    with Client(server, first=first) as client:
        assert closed(client) == 4401


@pytest.mark.parametrize("first", ["", "{", "[" * 2000, b"\0\0\0\0", b""])
def test_a_first_message_that_is_no_json_closes_the_socket(server, first):
    with Client(server, first=first) as client:
        assert closed(client) == 4400


def test_a_first_message_is_short(server):
    with Client(server, first=json.dumps({"token": server.token, "more": "x" * 5000})) as client:
        assert closed(client) == 1009
    honest(server)


def test_a_second_tab_has_the_same_token(server):
    with Client(server) as first, Client(server) as second:
        assert first.welcome() == second.welcome()


def test_tokens_are_long_and_new_each_time():
    assert door.new_token() != door.new_token()
    assert len(door.new_token()) >= 43


def test_the_token_is_where_no_request_carries_it():
    assert door.page_address(8000, "secret").partition("#")[2] == "token=secret"
