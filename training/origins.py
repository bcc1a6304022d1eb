"""Where a rolling-origin backtest stands: moments in the past from which it looks ahead.

    past ........|-- one horizon --|== the next period ==|            origin 1
    past ..................|-- one horizon --|== the next period ==|  origin 2

At each origin the whole past trains (the window expands), a horizon passes so that every training
label is known, and the next period tests. All of it lies before the test period and its labels end
before it begins, so a backtest may be run as often as one likes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.clock import days, from_micros, iso
from features.errors import NotEnoughData
from features.settings import Settings
from features.tables import Export, Pairs
from training.cohort import Cohort
from training.splits import Periods, Split, split

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIRST_SHARES = (0.3, 0.4, 0.2)  #: of the pairs, which the first origin may learn from; the first that leaves room
FEW = 3  #: origins, below which a mean tells little


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Bounds on `as_of`: train up to `train_until`, test in (test_after, test_until]."""

    number: int
    train_until: int
    test_after: int
    test_until: int

    def words(self, *, flat: bool) -> str:
        """Its test period for a person."""
        if flat:
            return f"rows {self.test_after + 2:,} to {self.test_until + 1:,}"
        return f"{iso(self.test_after)[:10]} to {iso(self.test_until)[:10]}"


def before_the_test(periods: Periods) -> int:
    """The last `as_of` whose label is known when the test period begins."""
    return max(periods.train_until, periods.calibrate_until or periods.train_until)


def choose_origins(
    export: Export, chosen: Cohort, label: Floats, settings: Settings, *, until: int, wanted: int
) -> tuple[Origin, ...]:
    """`wanted` origins with about equally many test pairs up to `until`; fewer, or none, where wins are too few."""
    as_of = np.sort(chosen.pairs.as_of[chosen.pairs.as_of <= until])
    gap = 0 if export.flat else days(settings.outcome.horizon_days) + days(settings.outcome.reporting_delay_days)
    for count in range(wanted, 0, -1):
        for share in FIRST_SHARES:
            found = _cut(as_of, gap, count, share)
            if found and all(_has_enough(export, chosen, label, settings, origin) for origin in found):
                return found
    return ()


def split_at(
    origin: Origin, export: Export, chosen: Cohort, label: Floats, settings: Settings
) -> tuple[Cohort, Floats, Split]:
    """The pairs up to the end of the origin's test period, their labels and parts, cut as `train` would.

    Raises:
        NotEnoughData: a part holds too few wins or losses.
    """
    seen = chosen.pairs.as_of <= origin.test_until
    part = _up_to(chosen, seen)
    return part, label[seen], split(export, part.pairs, label[seen], _with_bounds(settings, origin, part.pairs, export))


def _cut(as_of: Ints, gap: int, count: int, first_share: float) -> tuple[Origin, ...]:
    if len(as_of) < 2:
        return ()
    first = int(as_of[int(first_share * (len(as_of) - 1))])
    rest = as_of[as_of > first + gap]
    if len(rest) < count:
        return ()
    ends = [int(rest[-(-len(rest) * (i + 1) // count) - 1]) for i in range(count)]
    starts = [first + gap, *ends[:-1]]
    if any(start >= end for start, end in zip(starts, ends, strict=True)):
        return ()
    return tuple(
        Origin(number=i + 1, train_until=start - gap, test_after=start, test_until=end)
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def _has_enough(export: Export, chosen: Cohort, label: Floats, settings: Settings, origin: Origin) -> bool:
    try:
        split_at(origin, export, chosen, label, settings)
    except NotEnoughData:
        return False
    return True


def _up_to(chosen: Cohort, seen: npt.NDArray[np.bool_]) -> Cohort:
    return Cohort(
        pairs=chosen.pairs.take(seen),
        weight=chosen.weight[seen],
        dropped=chosen.dropped,
        per_snapshot=chosen.per_snapshot,
    )


def _with_bounds(settings: Settings, origin: Origin, pairs: Pairs, export: Export) -> Settings:
    """The settings whose split stands at this origin."""
    if export.flat:
        train = int((pairs.as_of <= origin.train_until).sum())
        bounds: dict[str, object] = {"order_train_share": (train - 0.5) / max(1, len(pairs) - 1)}
    else:
        bounds = {
            "train_until": from_micros(origin.train_until),
            "test_after": from_micros(origin.test_after),
            "test_until": from_micros(origin.test_until),
        }
    return settings.model_copy(update={"split": settings.split.model_copy(update=bounds)})
