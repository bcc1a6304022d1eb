"""What every table of `ripeness.toml` has in common, and the kinds of values that several use."""

import codecs
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Actor = Literal["lead", "seller", "system"]
Family = Literal["fit", "engagement"]
Grade = Literal["A", "B", "C", "D"]
Days = Annotated[float, Field(gt=0, le=36_500)]
Share = Annotated[float, Field(gt=0, lt=1)]

FIRST_YEAR, LAST_YEAR = 1990, 2199  #: of times that are read, see features.times
LONGEST_NAME = 255  #: bytes, of a file
NO_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"}  #: codecs that no file is in


def _one_character(value: str) -> str:
    if value and (len(value) > 1 or not value.isascii() or value in '"\r\n\0'):
        hint = (
            'a tab is "\\t" in double quotes'
            if value == "\\t"
            else "use , ; | or a tab, or leave it out: it is guessed"
        )
        raise ValueError(f"{value!r} is not one character that splits values; {hint}")
    return value


def _text_encoding(value: str) -> str:
    try:
        known = codecs.lookup(value)
    except (LookupError, ValueError):
        known = None
    if (
        known is None or known.name.replace("-", "_") in NO_TEXT or not known._is_text_encoding
    ):  # nothing public says it
        raise ValueError(f"{value!r} is no encoding of texts; use 'utf-8', 'utf-8-sig' or 'cp1252'")
    return value


def _file_name(value: str) -> str:
    if not value or "\0" in value or max(len(part.encode()) for part in value.split("/")) > LONGEST_NAME:
        shown = value if len(value) <= 60 else f"{value[:60]}..."
        raise ValueError(f"{shown!r} can't be the name of a file; name a CSV, CSV.gz or Parquet file in the folder")
    return value


def _in_our_times(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"{value.isoformat()} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}; correct the year")
    return value


Delimiter = Annotated[str, AfterValidator(_one_character)]
Encoding = Annotated[str, AfterValidator(_text_encoding)]
FileName = Annotated[str, AfterValidator(_file_name)]
Moment = Annotated[datetime, AfterValidator(_in_our_times)]


class Section(BaseModel):
    """A table of `ripeness.toml`: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
