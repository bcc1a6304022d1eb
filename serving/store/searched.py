"""What a search looks at: one text for each standing, folded when it is written, so that a search folds no row.

It has the name and the company, a mark, then the lead_id and the role, each up to `LONGEST` bytes.
"""

from sqlalchemy import ColumnElement

from serving.store.schema import standings

LONGEST = 400  #: bytes of each part: what PostgreSQL takes in an entry of an index has to hold four of them
APART, MARK = "\x1f", "\x1e"  #: between two parts, and behind the company; no part has one
BLANKS = str.maketrans(APART + MARK, "  ")
ESCAPE = "\\"


def folded(text: str) -> str:
    """The text with all cases of a letter written alike: É as é, ß as ss."""
    return text.upper().casefold().translate(BLANKS)


def searched(lead_id: str, *, name: str | None = None, company: str | None = None, role: str | None = None) -> str:
    """The text of one lead."""
    name, company, lead_id, role = (_cut(folded(part or "")) for part in (name, company, lead_id, role))
    return f"{name}{APART}{company}{MARK}{lead_id}{APART}{role}"


def found(word: str) -> ColumnElement[bool]:
    """Whether a word without blanks is part of the name, company, role or lead_id."""
    return standings.c.searched.like(f"%{_plain(word)}%", escape=ESCAPE)


def named(part: str) -> ColumnElement[bool]:
    """Whether it is part of the name or the company."""
    return standings.c.searched.like(f"%{_plain(part)}%{MARK}%", escape=ESCAPE)


def _cut(text: str) -> str:
    return text.encode()[:LONGEST].decode(errors="ignore")


def _plain(text: str) -> str:
    return "".join(ESCAPE + c if c in "%_" + ESCAPE else c for c in folded(text))
