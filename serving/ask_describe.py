"""How the OpenAPI document describes the routes that tell."""

from typing import Any

from features.request import Schema
from serving import ask_schemas as schemas
from serving.ask import OneLead, parameters_of
from serving.ask_examples import BY_ID
from serving.describe import ACCEPT_LANGUAGE, NEEDS_KEY, Description, ref, route

ERRORS = (401, 403, 422, 503)


def _asked(answer: str, query: type[Schema], *errors: int) -> Description:
    parameters = [*parameters_of(query), ACCEPT_LANGUAGE]
    return route(answer, *sorted({*ERRORS, *errors}), parameters=parameters, security=NEEDS_KEY)


LEAD = _asked("KnownOut", OneLead, 404, 410)
RANKED = _asked("RankedListOut", schemas.RankedAsked, 400)
SCORES = _asked("ScoresOut", schemas.Page, 400, 404, 410)
CHANGES = _asked("ChangesOut", schemas.ChangesAsked, 404, 410)
OUTLOOK = _asked("OutlookOut", OneLead, 404, 409, 410)
TIMELINE = _asked("TimelineOut", schemas.Page, 400, 404, 410)


def with_ids(document: dict[str, Any]) -> None:
    """Say in the document of a service with a store that leads may be asked for by their ids."""
    route = document["paths"]["/v1/predict"]["post"]
    content = route["requestBody"]["content"]["application/json"]
    content["schema"] = {"anyOf": [ref("PredictRequest")["schema"], ref("PredictById")["schema"]]}
    content["examples"] = content["examples"] | {"a lead of the store": {"value": BY_ID}}
    problem = route["responses"]["422"]["content"]
    for status, phrase in (("404", "Not Found"), ("409", "Conflict"), ("410", "Gone")):
        route["responses"][status] = {"description": phrase, "content": problem}
