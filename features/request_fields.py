"""The fields that requests are made of: times, words, numbers and values, each refused in a clear sentence."""

import math
import re
from datetime import datetime
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from features.clock import EARLIEST, LATEST, to_micros

LONGEST_WORD = 200  #: characters

_NO_TIME = "is no time of RFC 3339; write it as '2026-03-01T09:00:00Z'"


#: `date-time` of RFC 3339; `fromisoformat` alone reads weeks, commas and times without seconds as well
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?", re.ASCII).fullmatch


def read_moment(value: object) -> int:
    """An RFC 3339 time, such as `2026-03-01T09:00:00Z`, as microseconds since 1970 UTC.

    Finer fractions of a second are cut off.

    Raises:
        ValueError: it is no text, no such time, without a zone, or outside of 1990 to 2200.
    """
    if not isinstance(value, str):
        raise ValueError("should be a text such as '2026-03-01T09:00:00Z'")
    if not _RFC_3339(value):
        if _NO_ZONE(value):
            raise ValueError("has no time zone; end it with 'Z' or an offset such as '+01:00'")
        raise ValueError(_NO_TIME)
    try:
        moment = datetime.fromisoformat(value.upper() if value[-1] == "z" else value)
    except ValueError as error:
        raise ValueError(_NO_TIME) from error
    micros = to_micros(moment)
    if not EARLIEST <= micros < LATEST:
        raise ValueError("is not between the years 1990 and 2200")
    return micros


def _scalar(value: object) -> object:
    if isinstance(value, str):
        if len(value) > 10_000:
            raise ValueError("is longer than 10,000 characters")
    elif not (value is None or isinstance(value, bool | int | float)):
        raise ValueError("should be a text, a number, true, false or null; join a list into one text")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is not a finite number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("is outside of the 64-bit range")
    return value


Moment = Annotated[
    int,
    PlainValidator(read_moment, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Scalar = Annotated[
    str | bool | int | float | None,
    PlainValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"], "maxLength": 10_000}),
]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_WORD)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
