"""The ways to write a time as text, as patterns that Arrow matches over a whole column at once.

Each pattern names its parts; `parts_of` turns them into numbers, and nothing here decides a time
zone or whether the day or the month comes first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_CLOCK = (
    r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r" ?(?P<p>[AaPp]\.?[Mm]\.?)? ?(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_MAYBE_CLOCK = rf"(?:(?:T|t|,? +){_CLOCK})?"

#: in the order in which they are tried
FORMS: Mapping[str, str] = {
    "iso": rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_MAYBE_CLOCK}$",
    "compact": r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})(?P<z>Z)?)?$",
    "day_or_month_first": rf"^(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){_MAYBE_CLOCK}$",
    "day_name_year": rf"^(?P<d>\d{{1,2}})[ -](?P<n>[A-Za-z]{{3,9}})\.?,?[ -](?P<y>\d{{4}}){_MAYBE_CLOCK}$",
    "name_day_year": rf"^(?P<n>[A-Za-z]{{3,9}})\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}){_MAYBE_CLOCK}$",
    "epoch": r"^(?P<e>-?\d{1,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.0+)?$",
}

_MONTHS = (
    ("january", "gennaio"),
    ("february", "febbraio"),
    ("march", "marzo"),
    ("april", "aprile"),
    ("may", "maggio"),
    ("june", "giugno"),
    ("july", "luglio"),
    ("august", "agosto"),
    ("september", "settembre"),
    ("october", "ottobre"),
    ("november", "novembre"),
    ("december", "dicembre"),
)
_MONTH_OF = {word: i for i, names in enumerate(_MONTHS, 1) for name in names for word in (name, name[:3])}
_MONTH_OF |= {"sept": 9}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the texts of one form say, as numbers; `at` are their positions in the column."""

    at: Ints
    numbers: Mapping[str, Ints]  #: by the pattern's names; 0 where the text has no such part
    afternoon: Bools
    morning: Bools
    has_clock: Bools
    has_zone: Bools
    offset: Ints  #: of the zone, in seconds east of UTC

    def __getitem__(self, name: str) -> Ints:
        return self.numbers[name] if name in self.numbers else np.zeros(len(self.at), dtype=np.int64)


def parts_of(texts: pa.Array, at: Ints, form: str) -> tuple[Parts, Ints]:
    """The parts of those texts among `at` that have this form, and the positions that don't."""
    found = pc.extract_regex(texts.take(pa.array(at)), pattern=FORMS[form])
    fits = np.asarray(found.is_valid())
    groups = {field.name: found.field(i).filter(pa.array(fits)) for i, field in enumerate(found.type)}
    numbers = {name: _whole(column) for name, column in groups.items() if name in "ymdabHMSe"}
    if "n" in groups:
        numbers["m"] = _by_distinct(groups["n"], lambda name: _MONTH_OF.get(name.lower(), 0))
    if "f" in groups:
        numbers["f"] = _micros(groups["f"])
    count = int(fits.sum())
    half = _by_distinct(groups["p"], lambda p: "ap".find(p[:1].lower()) + 1 if p else 0) if "p" in groups else None
    half = np.zeros(count, dtype=np.int64) if half is None else half
    clock, zone = groups.get("H"), groups.get("z")
    return Parts(
        at=at[fits],
        numbers=numbers,
        morning=half == 1,
        afternoon=half == 2,
        has_clock=_filled(clock, count),
        has_zone=_filled(zone, count),
        offset=np.zeros(count, dtype=np.int64) if zone is None else _by_distinct(zone, _seconds_east),
    ), at[~fits]


def _filled(column: pa.Array | None, count: int) -> Bools:
    return np.zeros(count, dtype=np.bool_) if column is None else np.asarray(pc.not_equal(column, ""))


def _whole(column: pa.Array) -> Ints:
    return np.asarray(pc.cast(pc.if_else(pc.equal(column, ""), "0", column), pa.int64()))


def _micros(fraction: pa.Array) -> Ints:
    """Digits after the second, cut (not rounded) to microseconds."""
    return _whole(pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, 6, "0"), 0, 6))


def _by_distinct(column: pa.Array, read: Callable[[str], int]) -> Ints:
    encoded = column.dictionary_encode()
    values = np.array([read(word) for word in encoded.dictionary.to_pylist()], dtype=np.int64)
    return values[np.asarray(encoded.indices)] if len(column) else np.zeros(0, dtype=np.int64)


def _seconds_east(zone: str) -> int:
    if not zone or zone in {"Z", "z", "UTC", "GMT"}:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    east = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -east if zone[0] == "-" else east
