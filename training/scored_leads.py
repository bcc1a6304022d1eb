"""Whom a model scores at a moment, one pair for each lead, and what of them the view doesn't list."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from features.attributes import values_at
from features.clock import days
from features.encode import encoders_of
from features.settings import Settings
from features.tables import Export, Pairs
from features.view import View
from models.column_drift import telling_as_much
from training.outcomes import closed_at
from training.splits import groups

Mask = npt.NDArray[np.bool_]


def scored_leads(export: Export, settings: Settings, as_of: int) -> Pairs:
    """The leads that are open at `as_of`, each once, as the running service would score them.

    Where leads are scored at fixed ages: those that reached one within the horizon before `as_of`, at
    the latest. Of a flat export: those without a result.
    """
    if export.flat:
        lead = np.flatnonzero(np.isnan(export.leads["label"].to_numpy(dtype=np.float64)))
        return Pairs(lead=lead, as_of=np.full(len(lead), as_of, dtype=np.int64))
    if settings.cohort.mode == "ages":
        return _of_age(export, settings, as_of)
    created = export.leads["created_at"].to_numpy(dtype=np.int64)
    lead = np.flatnonzero((created <= as_of) & (closed_at(export) > as_of))
    return Pairs(lead=lead, as_of=np.full(len(lead), as_of, dtype=np.int64))


def _of_age(export: Export, settings: Settings, as_of: int) -> Pairs:
    start = export.leads["age_from"].to_numpy(dtype=np.int64)
    created, closed = export.leads["created_at"].to_numpy(dtype=np.int64), closed_at(export)
    latest = np.full(len(start), -1, dtype=np.int64)
    for age in settings.cohort.at_ages_days:
        at = start + days(age)
        scored = (at <= as_of) & (at > as_of - days(settings.outcome.horizon_days)) & (at >= created) & (at < closed)
        latest = np.where(scored, np.maximum(latest, at), latest)
    lead = np.flatnonzero(latest >= 0)
    return Pairs(lead=lead, as_of=latest[lead])


def independent(export: Export, pairs: Pairs) -> float:
    """How many leads of different accounts tell as much: leads of one account may be alike in everything."""
    _, members = np.unique(groups(export, pairs), return_counts=True)
    return telling_as_much(members)


def unlisted(view: View, export: Export, pairs: Pairs) -> tuple[Mask, Mapping[str, Counter[str]]]:
    """Which values are there but in no list of the view, (n_pairs, n_columns), and per column how many of each."""
    found: dict[str, Counter[str]] = {}
    mask = np.zeros((len(pairs), len(view.names)), dtype=np.bool_)
    for encoder in encoders_of(view):
        if encoder.codes is None:
            continue
        values = values_at(export, encoder.field, pairs)
        told = np.array([encoder.reading.clean(v) is not None for v in values.distinct] + [False])
        strange = told & np.isnan(encoder.encode_all(values.distinct))
        mask[:, encoder.position] = strange[values.code]
        of = [str(values.distinct[code]) for code in values.code[strange[values.code]]]
        if of:
            found[view.names[encoder.position]] = Counter(of)
    return mask, found
