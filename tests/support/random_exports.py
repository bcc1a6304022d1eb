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
    return export_of(
        leads=_leads(rng, leads),
        events=_events(rng, leads, leads * events_per_lead),
        changes=_changes(rng, leads, leads, old_values),
    )


def random_pairs(seed: int, export: Export, *, count: int) -> Pairs:
    """Pairs at random moments, many of them exactly at an event or at a window's edge."""
    rng = np.random.default_rng(seed)
    lead = rng.integers(len(export.leads), size=count)
    return Pairs(lead=lead, as_of=np.array(_times(rng, count), dtype=np.int64))


def _times(rng: np.random.Generator, n: int) -> list[int]:
    coarse = START + rng.integers(2 * SPAN_DAYS, size=n) * (DAY // 2)
    fine = START + rng.integers(SPAN_DAYS * DAY, size=n)
    return np.where(rng.random(n) < 0.5, coarse, fine).tolist()


def _picks(rng: np.random.Generator, values: tuple[object, ...], n: int) -> list[object]:
    return [values[i] for i in rng.integers(len(values), size=n)]


def _rows(columns: dict[str, list[object]]) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _ids(rng: np.random.Generator, leads: int, n: int) -> list[str]:
    return [f"lead-{i}" for i in rng.integers(leads, size=n)]


def _leads(rng: np.random.Generator, n: int) -> list[dict[str, object]]:
    created = np.where(rng.random(n) < 0.1, NEVER, np.array(_times(rng, n)) - rng.integers(30, size=n) * DAY)
    return _rows(
        {
            "lead_id": [f"lead-{i}" for i in range(n)],
            "created_at": created.tolist(),
            "industry": _picks(rng, INDUSTRIES, n),
            "employees": _picks(rng, SIZES, n),
            "country": _picks(rng, COUNTRIES, n),
        }
    )


def _events(rng: np.random.Generator, leads: int, n: int) -> list[dict[str, object]]:
    happened = np.array(_times(rng, n))
    late = rng.integers(-2 * DAY, 5 * DAY, size=n) * (rng.random(n) < 0.3)  # or announced before
    return _rows(
        {
            "lead_id": _ids(rng, leads, n),
            "kind": _picks(rng, EXPORTED_KINDS, n),
            "happened_at": happened.tolist(),
            "known_at": (happened + late).tolist(),
            "value": _picks(rng, (None, 0.1, 0.2, 1e9, -3.0, 5.0), n),
            "topic": _picks(rng, TOPICS, n),
            "channel": _picks(rng, CHANNELS, n),
        }
    )


def _changes(rng: np.random.Generator, leads: int, n: int, old_values: bool) -> list[dict[str, object]]:
    known = {"lead_id": _ids(rng, leads, n), "known_at": _times(rng, n)}
    rows = _rows({**known, "field": _picks(rng, ("industry", "employees"), n)})
    values = {"industry": INDUSTRIES, "employees": SIZES}
    for row in rows:
        of_field = values[str(row["field"])]
        row["value"], row["old_value"] = _picks(rng, of_field, 2)
        row["old_value"] = row["old_value"] if old_values else None
    return rows
