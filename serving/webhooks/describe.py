"""How the OpenAPI document describes the routes of webhooks."""

from typing import Any

from serving.describe import NEEDS_KEY, Description, posted, route

ERRORS = (401, 403, 404, 422, 503)
WRITES = (401, 403, 404, 413, 422, 503, 507)
POSTS = (400, 401, 403, 404, 408, 413, 415, 422, 503, 507)
WEBHOOK_ID: dict[str, Any] = {
    "name": "webhook_id",
    "in": "path",
    "required": True,
    "description": "as GET /v1/webhooks lists it",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
AFTER: dict[str, Any] = {
    "name": "after",
    "in": "query",
    "required": False,
    "description": "the `next` of the answer before",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
}

ADD_EXAMPLES = {
    "hand-offs alone": {
        "url": "https://crm.example.com/ripeness",
        "kinds": ["hand_off.offered", "hand_off.breached"],
    },
    "everything": {"url": "https://crm.example.com/ripeness"},
}
AGAIN_EXAMPLES = {"two of them": {"notice_ids": [17, 18]}, "all that are dead": {}}


def _one(answer: str, *errors: int, **extra: object) -> Description:
    parameters = [WEBHOOK_ID, *extra.pop("parameters", ())]  # type: ignore[misc]  # a list of dicts
    return route(answer, *errors, parameters=parameters, security=NEEDS_KEY, **extra)


ADD = route(
    "WebhookAdded",
    *sorted({*POSTS, 409} - {404}),
    requestBody=posted("WebhookToAdd", ADD_EXAMPLES),
    security=NEEDS_KEY,
)
LIST = route("WebhooksOut", 401, 403, 503, security=NEEDS_KEY)
REMOVE = _one("WebhookRemoved", *WRITES)
PAUSE = _one("WebhookOut", *WRITES)
RESUME = _one("WebhookOut", *WRITES)
TEST = _one("WebhookTried", *WRITES)
DEAD = _one("DeadList", *ERRORS, parameters=[AFTER])
AGAIN = _one("SentAgain", *POSTS, requestBody=posted("SendAgain", AGAIN_EXAMPLES))
