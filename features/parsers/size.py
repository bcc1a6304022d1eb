"""Employees and revenue as bands, from numbers and from what people type: "51-200", "$5M", "2,5 mln"."""

import math
import re
from bisect import bisect_right
from functools import lru_cache
from numbers import Real

from features.parsers.plain import short_text

#: the bands of LinkedIn and most CRMs, each with the least number of employees above it
SIZE_BANDS = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10001+")
_SIZE_STARTS = (11, 51, 201, 501, 1001, 5001, 10_001)
#: per year, in the currency of the export
REVENUE_BANDS = ("<1M", "1M-10M", "10M-50M", "50M-100M", "100M-500M", "500M-1B", "1B+")
_REVENUE_STARTS = (1e6, 1e7, 5e7, 1e8, 5e8, 1e9)

_UNITS = {
    **dict.fromkeys(("k", "thousand", "mila", "mille"), 1e3),
    **dict.fromkeys(("m", "mm", "mn", "mil", "mio", "mln", "million", "millions", "milione", "milioni"), 1e6),
    **dict.fromkeys(("b", "bn", "bln", "billion", "billions", "mld", "mrd", "miliardo", "miliardi"), 1e9),
}
_NUMBER = re.compile(r"(\d[\d.,'\u2019 \u00a0\u202f]*\d|\d)\s*([^\W\d_]+)?")
_GROUPS = re.compile(r"\d{1,3}(?:([.,'\u2019 \u00a0\u202f])\d{3})(?:\1\d{3})*")
_BELOW = re.compile(r"<|\b(?:under|less|below|up to|fino|meno|sotto|inferiore)\b")
_ABOVE = re.compile(r">|\+|\b(?:over|more|above|oltre|più|superiore|plus)\b")


def size_band(value: object) -> str | None:
    """The band of a number of employees."""
    return _band(value, _SIZE_STARTS, SIZE_BANDS, least=1)


def revenue_band(value: object) -> str | None:
    """The band of a yearly revenue."""
    return _band(value, _REVENUE_STARTS, REVENUE_BANDS, least=0)


def _band(value: object, starts: tuple[float, ...], bands: tuple[str, ...], *, least: float) -> str | None:
    amount = _amount(value)
    return None if amount is None or amount < least else bands[bisect_right(starts, amount)]


def _amount(value: object) -> float | None:
    """The amount that stands for a value; the middle of a range."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Real):
        try:
            number = float(value)
        except (OverflowError, ValueError):
            return None
        return number if math.isfinite(number) else None
    text = short_text(value)
    return _typed_amount(text.lower()) if text else None


@lru_cache(maxsize=65_536)
def _typed_amount(text: str) -> float | None:
    found = [(_number(digits), _UNITS.get(unit, 1.0)) for digits, unit in _NUMBER.findall(text)]
    if not found or text.startswith("-"):
        return None
    if len(found) == 1:
        number, unit = found[0]
        if _BELOW.search(text):
            return number * unit / 2
        return number * unit + (1 if _ABOVE.search(text) else 0)
    (low, low_unit), (high, high_unit) = found[:2]
    if low_unit == 1.0 and low <= high:  # "10-50 million" says its unit once
        low_unit = high_unit
    return (low * low_unit + high * high_unit) / 2


def _number(digits: str) -> float:
    """`1.000`, `1,000` and `1 000` are a thousand, for nobody counts people or money to three decimals."""
    digits = digits.strip()
    grouped = _GROUPS.match(digits)
    if grouped:
        whole, rest = re.sub(r"\D", "", grouped[0]), digits[grouped.end() :]
        return float(f"{whole}.{re.sub(chr(92) + 'D', '', rest) or 0}")
    try:
        return float(digits.replace(",", ".").replace(" ", ""))
    except ValueError:
        return float(re.sub(r"\D", "", digits))
