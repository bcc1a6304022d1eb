"""Telling a running service something over HTTP, and looking at what it then knows."""

import httpx

from serving.store.facts import lead_at
from support.service import NOW

NOW_MICROS = int(NOW.timestamp() * 1_000_000)


def post(running, path, body, **headers):
    return running.client.post(path, json=body, headers=headers)


def lead(running, lead_id="L-17", read=lead_at):
    with running.app.state.service.store.reading() as connection:
        return read(connection, lead_id, NOW_MICROS)


def assert_problem(response: httpx.Response, status: int, at: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    if at is not None:
        assert at in [error["pointer"] for error in response.json()["errors"]]
