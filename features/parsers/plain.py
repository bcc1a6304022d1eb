"""Text in a form that a dictionary can look up: lower case, no accents, words only."""

import re
import unicodedata

LONGEST = 200  #: characters of a value that are read; no title, size or country needs more
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_NO_WORD = re.compile(r"[^\w&]+|_+")
#: letters that don't fall apart into a base and an accent
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "\u0131": "i", "\u2019": "'"})


def plain_words(text: str) -> list[str]:
    """`"Direttrice dell'Ufficio Qualità"` as `["direttrice", "dell", "ufficio", "qualita"]`, "C.E.O." as "ceo"."""
    lowered = unicodedata.normalize("NFKD", text[:LONGEST].lower().translate(_LETTERS))
    bare = "".join(c for c in lowered if not unicodedata.combining(c))
    joined = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", bare)
    return _NO_WORD.sub(" ", joined).split()


def short_text(value: object) -> str | None:
    """A text without its margin, cut to what is worth reading; None for anything else."""
    if not isinstance(value, str):
        return None
    return value[: 5 * LONGEST].strip()[:LONGEST] or None
