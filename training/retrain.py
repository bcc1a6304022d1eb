"""The cycle that runs unattended: is there news, what did the training find, and who answers from now on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from features.check import check, require_both_ends
from features.clock import NEVER, days, iso, to_micros
from features.errors import BadBundle, NotComparable, NotEnoughData
from features.settings import Settings
from features.tables import Export
from models.registered import Run
from models.trial_runs import search_run
from training.drift import drift
from training.drift_report import DriftReport
from training.feedback import resolved_at
from training.outcomes import OPEN
from training.promotion import Candidate
from training.question import question, require_equal
from training.recent import learned_until

Word = Literal["promoted", "kept", "no_op"]
Card = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class News:
    """What the export tells that the champion's training could not know."""

    outcomes: int  #: leads that ended, or were turned down, since, and were there a horizon before the end
    since: str  #: in words

    def sentence(self) -> str:
        """For a person."""
        what = f"{self.outcomes:,} outcomes have matured" if self.outcomes else "no new outcome has matured"
        return f"{what} since the champion's data ended, {self.since}"


def news(export: Export, settings: Settings, card: Card) -> News:
    """How many outcomes have matured since the training that the card is of.

    Raises:
        NotComparable: the card doesn't tell when its data ended.
    """
    if export.flat:
        return _news_by_order(export, card)
    try:
        before = to_micros(datetime.fromisoformat(str(card["data_end"])))
    except (KeyError, ValueError):
        raise NotComparable("the champion's card doesn't tell when its data ended; use --force") from None
    mature = export.data_end - days(settings.outcome.horizon_days) - days(settings.outcome.reporting_delay_days)
    created, closed = export.leads["created_at"].to_numpy(dtype=np.int64), resolved_at(export)
    new = (closed > before) & (closed <= export.data_end) & (closed != OPEN)
    return News(outcomes=int((new & (created != NEVER) & (created <= mature)).sum()), since=iso(before))


def _news_by_order(export: Export, card: Card) -> News:
    """Of a flat export: leads with a result behind the last that the champion was tested on."""
    order, label = (export.leads[name].to_numpy(dtype=np.float64) for name in ("order", "label"))
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.argsort(order, kind="stable")] = np.arange(len(order))
    last = learned_until({"parts": {"train": card.get("parts", {}).get("test", {})}})
    return News(outcomes=int(((rank > last) & ~np.isnan(label)).sum()), since=f"row {last + 1}")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What is known before anything is trained."""

    warnings: tuple[str, ...]  #: of the check
    champion: Candidate | None = None
    news: News | None = None  #: None without a champion
    drift: DriftReport | None = None  #: None without a champion, and where it can't be told
    no_drift_because: str | None = None


def survey(champion: Candidate | None, export: Export, settings: Settings) -> Survey:
    """Check the export, and hold it against the champion.

    Raises:
        NotEnoughData: the export has no won lead, or no other.
        NotComparable: the champion answers another question than the settings ask, as the gate would say later.
    """
    require_both_ends(export)
    warnings = check(export, settings).warnings
    if champion is None:
        return Survey(warnings=warnings)
    card = champion.bundle.card
    require_equal(card.get("question", {}), {}, question(settings, flat=export.flat))
    found, why = None, None
    try:
        found = drift(champion.bundle, export, settings, as_of=export.data_end, version=champion.version.number)
    except (BadBundle, NotEnoughData) as error:
        why = str(error)
    fresh = news(export, settings, card)
    return Survey(warnings=warnings, champion=champion, news=fresh, drift=found, no_drift_because=why)


@dataclass(frozen=True, kw_only=True)
class Retrained:
    """What one cycle came to."""

    word: Word
    why: str
    version: str | None  #: that was trained
    before: Survey
    leaks: Card | None = (
        None  #: refused, suspicious and newly refused columns and kinds; None where nothing was trained
    )

    @property
    def champion(self) -> str | None:
        """The version that answers from now on."""
        champion = self.before.champion
        return self.version if self.word == "promoted" else champion.version.number if champion else None

    @property
    def needs_a_look(self) -> bool:
        """Whether the world moved and the old champion still answers."""
        return self.word != "promoted" and self.before.drift is not None and self.before.drift.moved

    def lines(self) -> Iterator[str]:
        """For a person."""
        known = self.before
        yield from (f"  check: {warning}" for warning in known.warnings)
        for what, names in (self.leaks or {}).items():
            if names:
                yield f"  leaks, {what.replace('_', ' ')}: {', '.join(names)}"
        if known.drift:
            yield from known.drift.lines()
        elif known.no_drift_because:
            yield f"drift can't be told: {known.no_drift_because}"
        if known.news:
            yield known.news.sentence()
        yield {
            "promoted": f"version {self.version} is the champion: {self.why}",
            "kept": f"version {self.version} is registered, {_stays(self.champion)}: {self.why}",
            "no_op": f"nothing was trained, {_stays(self.champion)}: {self.why}",
        }[self.word]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the line that machines read."""
        known = self.before
        found = known.drift
        return {
            "outcome": self.word,
            "why": self.why,
            "version": self.version,
            "champion": self.champion,
            "new_outcomes": known.news.outcomes if known.news else None,
            "drift": found.moved if found else None,
            "drift_sentence": found.sentence() if found else known.no_drift_because,
            "moved_columns": [column.name for column in found.moved_columns] if found else [],
            "leaks": None if self.leaks is None else dict(self.leaks),
            "warnings": list(known.warnings),
        }


def _stays(champion: str | None) -> str:
    return f"version {champion} stays the champion" if champion else "there is no champion"


def leaks_of(card: Card, before: Card | None) -> dict[str, list[str]]:
    """What a training refused and suspects, and what of it the champion's still used."""
    found = card.get("leaks", {})
    refused = [*found.get("refused", []), *found.get("refused_kinds", [])]
    suspicious = [*found.get("suspicious", []), *found.get("suspicious_kinds", [])]
    old = (before or {}).get("leaks", {})
    known = {*old.get("refused", []), *old.get("refused_kinds", [])}
    new = [name for name in refused if name not in known] if before is not None else []
    return {"refused": refused, "suspicious": suspicious, "newly_refused": new}


def log_no_op(champion: Candidate, why: str, settings: Settings, *, tracking_uri: str) -> None:
    """Leave a run in MLflow that says why nothing was trained."""
    name = f"retrain {settings.company.name}"
    with search_run(name, tracking_uri=tracking_uri) as run:
        tags = {"retrain": "no_op", "retrain_reason": why, "champion": champion.version.number}
        run.log(Run(name=name, tags=tags))
