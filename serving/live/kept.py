"""Whether what the scores promised came true: over time by band, by model, and by source at equal fit.

Everything is read from the ledger: of each lead the first score of each step of time, as it was given
then; not those of a lead that was closed by then, of which nobody had told yet. A score is mature when its
horizon is over; a win counts when it is the lead's first and lies within the horizon.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row

from features.settings import Lifecycle
from serving.live.funnel import Period
from serving.live.handed import UNKNOWN, source_of
from serving.live.tables_of_leads import CLOSINGS, MOVED, ROOTS, SOURCES, over_all, with_

ScoreBand = Literal["hot", "warm", "cold"]
BANDS: tuple[ScoreBand, ...] = ("hot", "warm", "cold")
LUCK = 1.96  #: standard deviations that hold 95 % of what luck does

#: of each lead the first score of each step, and whether it was won within its horizon
SCORED = """
wins AS (SELECT root, MIN(at) AS at FROM closings WHERE kind = 'closed_won' GROUP BY root),
shut AS (
    SELECT c.root, c.at AS since, MIN(m.at) AS opened_at
    FROM closings c
    LEFT JOIN moved m ON m.root = c.root AND m.at >= c.at AND m.because LIKE '%"code":"reopened"%'
    GROUP BY c.root, c.at
),
given AS (
    SELECT r.root, l.as_of, l.id, l.probability, l.score, l.fit, l.version, (l.as_of - :since - 1) / :step AS k
    FROM ledger l JOIN roots r ON r.lead_id = l.lead_id
    LEFT JOIN shut s ON s.root = r.root AND s.since <= l.as_of AND (s.opened_at IS NULL OR s.opened_at > l.as_of)
    WHERE l.as_of > :since AND l.as_of <= :until AND s.root IS NULL
),
picked AS (
    SELECT given.*, LAG(k) OVER (PARTITION BY root ORDER BY as_of, id) AS before_k FROM given
),
scored AS (
    SELECT p.root, p.k, p.probability, p.score, p.fit, p.version,
           CASE WHEN p.before_k IS NULL THEN 1 ELSE 0 END AS first,
           CASE WHEN p.as_of <= :until - :horizon THEN 1 ELSE 0 END AS mature,
           CASE WHEN w.at > p.as_of AND w.at <= p.as_of + :horizon THEN 1 ELSE 0 END AS won
    FROM picked p LEFT JOIN wins w ON w.root = p.root
    WHERE p.before_k IS NULL OR p.before_k < p.k
)"""
_WITH = with_(ROOTS, CLOSINGS, MOVED, SOURCES, SCORED)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Mature scores: the wins that they promised, the range that luck allows, and those that came."""

    name: str
    scores: int
    expected: float
    low: float
    high: float
    realised: int

    @property
    def as_promised(self) -> bool:
        """Whether luck explains the difference."""
        return self.low <= self.realised <= self.high


@dataclass(frozen=True, kw_only=True)
class BandShare:
    """One band in one step of time."""

    band: ScoreBand
    leads: int
    share: float  #: of all leads scored in the step
    mature: int
    won: int  #: of the mature ones
    conversion: float | None  #: None while none is mature


@dataclass(frozen=True, kw_only=True)
class BandStep:
    """All bands of one step of time."""

    since: int
    until: int
    bands: tuple[BandShare, ...]


@dataclass(frozen=True, kw_only=True)
class Inflated:
    """A band that grew while fewer of its leads were won: shares before and after."""

    band: ScoreBand
    share: tuple[float, float]  #: of the scored leads
    won: tuple[float, float]  #: of the band

    def sentence(self) -> str:
        """For machines and their readers."""
        return (
            f"The band {self.band} is inflated: it grew from {self.share[0]:.1%} to {self.share[1]:.1%} of the scored "
            f"leads, while the share of it that was won fell from {self.won[0]:.1%} to {self.won[1]:.1%}. "
            f"Raise {'sql' if self.band == 'hot' else 'mql'}_min_score, or retrain."
        )


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of the promises of a period."""

    steps: tuple[BandStep, ...]
    inflation: tuple[str, ...]  #: a sentence for each band that grew while fewer of its leads were won
    total: Promise
    bands: tuple[Promise, ...]
    models: tuple[Promise, ...]  #: by version


@dataclass(frozen=True, kw_only=True)
class SourceWins:
    """Wins of one source beside those that leads of the same fit bring on average."""

    source: str
    leads: int  #: whose first score of the period is mature
    realised: int
    expected: float
    low: float
    high: float

    @property
    def ratio(self) -> float | None:
        """Realised over expected; None where nothing is expected."""
        return self.realised / self.expected if self.expected else None

    @property
    def verdict(self) -> Literal["more", "as expected", "fewer"]:
        """Beyond luck or not."""
        if self.low <= self.realised <= self.high:
            return "as expected"
        return "more" if self.realised > self.high else "fewer"


def kept(connection: Connection, period: Period, *, horizon: int, policy: Lifecycle) -> Kept:
    """Bands over time and promises against wins, of the scores given in the period."""
    asked = f"{_WITH} SELECT {_BANDED} FROM scored f GROUP BY 1, 2, 3, 4"  # noqa: S608  # our own words
    return _kept(over_all(connection, asked, _bounds(period, horizon, policy)), period)


def promises(
    connection: Connection, period: Period, *, horizon: int, policy: Lifecycle
) -> tuple[Kept, tuple[SourceWins, ...]]:
    """`kept` and `source_wins` of one period with one look at the ledger."""
    asked = f"""{_WITH} SELECT {_BANDED}, f.first * f.mature AS counts, CASE WHEN f.first * f.mature = 1 THEN f.fit END
        AS fit, s.value AS source FROM scored f LEFT JOIN sourced s ON s.root = f.root AND f.first * f.mature = 1
        GROUP BY 1, 2, 3, 4, counts, CASE WHEN f.first * f.mature = 1 THEN f.fit END, s.value"""  # noqa: S608
    rows = over_all(connection, asked, _bounds(period, horizon, policy))
    return _kept(rows, period), _source_wins([row for row in rows if row.counts])


#: what `_kept` reads; the first four columns are grouped by
_BANDED = """
    k, CASE WHEN score >= :hot THEN 'hot' WHEN score >= :warm THEN 'warm' ELSE 'cold' END AS band, version, mature,
    COUNT(*) AS many, SUM(won) AS won, SUM(probability) AS expected,
    SUM(probability * (1 - probability)) AS variance"""


def _bounds(period: Period, horizon: int, policy: Lifecycle) -> dict[str, float]:
    return {**period.values(), "hot": policy.sql_min_score, "warm": policy.mql_min_score, "horizon": horizon}


def _kept(rows: "Sequence[Row[Any]]", period: Period) -> Kept:
    mature = [row for row in rows if row.mature]
    steps = tuple(_steps(rows, period))
    return Kept(
        steps=steps,
        inflation=tuple(inflation(steps)),
        total=_promise("all", mature),
        bands=tuple(_promise(band, [r for r in mature if r.band == band]) for band in BANDS),
        models=tuple(_promise(v, [r for r in mature if r.version == v]) for v in sorted({r.version for r in mature})),
    )


def _steps(rows: "Sequence[Row[Any]]", period: Period) -> Iterator[BandStep]:
    by_step: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_step.setdefault(row.k, []).append(row)
    for k, (since, until) in enumerate(period.steps()):
        own = by_step.get(k, [])
        total = sum(row.many for row in own)
        shares = tuple(_share(band, [row for row in own if row.band == band], total) for band in BANDS)
        yield BandStep(since=since, until=until, bands=shares if total else ())


def _share(band: ScoreBand, rows: "Sequence[Row[Any]]", total: int) -> BandShare:
    leads = sum(row.many for row in rows)
    mature, won = (sum(getattr(row, name) for row in rows if row.mature) for name in ("many", "won"))
    conversion = won / mature if mature else None
    share = leads / total if total else 0.0
    return BandShare(band=band, leads=leads, share=share, mature=mature, won=won, conversion=conversion)


def _promise(name: str, rows: "Iterable[Row[Any]]") -> Promise:
    """Of one lead's scores in several steps all come true or none: what luck does to one step, it does to the others.

    So the deviations of the steps are added, as if each had the same leads; that is too wide where they are others.
    """
    by_step: dict[int, float] = {}
    rows = list(rows)
    for row in rows:
        by_step[row.k] = by_step.get(row.k, 0.0) + row.variance
    expected = math.fsum(row.expected for row in rows)
    many, won = (sum(getattr(row, name) for row in rows) for name in ("many", "won"))
    low, high = luck(expected, math.fsum(math.sqrt(max(0.0, one)) for one in by_step.values()), many)
    return Promise(name=name, scores=many, expected=expected, low=low, high=high, realised=won)


def luck(expected: float, deviation: float, most: int) -> tuple[float, float]:
    """The middle 95 % of the number of wins if every probability is right, by the normal approximation."""
    reach = LUCK * deviation
    return max(0.0, math.floor(expected - reach)), min(float(most), math.ceil(expected + reach))


def inflation(steps: Sequence[BandStep]) -> Iterator[str]:
    """A sentence for each band that is inflated."""
    return (one.sentence() for one in inflated(steps))


def inflated(steps: Sequence[BandStep]) -> Iterator[Inflated]:
    """Each band that holds a larger share in the later half of the mature steps, and wins a smaller one.

    Both differences have to be beyond luck, one-sided at 2.5 % each.
    """
    mature = [step for step in steps if step.bands and all(b.mature == b.leads for b in step.bands)]
    earlier, later = mature[: len(mature) // 2], mature[len(mature) // 2 :]
    for band in BANDS[:2]:
        before, after = _pooled(earlier, band), _pooled(later, band)
        grew = _beyond_luck(before["leads"], before["all"], after["leads"], after["all"])
        fell = _beyond_luck(after["won"], after["leads"], before["won"], before["leads"])
        if grew and fell:
            yield Inflated(
                band=band,
                share=(before["leads"] / before["all"], after["leads"] / after["all"]),
                won=(before["won"] / before["leads"], after["won"] / after["leads"]),
            )


def _pooled(steps: Sequence[BandStep], band: ScoreBand) -> Mapping[str, float]:
    """The mean of the steps, which tells no more than one of them where they have the same leads."""
    own = [share for step in steps for share in step.bands if share.band == band]
    everybody = sum(share.leads for step in steps for share in step.bands)
    sums = {"leads": sum(s.leads for s in own), "won": sum(s.won for s in own), "all": everybody}
    return {name: found / max(1, len(steps)) for name, found in sums.items()}


def _beyond_luck(few: float, of_few: float, many: float, of_many: float) -> bool:
    """Whether the second share is larger than the first by more than luck."""
    if not of_few or not of_many:
        return False
    pooled = (few + many) / (of_few + of_many)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of_few + 1 / of_many))
    return many / of_many - few / of_few > LUCK * spread > 0


def source_wins(connection: Connection, period: Period, *, horizon: int) -> tuple[SourceWins, ...]:
    """Of leads whose first score of the period is mature: wins by source, beside those of all leads of equal fit."""
    asked = f"""{_WITH} SELECT f.fit, s.value AS source, COUNT(*) AS many, SUM(f.won) AS won
        FROM scored f LEFT JOIN sourced s ON s.root = f.root
        WHERE f.first = 1 AND f.mature = 1 GROUP BY f.fit, s.value"""  # noqa: S608
    return _source_wins(over_all(connection, asked, {**period.values(), "horizon": horizon}))


def _source_wins(rows: "Sequence[Row[Any]]") -> tuple[SourceWins, ...]:
    rate = {fit: _rate([row for row in rows if row.fit == fit]) for fit in {row.fit for row in rows}}
    by_source: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_source.setdefault(source_of(row.source) or UNKNOWN, []).append(row)
    found = [_of_source(name, own, rate) for name, own in by_source.items()]
    return tuple(sorted(found, key=lambda one: (-one.leads, one.source)))


def _rate(rows: "Sequence[Row[Any]]") -> float:
    won, many = (sum(getattr(row, name) for row in rows) for name in ("won", "many"))
    return float(won / many)


def _of_source(name: str, rows: "Sequence[Row[Any]]", rate: Mapping[str, float]) -> SourceWins:
    expected = math.fsum(row.many * rate[row.fit] for row in rows)
    variance = math.fsum(row.many * rate[row.fit] * (1 - rate[row.fit]) for row in rows)
    leads = sum(row.many for row in rows)
    low, high = luck(expected, math.sqrt(max(0.0, variance)), leads)
    won = sum(row.won for row in rows)
    return SourceWins(source=name, leads=leads, realised=won, expected=expected, low=low, high=high)
