"""What every feature means, as plain loops over one lead: slow, and meant to be obviously right.

This knows nothing of the kernel, of event logs or of encoders. It is the oracle that they are held
against.
"""

import math
import re
from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

from features.clock import DAY, NEVER
from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Attribute,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    OfKind,
    Recency,
    Sum,
)
from features.lead import Event, Lead
from features.parsers import PARSERS
from features.tables import Export, Pairs
from features.view import View


def reference_row(view: View, lead: Lead, as_of: int) -> list[float]:
    """The lead's row at `as_of`; categories as positions in the view's lists, NaN where missing."""
    return [_value(view, definition, lead, as_of) for definition in view.definitions]


def reference_leads(export: Export, pairs: Pairs) -> list[Lead]:
    """The lead of each pair: all of its events, later ones too, and its attributes as known by `as_of`."""
    events: dict[int, list[Event]] = defaultdict(list)
    for row in export.events.itertuples():
        texts = [text if isinstance(text, str) else None for text in (row.topic, row.channel)]
        number = None if math.isnan(row.value) else row.value
        events[row.lead].append(Event(row.kind, row.happened_at, row.known_at, number, *texts))
    changes: dict[tuple[int, str], list[Change]] = defaultdict(list)
    for row in export.changes.itertuples():
        changes[row.lead, row.field].append(Change(row.known_at, row.old_value, row.value))
    leads = export.leads.to_dict("records")
    return [
        Lead(
            lead_id=leads[lead]["lead_id"],
            created_at=None if leads[lead]["created_at"] == NEVER else leads[lead]["created_at"],
            attributes={f: _known(export, leads[lead][f], changes[lead, f], f, as_of) for f in export.attributes},
            events=events[lead],
        )
        for lead, as_of in zip(pairs.lead.tolist(), pairs.as_of.tolist(), strict=True)
    ]


class Change(NamedTuple):
    """One row of an attribute's history."""

    known_at: int
    old_value: object
    value: object


def _known(export: Export, exported: object, changes: list[Change], field: str, as_of: int) -> object:
    if field not in export.tracked:
        return exported
    in_order = sorted(changes, key=lambda change: change.known_at)
    known = [change.value for change in in_order if change.known_at <= as_of]
    if known:
        return known[-1]
    if not export.has_old_values:
        return None
    return in_order[0].old_value if in_order else exported


def _value(view: View, definition: Definition, lead: Lead, as_of: int) -> float:
    if isinstance(definition, Attribute):
        return _attribute(view, definition, lead.attributes.get(definition.field))
    if isinstance(definition, Age):
        if lead.created_at is None or lead.created_at > as_of:
            return math.nan
        return (as_of - lead.created_at) / DAY
    events = _visible_events(view, lead, as_of)
    if isinstance(definition, FirstTouch | LastTouch):
        channels = [event.channel for event in events if not _says_nothing(view, event.channel)]
        if not channels:
            return math.nan
        return _position(view, definition, channels[0 if isinstance(definition, FirstTouch) else -1])
    assert isinstance(definition, OfKind)
    if definition.kind == ANY:
        own = [e for e in events if _is_activity(view, e)]
    else:
        own = [e for e in events if definition.kind == _kind(view, e)]
    return _behaviour(view, definition, own, as_of)


def _behaviour(view: View, definition: OfKind, events: list[Event], as_of: int) -> float:
    if isinstance(definition, Recency):
        return min(((as_of - event.happened_at) / DAY for event in events), default=math.nan)
    if isinstance(definition, Decayed):
        ages_days = [(as_of - event.happened_at) / DAY for event in events]
        return math.fsum(2.0 ** -(age / definition.half_life_days) for age in ages_days)
    if isinstance(definition, Momentum):
        last, both = (len(_inside(events, as_of, days)) for days in (definition.days, 2 * definition.days))
        return last - (both - last)
    assert isinstance(definition, Count | Sum | ActiveDays | Distinct)
    return _inside_window(view, definition, _inside(events, as_of, definition.days))


def _inside_window(view: View, definition: OfKind, events: list[Event]) -> float:
    if isinstance(definition, Sum):
        return float(sum(Fraction(event.value) for event in events if event.value is not None))
    if isinstance(definition, ActiveDays):
        return len({event.happened_at // DAY for event in events})
    if isinstance(definition, Distinct):
        return len({str(event.topic).strip() for event in events if not _says_nothing(view, event.topic)})
    return len(events)


def _inside(events: list[Event], as_of: int, days: float) -> list[Event]:
    """The events that happened in (as_of - days, as_of]."""
    return [event for event in events if as_of - days * DAY < event.happened_at <= as_of]


def _visible_events(view: View, lead: Lead, as_of: int) -> list[Event]:
    """The events of the view's kinds that had happened and were known, in the one order of a log."""
    order = [kind.name for kind in view.kinds]
    visible = [e for e in lead.events if e.happened_at <= as_of and e.known_at <= as_of and _kind(view, e) is not None]
    return sorted(
        visible,
        key=lambda e: (
            e.happened_at,
            order.index(_kind(view, e) or ""),
            math.inf if e.value is None else e.value,
            "" if _says_nothing(view, e.topic) else str(e.topic).strip(),
            "" if _says_nothing(view, e.channel) else str(e.channel).strip(),
            e.known_at,
        ),
    )


def _kind(view: View, event: Event) -> str | None:
    for kind in view.kinds:
        if event.kind == kind.name or event.kind in kind.aliases:
            return kind.name
    return None


def _is_activity(view: View, event: Event) -> bool:
    return all(kind.is_activity for kind in view.kinds if kind.name == _kind(view, event))


def _says_nothing(view: View, text: str | None) -> bool:
    return text is None or text.strip() == "" or text.strip() in view.missing_words


def _attribute(view: View, definition: Attribute, value: object) -> float:
    if isinstance(value, str):
        value = value.strip()
        if value in view.missing_words or value == "":
            return math.nan
        if value == "NA" and definition.field not in view.keep_na:
            return math.nan
    if value is None:
        return math.nan
    if definition.part:
        value = PARSERS[definition.part](value)
        if value is None:
            return math.nan
    return _number(value) if definition.encoding == "number" else _position(view, definition, value)


def _position(view: View, definition: Definition, value: object) -> float:
    text = str(value).strip()
    if re.fullmatch(r"-?\d+\.0+", text):
        text = text.split(".")[0]
    categories = view.categories[definition.name]
    return categories.index(text) if text in categories else math.nan


def _number(value: object) -> float:
    """Plain numbers, and thousands between commas; `tests/unit` says more of other ways to write them."""
    try:
        return float(str(value).replace(",", "")) if not isinstance(value, bool) else float(value)
    except ValueError:
        return math.nan
