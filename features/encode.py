"""Values of attributes as numbers and codes, the same for one lead and for a table.

A value is read once: stripped, tested against the words that mean "missing", turned into a number
or looked up in the view's category list. What can't be read, or was never seen in training, is
missing (NaN).
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from features.definitions import Attribute
from features.parsers import PARSERS
from features.view import View

MARKS = re.compile(r"[\s\u00a0\u202f'\u2019€$£%]|EUR|USD|GBP")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
GROUPED_BY_DOTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"(-?\d+)\.0+", re.ASCII)


def number_of(value: object) -> float:
    """The number that a value says; NaN where it says none, or nothing finite.

    Text may carry a currency or a percent sign and grouped thousands: "€ 1,200.50", "1.200,50",
    "1 200" and "12%" read as 1200.5, 1200.5, 1200 and 12. A single comma before three digits groups
    ("1,200" is 1200), before any other number of digits it is the decimal sign ("1,5" is 1.5); a
    single dot is always the decimal sign.
    """
    if isinstance(value, str):
        return _read(MARKS.sub("", value))
    if isinstance(value, int | float | np.number | np.bool_):
        number = float(value)
        return number if math.isfinite(number) else math.nan
    return math.nan


def _read(text: str) -> float:
    if not PLAIN.fullmatch(text):
        if GROUPED.fullmatch(text):
            text = text.replace(",", "")
        elif GROUPED_BY_DOTS.fullmatch(text) or DECIMAL_COMMA.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        else:
            return math.nan
    number = float(text)
    return number if math.isfinite(number) else math.nan


def text_of(value: object) -> str | None:
    """The text by which a value is one of a category list: 5, 5.0 and "5.0" are all "5"."""
    if isinstance(value, str):
        text = value.strip()
        whole = WHOLE.fullmatch(text)
        return whole[1] if whole else text
    if _is_empty(value):
        return None
    if isinstance(value, float) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one field's values are cleaned, and which of them are missing."""

    missing_words: frozenset[str]

    @staticmethod
    @lru_cache(maxsize=10_000)
    def of(field: str, missing_words: tuple[str, ...], keep_na: tuple[str, ...]) -> "Reading":
        """The reading of `field`: there the text "NA" is missing unless `keep_na` names it."""
        words = {"", *(word.strip() for word in missing_words), "NA"}
        return Reading(missing_words=frozenset(words - {"NA"} if field in keep_na else words))

    def clean(self, value: object) -> object:
        """The value, text without its margin; None where it is missing."""
        if isinstance(value, str):
            text = value.strip()
            return None if text in self.missing_words else text
        return None if _is_empty(value) else value


@dataclass(frozen=True, kw_only=True)
class ColumnEncoder:
    """Reads one attribute column of a view."""

    position: int  #: of the column in a row
    field: str
    reading: Reading
    parse: Callable[[object], object] | None  #: the parser of a derived part
    codes: Mapping[str, float] | None  #: of a category; None for a number

    def encode(self, value: object) -> float:
        """The number of one value as exported or sent."""
        cleaned = self.reading.clean(value)
        if cleaned is None:
            return math.nan
        if self.parse is not None:
            cleaned = self.parse(cleaned)
        if self.codes is None:
            return number_of(cleaned)
        text = text_of(cleaned)
        return math.nan if text is None else self.codes.get(text, math.nan)

    def encode_all(self, values: Iterable[object]) -> npt.NDArray[np.float64]:
        """The numbers of several values, and NaN behind the last for those who have none."""
        return np.array([*map(self.encode, values), math.nan], dtype=np.float64)


@lru_cache(maxsize=32)
def encoders_of(view: View) -> tuple[ColumnEncoder, ...]:
    """An encoder for each attribute column of the view."""
    return tuple(_encoder(view, i, d) for i, d in enumerate(view.definitions) if isinstance(d, Attribute))


@lru_cache(maxsize=10_000)
def category_codes(view: View, column: str) -> Mapping[str, float]:
    """Each text in the category list of a column to its code."""
    return {text: float(code) for code, text in enumerate(view.categories.get(column, ()))}


def _encoder(view: View, position: int, definition: Attribute) -> ColumnEncoder:
    return ColumnEncoder(
        position=position,
        field=definition.field,
        reading=Reading.of(definition.field, view.missing_words, view.keep_na),
        parse=PARSERS[definition.part] if definition.part else None,
        codes=category_codes(view, definition.name) if definition.encoding == "category" else None,
    )
