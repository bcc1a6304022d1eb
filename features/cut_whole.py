"""What only a whole export can tell, found in one pass over few of its columns."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.clock import LATEST, NEVER, to_micros
from features.columns import text_of
from features.cut_files import CutFile
from features.data_end import A_DAY_AHEAD, FEW, FEW_AT_LEAST, LONELY, DataEnd
from features.read_tables import RawTable
from features.settings import Settings
from features.time_columns import time_columns
from features.times import DayOrder, day_order, localize

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What each part of an export has to be told."""

    settings: Settings  #: with the order of days and months decided
    end: DataEnd
    tracked: frozenset[str]  #: fields that have a history
    notes: tuple[str, ...] = ()


def whole_of(files: tuple[CutFile, ...], settings: Settings, now: int | None) -> Whole | None:
    """What the whole tells; None where parts can't be told all of it.

    That is where nothing, or too much, says whether a date has the day or the month first, and where no time is known.
    """
    decided = with_day_order(files, settings)
    if decided is None:
        return None
    end = end_of(files, decided, now)
    changes = [file for file in files if file.section == "data.attribute_changes"]
    tracked = frozenset(word for file in changes for word in _fields(file, decided))
    return None if end is None else Whole(settings=decided, end=end, tracked=tracked)


def _fields(file: CutFile, settings: Settings) -> set[str]:
    spec = settings.data.attribute_changes
    name = spec.field if spec else ""
    return {str(word) for batch in file.batches((name,)) for word in text_of(batch.column(name)).words}


def with_day_order(files: tuple[CutFile, ...], settings: Settings) -> Settings | None:
    """The settings with `day_first` as all files say it; None where they don't agree, or nothing tells."""
    if settings.data.day_first is not None:
        return settings
    texts = [(file, name) for file in files for name in file.times.values() if file.is_text(name)]
    return decided_order([day_order(_column(file, name)) for file, name in texts], settings)


def decided_order(orders: Iterable[DayOrder], settings: Settings) -> Settings | None:
    """The same from what each column tells."""
    if settings.data.day_first is not None:
        return settings
    dates = [order for order in orders if order.day_first or order.month_first or order.either]
    said = {order.verdict for order in dates if order.verdict is not None or order.either}
    if not said:
        return settings
    if said == {None} or len(said) > 1:
        return None
    return settings.model_copy(update={"data": settings.data.model_copy(update={"day_first": said.pop()})})


def _column(file: CutFile, name: str) -> pa.ChunkedArray:
    return pa.concat_tables(list(file.batches((name,)))).column(name)


def end_of(files: tuple[CutFile, ...], settings: Settings, now: int | None) -> DataEnd | None:
    """Where the data ends, as `features.data_end` says it of all rows; None where no time is known."""
    if settings.data.data_end is not None:
        return configured_end(settings)
    room = max(FEW_AT_LEAST, sum(file.rows for file in files) // FEW) + 1
    latest = Latest(limit=LATEST if now is None else now + A_DAY_AHEAD, room=room)
    for file in files:
        for batch in file.batches(tuple(dict.fromkeys(file.times.values()))) if file.times else ():
            latest.see(last_of_each(file, batch, settings))
    at = latest.plausible()
    return None if at is None else DataEnd(at=at, configured=False)


def configured_end(settings: Settings) -> DataEnd | None:
    """The end that the settings name; without a zone it is local time of the company."""
    end = settings.data.data_end
    if end is None:
        return None
    naive = np.array([np.datetime64(end.replace(tzinfo=None), "us")]).astype(np.int64)
    at = to_micros(end) if end.tzinfo else int(localize(naive, settings.company.zone)[0])
    return DataEnd(at=at, configured=True)


def last_of_each(file: CutFile, batch: pa.Table, settings: Settings) -> Ints:
    """The last time of each row."""
    raw = RawTable(name=file.name, table=batch, lines=np.arange(len(batch)))
    read = time_columns(raw, file.times, file.section, settings)
    return np.asarray(np.maximum.reduce([times.micros for times in read.times.values()]))


@dataclass
class Latest:
    """The latest of many times, as many as may be typing errors."""

    room: int  #: how many are kept
    limit: int = LATEST
    count: int = 0
    kept: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def see(self, times: Ints) -> None:
        """Look at some more."""
        past = times[(times != NEVER) & (times <= self.limit)]
        self.count += len(past)
        both = np.concatenate([self.kept, past])
        if len(both) > self.room:
            both = np.partition(both, len(both) - self.room)[-self.room :]
        self.kept = np.sort(both)

    def plausible(self) -> int | None:
        """The last, unless it and a few others come years after all the rest."""
        if not self.count:
            return None
        few = min(max(FEW_AT_LEAST, self.count // FEW), (self.count - 1) // 2)
        last = self.kept[-(few + 1) :]
        lonely = np.flatnonzero(np.diff(last) > LONELY)
        return int(last[lonely[0]] if len(lonely) else last[-1])
