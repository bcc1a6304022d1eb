"""An export's `Check` as text for a terminal."""

from collections.abc import Iterable, Sequence

from features.checked import Check, Span
from features.clock import NEVER, iso
from features.tables import Refusal

MOST_LINES = 40  #: of attributes and kinds each


def render(check: Check) -> str:
    """The report: files, leads, attributes, kinds, then what was refused and what to mind."""
    parts = [
        _titled("Files", [_file(check, name) for name in check.rows]),
        _titled("Leads", _leads(check)),
        _titled("Attributes", _table(("missing", "values", ""), _attributes(check))),
        _titled("Events", _table(("events", "leads", "by", "feature", "first", "last", ""), _kinds(check))),
        _titled("Read as", check.notes),
        _titled("Refused", [line for refusal in check.refusals for line in _refusal(refusal)]),
        _titled("Mind", check.warnings),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _file(check: Check, name: str) -> str:
    rows, lines = check.rows[name], check.lines.get(name)
    return f"{name}: {rows:,} rows" + (f", {rows + 1:,} records in {lines:,} lines" if lines else "")


def _leads(check: Check) -> list[str]:
    lines = [f"{check.leads:,} leads: {check.won:,} won, {check.lost:,} lost, {check.open:,} open"]
    if check.flat:
        return [*lines, "no times: one row per lead, in an order"]
    return [
        *lines,
        f"created {_dates(check.created)}",
        f"complete up to {iso(check.data_end)}",
        f"{check.mature:,} are older than the horizon of {check.horizon_days:g} days",
    ]


def _dates(span: Span) -> str:
    return "never" if span.first == NEVER else f"{iso(span.first)[:10]} to {iso(span.last)[:10]}"


def _attributes(check: Check) -> list[tuple[str, ...]]:
    return [(f"{a.missing:.1%}", f"{a.distinct:,}", a.name) for a in check.attributes]


def _kinds(check: Check) -> list[tuple[str, ...]]:
    return [
        (
            f"{kind.events:,}",
            f"{kind.leads:,}",
            kind.actor,
            "yes" if kind.is_feature else "no",
            iso(kind.span.first)[:10],
            iso(kind.span.last)[:10],
            kind.name,
        )
        for kind in check.kinds
    ]


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Rows under their header, aligned to the right but for the last column."""
    if not rows:
        return []
    shown = [header, *rows[:MOST_LINES]]
    widths = [max(len(row[i]) for row in shown) for i in range(len(header) - 1)]
    lines = ["  ".join([*(c.rjust(w) for c, w in zip(row, widths, strict=False)), row[-1]]).rstrip() for row in shown]
    return lines + ([f"... and {len(rows) - MOST_LINES:,} more"] if len(rows) > MOST_LINES else [])


def _refusal(refusal: Refusal) -> Iterable[str]:
    yield f"{refusal.table}: {refusal.count:,} rows: {refusal.reason}"
    yield from (f"  {example}" for example in refusal.examples)
