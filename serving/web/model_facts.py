"""What the page of the model shows: its card put into figures, how scores lie now, and what a new model moved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from features.clock import to_micros
from features.settings import Lifecycle
from models.bundle import Bundle
from serving.language import N_, Language
from serving.store.schema import ledger, standings
from serving.web.card_words import own_name
from serving.web.leak_words import evidence_said

Card = Mapping[str, Any]
Interval = Mapping[str, float | None]

#: figures of a card with what they say, the better direction in words
FIGURES = {
    "ROC AUC": N_("how often a lead that is won gets the higher score than one that is not"),
    "lift at 10 %": N_("wins among the best tenth, against picking at random"),
    "recall at capacity": N_("wins among the leads that sales can call"),
    "expected / observed": N_("promised wins for each that came; 1 is exact"),
}
SHOWN = 2  #: pieces of evidence of one finding
TENTHS = 10
PSI_MOVED = 0.2  #: from which a distribution counts as another one
BANDS = ("call", "nurture", "wait")


@dataclass(frozen=True, kw_only=True)
class Tenth:
    """One tenth of the scores of the reference leads."""

    upto: int  #: score
    then: float  #: share of the leads that the model was measured on
    now: float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How the scores of the open leads lie, against those that the model was measured on."""

    leads: int
    tenths: tuple[Tenth, ...]

    @property
    def psi(self) -> float:
        """Population stability index, with half a lead in an empty tenth."""
        least = 0.5 / max(1, self.leads)
        shares = [(max(t.now, least), max(t.then, least)) for t in self.tenths]
        return sum((now - then) * log(now / then) for now, then in shares)

    @property
    def moved(self) -> bool:
        """Whether it is another distribution."""
        return self.psi >= PSI_MOVED


@dataclass(frozen=True, kw_only=True)
class Swap:
    """Leads that went from one band to another when the model changed."""

    before: str
    after: str
    leads: int


@dataclass(frozen=True, kw_only=True)
class SwapSet:
    """What the last change of model moved, by the ledger."""

    previous: str  #: version
    leads: int  #: scored by both
    swaps: tuple[Swap, ...]  #: the most leads first
    examples: tuple[tuple[str, str | None, int, int], ...]  #: lead_id, name, score before and after, largest first


def figures(card: Card) -> list[tuple[str, str, Interval]]:
    """The figures of the model itself, each with what it says."""
    own = card.get("contest", {}).get(own_name(card), {})
    return [(name, says, own[name]) for name, says in FIGURES.items() if name in own]


def contest(card: Card) -> list[tuple[str, list[Interval | None]]]:
    """Each contestant with the same figures, the best ranking first."""
    found = card.get("contest", {})
    best = sorted(found, key=lambda name: -(found[name].get("ROC AUC", {}).get("value") or 0))
    return [(name, [found[name].get(figure) for figure in FIGURES]) for name in best]


def gains(card: Card) -> list[tuple[float, float]]:
    """Share of all wins (0 to 1) found among the best share of leads, from the card's bins; starts at (0, 0)."""
    bins = sorted((card.get("reliability") or {}).get("bins", ()), key=lambda b: -b["expected"])
    leads, wins = sum(b["pairs"] for b in bins), sum(b["pairs"] * b["observed"] for b in bins)
    points, pairs, won = [(0.0, 0.0)], 0.0, 0.0
    for one in bins if wins else ():
        pairs, won = pairs + one["pairs"], won + one["pairs"] * one["observed"]
        points.append((pairs / leads, won / wins))
    return points


def off_together(card: Card) -> bool:
    """Whether luck explains each bin of its promises, but not all of them together."""
    bins = (card.get("reliability") or {}).get("bins", ())
    own = card.get("contest", {}).get(own_name(card), {}).get("expected / observed") or {}
    low, high = own.get("low"), own.get("high")
    if not bins or low is None or high is None:
        return False
    return all(one["kept"] for one in bins) and not low <= 1 <= high


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the leak checks say of one column or kind of event."""

    name: str
    verdict: str
    evidence: tuple[tuple[str, bool], ...]  #: sentences, and whether each is in the reader's language


def findings(card: Card, language: Language) -> Iterator[Finding]:
    """The leak verdicts that a person should know of: what is refused, kept against advice, or suspicious."""
    leaks = card.get("leaks", {})
    shown = {*leaks.get("refused", ()), *leaks.get("kept", ()), *leaks.get("suspicious", ())}
    shown |= {*leaks.get("refused_kinds", ()), *leaks.get("suspicious_kinds", ())}
    for found in leaks.get("findings", ()):
        if found["name"] in shown:
            told = tuple(_evidence(item, language) for item in found["evidence"][:SHOWN])
            yield Finding(name=found["name"], verdict=found["verdict"], evidence=told)


def _evidence(told: Mapping[str, Any], language: Language) -> tuple[str, bool]:
    said = evidence_said(told, language)
    return (told["sentence"], False) if said is None else (said, True)


def spread(connection: Connection, bundle: Bundle) -> Spread | None:
    """The scores of now in tenths; a tenth of the reference leads is in each, as far as scores can be told apart."""
    scores = connection.execute(select(standings.c.score, func.count()).group_by(standings.c.score)).all()
    leads = sum(count for _, count in scores)
    if not leads:
        return None
    now = np.zeros(TENTHS)
    for score, count in scores:
        now[min(TENTHS - 1, score // TENTHS)] += count
    reference = bundle.policy.scores(np.array(bundle.policy.quantiles))
    then = np.histogram(np.round(reference), bins=[*range(0, 100, TENTHS), 101])[0]
    tenths = zip(then / then.sum(), now / leads, strict=True)
    return Spread(
        leads=leads,
        tenths=tuple(Tenth(upto=(i + 1) * TENTHS, then=float(a), now=float(b)) for i, (a, b) in enumerate(tenths)),
    )


def swap_set(connection: Connection, bundle: Bundle, policy: Lifecycle) -> SwapSet | None:
    """The leads that two models put into different bands, by the last score of the one and the first of the other.

    None where no lead has a score of another model before this one's.
    """
    previous = _previous(connection, bundle.digest)
    if previous is None:
        return None
    digest, version = previous
    rows = connection.execute(_both(digest, bundle.digest)).all()
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        way = (_band(row.before, bundle, policy), _band(row.after, bundle, policy))
        counted[way] = counted.get(way, 0) + (way[0] != way[1])
    swaps = [Swap(before=a, after=b, leads=n) for (a, b), n in counted.items() if n]
    far = sorted(rows, key=lambda row: (-abs(row.after - row.before), row.lead_id))[:5]
    return SwapSet(
        previous=version,
        leads=len(rows),
        swaps=tuple(sorted(swaps, key=lambda swap: -swap.leads)),
        examples=tuple((row.lead_id, row.name, row.before, row.after) for row in far),
    )


def _previous(connection: Connection, digest: str) -> tuple[str, str] | None:
    """Digest and version of the model that scored last before this one."""
    first = select(func.min(ledger.c.id)).where(ledger.c.bundle == digest).scalar_subquery()
    asked = select(ledger.c.bundle, ledger.c.version).where(ledger.c.id < first, ledger.c.bundle != digest)
    row = connection.execute(asked.order_by(ledger.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.bundle, row.version)


def _both(before: str, after: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a select
    """The last score of each lead by one model, and the first by the other."""
    last = _one(func.max(ledger.c.id), before)
    first = _one(func.min(ledger.c.id), after)
    old, new = ledger.alias("old"), ledger.alias("new")
    return (
        select(standings.c.lead_id, standings.c.name, old.c.score.label("before"), new.c.score.label("after"))
        .join_from(standings, last, last.c.lead_id == standings.c.lead_id)
        .join(first, first.c.lead_id == standings.c.lead_id)
        .join(old, old.c.id == last.c.id)
        .join(new, new.c.id == first.c.id)
    )


def _one(which: Any, digest: str):  # type: ignore[no-untyped-def]  # noqa: ANN202, ANN401  # a select
    asked = select(ledger.c.lead_id, which.label("id")).where(ledger.c.bundle == digest)
    return asked.group_by(ledger.c.lead_id).subquery()


def _band(score: int, bundle: Bundle, policy: Lifecycle) -> str:
    """As many as sales can call, then from marketing's score on, then the rest."""
    if score >= bundle.policy.capacity_score:
        return BANDS[0]
    return BANDS[1] if score >= policy.mql_min_score else BANDS[2]


def parts(card: Card) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """What it learned from and was measured on."""
    found = card.get("parts", {})
    return [(name, found[name]) for name in ("train", "calibrate", "test") if name in found]


def moment_of(told: str | None) -> int | None:
    """A moment of a card in microseconds; None where it is none, such as the row of an export without times."""
    try:
        return to_micros(datetime.fromisoformat(told or ""))
    except ValueError:
        return None
