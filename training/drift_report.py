"""What `ripeness drift` found: as plain data for machines, in sentences for people."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from models.reference import Reference

SHOWN = 12  #: columns that are told in full


@dataclass(frozen=True, kw_only=True)
class ColumnDrift:
    """One column that the model reads: (then, now) are shares of the reference leads and of the leads now."""

    name: str
    psi: float
    bar: float  #: above which it moved
    usual: float  #: how far a single moment of the reference period was from all
    moved: bool
    missing: tuple[float, float]
    unlisted: tuple[float, float] | None  #: values not seen in training; None for numbers
    new_values: tuple[str, ...]  #: the most frequent of them
    fuller: str  #: the values that gained most leads, in words
    fuller_share: tuple[float, float]
    affected: float  #: the smallest share of leads that must have changed to explain it
    examples: tuple[str, ...]  #: ids of leads with values that gained
    added_log_odds: float  #: what the column adds to the mean log-odds now, less what it added then

    def line(self) -> str:
        """For a person."""
        missing = f"; missing {_both(self.missing)}" if abs(self.missing[1] - self.missing[0]) >= 0.01 else ""
        unseen = ""
        if self.unlisted and self.unlisted[1] - self.unlisted[0] >= 0.005:
            unseen = f"; not seen in training {_both(self.unlisted)}: {', '.join(map(repr, self.new_values))}"
        return (
            f"{self.name}: PSI {self.psi:.3f} (bar {self.bar:.3f}); {self.fuller} {_both(self.fuller_share)}{missing}"
            f"{unseen}; affects {self.affected:.0%} of the leads, such as {', '.join(self.examples)}; "
            f"{self.added_log_odds:+z.2f} log-odds"
        )


@dataclass(frozen=True, kw_only=True)
class ScoreDrift:
    """The answers of the model."""

    psi: float
    bar: float
    moved: bool
    then: float  #: mean probability of the reference leads
    now: float

    def sentence(self) -> str:
        """For a person."""
        word = "moved" if self.moved else "did not move"
        return (
            f"scores {word}: PSI {self.psi:.3f} (bar {self.bar:.3f}); on average {self.then:.1%} were expected to be "
            f"won, now {self.now:.1%}"
        )


@dataclass(frozen=True, kw_only=True)
class CalibrationDrift:
    """What the model promised for the leads of one moment, and what came."""

    moment: str
    leads: int
    expected: float
    realised: int
    low: float  #: of the wins that luck allows
    high: float
    level: float  #: of that band: how often it holds what comes of right promises
    moved: bool
    at_training: str | None = None  #: what the card says of the promises on its own test period

    def sentence(self) -> str:
        """For a person."""
        word = "moved" if self.moved else "not shown to have moved"
        card = f"; its card, of its test period: {self.at_training}" if self.at_training else ""
        return (
            f"calibration {word}: of {self.leads:,} leads of {self.moment[:10]} the model expected {self.expected:.1f} "
            f"wins, {self.realised:,} came; were its promises right, luck would give {self.low:.0f} to {self.high:.0f} "
            f"in {self.level:.1%} of such cases, so that a smaller error can't be seen here{card}"
        )


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """The leads now against the reference of a bundle."""

    version: str
    bundle: str
    reference: Reference
    as_of: str | None  #: None where the export has no times
    scores: str | None  #: the file of scores that was looked at
    leads: int
    unknown: int  #: scored leads that the export doesn't know any more
    columns: tuple[ColumnDrift, ...]
    score: ScoreDrift
    calibration: CalibrationDrift | None

    @property
    def moved_columns(self) -> tuple[ColumnDrift, ...]:
        """Those that moved."""
        return tuple(column for column in self.columns if column.moved)

    @property
    def moved(self) -> bool:
        """Whether anything did."""
        calibration = self.calibration is not None and self.calibration.moved
        return bool(self.moved_columns) or self.score.moved or calibration

    def sentence(self) -> str:
        """The verdict."""
        if not self.moved:
            return f"No drift: none of {len(self.columns)} columns moved, nor did the scores."
        what = [c.name for c in self.moved_columns[:SHOWN]]
        what += ["the scores"] if self.score.moved else []
        what += ["calibration"] if self.calibration and self.calibration.moved else []
        more = len(self.moved_columns) - SHOWN
        return f"Drift: {', '.join(what)}{f' and {more} more columns' if more > 0 else ''} moved."

    def lines(self) -> Iterator[str]:
        """All of it, for a person."""
        then = f" up to {self.reference.moment[:10]}" if self.reference.moment else ""
        yield (
            f"version {self.version}: {self.leads:,} leads{f' of {self.as_of[:10]}' if self.as_of else ''} against "
            f"{self.reference.leads:,} reference leads{then}"
        )
        if self.unknown:
            yield f"  {self.unknown:,} scored leads are not in the export any more"
        for column in self.moved_columns[:SHOWN]:
            yield f"  {column.line()}"
        yield f"  {self.score.sentence()}"
        late = "calibration can't be told: no promise has matured since the model learned"
        yield f"  {self.calibration.sentence() if self.calibration else late}"
        yield self.sentence()

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for `--out` and for whoever schedules."""
        return {
            "drift": self.moved,
            "sentence": self.sentence(),
            "model_version": self.version,
            "bundle": self.bundle,
            "reference": {"moment": self.reference.moment, "leads": self.reference.leads},
            "as_of": self.as_of,
            "scores": self.scores,
            "leads": self.leads,
            "unknown_leads": self.unknown,
            "columns": [_plain(asdict(column)) for column in self.columns],
            "score": _plain(asdict(self.score)),
            "calibration": _plain(asdict(self.calibration)) if self.calibration else None,
        }


def _both(shares: tuple[float, float]) -> str:
    return f"{shares[0]:.1%} then, {shares[1]:.1%} now"


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 6) if isinstance(value, float) and math.isfinite(value) else value
        for name, value in told.items()
    }
