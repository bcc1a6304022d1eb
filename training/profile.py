"""The ideal customer profile: who was won most often, and how those leads behaved before.

The page that marketing and sales agree on. Nothing of the test period is counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.definitions import ANY, Count, Definition, FirstTouch, OfKind
from features.field_parts import names_any
from features.rows import build_rows
from features.tables import Pairs
from features.view import View
from training.dataset import Dataset, together
from training.followed import Followed
from training.prepare import Prepared
from training.won_share import WonShare

Floats = npt.NDArray[np.float64]

BEHAVIOUR_DAYS = 30  #: before the moment of scoring
OTHER_FIELDS = 3  #: shown where no field is one of those that people ask about
SOURCE_WORDS = ("source", "channel", "origin", "campaign", "medium", "fonte", "canale", "origine", "campagna")
#: what is shown, and the words in the name of a column that speaks of it
TOPICS: Mapping[str, tuple[str, ...]] = {
    "industry": ("industry", "sector", "vertical", "settore", "industria"),
    "seniority": ("seniority", "livello"),
    "department": ("department", "reparto", "dipartimento"),
    "role": ("job title", "job", "role", "occupation", "position", "ruolo", "mansione"),
    "size": ("size band", "size", "employees", "headcount", "dipendenti", "revenue band"),
    "country": ("country", "nation", "paese", "nazione"),
    "source": SOURCE_WORDS,
}


def profile_facts(ready: Prepared, followed: Followed, before_test: tuple[Dataset, ...]) -> dict[str, Any]:
    """Shares of won leads by who they are, and activities by what became of them.

    `before_test` are the pairs of the training and of the calibration period.
    """
    return {
        "leads": len(followed),
        "won": int(followed.won.sum()),
        "fields": [_field(topic, column, followed) for topic, column in columns_of_topics(followed.view)],
        "behaviour": _behaviour(ready, together(before_test)),
    }


def columns_of_topics(view: View) -> Iterator[tuple[str, Definition]]:
    """The column of words that speaks of each topic; the first few columns where none does."""
    words = [d for d in view.definitions if d.encoding == "category"]
    found = dict(_of_topics(words))
    if "seniority" in found or "department" in found:
        found.pop("role", None)
    yield from found.items() if found else ((d.name, d) for d in words[:OTHER_FIELDS])


def _of_topics(words: list[Definition]) -> Iterator[tuple[str, Definition]]:
    """Each column once, under the first topic that its name speaks of."""
    taken: set[str] = set()
    for topic, phrases in TOPICS.items():
        own = [d for d in words if d.name not in taken and _speaks_of(d, topic, phrases)]
        if own:
            taken.add(own[0].name)
            yield topic, own[0]


def _speaks_of(column: Definition, topic: str, phrases: tuple[str, ...]) -> bool:
    part = getattr(column, "part", None)
    if part is not None and topic == "role":
        return False
    return names_any(column.name, phrases) or (topic == "source" and isinstance(column, FirstTouch))


def source_column(view: View) -> Definition | None:
    """The column that says where a lead came from."""
    return next((column for topic, column in columns_of_topics(view) if topic == "source"), None)


def _field(topic: str, column: Definition, followed: Followed) -> dict[str, Any]:
    """One field: its values, those won most often first."""
    codes = followed.rows[:, followed.view.names.index(column.name)]
    known = ~np.isnan(codes)
    average = _average(followed.won[known] if known.any() else followed.won)
    values = [
        {"value": text} | _share(followed.won[codes == code], average).to_dict()
        for code, text in enumerate(followed.view.categories[column.name])
        if (codes == code).any()
    ]
    return {
        "topic": topic,
        "column": column.name,
        "average": round(average, 6),
        "values": sorted(values, key=lambda value: (-value["pulled"], value["value"])),
        "not_known": _share(followed.won[~known], average).to_dict(),
    }


def _average(won: npt.NDArray[np.bool_]) -> float:
    """The share of won leads, kept off 0 and 1, where nothing could be pulled to it."""
    return float((won.sum() + 0.5) / (len(won) + 1)) if won.all() or not won.any() else float(won.mean())


def _share(won: npt.NDArray[np.bool_], average: float) -> WonShare:
    return WonShare(leads=len(won), won=int(won.sum()), average=average)


def _behaviour(ready: Prepared, before_test: Dataset) -> dict[str, Any] | None:
    """How often leads did what in the days before a moment of scoring; None without activities.

    One moment of each lead: of a won lead one within the horizon before it was won.
    """
    view = _counts(ready.view)
    if ready.export.flat or not view.definitions:
        return None
    is_won = np.isin(before_test.lead, before_test.lead[before_test.label == 1])
    sides = (before_test.label == 1, ~is_won)
    chosen = [before_test.take(side).one_pair_per_lead(ready.settings.model.seed) for side in sides]
    won, others = (build_rows(view, ready.export, Pairs(lead=one.lead, as_of=one.as_of)) for one in chosen)
    if not len(won) or not len(others):
        return None
    kinds = [_kind(view, i, won[:, i], others[:, i]) for i in range(len(view.definitions))]
    kinds.sort(key=lambda kind: (kind["kind"] != ANY, -(kind["won_did"] - kind["others_did"]), kind["kind"]))
    return {"days": BEHAVIOUR_DAYS, "won": len(won), "others": len(others), "kinds": kinds}


def _counts(view: View) -> View:
    """For each kind of activity that the view counts, how often it happened."""
    kinds = dict.fromkeys(d.kind for d in view.definitions if isinstance(d, OfKind))
    definitions = tuple(Count(kind=kind, days=BEHAVIOUR_DAYS) for kind in kinds)
    return replace(view, definitions=definitions, categories={})


def _kind(view: View, i: int, won: Floats, others: Floats) -> dict[str, Any]:
    kind = view.definitions[i].group
    meaning = view.kind_of.get(kind)
    return {
        "kind": kind,
        "label": "any activity" if kind == ANY else (meaning and meaning.label) or kind.replace("_", " "),
        "won_did": round(float((won > 0).mean()), 6),
        "others_did": round(float((others > 0).mean()), 6),
        "won_times": _times(won),
        "others_times": _times(others),
    }


def _times(counts: Floats) -> float | None:
    """How often the middle one of those who did it did it; None where nobody did."""
    did = counts[counts > 0]
    return float(np.median(did)) if len(did) else None
