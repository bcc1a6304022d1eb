"""Small Markdown tables and figures for pages that people read."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; whatever a cell holds stays inside it."""
    return "\n".join([_row(columns), "|" + "---|" * len(columns), *map(_row, rows)])


def percent(share: float) -> str:
    """A share in [0, 1] as `7.5 %`."""
    return f"{100 * share:.1f} %"


def in_cell(text: object) -> str:
    """A text on one line that no cell and no list can be broken by."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(in_cell, cells)) + " |"
