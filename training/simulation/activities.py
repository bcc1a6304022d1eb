"""From days to moments: every activity gets its time, channel, topic and value, as a tracker would log it.

What is added here (pages of a visit, topics, minutes, scanners, visits after the purchase, a
seller's calls) says nothing about intent beyond the day's activities, or is no activity of the lead.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import DAY, SECOND
from training.simulation.calendar import mailing_days, working_days
from training.simulation.life import STILL_OPEN, Lives
from training.simulation.people import People
from training.simulation.world import World

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OPENS, CLOSES = 7 * 3600, 19 * 3600  #: seconds of a UTC day between which leads act
MAILED = 6 * 3600 + 1800  #: second of the day at which a mailing goes out
BOOKED = 20 * 3600  #: second of the day at which closings are booked
TOPICS = ("automation", "integration", "security", "analytics", "compliance")
_WITH_TOPIC = ("page_view", "content_download", "email_click", "webinar_registered", "webinar_attended")


@dataclass(frozen=True, kw_only=True)
class Hits:
    """One row per activity that happened, sorted by lead and day; aligned arrays."""

    lead: Ints
    day: Ints
    activity: Ints  #: position in `World.activities`
    happened_at: Ints


@dataclass
class _Rows:
    """Columns of the event table, gathered part by part."""

    parts: list[pd.DataFrame] = field(default_factory=list)

    def add(self, lead: Ints, happened_at: Ints, kind: object, channel: object, **more: object) -> None:
        columns = {"lead": lead, "kind": kind, "happened_at": happened_at, "known_at": happened_at, "channel": channel}
        defaults = {"value": np.nan, "topic": None, "actor": "lead"}
        rows = pd.DataFrame({**columns, **defaults, **more}, index=np.arange(len(lead)))
        self.parts.append(rows)


def hits(world: World, lives: Lives, start: int, rng: np.random.Generator) -> Hits:
    """Every activity of every day with a moment of its own, in whole seconds."""
    found = [np.nonzero((lives.seen >> np.uint16(k)) & 1) for k in range(len(world.activities))]
    activity = np.repeat(np.arange(len(found)), [len(lead) for lead, _ in found])
    lead, day = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
    order = np.lexsort((activity, day, lead))
    second = rng.integers(OPENS, CLOSES, len(order))
    lead, day, activity = lead[order], day[order], activity[order]
    return Hits(lead=lead, day=day, activity=activity, happened_at=start + day * DAY + second * SECOND)


def events(
    world: World, people: People, lives: Lives, found: Hits, start: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The event table of an `Export`, sorted by `known_at`."""
    rows = _Rows()
    interest = rng.integers(0, len(TOPICS), len(people))
    _arrivals(rows, world, people, interest)
    _own(rows, world, found, interest, rng)
    _more_of_a_visit(rows, world, found, interest, rng)
    _mailings(rows, world, people, lives, start, rng)
    _customers(rows, people, lives, start, rng)
    _sellers(rows, people, lives, start, rng)
    table = pd.concat(rows.parts, ignore_index=True)
    end = start + lives.seen.shape[1] * DAY
    table = table[table["known_at"] <= end].sort_values(["known_at", "lead", "happened_at"], kind="stable")
    table = table.reset_index(drop=True)
    table["event_id"] = np.array([f"E{i + 1:08d}" for i in range(len(table))], dtype=object)
    return table[["lead", "kind", "happened_at", "known_at", "value", "topic", "channel", "actor", "event_id"]]


def _topics(interest: Ints, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Mostly the lead's own topic of interest."""
    other = rng.integers(0, len(TOPICS), len(interest))
    return np.array(TOPICS, dtype=object)[np.where(rng.random(len(interest)) < 0.7, interest, other)]


def _arrivals(rows: _Rows, world: World, people: People, interest: Ints) -> None:
    """What the leads did to come in; a visit of a stand was a week before its badge scan was imported."""
    for i, origin in enumerate(world.origins.values()):
        if origin.first_event is None:
            continue
        lead = np.flatnonzero(people.origin == i)
        late = DAY * next((a.known_after_days for a in world.activities if a.kind == origin.first_event), 0)
        topic = np.array(TOPICS, dtype=object)[interest[lead]] if origin.first_event in _WITH_TOPIC else None
        created = people.created_at[lead]
        rows.add(lead, created - late, origin.first_event, origin.channel, known_at=created, topic=topic)


def _own(rows: _Rows, world: World, found: Hits, interest: Ints, rng: np.random.Generator) -> None:
    """The activities themselves; a click also counts as an open, as trackers do."""
    for k, activity in enumerate(world.activities):
        here = found.activity == k
        lead, at = found.lead[here], found.happened_at[here]
        more: dict[str, object] = {"known_at": known_at(found, here, activity.known_after_days)}
        if activity.kind in _WITH_TOPIC:
            more["topic"] = _topics(interest[lead], rng)
        if activity.kind == "webinar_attended":
            more["value"] = rng.integers(5, 61, len(lead)).astype(np.float64)
        rows.add(lead, at, activity.kind, activity.channel, **more)
        if activity.kind == "email_click":
            rows.add(lead, at, "email_open", activity.channel)


def known_at(found: Hits, here: npt.NDArray[np.bool_], after_days: int) -> Ints:
    """When activities were known: at once, or with the import on the midnight so many days later."""
    if after_days == 0:
        return found.happened_at[here]
    midnight = found.happened_at[here] // DAY * DAY
    return np.asarray(midnight + (after_days + 1) * DAY)


def _more_of_a_visit(rows: _Rows, world: World, found: Hits, interest: Ints, rng: np.random.Generator) -> None:
    """Further pages within twenty minutes of the first one."""
    for kind, mean in (("page_view", 1.2), ("pricing_page_view", 0.25)):
        here = found.activity == world.position(kind)
        again = rng.poisson(mean, int(here.sum()))
        lead, at = np.repeat(found.lead[here], again), np.repeat(found.happened_at[here], again)
        topic = _topics(interest[lead], rng) if kind in _WITH_TOPIC else None
        rows.add(lead, at + rng.integers(10, 1200, len(lead)) * SECOND, kind, "web", topic=topic)


def _mailings(rows: _Rows, world: World, people: People, lives: Lives, start: int, rng: np.random.Generator) -> None:
    """Newsletters to whom they may go, and the mail gates that click every link within seconds."""
    unsubscribed = np.where((lives.seen >> np.uint16(world.position("unsubscribe"))) & 1, 1, 0)
    gone = np.where(unsubscribed.any(axis=1), unsubscribed.argmax(axis=1), STILL_OPEN)
    for day in mailing_days(start, lives.seen.shape[1]):
        there = (people.first_day <= day) & (lives.closed_day >= day) & people.subscribed & (gone >= day)
        lead, at = np.flatnonzero(there), start + day * DAY + MAILED * SECOND
        rows.add(lead, np.full(len(lead), at), "email_sent", "email", actor="system")
        gate = lead[people.scanned[lead] & (rng.random(len(lead)) < 0.7)]
        burst = np.repeat(gate, rng.integers(2, 6, len(gate)))
        clicked = at + rng.integers(1, 20, len(burst)) * SECOND
        rows.add(burst, clicked, "email_click", "email")
        rows.add(gate, np.full(len(gate), at + SECOND), "email_open", "email")


def _customers(rows: _Rows, people: People, lives: Lives, start: int, rng: np.random.Generator) -> None:
    """Customers go on visiting: activity after the purchase that must not explain the purchase."""
    won = np.flatnonzero(lives.won)
    lead = np.repeat(won, rng.poisson(4.0, len(won)))
    later = rng.integers(1, 60, len(lead)) * DAY + rng.integers(OPENS, CLOSES, len(lead)) * SECOND
    rows.add(lead, start + lives.closed_day[lead] * DAY + later, "page_view", "web", topic="support")


def _sellers(rows: _Rows, people: People, lives: Lives, start: int, rng: np.random.Generator) -> None:
    """Calls and e-mails of sellers: they sense the intent, so counting them would leak their judgement."""
    chance = np.array([0.003, 0.008, 0.030, 0.090, 0.012])
    open_days = lives.intent >= 0
    lead, day = np.nonzero(open_days & working_days(start, lives.intent.shape[1]))
    keen = chance[lives.intent[lead, day]] * np.exp(0.5 * people.fit[lead])
    for kind, channel, share in (("call_logged", "phone", 1.0), ("email_sent", "email", 1.5)):
        here = rng.random(len(lead)) < keen * share
        at = start + day[here] * DAY + rng.integers(OPENS, CLOSES, int(here.sum())) * SECOND
        rows.add(lead[here], at, kind, channel, actor="seller")
