"""How the OpenAPI document describes each route: bodies, examples, and one shape of error."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from fastapi import Response

from serving import examples
from serving.problem import MEDIA_TYPE

Description = dict[str, Any]

SHOWN = Path(__file__).parent / "answers.json"  #: what a real bundle answered; tests/support/shown_answers.py writes it
_SHOWN: dict[str, dict[str, Any]] = orjson.loads(SHOWN.read_bytes()) if SHOWN.exists() else {}


_SECONDS = {"schema": {"type": "integer"}}
_QUOTA = {"schema": {"type": "string"}}
QUOTA_HEADERS: Description = {
    "Retry-After": {"description": "seconds until the key may ask again", **_SECONDS},
    "RateLimit": {"description": "requests that the key has left, and seconds until all are back", **_QUOTA},
    "RateLimit-Policy": {"description": "requests that a key has in a minute", **_QUOTA},
}


def ref(schema: str) -> Description:
    """A schema by its name."""
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}}


def _named(shown: Mapping[str, Any]) -> Description:
    return {name: {"summary": name, "value": value} for name, value in shown.items()}


def _responses(schema: str, *errors: int) -> dict[int | str, Description]:
    good: Description = {"description": "the answer", "content": {"application/json": ref(schema)}}
    bad: dict[int | str, Description] = {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: ref("Problem")}}
        for status in (*errors, 500)
    }
    return {200: good, **bad}


def show_answers(paths: Mapping[str, Any]) -> None:
    """Add examples of answers to a finished document; FastAPI would take out of them all that is null."""
    responses = [
        item for methods in paths.values() for route in methods.values() for item in route["responses"].items()
    ]
    for status, response in responses:
        (content,) = response["content"].values()
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        shown = _SHOWN.get(name, {})
        if name == "Problem":
            shown = {response["description"]: shown[status]} if status in shown else {}
        if shown:
            content["examples"] = _named(shown)


def with_quotas(paths: Mapping[str, Any]) -> None:
    """Add to every route that needs a key the answer to a key that asks for too much."""
    refused = {"description": HTTPStatus(429).phrase, "content": {MEDIA_TYPE: ref("Problem")}}
    for methods in paths.values():
        for described in methods.values():
            if "security" in described:
                described["responses"]["429"] = refused | {"headers": QUOTA_HEADERS}


def route(schema: str, *errors: int, **extra: object) -> Description:
    """A route that answers with this schema, or with one of these errors."""
    return {"response_class": Response, "responses": _responses(schema, *errors), "openapi_extra": extra}


def posted(schema: str, shown: dict[str, Any]) -> Description:
    """A body of this schema, with examples."""
    return {"required": True, "content": {"application/json": ref(schema) | {"examples": _named(shown)}}}


KEY = {"type": "http", "scheme": "bearer", "description": "the token that the first start printed"}
NEEDS_KEY: list[dict[str, list[str]]] = [{"key": []}]
ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "of the sentences: en or it; the company's own unless given",
    "schema": {"type": "string"},
    "example": "it",
}
POST_ERRORS = (400, 401, 403, 408, 413, 415, 422, 503)

PREDICT = route(
    "Answer",
    *POST_ERRORS,
    requestBody=posted("PredictRequest", examples.PREDICT),
    parameters=[ACCEPT_LANGUAGE],
    security=NEEDS_KEY,
)
BATCH = route(
    "BatchAnswer",
    *POST_ERRORS,
    requestBody=posted("BatchRequest", examples.BATCH),
    parameters=[ACCEPT_LANGUAGE],
    security=NEEDS_KEY,
)
MODEL = route("ModelCard", 401, 503, security=NEEDS_KEY)
LIVE = route("Live")
READY = route("Ready", 503)
