"""What a company told of a lead, for people to read: dates and numbers are written as a language writes them.

Country codes get their name: "DE" is nobody's word for Germany. Names of countries, industries and the like are
the company's own words and stay as they were told.
"""

import re
from datetime import date, datetime

from babel import Locale
from babel.dates import format_date, format_datetime

from features.field_parts import names_any
from serving.language import Language
from serving.value_words import yes_or_no

AMOUNTS = ("employees", "revenue")  #: fields that are numbers, whatever they are told as
COUNTRIES = ("country", "nation", "paese", "nazione")  #: words in the name of a field
CODE = re.compile("[A-Z]{2}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(DAY.pattern + r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


def told_value(field: str, value: object, language: Language) -> str:
    """A value of a field; times of day are those that were told, in the zone that they were told in."""
    if isinstance(value, bool):
        return yes_or_no(str(value).lower(), language)
    if isinstance(value, int | float):
        return language.number(value)
    text = str(value).strip()
    if field in AMOUNTS and text.isascii() and text.isdigit():
        return language.number(int(text))
    if CODE.fullmatch(text) and names_any(field, COUNTRIES):
        return language.country(text)
    return _moment(text, language) or yes_or_no(text, language)


def _moment(text: str, language: Language) -> str | None:
    """A day or a moment in ISO 8601; None for any other text, and for days that no calendar has."""
    locale = Locale(language.code)
    try:
        if DAY.fullmatch(text):
            return str(format_date(date.fromisoformat(text), "d MMM y", locale=locale))
        if MOMENT.fullmatch(text):
            return str(format_datetime(datetime.fromisoformat(text), "d MMM y, HH:mm", locale=locale))
    except ValueError:
        return None
    return None
