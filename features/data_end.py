"""Up to when an export is complete, and rows that lie after it.

Labels need the end: a lead younger than the horizon is undecided, not lost. Unless the settings
say it, the end is the last time in the export. A typing error (2202 for 2022) must not move it:
a few last times that come years after all the others are refused instead. Nor must a planned meeting:
what lies in the future, for a caller who says what time it is, isn't known yet.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from features.clock import DAY, LATEST, NEVER, iso, to_micros
from features.errors import BadTable
from features.read_changes import ChangesRead
from features.read_events import EventsRead
from features.read_leads import LeadsRead
from features.read_tables import Bools, Ints
from features.settings import Settings
from features.tables import Refusal
from features.times import localize

LONELY = 3 * 365 * DAY  #: no company rests for three years
FEW = 1000  #: at most one row in a thousand is a typing error,
FEW_AT_LEAST = 3  #: or three rows, as long as they are less than half
A_DAY_AHEAD = DAY  #: clocks and time zones differ


@dataclass(frozen=True, kw_only=True)
class DataEnd:
    """The end of an export, in microseconds; of a flat export the last order."""

    at: int
    configured: bool
    notes: tuple[str, ...] = ()

    def refuse_later(self, leads: LeadsRead, events: EventsRead | None, changes: ChangesRead | None) -> None:
        """Leave out what lies after the end."""
        if leads.flat:
            return
        self._refuse_leads(leads)
        if events is not None:
            later = np.maximum(events.happened_at, events.known_at) > self.at
            events.sieve.refuse(later, f"it {self._why}", lambda row: iso(events.happened_at[row]))
            _refuse_of_refused(events, leads)
        if changes is not None:
            changes.sieve.refuse(changes.known_at > self.at, f"it {self._why}", lambda row: iso(changes.known_at[row]))
            _refuse_of_refused(changes, leads)

    @property
    def _why(self) -> str:
        ground = (
            "which ripeness.toml sets" if self.configured else "judged by all other times; set data_end if it is later"
        )
        return f"lies after the end of the data, {iso(self.at)}, {ground}"

    def _refuse_leads(self, leads: LeadsRead) -> None:
        created, results = leads.created, leads.results
        leads.sieve.refuse(created > self.at, f"the lead's creation {self._why}", lambda row: iso(created[row]))
        closed = np.maximum(results.won_at, results.lost_at)
        late = (closed > self.at) & leads.sieve.stays
        if not self.configured:
            leads.sieve.refuse(late, f"the lead's result {self._why}", lambda row: iso(closed[row]))
        elif late.any():
            rows = np.flatnonzero(late)
            leads.sieve.refusals.append(
                Refusal(
                    table=leads.raw.name,
                    reason=f"the lead's result {self._why}; the lead stays and counts as open",
                    count=len(rows),
                    examples=tuple(f"{leads.raw.where(int(row))}: {iso(closed[row])}" for row in rows[:3]),
                )
            )


def data_end_of(
    settings: Settings,
    leads: LeadsRead,
    events: EventsRead | None,
    changes: ChangesRead | None,
    *,
    now: int | None = None,
) -> DataEnd:
    """The configured end, or the last time of the rows that stay; what lies after `now` doesn't move it.

    Raises:
        BadTable: there is no time at all.
    """
    stays = leads.sieve.stays
    if leads.flat:
        return DataEnd(at=int(leads.order[stays].max(initial=0)), configured=False)
    times = _one_a_row(leads, events, changes)
    limit = LATEST if now is None else now + A_DAY_AHEAD
    notes = _about_future(times, limit)
    if settings.data.data_end is not None:
        at = _moment(settings.data.data_end, settings.company.zone)
        return DataEnd(at=at, configured=True, notes=_about_set_end(at, notes) if at > limit else ())
    past = times[times <= limit]
    at = last_plausible(past if len(past) else times)
    if at == NEVER:
        refused = f" ({leads.sieve.summary})" if leads.sieve.refusals else ""
        raise BadTable(
            f"{leads.raw.name} and its events have no readable time at all{refused}; "
            "name their columns in ripeness.toml, or name `result` alone for an export without times"
        )
    taken = f"the data is taken as complete up to {iso(at)}, the last time in it"
    return DataEnd(at=at, configured=False, notes=(*notes, f"{taken} before today" if notes and len(past) else taken))


def _one_a_row(leads: LeadsRead, events: EventsRead | None, changes: ChangesRead | None) -> Ints:
    """The last time of each row that stays: a typing error counts once, however many columns repeat it."""
    results = leads.results
    each = [np.maximum.reduce([leads.created, results.won_at, results.lost_at])[leads.sieve.stays]]
    if events is not None:
        each.append(np.maximum(events.happened_at, events.known_at)[events.sieve.stays])
    if changes is not None:
        each.append(changes.known_at[changes.sieve.stays])
    times = np.concatenate(each)
    return np.asarray(times[times != NEVER])


def _about_future(times: Ints, limit: int) -> tuple[str, ...]:
    later = int((times > limit).sum())
    if not later:
        return ()
    return (
        f"the data ends in the future: {later:,} {'row' if later == 1 else 'rows'} after today, the last on "
        f"{iso(times.max())[:10]}; planned meetings, typing errors or a wrong clock?",
    )


def _about_set_end(at: int, about_rows: tuple[str, ...]) -> tuple[str, ...]:
    return (*about_rows, f"data_end in ripeness.toml, {iso(at)}, lies in the future: open leads pass for lost by then")


def last_plausible(times: Ints) -> int:
    """The last time, unless it and a few others come years after all the rest; NEVER where there is none."""
    if len(times) == 0:
        return NEVER
    few = min(max(FEW_AT_LEAST, len(times) // FEW), (len(times) - 1) // 2)
    last = np.sort(np.partition(times, len(times) - few - 1)[len(times) - few - 1 :])
    lonely = np.flatnonzero(np.diff(last) > LONELY)
    return int(last[lonely[0]] if len(lonely) else last[-1])


def _moment(end: datetime, zone: ZoneInfo) -> int:
    """The configured end; without a zone it is local time of the company."""
    if end.tzinfo is not None:
        return to_micros(end)
    naive = np.array([np.datetime64(end, "us")]).astype(np.int64)
    return int(localize(naive, zone)[0])


def _refuse_of_refused(read: EventsRead | ChangesRead, leads: LeadsRead) -> None:
    lost: Bools = ~leads.sieve.stays[read.lead]
    read.sieve.refuse(
        lost, "it is about a lead that was refused", lambda row: f"lead {leads.ids[int(read.lead[row])]!r}"
    )
