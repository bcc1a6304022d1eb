"""SIGTERM: what is under way is answered and committed, what is new is refused, and the end is clean."""

import os
import signal
import socket
import time

import orjson
import pytest

from serving.keys import KeyRing
from serving.store.engine import database_url
from serving.store.schema import events
from serving.store.store import Store
from support.killed import FORKED, _wait_until_up, free_port, serve
from support.stores import DATABASES, new_database


@pytest.mark.parametrize("kind", DATABASES)
def test_a_request_under_way_is_answered_and_kept_while_new_connections_are_refused(kind, tmp_path):
    url = new_database(kind)
    ring, token = KeyRing(keys=()).issue(["crm"])
    ring.save(tmp_path / "keys.json")
    port = free_port()
    process = FORKED.Process(target=serve, args=(tmp_path, url, port), daemon=True)
    process.start()
    try:
        _wait_until_up(port)
        body = orjson.dumps({"lead_id": "L-1", "kind": "visit", "happened_at": "2026-02-01T00:00:00Z"})
        with socket.create_connection(("127.0.0.1", port), timeout=20) as under_way:
            under_way.sendall(head(token, len(body)) + body[:20])
            time.sleep(0.3)  # it is being read
            os.kill(process.pid, signal.SIGTERM)
            wait_until_refused(port)
            under_way.sendall(body[20:])
            answer = read_all(under_way)
        process.join(20)
    finally:
        process.kill()
        process.join()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    assert b"connection: close" in answer.lower()
    assert process.exitcode == 0
    store = Store.open(database_url(tmp_path, url))
    with store.reading() as connection:
        assert [row.lead_id for row in connection.execute(events.select())] == ["L-1"]
    store.close()


def head(token, length):
    lines = ["POST /v1/events HTTP/1.1", "Host: here", f"Authorization: Bearer {token}"]
    lines += ["Content-Type: application/json", f"Content-Length: {length}", "", ""]
    return "\r\n".join(lines).encode()


def wait_until_refused(port):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("new connections are still taken")


def read_all(connection):
    got = b""
    while chunk := connection.recv(65536):
        got += chunk
    return got
