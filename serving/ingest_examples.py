"""What the documentation shows of the routes that write; the tests send each of them."""

from typing import Any

LEAD: dict[str, Any] = {
    "a lead with its fields": {
        "lead_id": "L-17",
        "created_at": "2026-01-12T08:30:00Z",
        "owner": "giulia",
        "attributes": {"industry": "Manufacturing", "employees": 240, "job_title": "Head of Operations"},
    },
    "an older record, with when it was known": {
        "lead_id": "L-18",
        "created_at": "2025-11-03T10:00:00Z",
        "known_at": "2025-11-03T10:00:00Z",
        "attributes": {"industry": "Retail"},
    },
}
LEAD_FIELDS = {"one field that changed": {"attributes": {"job_title": "Chief Operating Officer"}}}
LEADS = {"two leads, and one that can't be read": {"leads": [*LEAD.values(), {"lead_id": 3}]}}

EVENT: dict[str, Any] = {
    "a page view": {
        "lead_id": "L-17",
        "event_id": "web-88121",
        "kind": "pricing_page_view",
        "happened_at": "2026-02-20T16:05:00+01:00",
        "topic": "pricing",
        "channel": "email",
    }
}
EVENTS = {
    "two activities, one of them twice": {
        "events": [
            EVENT["a page view"],
            EVENT["a page view"],
            {"lead_id": "L-18", "kind": "webinar_attended", "happened_at": "2026-02-24T15:00:00Z", "value": 45},
        ]
    }
}
CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "77-1",
    "source": "/shop/eu",
    "type": "demo_request",
    "subject": "L-17",
    "time": "2026-02-27T09:30:00Z",
    "datacontenttype": "application/json",
    "data": {"topic": "planning"},
}
TRACK: dict[str, Any] = {
    "a call of Segment's track": {
        "type": "track",
        "userId": "L-17",
        "messageId": "ajs-next-1",
        "event": "content_download",
        "timestamp": "2026-02-25T11:00:00.250Z",
        "properties": {"topic": "planning", "value": 1},
        "context": {"campaign": {"medium": "email", "name": "spring"}},
    }
}
OUTCOME = {
    "a lead that was won": {
        "lead_id": "L-17",
        "event_id": "deal-9",
        "kind": "closed_won",
        "happened_at": "2026-02-28T17:00:00Z",
    }
}
FEEDBACK = {
    "a lead that sales turned down": {
        "lead_id": "L-17",
        "verdict": "rejected",
        "reason": "bad_timing",
        "event_id": "f-1",
    },
    "a verdict on a lead that the CRM handed over itself": {
        "lead_id": "L-17",
        "verdict": "accepted",
        "handed_over": True,
    },
}
CONSENT = {"consent given in a form": {"lead_id": "L-17", "given": True, "happened_at": "2026-02-20T16:00:00Z"}}
OBJECTION = {"an objection to being scored": {"lead_id": "L-18", "objects": True}}
STAGE = {"a fact of the CRM": {"lead_id": "L-17", "stage": "opportunity", "happened_at": "2026-02-28T17:30:00Z"}}
STAGE_UNDO = {"the last move of a lead": {"lead_id": "L-17"}}
MERGE = {"two records of one person": {"lead_id": "L-17", "other": "L-18"}}
