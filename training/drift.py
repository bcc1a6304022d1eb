"""Whether the world moved: the leads that are scored now against those on which the bundle was measured.

Three things are held against the reference: every column that the model reads, its answers, and,
where outcomes have matured, the wins that it promised. Each may alarm by chance in a third of
`false_alarm_share` of the runs, so that all together stay below it. One pair is taken of each lead.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from features.clock import days, iso
from features.errors import BadBundle, NotEnoughData
from features.rows import build_rows
from features.settings import Drift, Settings
from features.tables import Export, Pairs
from features.view import View
from models.bundle import Bundle
from models.column_drift import FAMILIES, Held, counted_in, held_against, hold_columns, level_of
from models.reference import UNLISTED, Bins, Reference
from training.drift_report import CalibrationDrift, ColumnDrift, DriftReport, ScoreDrift
from training.maturity import Scored, places, wins_range
from training.outcomes import labels
from training.recent import learned_until
from training.scored_leads import independent, scored_leads, unlisted

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EXAMPLES = 3  #: leads and values that are named


@dataclass(frozen=True, kw_only=True)
class Now:
    """The leads that are held against the reference."""

    pairs: Pairs
    rows: Floats
    strange: Mask  #: values that the view doesn't list, (n_leads, n_columns)
    values: Mapping[str, Counter[str]]  #: those values per column
    lead_id: npt.NDArray[np.object_]
    log_odds: Floats
    contributions: Floats
    independent: float

    @classmethod
    def of(cls, bundle: Bundle, export: Export, pairs: Pairs) -> "Now":
        """Rows and answers of these pairs, from what the export says was known then."""
        rows = build_rows(bundle.view, export, pairs)
        strange, values = unlisted(bundle.view, export, pairs)
        answers = bundle.answer(rows)
        return cls(
            pairs=pairs,
            rows=rows,
            strange=strange,
            values=values,
            lead_id=export.leads["lead_id"].to_numpy(dtype=object)[pairs.lead],
            log_odds=answers.log_odds,
            contributions=answers.contributions,
            independent=independent(export, pairs),
        )


def drift(
    bundle: Bundle,
    export: Export,
    settings: Settings,
    *,
    as_of: int,
    scored: Sequence[Scored] = (),
    version: str = "unknown",
) -> DriftReport:
    """Hold the leads scored last against the reference, and what was promised against what came.

    The leads are those of the latest file in `scored`, or those that are open at `as_of`. Promises
    that have matured by `as_of` are taken from the files, or else asked of the bundle again.

    Raises:
        BadBundle: the bundle has no reference.
        NotEnoughData: too few leads were scored.
        BadTable: the export knows none of a file's leads.
    """
    reference = reference_of(bundle)
    pairs, unknown = _pairs(export, settings, as_of, scored)
    if len(pairs) < settings.drift.min_leads:
        raise NotEnoughData(
            f"{len(pairs):,} leads were scored {_where(export, as_of, scored)}; at least {settings.drift.min_leads} "
            "([drift] min_leads) are needed to say whether anything moved"
        )
    now = Now.of(bundle, export, pairs)
    rules, last = settings.drift, max(scored, key=lambda file: file.as_of) if scored else None
    return DriftReport(
        version=version,
        bundle=bundle.digest,
        reference=reference,
        as_of=None if export.flat else iso(int(pairs.as_of.max())),
        scores=last.name if last else None,
        leads=len(pairs),
        unknown=unknown,
        columns=compare_columns(bundle.view, reference, now, rules),
        score=compare_scores(reference, now.log_odds, now.independent, rules),
        calibration=_calibration(bundle, export, settings, as_of, scored),
    )


def reference_of(bundle: Bundle) -> Reference:
    """The bundle's reference.

    Raises:
        BadBundle: it has none.
    """
    if bundle.reference is None:
        raise BadBundle(
            "the champion doesn't tell how its leads looked, for it is of an earlier release or made of hand-made "
            "points; train it anew with `ripeness train`"
        )
    return bundle.reference


def compare_columns(view: View, reference: Reference, now: Now, rules: Drift) -> tuple[ColumnDrift, ...]:
    """Each column against the reference, those that moved first, then by how far they are above their bars."""
    held = hold_columns(
        view.names, reference, now.rows, now.strange, now.contributions, independent=now.independent, rules=rules
    )
    return tuple(_told(one, bins, now, view.categories.get(one.name, ())) for one, bins in held)


def compare_scores(reference: Reference, log_odds: Floats, independent: float, rules: Drift) -> ScoreDrift:
    """The answers against those that the reference leads got."""
    column = reference.log_odds
    bins = column.bins_of(np.round(log_odds, 9), np.zeros(len(log_odds), dtype=bool))
    counted = counted_in(column, bins)
    both, level = (reference.independent, independent), level_of(rules.false_alarm_share, 1)
    held = held_against(column, counted, independent=both, level=level, least=rules.min_psi)
    return ScoreDrift(
        psi=held.psi,
        bar=held.bar,
        moved=held.moved,
        then=reference.probability,
        now=float(expit(log_odds).mean()),
    )


def _told(one: Held, bins: Bins, now: Now, categories: Sequence[str]) -> ColumnDrift:
    """A column in the terms of people: where leads went, how many, and which."""
    fuller, coded = one.fuller, one.column.edges is None
    like = np.flatnonzero(bins == fuller)
    return ColumnDrift(
        name=one.name,
        psi=one.psi,
        bar=one.bar,
        usual=one.column.usual,
        moved=one.moved,
        missing=one.missing,
        unlisted=(one.then[UNLISTED], one.now[UNLISTED]) if coded else None,
        new_values=tuple(v for v, _ in now.values.get(one.name, Counter()).most_common(EXAMPLES)),
        fuller=one.column.word(fuller, categories),
        fuller_share=(one.then[fuller], one.now[fuller]),
        affected=one.affected,
        examples=tuple(sorted(map(str, now.lead_id[like]))[:EXAMPLES]),
        added_log_odds=one.added,
    )


def _pairs(export: Export, settings: Settings, as_of: int, scored: Sequence[Scored]) -> tuple[Pairs, int]:
    """The pairs to look at, each lead once, and how many scored leads the export doesn't know any more."""
    if not scored:
        return scored_leads(export, settings, as_of), 0
    last = max(scored, key=lambda file: file.as_of)
    if not len(last.lead_id):
        return Pairs(lead=np.zeros(0, dtype=np.int64), as_of=np.zeros(0, dtype=np.int64)), 0
    place = places(last, export)
    lead = np.unique(place[place >= 0])
    return Pairs(lead=lead, as_of=np.full(len(lead), last.as_of, dtype=np.int64)), int((place < 0).sum())


def _where(export: Export, as_of: int, scored: Sequence[Scored]) -> str:
    if scored:
        return f"in {max(scored, key=lambda file: file.as_of).name}"
    return "of those without a result" if export.flat else f"at {iso(as_of)}, when the data ends {iso(export.data_end)}"


def _calibration(
    bundle: Bundle, export: Export, settings: Settings, as_of: int, scored: Sequence[Scored]
) -> CalibrationDrift | None:
    """Promises against wins for the latest moment that has matured; None where none has, or nothing has a date."""
    if export.flat:
        return None
    wait = days(bundle.horizon_days) + days(settings.outcome.reporting_delay_days)
    until = min(as_of, export.data_end) - wait
    mature = [file for file in scored if file.as_of <= until and len(file.lead_id)]
    if mature:
        last = max(mature, key=lambda file: file.as_of)
        place = places(last, export)
        lead, probability = place[place >= 0], last.probability[place >= 0]
        pairs = Pairs(lead=lead, as_of=np.full(len(lead), last.as_of, dtype=np.int64))
    elif until > learned_until(bundle.card) + wait:
        pairs = scored_leads(export, settings, until)
        probability = expit(bundle.log_odds(build_rows(bundle.view, export, pairs)))
    else:
        return None
    won = labels(export, pairs.lead, pairs.as_of, days(bundle.horizon_days))
    return _kept(pairs, probability, won, settings.drift, bundle.card)


def _kept(
    pairs: Pairs, probability: Floats, won: Floats, rules: Drift, card: Mapping[str, Any]
) -> CalibrationDrift | None:
    if not len(pairs):
        return None
    level = 1 - rules.false_alarm_share / FAMILIES
    low, high = wins_range(probability, level)
    expected, realised = float(probability.sum()), int(won.sum())
    apart = abs(math.log((expected + 0.5) / (realised + 0.5)))
    return CalibrationDrift(
        moment=iso(int(pairs.as_of.max())),
        leads=len(pairs),
        expected=expected,
        realised=realised,
        low=low,
        high=high,
        level=level,
        at_training=_on_the_card(card),
        moved=not low <= realised <= high and apart >= math.log(rules.min_calibration_ratio),
    )


def _on_the_card(card: Mapping[str, Any]) -> str | None:
    """Expected for each observed win when the model was measured, and what that means; None where it doesn't tell."""
    found = card.get("promise") or {}
    if found.get("low") is None:
        return None
    word = "too much" if found["low"] > 1 else "too little" if found["high"] < 1 else "neither too much nor too little"
    return (
        f"{found['value']:.2f} wins expected for each that came ({found['low']:.2f} to {found['high']:.2f}), "
        f"{word} is shown"
    )
