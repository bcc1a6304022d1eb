"""A company's own points rules, as sales and marketing wrote them: a CSV of conditions and points.

    condition,points
    industry = software,10
    pricing_page_view_count_30d >= 2,15
    seniority in director, vp,20
    country is missing,-5

Conditions may be joined by `and`. Text is compared without regard to case; a value that holds
the word `and`, a comma or spaces at its ends may stand in double quotes.
"""

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

from features.encode import number_of
from features.errors import BadTable, UnreadableFile

ORDERINGS = ("<=", ">=", "<", ">")
_OPERATOR = r"(?:<=|>=|!=|=|<|>|not\s+in\b|in\b|is\s+missing\b|is\s+known\b)"
_CONDITION = re.compile(rf'\s*("[^"]+"|.+?)\s*({_OPERATOR})\s*(.*?)\s*', re.IGNORECASE | re.DOTALL)
_AND = re.compile(rf'\s+and\s+(?=(?:"[^"]+"|[^\s<>=!"]+)\s*{_OPERATOR})', re.IGNORECASE)
_VALUE = re.compile(r'\s*(?:"([^"]*)"|([^,]*))\s*(?:,|$)')
_HEADER = ("condition", "points")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison of one column."""

    column: str  #: as written
    operator: str  #: =, !=, <, <=, >, >=, in, not in, is missing, is known
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Points for a lead that meets every condition."""

    line: int  #: in the file, from 1
    text: str
    conditions: tuple[Condition, ...]
    points: float


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Every rule of a points file, in its order.

    Raises:
        UnreadableFile: the file is not there, or is no UTF-8 text.
        BadTable: a line is no rule; the message names it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; name the points file with --points") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    lines = text.splitlines()
    delimiter = ";" if lines and ";" in lines[0] else ","
    _require_header(path, lines, delimiter)
    rules = [_rule(path, i, line, delimiter) for i, line in enumerate(lines[1:], start=2) if line.strip(" \t,;")]
    if not rules:
        raise BadTable(f"{path} holds no rule; write one a line, such as: industry = software,10")
    return tuple(rules)


def _require_header(path: Path, lines: list[str], delimiter: str) -> None:
    found = tuple(cell.strip(' "').lower() for cell in (lines[0].split(delimiter) if lines else ()))
    if found != _HEADER:
        raise BadTable(f"{path}, line 1: expected the columns condition{delimiter}points, found {', '.join(found)!r}")


def _rule(path: Path, line: int, text: str, delimiter: str) -> Rule:
    """The last cell is the points; all before it, commas or not, is the condition."""
    condition, _, last = text.rpartition(delimiter)
    condition, points = _unquoted(condition), number_of(last.strip(' "'))
    if math.isnan(points):
        raise BadTable(f"{path}, line {line}: {last.strip()[:40]!r} is no number of points; end the line with one")
    parts = [_condition(path, line, part) for part in _AND.split(condition)]
    return Rule(line=line, text=condition, conditions=tuple(parts), points=points)


def _unquoted(cell: str) -> str:
    """A cell that is quoted as a whole loses its quotes; quotes around a value in it stay."""
    cell = cell.strip()
    if cell.startswith('"') and cell.endswith('"') and len(cell) > 1:
        read = next(csv.reader([cell]), [cell])
        return read[0].strip() if len(read) == 1 else cell
    return cell


def _condition(path: Path, line: int, text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None or (found[2].lower().startswith("is") and found[3]):
        raise BadTable(
            f"{path}, line {line}: {text.strip()[:60]!r} is no condition; "
            "write COLUMN = VALUE, COLUMN >= NUMBER, COLUMN in A, B or COLUMN is missing"
        )
    operator = re.sub(r"\s+", " ", found[2].lower())
    values = () if operator.startswith("is ") else _values(found[3], several=operator.endswith("in"))
    needs_number = operator in ORDERINGS and math.isnan(number_of(values[0] if values else ""))
    if not operator.startswith("is ") and (not all(values) or not values or needs_number):
        wanted = "a number" if operator in ORDERINGS else "a value"
        raise BadTable(f"{path}, line {line}: {text.strip()[:60]!r} needs {wanted} after {operator!r}")
    return Condition(column=found[1].strip(' "'), operator=operator, values=values)


def _values(text: str, *, several: bool) -> tuple[str, ...]:
    if not several:
        return (text.strip().strip('"'),)
    found = [quoted or plain.strip() for quoted, plain in _VALUE.findall(text)]
    return tuple(value for value in found if value)
