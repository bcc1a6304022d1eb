"""Requests of invented leads, seeded: many events, odd values, and things that the model has to ignore."""

import random
from datetime import UTC, datetime, timedelta

AS_OF = datetime(2026, 3, 1, 9, tzinfo=UTC)
KINDS = ("pricing_page_view", "pricing", "webinar_attended", "demo_request", "email_open", "never_heard_of")
CHANNELS = ("email", "paid_search", "trade_show", "carrier_pigeon", " ", None)
TOPICS = ("pricing", "planning", "support", None)
TITLES = ("CEO", "Direttore vendite", "Head of Operations", "stagista", "", None)


def random_request(seed: int, *, events: int | None = None) -> dict:
    """The JSON body of one /v1/predict, as of 2026-03-01 or some days before."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    as_of = AS_OF - timedelta(hours=chance.randrange(100))
    count = events if events is not None else chance.choice((0, 1, 3, 10, 50))
    lead = {
        "lead_id": f"L-{seed}",
        "attributes": {
            "industry": chance.choice(("finance", "retail", "software", "alchemy", None)),
            "employees": chance.choice((5, 240, "1.200", 0.5, None, "many")),
            "job_title": chance.choice(TITLES),
            "shoe_size": chance.randrange(36, 48),
        },
    }
    if chance.random() < 0.8:
        lead["created_at"] = moment(as_of - timedelta(days=chance.randrange(1, 400)), chance)
    return {
        "lead": lead,
        "events": [_event(chance, as_of, i) for i in range(count)],
        "as_of": moment(as_of, chance),
    }


def _event(chance: random.Random, as_of: datetime, i: int) -> dict:
    happened = as_of - timedelta(minutes=chance.choice((0, 1, 1440, chance.randrange(-3000, 200_000))))
    event = {
        "kind": chance.choice(KINDS),
        "happened_at": moment(happened, chance),
        "value": chance.choice((None, 0, -1.5, 45)),
        "topic": chance.choice(TOPICS),
        "channel": chance.choice(CHANNELS),
        "event_id": f"e-{i}",
    }
    if chance.random() < 0.3:
        event["known_at"] = moment(happened + timedelta(days=chance.randrange(0, 10)), chance)
    return {name: value for name, value in event.items() if value is not None}


def moment(when: datetime, chance: random.Random) -> str:
    """The moment as text, in one of several zones."""
    offset = chance.choice((0, 0, 60, -330))
    local = (when + timedelta(minutes=offset)).replace(tzinfo=None).isoformat()
    if offset == 0:
        return local + "Z"
    return f"{local}{'+' if offset > 0 else '-'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
