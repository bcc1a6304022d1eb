"""How the OpenAPI document describes the routes that write."""

from typing import Any

from serving import ingest_examples as examples
from serving.describe import ACCEPT_LANGUAGE, NEEDS_KEY, POST_ERRORS, Description, posted, ref, route

WRITE_ERRORS = (*POST_ERRORS, 507)


def _written(answer: str, body: Description, *errors: int, **extra: object) -> Description:
    return route(answer, *sorted({*WRITE_ERRORS, *errors}), requestBody=body, security=NEEDS_KEY, **extra)


def _or_cloud_events(body: Description) -> Description:
    """The body, or a CloudEvent, or a list of them, by their media types."""
    one = {"schema": {"$ref": "#/components/schemas/CloudEvent"}, "example": examples.CLOUD_EVENT}
    several = {"schema": {"type": "array", "items": one["schema"]}, "example": [examples.CLOUD_EVENT]}
    content = {"application/cloudevents+json": one, "application/cloudevents-batch+json": several}
    return body | {"content": body["content"] | content}


def _either(answers: tuple[str, str], description: Description) -> Description:
    """The description with an answer for one and another for several."""
    found: Description = {"schema": {"anyOf": [ref(name)["schema"] for name in answers]}}
    description["responses"][200]["content"]["application/json"] = found
    return description


def _in_path(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 200}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


LEAD_ID = _in_path("lead_id", "your own id of the lead")
AFTER = {
    "name": "after",
    "in": "query",
    "required": False,
    "description": "the `next` of the answer before",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
}

WITH_ANSWER = {
    "name": "answer",
    "in": "query",
    "required": False,
    "description": "answer only once the lead was scored again, with what /v1/predict says of it",
    "schema": {"type": "boolean"},
}
ASKING = [WITH_ANSWER, ACCEPT_LANGUAGE]

LEAD = _written("LeadTaken", posted("LeadToTell", examples.LEAD), 410, parameters=ASKING)
LEAD_FIELDS = _written("LeadTaken", posted("LeadFields", examples.LEAD_FIELDS), 410, parameters=[LEAD_ID, *ASKING])
LEADS = _written("LeadsTaken", posted("LeadsToTell", examples.LEADS))
EVENT = _either(
    ("EventTaken", "EventsTaken"),
    _written("EventTaken", _or_cloud_events(posted("EventToTell", examples.EVENT)), 409, 410, parameters=ASKING),
)
EVENTS = _written("EventsTaken", posted("EventsToTell", examples.EVENTS))
TRACK = _either(
    ("EventTaken", "EventsTaken"), _written("EventTaken", posted("Track", examples.TRACK), 409, 410, parameters=ASKING)
)
TRACK["openapi_extra"]["requestBody"]["content"]["application/json"]["schema"] = {
    "anyOf": [ref("Track")["schema"], ref("TrackBatch")["schema"]]
}
OUTCOME = _written("EventTaken", posted("OutcomeToTell", examples.OUTCOME), 409, 410, parameters=ASKING)
FEEDBACK = _written("EventTaken", posted("FeedbackToTell", examples.FEEDBACK), 404, 409, 410, parameters=ASKING)
CONSENT = _written("ConsentTaken", posted("ConsentToTell", examples.CONSENT), 410, parameters=ASKING)
OBJECTION = _written("ConsentTaken", posted("ObjectionToTell", examples.OBJECTION), 410, parameters=ASKING)
STAGE = _written("StageTaken", posted("StageToTell", examples.STAGE), 404, 409, 410, parameters=ASKING)
STAGE_UNDO = _written("StageTaken", posted("StageToUndo", examples.STAGE_UNDO), 404, 409, 410, parameters=ASKING)
MERGE = _written("Merged", posted("MergeToTell", examples.MERGE), 404, 409, 410)
DELETE = route("Deleted", 401, 403, 404, 410, 413, 422, 503, 507, parameters=[LEAD_ID], security=NEEDS_KEY)
KINDS = route("Kinds", 401, 403, 503, security=NEEDS_KEY)
AUDIT = route("Audit", 401, 403, 422, 503, parameters=[AFTER], security=NEEDS_KEY)
