"""Random exports that are as unpleasant as real ones: ties, late rows, missing values, unknown kinds.

Everything comes from one seed. Times lie on a coarse grid half of the time, so that equal times and
window edges happen often.
"""

import numpy as np

from features.clock import DAY, NEVER
from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Attribute,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.tables import Export, Pairs
from features.view import KindMeaning, View
from support.exports import export_of

START = 20_000 * DAY
SPAN_DAYS = 60
KINDS = ("visit", "email_click", "webinar", "demo_request")
EXPORTED_KINDS = (*KINDS, "Visit!", "salesman_called", "never_heard_of")
TOPICS = (None, "pricing", "docs", "blog", " ", "Select")
CHANNELS = (None, "ads", "seo", "partner", "", "unlisted")
INDUSTRIES = ("retail", "tech", " tech ", "NA", "Select", "unlisted", None)
SIZES = (12, 12.0, "1,200", "7.5", "many", True, None, "")
COUNTRIES = ("Italia", "DE", "France", "?", None)
WINDOWS = (1, 7, 0.5, 30)


def random_view() -> View:
    """A view with every kind of definition, over single kinds and over all activity."""
    behaviour: list[Definition] = []
    for kind in (*KINDS[:3], ANY):
        for days in WINDOWS:
            behaviour += [cls(kind=kind, days=days) for cls in (Count, Sum, ActiveDays, Distinct, Momentum)]
        behaviour += [Recency(kind=kind), Decayed(kind=kind, half_life_days=3), Decayed(kind=kind, half_life_days=14)]
    fields = (
        Attribute(field="industry"),
        Attribute(field="employees", encoding="number"),
        Attribute(field="country", part="country"),
        Attribute(field="not_exported"),
    )
    return View(
        definitions=(*fields, Age(), *behaviour, FirstTouch(), LastTouch()),
        kinds=(*(KindMeaning(name=k) for k in KINDS[1:]), KindMeaning(name="visit", aliases=("Visit!",))),
        categories={
            "industry": ("tech", "retail", "NA"),
            "country_country": ("DE", "IT"),
            "not_exported": ("x",),
            "first_touch_channel": ("seo", "ads", "partner"),
            "last_touch_channel": ("partner", "ads"),
        },
        missing_words=("", "Select", "?"),
        keep_na=("industry",),
    )


def random_export(seed: int, *, leads: int, events_per_lead: int = 12, old_values: bool = True) -> Export:
    """Leads with events on both sides of any moment, and a history of `industry` and `employees`."""
    rng = np.random.default_rng(seed)
    ids = [f"lead-{i}" for i in range(leads)]
    return export_of(
        leads=[_lead(rng, lead_id) for lead_id in ids],
        events=[_event(rng, ids[rng.integers(leads)]) for _ in range(leads * events_per_lead)],
        changes=[_change(rng, ids[rng.integers(leads)], old_values) for _ in range(leads)],
    )


def random_pairs(seed: int, export: Export, *, count: int) -> Pairs:
    """Pairs at random moments, many of them exactly at an event or at a window's edge."""
    rng = np.random.default_rng(seed)
    lead = rng.integers(len(export.leads), size=count)
    return Pairs(lead=lead, as_of=np.array([_time(rng) for _ in range(count)], dtype=np.int64))


def _time(rng: np.random.Generator) -> int:
    if rng.random() < 0.5:
        return START + int(rng.integers(2 * SPAN_DAYS)) * (DAY // 2)
    return START + int(rng.integers(SPAN_DAYS * DAY))


def _pick(rng: np.random.Generator, values: tuple[object, ...]) -> object:
    return values[rng.integers(len(values))]


def _lead(rng: np.random.Generator, lead_id: str) -> dict[str, object]:
    return {
        "lead_id": lead_id,
        "created_at": NEVER if rng.random() < 0.1 else _time(rng) - int(rng.integers(30)) * DAY,
        "industry": _pick(rng, INDUSTRIES),
        "employees": _pick(rng, SIZES),
        "country": _pick(rng, COUNTRIES),
    }


def _event(rng: np.random.Generator, lead_id: str) -> dict[str, object]:
    happened = _time(rng)
    late = int(rng.integers(5 * DAY)) if rng.random() < 0.2 else 0
    return {
        "lead_id": lead_id,
        "kind": _pick(rng, EXPORTED_KINDS),
        "happened_at": happened,
        "known_at": happened + late,
        "value": _pick(rng, (None, 0.1, 0.2, 1e9, -3.0, 5.0)),
        "topic": _pick(rng, TOPICS),
        "channel": _pick(rng, CHANNELS),
    }


def _change(rng: np.random.Generator, lead_id: str, old_values: bool) -> dict[str, object]:
    field, values = ("industry", INDUSTRIES) if rng.random() < 0.5 else ("employees", SIZES)
    old = _pick(rng, values) if old_values else None
    return {"lead_id": lead_id, "field": field, "value": _pick(rng, values), "old_value": old, "known_at": _time(rng)}
