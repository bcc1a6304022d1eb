"""Which file of a folder holds the leads, the events, the changes, and what can be joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from features.column_names import LEAD_NAMES, fitness
from features.findings import Findings
from features.guess_events import event_kind, event_time, guess_changes, guess_events, why_no_events
from features.guess_leads import VERY_NAME, lead_key
from features.guess_results import is_closing, result_column
from features.profiles import ColumnProfile, TableProfile
from features.settings import ChangesFile, EventsFile, Join

File = TypeVar("File", EventsFile, ChangesFile)


@dataclass(frozen=True, kw_only=True)
class Link:
    """How a table names the leads: its own column, and the column of the leads with the same values."""

    table: TableProfile
    here: str
    there: str


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The files by what they hold."""

    leads: TableProfile
    key: str | None  #: the column of the leads by which events and changes name them
    events: EventsFile | None
    changes: ChangesFile | None
    joins: tuple[Join, ...]


def guess_tables(found: Sequence[TableProfile], findings: Findings) -> Tables:
    """Tell the tables apart by their columns first and by their names second."""
    leads = max(found, key=_leads_likeness)
    findings.notes.append(f"{leads.name} holds the leads ({len(leads.raw):,} rows)")
    others = [table for table in found if table is not leads]
    links = [link for table in others for link in [_link(table, leads)] if link is not None]
    changes = _longest(links, guess_changes, "attribute_changes", findings)
    links = [link for link in links if changes is None or link.table.name != changes.file]
    events = _longest(links, guess_events, "events", findings)
    used = {spec.file for spec in (changes, events) if spec is not None}
    rest = [table for table in others if table.name not in used]
    joins = {table.name: _join(table, leads) for table in rest}
    linked = {link.table.name for link in links}
    findings.notes += [_about_join(table, joins[table.name], names_leads=table.name in linked) for table in rest]
    keys = [link.there for link in links if events is not None and link.table.name == events.file]
    return Tables(
        leads=leads,
        key=keys[0] if keys else None,
        events=events,
        changes=changes,
        joins=tuple(join for join in joins.values() if join is not None),
    )


def _leads_likeness(table: TableProfile) -> tuple[float, int]:
    """How much a table looks like leads; of equal ones the longer."""
    looks_like_events = event_kind(table) is not None and event_time(table) is not None and lead_key(table) is None
    ends = result_column(table) is not None or any(is_closing(c) and c.is_time for c in table.columns.values())
    starts = any(c.is_time for c in table.ranked(LEAD_NAMES, "created_at"))
    called = table.is_called("leads") - table.is_called("events") - table.is_called("changes")
    return 4 * ends + 2 * called + starts + (lead_key(table) is not None) - 5 * looks_like_events, len(table.raw)


def _link(table: TableProfile, leads: TableProfile) -> Link | None:
    """The column here whose values are those of a unique column of the leads, rather of the same name."""
    found: list[tuple[float, Link]] = []
    for key in (c for c in leads.columns.values() if fitness(LEAD_NAMES["lead_id"], c.name) > 0 and _is_key(c)):
        known = pd.Index(key.text.words, dtype=object)
        for column in table.columns.values():
            same_name = column.name == key.name
            if len(column.seen.words) and (same_name or fitness(LEAD_NAMES["lead_id"], column.name) > 0):
                share = float(pd.Index(column.seen.words, dtype=object).isin(known).mean())
                found.append(
                    (
                        share + same_name * 0.5 if share >= 0.5 else 0,
                        Link(table=table, here=column.name, there=key.name),
                    )
                )
    likeness, link = max(found, key=lambda pair: pair[0], default=(0, None))
    return link if likeness else None


def _is_key(column: ColumnProfile) -> bool:
    very_name = fitness(LEAD_NAMES["lead_id"], column.name) > VERY_NAME
    return column.is_unique or (very_name and column.is_nearly_unique)


def _longest(
    links: Sequence[Link], read: Callable[[TableProfile, str], File | None], section: str, findings: Findings
) -> File | None:
    """The mapping of the longest table that `read` can read; the others of its kind are asked about."""
    read_all = [(link.table, read(link.table, link.here)) for link in links]
    fitting = sorted(((t, s) for t, s in read_all if s is not None), key=lambda pair: -len(pair[0].raw))
    if not fitting:
        return None
    table, spec = fitting[0]
    mapping = ", ".join(f"{column} is {key}" for key, column in spec if key != "file" and column in table.columns)
    findings.notes.append(f"{table.name} ({len(table.raw):,} rows): {mapping}")
    for other, _ in fitting[1:]:
        findings.ask(
            f"data.{section}.file", f"{other.name} is of the same kind and isn't read: put both into one file?"
        )
    return spec


def _join(table: TableProfile, leads: TableProfile) -> Join | None:
    """A column of the same name in both, unique here, that knows at least half of the leads' values."""
    for name, column in table.columns.items():
        if name in leads.columns and column.is_unique:
            wanted = leads.columns[name].seen.words
            known = pd.Index(column.text.words, dtype=object)
            if len(wanted) and pd.Index(wanted, dtype=object).isin(known).mean() >= 0.5:
                return Join(file=table.name, on=name)
    return None


def _about_join(table: TableProfile, join: Join | None, *, names_leads: bool) -> str:
    if join is not None:
        return f"{table.name} is joined to the leads on {join.on}"
    return f"{table.name} isn't used: {why_no_events(table) if names_leads else 'nothing in it names a lead'}"
