"""Which columns of a file of activities, or of attribute changes, mean what."""

from collections.abc import Callable, Mapping

from features.column_names import CHANGE_NAMES, EVENT_NAMES
from features.profiles import ColumnProfile, Names, TableProfile
from features.read_events import ACTOR_OF
from features.settings import ChangesFile, EventsFile

MOST_KINDS = 500
KIND_FILLED = 0.9  #: share of the rows that say what happened

Fits = Callable[[ColumnProfile], bool]


def event_kind(table: TableProfile) -> ColumnProfile | None:
    """A column of few words that says what happened."""
    for column in table.ranked(EVENT_NAMES, "kind"):
        if _has_few_words(column) and column.filled > KIND_FILLED and not column.is_time:
            return column
    return None


def _has_few_words(column: ColumnProfile) -> bool:
    return len(column.seen.words) <= min(MOST_KINDS, max(2, len(column.seen) // 2))


def why_no_events(table: TableProfile) -> str:
    """What a table that names leads lacks to be a table of events."""
    kinds = [column for column in table.ranked(EVENT_NAMES, "kind") if not column.is_time]
    if event_kind(table) is None:
        if not kinds:
            return "no column in it says what happened"
        if not _has_few_words(kinds[0]):
            return f"{kinds[0].name} has {len(kinds[0].seen.words):,} different values, too many for kinds of events"
        return f"{kinds[0].name} would say what happened, but is missing in {1 - kinds[0].filled:.0%} of its rows"
    times = table.ranked(EVENT_NAMES, "happened_at")
    if not times:
        return "no column in it says when something happened"
    return f"{times[0].name} would say when something happened, but can't be read as a time in enough of its rows"


def event_time(table: TableProfile) -> ColumnProfile | None:
    """A column of times that says when it happened."""
    return _best(table, EVENT_NAMES, "happened_at", lambda c: c.is_time and c.filled > 0.5, set())


def guess_events(table: TableProfile, lead_id: str) -> EventsFile | None:
    """The mapping of a file of events that name their lead in the column `lead_id`; None where it is none."""
    kind, time = event_kind(table), event_time(table)
    if kind is None or time is None:
        return None
    optional: Mapping[str, Fits] = {
        "known_at": lambda c: c.is_time,
        "event_id": lambda c: c.is_key,
        "value": lambda c: c.is_number,
        "actor": lambda c: any(str(word).lower() in ACTOR_OF for word in c.seen.words),
        "channel": lambda c: not c.is_time,
        "topic": lambda c: not c.is_time and not c.is_number,
    }
    required = {"lead_id": lead_id, "kind": kind.name, "happened_at": time.name}
    found = required | _optional(table, EVENT_NAMES, optional, set(required.values()))
    return EventsFile.model_validate(
        {"file": table.name, "delimiter": table.delimiter, "encoding": table.encoding, **found}
    )


def guess_changes(table: TableProfile, lead_id: str) -> ChangesFile | None:
    """The mapping of a history of attributes; None where the file is none."""
    taken = {lead_id}
    field = _best(table, CHANGE_NAMES, "field", lambda c: 0 < len(c.seen.words) <= MOST_KINDS, taken)
    time = _best(table, CHANGE_NAMES, "known_at", lambda c: c.is_time and c.filled > 0.5, taken)
    if field is None or time is None:
        return None
    taken |= {field.name, time.name}
    found = _optional(table, CHANGE_NAMES, {"old_value": lambda _c: True, "value": lambda _c: True}, taken)
    if "value" not in found:
        return None
    named = {"lead_id": lead_id, "field": field.name, "known_at": time.name, **found}
    return ChangesFile.model_validate(
        {"file": table.name, "delimiter": table.delimiter, "encoding": table.encoding, **named}
    )


def _best(table: TableProfile, names: Names, meaning: str, fits: Fits, taken: set[str]) -> ColumnProfile | None:
    return next((c for c in table.ranked(names, meaning) if c.name not in taken and c.filled > 0 and fits(c)), None)


def _optional(table: TableProfile, names: Names, wanted: Mapping[str, Fits], taken: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for meaning, fits in wanted.items():
        column = _best(table, names, meaning, fits, taken | set(found.values()))
        if column is not None:
            found[meaning] = column.name
    return found
