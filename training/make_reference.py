"""The reference of a bundle: how the leads of the test period looked, on which its quality was measured.

Behaviour has a rhythm: the week after a newsletter is not the week before it. So leads are taken at
several moments, each lead counted at one of them, and each column keeps how far a single moment was
from all of them: what it does every month is no drift.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.clock import days, iso
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from models.bundle import Bundle
from models.psi import merged, psi
from models.reference import Binned, Reference
from training.dataset import Dataset
from training.scored_leads import independent, scored_leads, unlisted

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MOMENTS = 13  #: at most: the weeks of a quarter
MOST_LEADS = 4000  #: at most, of one moment


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Leads at several moments."""

    pairs: Pairs
    moment: Ints  #: number of the moment of each pair
    counted: Mask  #: one pair for each lead


def make_reference(bundle: Bundle, export: Export, settings: Settings, test: Dataset) -> Reference:
    """Count the leads that were open in the test period; `bundle` is whole but for its reference."""
    sample = _sample(export, settings, test)
    rows, (strange, _) = build_rows(bundle.view, export, sample.pairs), unlisted(bundle.view, export, sample.pairs)
    counted = sample.counted
    found = Reference.of(
        bundle.view,
        bundle.evidence,
        rows[counted],
        strange[counted],
        bundle.answer(rows[counted]),
        moment=None if export.flat else iso(int(test.as_of.max())),
        independent=independent(export, sample.pairs.take(counted)),
    )
    usual = [_with_usual(c, rows[:, i], strange[:, i], sample) for i, c in enumerate(found.columns)]
    log_odds = _with_usual(found.log_odds, bundle.log_odds(rows), np.zeros(len(rows), dtype=bool), sample)
    return replace(found, columns=tuple(usual), log_odds=log_odds)


def _sample(export: Export, settings: Settings, test: Dataset) -> Sample:
    if export.flat:
        return _one_moment(Pairs(lead=test.lead, as_of=test.as_of))
    last = int(test.as_of.max())
    if settings.cohort.mode == "ages":
        return _one_moment(scored_leads(export, settings, last))
    random = np.random.default_rng(settings.model.seed)
    moments = _moments(int(test.as_of.min()), last, random)
    turn = random.integers(0, len(moments), len(export.leads))
    open_ = [_some(scored_leads(export, settings, int(at)), random) for at in moments]
    lead, as_of = (np.concatenate([getattr(p, name) for p in open_]) for name in ("lead", "as_of"))
    moment = np.repeat(np.arange(len(open_)), [len(p) for p in open_])
    return Sample(pairs=Pairs(lead=lead, as_of=as_of), moment=moment, counted=turn[lead] == moment)


def _moments(first: int, last: int, random: np.random.Generator) -> Ints:
    """One in each of the last weeks, on any day and hour: a fixed step might always meet the same newsletter."""
    week = days(7)
    weeks = min(MOMENTS, max(1, (last - first) // week))
    return last - week * np.arange(weeks) - random.integers(0, min(week, last - first + 1), weeks)


def _one_moment(pairs: Pairs) -> Sample:
    return Sample(pairs=pairs, moment=np.zeros(len(pairs), dtype=np.int64), counted=np.ones(len(pairs), dtype=bool))


def _some(pairs: Pairs, random: np.random.Generator) -> Pairs:
    """At most `MOST_LEADS` of them."""
    chosen = random.permutation(len(pairs))[:MOST_LEADS]
    return pairs.take(np.sort(chosen))


def _with_usual(column: Binned, values: npt.NDArray[np.float64], strange: Mask, sample: Sample) -> Binned:
    """The column with the largest PSI of one moment against all."""
    bins, moments = len(column.leads), int(sample.moment.max(initial=0)) + 1
    place = sample.moment * bins + column.bins_of(values, strange)
    counted = np.bincount(place, minlength=moments * bins).reshape(moments, bins).astype(np.float64)
    compared = [merged(counted.sum(axis=0), one) for one in counted]
    return replace(column, usual=max((round(psi(*both), 6) for both in compared if len(both[0])), default=0.0))
