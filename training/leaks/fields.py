"""One attribute as a model would read it, in the forms that the tests need."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.attributes import factorised, values_at
from features.clock import NEVER
from features.encode import Reading, number_of, text_of
from features.settings import Settings
from features.tables import Export, Pairs
from features.times import Times, read_times
from training.leaks.fates import Fates
from training.leaks.words import MISSING, plain

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS = 32  #: of a number with more than `FEW_VALUES`
FEW_VALUES = 40
MOST_LEVELS = 512  #: values told apart; rarer ones are one
NEARLY_ALL = 0.95
FEW_DATES = 10  #: distinct dates, or ...
SHARED_DATES = 0.01  #: ... dates per lead, that make a calendar
OFTEN = 5  #: leads that share a text, for one that may stand for "missing"
HEAD = 50  #: values that tell whether reading all of them is worth it


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of the leads; codes and masks have one entry per lead."""

    name: str
    code: Ints  #: position in `distinct`; -1 where missing
    distinct: tuple[object, ...]  #: cleaned values that leads have
    tracked: bool  #: has a history, so that only what was known in time is read
    missing_words: Mapping[str, int]  #: texts that mean "missing" though nobody said so -> leads
    zone: ZoneInfo  #: of dates without one
    day_first: bool | None  #: how to read 03/04/2026

    @classmethod
    def of(cls, name: str, export: Export, settings: Settings, fates: Fates) -> "Field":
        """Read the column; a field with a history as of the middle of each lead's open time."""
        tracked = name in export.tracked
        if tracked:
            found = values_at(export, name, Pairs(lead=np.arange(len(fates.won)), as_of=_middle(fates)))
        else:
            found = factorised(export.leads[name].to_numpy(dtype=object))
        reading = Reading.of(name, settings.data.missing_words, settings.data.keep_na)
        all_numbers = all(isinstance(value, float) for value in found.distinct)
        cleaned = found.distinct if all_numbers else [reading.clean(value) for value in found.distinct]
        leads = np.bincount(found.code[found.code >= 0], minlength=len(cleaned))
        words = [n >= OFTEN and isinstance(v, str) and plain(v) in MISSING for v, n in zip(cleaned, leads, strict=True)]
        kept = np.array([v is not None and not w for v, w in zip(cleaned, words, strict=True)], dtype=bool)
        recode = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1).astype(np.int64)
        return cls(
            name=name,
            code=recode[found.code],
            distinct=tuple(v for v, k in zip(cleaned, kept, strict=True) if k),
            tracked=tracked,
            missing_words={str(v): int(n) for v, w, n in zip(cleaned, words, leads, strict=True) if w},
            zone=settings.company.zone,
            day_first=settings.data.day_first,
        )

    @cached_property
    def filled(self) -> Bools:
        """Where there is a value."""
        return np.asarray(self.code >= 0)

    @cached_property
    def leads(self) -> Ints:
        """Leads per distinct value."""
        return np.bincount(self.code[self.filled], minlength=len(self.distinct))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Each distinct value as text."""
        return tuple(text_of(value) or "" for value in self.distinct)

    @cached_property
    def _numbers(self) -> Floats:
        if all(isinstance(value, float) for value in self.distinct):
            exact = np.array(self.distinct, dtype=np.float64)
            return np.where(np.isfinite(exact), exact, np.nan)
        if np.isnan([number_of(value) for value in self.distinct[:HEAD]]).mean() > 0.5:
            return np.full(len(self.distinct), np.nan)
        return np.array([number_of(value) for value in self.distinct], dtype=np.float64)

    @cached_property
    def is_number(self) -> bool:
        """Whether nearly all values read as numbers, of more than two sizes."""
        readable = ~np.isnan(self._numbers)
        said = float(self.leads[readable].sum())
        return len(np.unique(self._numbers[readable])) > 2 and said >= NEARLY_ALL * self.leads.sum()

    @cached_property
    def numbers(self) -> Floats:
        """The number of each lead; NaN where there is none."""
        return np.append(self._numbers, np.nan)[self.code]

    @cached_property
    def level(self) -> Ints:
        """0 where missing, else the bin of a number or the place of a value; for `held_out_auc`."""
        if self.is_number and len(self.distinct) > FEW_VALUES:
            return _bins(self.numbers)
        rank = np.argsort(np.argsort(-self.leads, kind="stable"), kind="stable")
        return np.append(np.minimum(rank, MOST_LEVELS - 1) + 1, 0)[self.code].astype(np.int64)

    @cached_property
    def moments(self) -> Ints | None:
        """Microseconds of each lead if the values are dates, NEVER where missing; None if they aren't."""
        if self.is_number or not self.distinct:
            return None
        if self._times(tuple(text_of(value) or "" for value in self.distinct[:HEAD])).known.mean() <= 0.5:
            return None
        read = self._times(self.texts)
        if float(self.leads[read.known].sum()) < NEARLY_ALL * self.leads.sum():
            return None
        return np.append(read.micros, NEVER)[self.code]

    @cached_property
    def is_calendar(self) -> bool:
        """Whether it holds few dates that many leads share, such as a course's start: a plan, no record."""
        return self.moments is not None and len(self.distinct) <= max(FEW_DATES, SHARED_DATES * self.leads.sum())

    def _times(self, texts: tuple[str, ...]) -> Times:
        return read_times(pa.chunked_array([pa.array(texts, pa.string())]), zone=self.zone, day_first=self.day_first)


def _middle(fates: Fates) -> Ints:
    """Half-way between each lead's creation and its closing; the end where the creation is unknown."""
    until = np.minimum(fates.closed_at, fates.end)
    start = np.where(fates.dated, fates.created, until)
    return np.asarray(start + (until - start) // 2, dtype=np.int64)


def _bins(numbers: Floats) -> Ints:
    """Equally filled bins from 1; 0 where there is no number."""
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(np.isnan(numbers), 0, np.searchsorted(edges, numbers, side="right") + 1).astype(np.int64)
