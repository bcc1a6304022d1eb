"""Folders of small files, written as a company's systems would, for the readers of exports."""

from pathlib import Path

from features.settings import Settings
from support.text_tables import rows_of

LEADS = "lead_id,created_at,closed_won_at,closed_lost_at,industry\n"


def csv_of(table: str, delimiter: str = ",") -> str:
    """A text table as CSV; its empty cells stay empty."""
    rows = rows_of(table)
    lines = [list(rows[0]), *([cell or "" for cell in row.values()] for row in rows)]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def write(folder: Path, **files: str | bytes) -> Path:
    """Write `leads="..."` as leads.csv (text tables become CSV, bytes stay); gives the folder."""
    for name, content in files.items():
        path = folder / f"{name}.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(csv_of(content) if content.startswith("\n") else content, encoding="utf-8", newline="")
    return folder


def settings_of(
    *, leads: dict[str, object] | None = None, events: dict[str, object] | None = None, **others: object
) -> Settings:
    """Settings for such a folder; `others` are keys of [data] or whole sections."""
    sections = {name: others.pop(name) for name in list(others) if name in Settings.model_fields and name != "data"}
    data = {"leads": leads if leads is not None else {"created_at": "created_at"}, **others}
    if events is not None:
        data["events"] = events
    return Settings.model_validate({"data": data, **sections})
