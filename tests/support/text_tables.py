"""Small tables as text, so that a test shows what it is about.

    lead | kind    | happened_at
    a    | meeting | 2026-01-02

Cells are stripped; an empty cell is None. The first row names the columns.
"""


def rows_of(table: str) -> list[dict[str, str | None]]:
    """The rows of a text table, each by column name; an empty text has none."""
    lines = [line for line in table.splitlines() if line.strip()]
    if not lines:
        return []
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [{name: cell or None for name, cell in zip(header, row, strict=True)} for row in rows]
