"""Expected against realised: what was promised for leads in the past, now that their horizon has passed.

Reads the files that `ripeness score` wrote and the company's current export. Nothing is refitted
and nothing chosen, so this is the plainest evidence there is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import logit
from scipy.stats import norm

from features.clock import days, iso, to_micros
from features.errors import BadTable, UnreadableFile
from features.settings import Settings
from features.tables import Export, Pairs
from training.intervals import LEVEL, Interval, intervals
from training.metrics import Ranked, expected_over_observed, roc_auc
from training.outcomes import labels
from training.splits import groups

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: bands of the score, as people see it: from, up to and with
BANDS = ((90, 100), (75, 89), (50, 74), (0, 49))
FEW_EXPECTED = 25.0  #: variance of the wins below which their distribution is counted out, not approximated
MOST_COUNTED = 400


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One file of past scores."""

    name: str
    as_of: int
    horizon_days: float
    model: str  #: version in the registry
    bundle: str  #: digest of the model's bundle
    lead_id: npt.NDArray[np.object_]
    probability: Floats
    score: Floats


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Leads of one band: the wins that were promised, the range that luck allows, the wins that came."""

    band: str
    leads: int
    expected: float
    low: float  #: the middle 95 % of the wins, if every probability was right
    high: float
    realised: int

    @property
    def as_promised(self) -> bool:
        """Whether luck explains the difference."""
        return self.low <= self.realised <= self.high

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        names = ("band", "leads", "expected", "low", "high", "realised", "as_promised")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Matured:
    """What became of the predictions of one file."""

    file: str
    model: str
    as_of: int
    matures_at: int
    is_mature: bool
    unknown: int  #: scored leads that the export doesn't know any more
    total: Kept
    bands: tuple[Kept, ...]
    ratio: Interval | None  #: expected / realised, drawing whole accounts; None while it can't be told
    auc: Interval | None

    def sentence(self) -> str:
        """Whether the promise was kept."""
        t = self.total
        when = iso(self.as_of)[:10]
        if not self.is_mature:
            return (
                f"{self.file}: the predictions of {when} mature on {iso(self.matures_at)[:10]}; so far {t.realised:,} "
                f"of {t.expected:.1f} expected wins have come."
            )
        kept = "as promised" if t.as_promised else "too few" if t.realised < t.low else "more than promised"
        return (
            f"{self.file}: on {when} version {self.model} expected {t.expected:.1f} wins among {t.leads:,} leads; "
            f"luck allows {t.low:.0f} to {t.high:.0f}; {t.realised:,} came: {kept}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "file": self.file,
            "model": self.model,
            "as_of": iso(self.as_of),
            "matures_at": iso(self.matures_at),
            "is_mature": self.is_mature,
            "unknown_leads": self.unknown,
            "sentence": self.sentence(),
            "bands": [band.to_dict() for band in (*self.bands, self.total)],
            "expected_over_realised": self.ratio.to_dict() if self.ratio else None,
            "auc": self.auc.to_dict() if self.auc else None,
        }


def read_scores(path: Path) -> Scored:
    """The scores of a file that `ripeness score` wrote.

    Raises:
        UnreadableFile: the file is not there, or no Parquet file.
        BadTable: it lacks a column, does not say of which moment and horizon it is, or holds what no model answers.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFile(f"{path} is no Parquet file of scores; write one with `ripeness score`") from error
    missing = [name for name in ("lead_id", "probability", "score") if name not in table.column_names]
    told = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    missing += [name for name in ("as_of", "horizon_days") if name not in told]
    if missing:
        raise BadTable(f"{path} has no {', '.join(missing)}; name a file that `ripeness score` wrote")
    try:
        found = Scored(
            name=path.name,
            as_of=to_micros(datetime.fromisoformat(told["as_of"])),
            horizon_days=float(told["horizon_days"]),
            model=told.get("model_version", "unknown"),
            bundle=told.get("bundle", "unknown"),
            lead_id=np.array(table["lead_id"].to_pylist(), dtype=object),
            probability=np.asarray(table["probability"], dtype=np.float64),
            score=np.asarray(table["score"], dtype=np.float64),
        )
    except (ValueError, TypeError) as error:
        raise BadTable(f"{path} was damaged or changed ({error}); name a file that `ripeness score` wrote") from error
    _require_whole(found)
    return found


def _require_whole(found: Scored) -> None:
    if not ((found.probability >= 0) & (found.probability <= 1)).all():
        raise BadTable(f"{found.name} holds a probability outside 0 to 1; name a file that `ripeness score` wrote")
    if again := len(found.lead_id) - len(set(found.lead_id.tolist())):
        raise BadTable(f"{found.name} holds {again:,} leads more than once; name a file that `ripeness score` wrote")


def matured(scored: Scored, export: Export, settings: Settings) -> Matured:
    """Compare past predictions with what the export tells now.

    Raises:
        BadTable: the export has no times, or knows none of the leads.
    """
    if export.flat:
        raise BadTable("a flat export does not say when a lead was won; expected against realised needs dated results")
    place = places(scored, export)
    known, lead = place >= 0, place[place >= 0]
    as_of = np.full(len(lead), scored.as_of, dtype=np.int64)
    won = labels(export, lead, as_of, days(scored.horizon_days))
    matures_at = scored.as_of + days(scored.horizon_days) + days(settings.outcome.reporting_delay_days)
    probability, is_mature = scored.probability[known], matures_at <= export.data_end
    judged = _judged(probability, won, groups(export, Pairs(lead=lead, as_of=as_of)), settings) if is_mature else {}
    return Matured(
        file=scored.name,
        model=scored.model,
        as_of=scored.as_of,
        matures_at=matures_at,
        is_mature=is_mature,
        unknown=int((~known).sum()),
        total=kept("all", probability, won),
        bands=_bands(scored.score[known], probability, won),
        ratio=judged.get("ratio"),
        auc=judged.get("auc"),
    )


def places(scored: Scored, export: Export) -> Ints:
    """The position of each scored lead in the export; -1 where it is not there any more."""
    positions = {lead_id: i for i, lead_id in enumerate(export.leads["lead_id"].tolist())}
    place = np.array([positions.get(lead_id, -1) for lead_id in scored.lead_id], dtype=np.int64)
    if not (place >= 0).any():
        raise BadTable(f"{scored.name}: the export knows none of its {len(place):,} leads; is it another company's?")
    return place


def _bands(score: Floats, probability: Floats, won: Floats) -> tuple[Kept, ...]:
    """The bands that hold any lead, the best first."""
    inside = ((low, high, (score >= low) & (score < high + 1)) for low, high in BANDS)
    return tuple(kept(f"score {low} to {high}", probability[i], won[i]) for low, high, i in inside if i.any())


def kept(band: str, probability: Floats, won: Floats) -> Kept:
    """Expected wins with the range that luck allows, and those that came."""
    low, high = wins_range(probability)
    return Kept(
        band=band,
        leads=len(won),
        expected=float(probability.sum()),
        low=low,
        high=high,
        realised=int(won.sum()),
    )


def wins_range(probability: Floats, level: float = LEVEL) -> tuple[float, float]:
    """The middle 95 % (or `level`) of the number of wins among leads with these probabilities, each for itself.

    Counted out exactly where few wins are expected, else approximated by a normal distribution.
    """
    tail, most, middle = (1 - level) / 2, float(len(probability)), float(probability.sum())
    variance = float((probability * (1 - probability)).sum())
    rarer = min(middle, most - middle)  # wins or, where nearly all are won, the others
    if variance >= FEW_EXPECTED or rarer > MOST_COUNTED / 2:
        reach = float(norm.ppf(1 - tail)) * math.sqrt(variance)
        return max(0.0, math.floor(middle - reach)), min(most, math.ceil(middle + reach))
    upto = np.cumsum(_distribution(probability if rarer == middle else 1 - probability))
    low, high = float(np.searchsorted(upto, tail)), float(np.searchsorted(upto, 1 - tail))
    return (low, high) if rarer == middle else (most - high, most - low)


def _distribution(probability: Floats) -> Floats:
    """P(number of wins = k) for k from 0 on: one lead after the other joins."""
    chances = np.zeros(min(len(probability), MOST_COUNTED) + 1)
    chances[0] = 1.0
    for p in probability:
        chances[1:] = chances[1:] * (1 - p) + chances[:-1] * p
        chances[0] *= 1 - p
    return chances


def _judged(probability: Floats, won: Floats, group: Ints, settings: Settings) -> dict[str, Interval]:
    if not 0 < won.sum() < len(won):
        return {}
    ranked = Ranked.of(won, logit(np.clip(probability, 1e-9, 1 - 1e-9)))
    figures = {"ratio": expected_over_observed, "auc": roc_auc}
    return intervals(ranked, group, figures, rounds=settings.model.bootstrap_rounds, seed=settings.model.seed)


def all_matured(paths: Sequence[Path], export: Export, settings: Settings) -> tuple[Matured, ...]:
    """One comparison per file, the oldest predictions first."""
    found = [matured(read_scores(path), export, settings) for path in paths]
    return tuple(sorted(found, key=lambda one: (one.as_of, one.file)))
