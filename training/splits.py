"""Past, present, future: train < calibrate < test, a horizon between them, no lead in two parts.

A lead that stays open long has pairs in several periods. Dropping it from all but one would make
the remaining leads look quicker to close than they are. So its part is drawn at random among the
periods it appears in, and its pairs there count as often as the draw made them rare (inverse
probability weights): no lead is in two parts, and every period still stands for all its leads.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from features.clock import days, from_micros, to_micros
from features.errors import NotEnoughData
from features.settings import Settings
from features.tables import Export, Pairs

TRAIN, CALIBRATE, TEST = 0, 1, 2
MIN_WINS = 10  #: won leads, and others, in training and in testing; below it no figure means anything
MIN_CALIBRATION_WINS = 100  #: won leads; below it a separate calibration period wastes more than it gives
LEFT_TO_TRAIN = 0.6  #: share of the earlier pairs that a calibration period and its gap must leave


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Bounds on `as_of`: (start, end] each; `calibrate_after` is None when calibration is cross-fitted."""

    train_until: int
    calibrate_after: int | None
    calibrate_until: int | None
    test_after: int
    test_until: int


@dataclass(frozen=True, kw_only=True)
class Split:
    """The part (TRAIN, CALIBRATE, TEST) and weight of each kept pair; -1 and 0 for the rest."""

    part: npt.NDArray[np.int8]
    weight: npt.NDArray[np.float64]
    group: npt.NDArray[np.int64]  #: the lead's account, or the lead itself
    periods: Periods
    notes: tuple[str, ...]


def split(export: Export, pairs: Pairs, label: npt.NDArray[np.float64], settings: Settings) -> Split:
    """Cut the cohort by time.

    Raises:
        NotEnoughData: a part holds too few wins or losses; the message says which, and what would help.
    """
    group = groups(export, pairs)
    cut = (_cut(pairs, group, periods, notes, settings) for periods, notes in _candidates(export, pairs, settings))
    made = next(s for s in cut if s.periods.calibrate_after is None or _wins(s, pairs, label) >= MIN_CALIBRATION_WINS)
    for name, code in (("training", TRAIN), ("testing", TEST)):
        _require(name, pairs.lead[made.part == code], label[made.part == code], settings, flat=export.flat)
    return made


def _cut(
    pairs: Pairs, group: npt.NDArray[np.int64], periods: Periods, notes: tuple[str, ...], settings: Settings
) -> Split:
    part, weight = one_period_each(_period_of(pairs.as_of, periods), group, settings.model.seed)
    return Split(part=part, weight=weight, group=group, periods=periods, notes=notes)


def _wins(made: Split, pairs: Pairs, label: npt.NDArray[np.float64]) -> int:
    """How many different leads of the calibration period were won."""
    return len(np.unique(pairs.lead[(made.part == CALIBRATE) & (label == 1)]))


def groups(export: Export, pairs: Pairs) -> npt.NDArray[np.int64]:
    """A number per account, or per lead where it has none: what must not be torn apart. Shape (n_pairs,)."""
    account = export.leads["account_id"]
    codes = account.astype("category").cat.codes.to_numpy(dtype=np.int64)
    own = np.where(codes >= 0, codes, len(account) + np.arange(len(account)))
    return np.asarray(own[pairs.lead], dtype=np.int64)


def _require(
    name: str, lead: npt.NDArray[np.int64], label: npt.NDArray[np.float64], settings: Settings, *, flat: bool
) -> None:
    """Leads are counted, for many pairs of one lead say little more than one."""
    wins, losses = (len(np.unique(lead[label == side])) for side in (1, 0))
    if wins < MIN_WINS or losses < MIN_WINS:
        dated = f"a shorter horizon_days (now {settings.outcome.horizon_days:g}) or other [split] dates"
        rows = "name a column that runs with time as [data.leads] order: rows sorted by their result can't be split"
        raise NotEnoughData(
            f"{name} has {wins} won and {losses} not won leads; at least {MIN_WINS} of each are needed. "
            f"Bring more history, {f'or {rows}' if flat else dated}"
        )


def _candidates(export: Export, pairs: Pairs, settings: Settings) -> list[tuple[Periods, tuple[str, ...]]]:
    """Periods to try, each with what to note: first, where it fits, with a period of its own for calibration."""
    if export.flat:
        at = int(np.quantile(pairs.as_of, settings.split.order_train_share, method="lower"))
        note = (
            f"a flat export: the first {settings.split.order_train_share:.0%} of the rows train, the rest test; "
            "that nothing was known too early can't be shown"
        )
        return [(_cross_fitted(at, at, int(pairs.as_of.max())), (note,))]
    train_until, test_after, test_until = _outer(pairs, settings)
    note = "calibration is cross-fitted: there is no room for a calibration period of its own"
    without = (_cross_fitted(train_until, test_after, test_until), (note,))
    room = _room_to_calibrate(pairs, train_until, settings)
    if room is None:
        return [without]
    ends, after = room
    periods = _cross_fitted(ends, test_after, test_until)
    return [(replace(periods, calibrate_after=after, calibrate_until=train_until), ()), without]


def _cross_fitted(train_until: int, test_after: int, test_until: int) -> Periods:
    return Periods(
        train_until=train_until,
        calibrate_after=None,
        calibrate_until=None,
        test_after=test_after,
        test_until=test_until,
    )


def _outer(pairs: Pairs, settings: Settings) -> tuple[int, int, int]:
    """Train and test bounds: as configured, completed by the share of time and the gap."""
    wanted, first, last = settings.split, int(pairs.as_of.min()), int(pairs.as_of.max())
    gap = days(settings.outcome.horizon_days) + days(settings.outcome.reporting_delay_days)
    test_until = _moment(wanted.test_until, settings) if wanted.test_until else last
    if wanted.test_after:
        test_after = _moment(wanted.test_after, settings)
    elif wanted.train_until:
        test_after = _moment(wanted.train_until, settings) + gap
    else:
        test_after = last - int(wanted.test_share * (last - first + 1))
    train_until = _moment(wanted.train_until, settings) if wanted.train_until else test_after - gap
    if train_until + gap > test_after:
        short = (train_until + gap - test_after) / days(1)
        raise NotEnoughData(
            f"training until {from_micros(train_until):%Y-%m-%d} and testing after {from_micros(test_after):%Y-%m-%d} "
            f"leaves a gap {short:g} days short of the horizon: training labels would reach into the test; move one"
        )
    if train_until < first:
        raise NotEnoughData(
            f"scoring moments run from {from_micros(first):%Y-%m-%d} to {from_micros(last):%Y-%m-%d}; with a gap of "
            f"{gap / days(1):g} days before the test nothing is left to train on: "
            "bring more history or a shorter horizon_days"
        )
    return train_until, test_after, test_until


def _moment(value: datetime, settings: Settings) -> int:
    return to_micros(value if value.tzinfo else value.replace(tzinfo=settings.company.zone))


def _room_to_calibrate(pairs: Pairs, train_until: int, settings: Settings) -> tuple[int, int] | None:
    """(end of training, start of calibration), or None where the gap would cost too many training pairs."""
    past = pairs.as_of <= train_until
    if not past.any():
        return None
    length = train_until - int(pairs.as_of[past].min())
    after = train_until - int(settings.split.calibration_share * length)
    ends = after - days(settings.outcome.horizon_days) - days(settings.outcome.reporting_delay_days)
    left = (pairs.as_of <= ends).sum() / past.sum()
    return (ends, after) if left >= LEFT_TO_TRAIN else None


def _period_of(as_of: npt.NDArray[np.int64], periods: Periods) -> npt.NDArray[np.int8]:
    part = np.full(len(as_of), -1, dtype=np.int8)
    part[as_of <= periods.train_until] = TRAIN
    if periods.calibrate_after is not None and periods.calibrate_until is not None:
        part[(as_of > periods.calibrate_after) & (as_of <= periods.calibrate_until)] = CALIBRATE
    part[(as_of > periods.test_after) & (as_of <= periods.test_until)] = TEST
    return part


def one_period_each(
    period: npt.NDArray[np.int8], group: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Give each group one of the periods it appears in, and weigh its pairs there by how many those are.

    `period` numbers each pair's period from 0, -1 for none; so does the answer, with -1 and weight 0 for the
    pairs that are left out. All (n_pairs,).
    """
    names, index = np.unique(group, return_inverse=True)
    appears = np.zeros((len(names), int(period.max(initial=0)) + 1), dtype=bool)
    inside = period >= 0
    appears[index[inside], period[inside]] = True
    choices = appears.sum(axis=1)
    pick = (np.random.default_rng(seed + 1).random(len(names)) * choices).astype(np.int64)
    chosen = np.argmax(np.cumsum(appears, axis=1) > pick[:, None], axis=1)
    kept = inside & (chosen[index] == period)
    return np.where(kept, period, -1).astype(np.int8), np.where(kept, choices[index], 0).astype(np.float64)
