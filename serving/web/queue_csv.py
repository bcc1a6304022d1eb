"""The queue as CSV that a spreadsheet can't mistake for a program."""

import csv
import io
from collections.abc import Sequence

from features.clock import iso
from features.spreadsheets import safe
from features.stages import Stage
from serving.language import Language
from serving.stage_words import STAGES
from serving.web.queue_rows import QueueRow

BOM = "\ufeff"  #: by which spreadsheets know that it is UTF-8
COLUMNS = (
    *("lead_id", "name", "company", "role", "score", "chance", "grade", "trend", "stage", "due_at"),
    *("reason", "next_action", "owner"),
)


def queue_csv(rows: Sequence[QueueRow], language: Language) -> str:
    """One line a lead, under a line of names; numbers have a point, whatever the language."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(safe(value) for value in _values(row, language))
    return BOM + file.getvalue()


def _values(row: QueueRow, language: Language) -> tuple[object, ...]:
    reason = row.reasons[0]["text"].get(language.code) if row.reasons else None
    return (
        *(row.lead_id, row.name, row.company, row.role, row.score, round(row.probability, 4)),
        *(f"{row.fit}{row.engagement}", row.trend, language.say(STAGES[Stage(row.stage)])),
        *(None if row.clock is None else iso(row.clock.due_at), reason),
        *(row.action_text.get(language.code), row.owner),
    )
