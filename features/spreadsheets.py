"""Cells that a spreadsheet can't mistake for a program: a lead may be called `=HYPERLINK(...)`."""

import pandas as pd

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")  #: of a cell that a spreadsheet would run


def safe(value: object) -> object:
    """Text that begins like a formula gets an apostrophe before it; numbers stay as they are."""
    if isinstance(value, str) and value.lstrip(" ").startswith(STARTS):
        return f"'{value}"
    return value


def safe_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table with the same numbers and safe texts, its headings included."""
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    guarded = table.assign(**{str(name): table[name].map(safe) for name in texts})
    return guarded.rename(columns=safe)
