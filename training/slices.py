"""Quality by slice: is the model as good, and as honest, for every source, country, size, age and segment?

A slice is all pairs that share a value of a field as known at their moment. Few wins tell nothing:
such a slice is shown with its count and the words that it is too small.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from features.choose_columns import Chosen, choose_columns
from features.clock import DAY, NEVER
from features.definitions import Attribute
from features.errors import BadSettings
from features.field_parts import names_any
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from features.view import View
from training.dataset import Dataset
from training.intervals import Interval, intervals
from training.metrics import Ranked, expected_over_observed, roc_auc

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Progress = Callable[[str], None]

MOST_FIELDS = 7
MOST_VALUES = 8  #: of one field, the most frequent; the rest is one slice
MISSING, REST = "(missing)", "(other values)"
LEAD_AGE = "lead age"
#: what a reader of a table of ages must know
AGES_OVERLAP = (
    "A lead grows older and counts in each age at which it was looked at, so leads and wins of the lead ages add up to "
    "more than all."
)
#: bands of the days since a lead was created
AGES = ((7.0, "up to a week"), (30.0, "up to a month"), (90.0, "up to a quarter"), (np.inf, "older"))
#: what is looked at without being asked, in this order: words in a column's name
USUAL = (
    ("source", "channel", "origin", "campaign", "medium", "fonte", "canale", "origine"),
    ("country", "region", "state", "paese", "nazione", "regione"),
    ("size band", "size", "revenue band", "employees", "dipendenti"),
    ("segment", "industry", "sector", "type", "tier", "category", "settore", "segmento"),
    ("seniority", "department", "job", "occupation", "role", "ruolo"),
)
FIGURES: Mapping[str, Callable[[Ranked], float]] = {"auc": roc_auc, "expected": expected_over_observed}


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One value of one field, and what the model reached there."""

    field: str
    value: str
    pairs: int
    leads: int
    wins: int  #: different leads that were won
    auc: Interval | None  #: None where the wins are too few
    expected_over_observed: Interval | None

    @property
    def verdict(self) -> str:
        """In words: too small, honest, or off."""
        if self.auc is None or self.expected_over_observed is None:
            return "too small to judge"
        found = []
        if self.expected_over_observed.low > 1:
            found.append("promises too much")
        elif self.expected_over_observed.high < 1:
            found.append("promises too little")
        if self.auc.low <= 0.5:
            found.append("ranking not shown")
        return ", ".join(found) or "fine"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "field": self.field,
            "value": self.value,
            "pairs": self.pairs,
            "leads": self.leads,
            "wins": self.wins,
            "auc": self.auc.to_dict() if self.auc else None,
            "expected_over_observed": self.expected_over_observed.to_dict() if self.expected_over_observed else None,
            "verdict": self.verdict,
        }


def slices(export: Export, settings: Settings, test: Dataset, log_odds: Floats) -> tuple[Slice, ...]:
    """Every slice of these pairs, field by field, the most frequent value first."""
    pairs = Pairs(lead=test.lead, as_of=test.as_of)
    return tuple(
        _slice(field, value, test.take(here), log_odds[here], settings)
        for field, values in slice_values(export, settings, pairs).items()
        for value, here in _by_value(values)
    )


def require_fields(export: Export, settings: Settings, pairs: Pairs, *, refused: Collection[str] = ()) -> None:
    """Find out before any long work whether the fields that the settings name can be slices of these pairs.

    Raises:
        BadSettings: one was refused as a leak, or is no category here.
    """
    for name in settings.evaluation.slices:
        if name in refused:
            raise BadSettings(
                f"[evaluation] slices names {name!r}, which is refused as a leak (`ripeness leaks` says how); name "
                "another field, or keep this one by `keep`"
            )
    if settings.evaluation.slices:
        _named(_words(choose_columns(settings, export, pairs)), settings.evaluation.slices)


def slice_values(export: Export, settings: Settings, pairs: Pairs) -> dict[str, Objects]:
    """Per field of the settings, or of the usual ones that the export has, a text for each pair.

    Raises:
        BadSettings: the settings name a field that is no category here.
    """
    chosen = choose_columns(settings, export, pairs)
    words = _words(chosen)
    wanted = _named(words, settings.evaluation.slices) if settings.evaluation.slices else _usual(words)
    view = View(
        definitions=tuple(wanted),
        categories={d.name: chosen.categories[d.name] for d in wanted},
        missing_words=settings.data.missing_words,
        keep_na=settings.data.keep_na,
    )
    rows = build_rows(view, export, pairs)
    found = {d.name: _texts(rows[:, i], view.categories[d.name]) for i, d in enumerate(wanted)}
    if not settings.evaluation.slices or LEAD_AGE in settings.evaluation.slices:
        found |= _ages(export, pairs)
    return found


def _words(chosen: Chosen) -> list[Attribute]:
    return [d for d in chosen.definitions if isinstance(d, Attribute) and d.encoding == "category"]


def _named(words: list[Attribute], names: Iterable[str]) -> list[Attribute]:
    found = []
    for name in names:
        matching = [d for d in words if name in {d.name, d.field}]
        if not matching and name != LEAD_AGE:
            near = get_close_matches(name, [d.name for d in words], n=3, cutoff=0.5)
            raise BadSettings(
                f"[evaluation] slices names {name!r}, which is no field of words here; "
                f"near: {', '.join(near) or 'none'}"
            )
        found += matching[:1]
    return found


def _usual(words: list[Attribute]) -> list[Attribute]:
    """The columns that people ask about, at most one or two of each sort."""
    found: list[Attribute] = []
    for phrases in USUAL:
        found += [d for d in words if names_any(d.name, phrases) and d not in found][:2]
    return found[:MOST_FIELDS] or words[:3]


def _texts(codes: Floats, categories: tuple[str, ...]) -> Objects:
    names = np.array([*categories, MISSING], dtype=object)
    known = ~np.isnan(codes)
    return np.asarray(names[np.where(known, np.nan_to_num(codes), len(categories)).astype(np.int64)])


def _ages(export: Export, pairs: Pairs) -> dict[str, Objects]:
    """The band of each pair's lead age; nothing where no creation is known, or all are of one band."""
    created = export.leads["created_at"].to_numpy(dtype=np.int64)[pairs.lead]
    if export.flat or (created == NEVER).all():
        return {}
    age = np.where(created == NEVER, np.nan, (pairs.as_of - created) / DAY)
    names = np.array([*(name for _, name in AGES), MISSING], dtype=object)
    place = np.searchsorted(np.array([limit for limit, _ in AGES]), age, side="left")
    bands = names[np.minimum(place, len(AGES))]
    return {LEAD_AGE: bands} if len(set(bands)) > 1 else {}


def masks_of(
    export: Export, pairs: Pairs, views: Sequence[View], rows: Sequence[Floats]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Masks (n_pairs,) by "field: value" of every value that any of the views tells apart, and by the lead's age.

    `rows` are the pairs' rows, view by view.
    """
    fields: dict[str, Objects] = {}
    for view, own in zip(views, rows, strict=True):
        for i, d in enumerate(view.definitions):
            if isinstance(d, Attribute) and d.encoding == "category":
                fields.setdefault(d.name, _texts(own[:, i], view.categories[d.name]))
    fields |= _ages(export, pairs)
    return {f"{field}: {value}": mask for field, texts in fields.items() for value, mask in _by_value(texts, most=None)}


def _by_value(values: Objects, most: int | None = MOST_VALUES) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    names, index, count = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    order = sorted(range(len(names)), key=lambda i: (names[i] == MISSING, -count[i], names[i]))
    shown = [i for i in order if names[i] != MISSING][:most]
    rest = [i for i in order if i not in shown and names[i] != MISSING]
    found = [(str(names[i]), index == i) for i in shown]
    found += [(REST, np.isin(index, rest))] if rest else []
    return found + [(MISSING, index == i) for i in order if names[i] == MISSING]


def _slice(field: str, value: str, part: Dataset, log_odds: Floats, settings: Settings) -> Slice:
    leads = len(np.unique(part.lead))
    enough = part.wins >= settings.evaluation.min_wins_per_slice and part.label.min() == 0
    found: Mapping[str, Interval] = {}
    if enough:
        ranked = Ranked.of(part.label, log_odds, part.weight)
        model = settings.model
        found = intervals(ranked, part.group, FIGURES, rounds=model.bootstrap_rounds, seed=model.seed)
    return Slice(
        field=field,
        value=value,
        pairs=len(part),
        leads=leads,
        wins=part.wins,
        auc=found.get("auc"),
        expected_over_observed=found.get("expected"),
    )
