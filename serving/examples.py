"""Requests that the documentation shows, the tests send, and a new model is warmed up with."""

from typing import Any

from features.request import read_request
from serving.language import LANGUAGES, catalog
from serving.predict import Predictor, case_of

LEAD: dict[str, Any] = {
    "lead": {
        "lead_id": "L-17",
        "created_at": "2026-01-12T08:30:00Z",
        "attributes": {
            "job_title": "Head of Operations",
            "industry": "Manufacturing",
            "employees": 240,
            "country": "Italy",
            "email": "l.rossi@example.com",
        },
    },
    "events": [
        {"kind": "content_download", "happened_at": "2026-02-03T10:12:00Z", "topic": "planning", "channel": "web"},
        {"kind": "pricing_page_view", "happened_at": "2026-02-20T16:05:00+01:00", "topic": "pricing"},
        {
            "kind": "webinar_attended",
            "happened_at": "2026-02-24T15:00:00Z",
            "known_at": "2026-02-27T09:00:00Z",
            "topic": "planning",
            "channel": "webinar",
            "value": 45,
        },
    ],
    "as_of": "2026-03-01T09:00:00Z",
    "facts": {"stage": "lead", "consent": True, "owner": "Giulia", "bant": {"need": "shorter planning cycles"}},
}

UNKNOWN: dict[str, Any] = {"lead": {"lead_id": "L-18"}}

OBJECTION: dict[str, Any] = {"lead": {"lead_id": "L-19"}, "facts": {"objects_to_profiling": True}}

PREDICT = {
    "a lead with three activities": LEAD,
    "a lead of whom nothing is known": UNKNOWN,
    "a lead that objects to profiling": OBJECTION,
}

BATCH = {
    "two leads, and one that can't be read": {
        "requests": [LEAD, UNKNOWN, {"lead": {"lead_id": "L-20", "created_at": "last week"}}]
    }
}


def warm_up(predictor: Predictor) -> None:
    """Answer an example in every language, so that the first caller waits for no compilation or catalog."""
    case = case_of(read_request(LEAD), now=read_request(LEAD).as_of or 0)
    for language in LANGUAGES:
        predictor.answers([case, case], catalog(language))
