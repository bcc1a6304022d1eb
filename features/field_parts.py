"""Recognises fields that reps think in: job title, e-mail, company size, revenue, country.

A field is recognised by its name, in English or Italian, and believed only where the parsers
understand enough of its values.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from features.parsers import PARSERS


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A known kind of field."""

    parts: tuple[str, ...]  #: parsers that read it
    words: tuple[str, ...]  #: phrases that its name contains
    understood: float  #: share of leads with a value that a parser must understand
    replaces_raw: bool = False  #: the parts say all that the raw value may say


KNOWN = (
    Recognised(
        parts=("seniority", "department"),
        words=(
            *("job title", "title", "job", "role", "position", "occupation"),
            *("ruolo", "qualifica", "mansione", "posizione", "titolo", "incarico", "funzione", "professione"),
        ),
        understood=0.3,
    ),
    Recognised(
        parts=("size_band",),
        words=("employees", "employee", "company size", "headcount", "staff", "dipendenti", "addetti", "organico"),
        understood=0.5,
    ),
    Recognised(parts=("revenue_band",), words=("revenue", "turnover", "fatturato", "ricavi"), understood=0.5),
    Recognised(
        parts=("domain_type",),
        words=("email", "e mail", "mail", "posta", "posta elettronica"),
        understood=0.5,
        replaces_raw=True,
    ),
    Recognised(parts=("country",), words=("country", "nation", "paese", "nazione"), understood=0.8, replaces_raw=True),
)
UNREAD = (None, "invalid")  #: what a parser answers when it understands nothing
PERSONAL = (
    "first name",
    "last name",
    "full name",
    "surname",
    "nome",
    "cognome",
    "phone",
    "telefono",
    "cellulare",
    "fax",
)
CODES = ("code", "zip", "postal", "postcode", "codice", "cap", "id")
IDENTIFIERS = (*CODES, "uuid", "guid", "number", "no", "nr", "key", "numero")


def words_of(field: str) -> str:
    """A field's name as lower-case words between spaces: `JobTitle` and `job_title` are " job title "."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field)
    return " ".join(["", *re.findall(r"[^\W_]+", spaced.lower()), ""])


def names_any(field: str, phrases: Iterable[str]) -> bool:
    """Whether the field's name contains one of these phrases as whole words."""
    words = words_of(field)
    return any(f" {phrase} " in words for phrase in phrases)


def recognise(field: str, values: Iterable[object]) -> Recognised | None:
    """What the field is by its name, or by its values where they are e-mail addresses."""
    for known in KNOWN:
        if names_any(field, known.words):
            return known
    texts = list(values)
    addresses = sum(
        isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", value) is not None for value in texts
    )
    return next(k for k in KNOWN if "domain_type" in k.parts) if texts and addresses >= 0.9 * len(texts) else None


def parse_all(part: str, values: Iterable[object]) -> list[object]:
    """What the parser of `part` reads out of each value; None where it understands nothing."""
    parse = PARSERS[part]
    return [None if read in UNREAD else read for read in map(parse, values)]
