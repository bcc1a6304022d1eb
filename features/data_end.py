"""Up to when an export is complete, and rows that lie after it.

Labels need the end: a lead younger than the horizon is undecided, not lost. Unless the settings
say it, the end is the last time in the export. A typing error (2202 for 2022) must not move it:
a few last times that come years after all the others are refused instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from features.clock import DAY, NEVER, iso, to_micros
from features.errors import BadTable
from features.read_changes import ChangesRead
from features.read_events import EventsRead
from features.read_leads import LeadsRead
from features.read_tables import Bools, Ints
from features.settings import Settings
from features.tables import Refusal
from features.times import localize

LONELY = 3 * 365 * DAY  #: no company rests for three years
FEW = 1000  #: at most one time in a thousand is a typing error


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
    settings: Settings, leads: LeadsRead, events: EventsRead | None, changes: ChangesRead | None
) -> DataEnd:
    """The configured end, or the last time of the rows that stay.

    Raises:
        BadTable: there is no time at all.
    """
    stays = leads.sieve.stays
    if leads.flat:
        return DataEnd(at=int(leads.order[stays].max(initial=0)), configured=False)
    if settings.data.data_end is not None:
        return DataEnd(at=_moment(settings.data.data_end, settings.company.zone), configured=True)
    seen = [leads.created[stays], leads.results.won_at[stays], leads.results.lost_at[stays]]
    if events is not None:
        seen += [events.happened_at[events.sieve.stays], events.known_at[events.sieve.stays]]
    if changes is not None:
        seen.append(changes.known_at[changes.sieve.stays])
    at = last_plausible(seen)
    if at == NEVER:
        refused = f" ({leads.sieve.summary})" if leads.sieve.refusals else ""
        raise BadTable(
            f"{leads.raw.name} and its events have no readable time at all{refused}; "
            "name their columns in ripeness.toml, or name `result` alone for an export without times"
        )
    return DataEnd(
        at=at, configured=False, notes=(f"the data is taken as complete up to {iso(at)}, the last time in it",)
    )


def last_plausible(seen: Sequence[Ints]) -> int:
    """The last time, unless it and a few others come years after all the rest; NEVER where there is none."""
    times = np.concatenate(seen)
    times = times[times != NEVER]
    if len(times) == 0:
        return NEVER
    few = min(max(1, len(times) // FEW), len(times) - 1)
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
