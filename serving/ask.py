"""What the routes that only tell have in common: who asks, and a query that is read as strictly as a body."""

from collections import Counter
from typing import Any, TypeVar

from fastapi import Request
from pydantic import Field, ValidationError

from features.request import BadRequest, Fault, Schema, refusal
from features.request_fields import Word
from serving.body import refuse_nul
from serving.ingest import Caller, caller
from serving.live.cursors import LONGEST

S = TypeVar("S", bound=Schema)

CURSOR = Field(None, min_length=1, max_length=LONGEST, description="the `next` of the answer before")
LEAD_ID = Field(description="your own id of the lead; of one that was merged the answer is about the lead that stays")


class OneLead(Schema):
    """A question about one lead."""

    lead_id: Word = LEAD_ID


def asking(request: Request) -> Caller:
    """The caller of a route that only tells: a CRM or a rep.

    Raises:
        Unauthorized, Forbidden, StoreUnavailable: as `caller`.
    """
    return caller(request, "crm", "rep")


def query_of(request: Request, schema: type[S]) -> S:
    """The query, each part of it known, there once, and as the schema wants it.

    Raises:
        BadRequest: it is not; pointers name the parts.
    """
    sent = request.query_params.multi_items()
    twice = [name for name, count in Counter(name for name, _ in sent).items() if count > 1]
    if twice:
        raise BadRequest([Fault(pointer=f"/{name[:100]}", detail="is there more than once") for name in twice[:20]])
    data = dict(sent)
    refuse_nul(data)
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        raise refusal(error) from error


def parameters_of(schema: type[Schema]) -> list[dict[str, Any]]:
    """How the OpenAPI document lists the parts of a query."""
    shape = schema.model_json_schema(ref_template="#/components/schemas/{model}")
    required = shape.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": part.get("description", ""),
            "schema": _without_null(part),
        }
        for name, part in shape["properties"].items()
    ]


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """The schema of a part that is there: a query can't say null."""
    kept = {name: value for name, value in part.items() if name not in ("title", "description", "default", "anyOf")}
    told: list[dict[str, Any]] = [one for one in part.get("anyOf", []) if one.get("type") != "null"]
    return kept | told[0] if told else kept
