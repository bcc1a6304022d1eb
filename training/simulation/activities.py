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
from training.simulation.company import CLOSES, MAILED, OPENS, Company
from training.simulation.life import STILL_OPEN

Ints = npt.NDArray[np.int64]

TOPICS = ("automation", "integration", "security", "analytics", "compliance")
_WITH_TOPIC = ("page_view", "content_download", "email_click", "webinar_registered", "webinar_attended")
_SELLER_SENSES = np.array([0.003, 0.008, 0.030, 0.090, 0.012])  #: calls per working day, by state of intent


@dataclass
class _Rows:
    """Columns of the event table, gathered part by part."""

    parts: list[pd.DataFrame] = field(default_factory=list)

    def add(self, lead: Ints, happened_at: Ints, kind: object, channel: object, **more: object) -> None:
        columns = {"lead": lead, "kind": kind, "happened_at": happened_at, "known_at": happened_at, "channel": channel}
        defaults = {"value": np.nan, "topic": None, "actor": "lead"}
        rows = pd.DataFrame({**columns, **defaults, **more}, index=np.arange(len(lead)))
        self.parts.append(rows)


def events(company: Company, rng: np.random.Generator) -> pd.DataFrame:
    """The event table of an `Export`, sorted by `known_at`."""
    rows = _Rows()
    interest = rng.integers(0, len(TOPICS), len(company.people))
    _arrivals(rows, company, interest)
    _own(rows, company, interest, rng)
    _more_of_a_visit(rows, company, interest, rng)
    _mailings(rows, company, rng)
    _customers(rows, company, rng)
    _sellers(rows, company, rng)
    table = pd.concat(rows.parts, ignore_index=True)
    table = table[table["known_at"] <= company.end].sort_values(["known_at", "lead", "happened_at"], kind="stable")
    table = table.reset_index(drop=True)
    table["event_id"] = np.array([f"E{i + 1:08d}" for i in range(len(table))], dtype=object)
    return table[["lead", "kind", "happened_at", "known_at", "value", "topic", "channel", "actor", "event_id"]]


def _topics(interest: Ints, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Mostly the lead's own topic of interest."""
    other = rng.integers(0, len(TOPICS), len(interest))
    return np.array(TOPICS, dtype=object)[np.where(rng.random(len(interest)) < 0.7, interest, other)]


def _arrivals(rows: _Rows, company: Company, interest: Ints) -> None:
    """What the leads did to come in; a visit of a stand was a week before its badge scan was imported."""
    late = {a.kind: a.known_after_days * DAY for a in company.world.activities}
    for i, origin in enumerate(company.world.origins.values()):
        if origin.first_event is None:
            continue
        lead = np.flatnonzero(company.people.origin == i)
        created = company.people.created_at[lead]
        topic = np.array(TOPICS, dtype=object)[interest[lead]] if origin.first_event in _WITH_TOPIC else None
        happened = created - late.get(origin.first_event, 0)
        rows.add(lead, happened, origin.first_event, origin.channel, known_at=created, topic=topic)


def _own(rows: _Rows, company: Company, interest: Ints, rng: np.random.Generator) -> None:
    """The activities themselves; a click also counts as an open, as trackers do."""
    hits = company.hits
    for k, activity in enumerate(company.world.activities):
        here = hits.activity == k
        lead, at = hits.lead[here], hits.happened_at[here]
        more: dict[str, object] = {"known_at": _known_at(company, hits.day[here], at, activity.known_after_days)}
        if activity.kind in _WITH_TOPIC:
            more["topic"] = _topics(interest[lead], rng)
        if activity.kind == "webinar_attended":
            more["value"] = rng.integers(5, 61, len(lead)).astype(np.float64)
        rows.add(lead, at, activity.kind, activity.channel, **more)
        if activity.kind == "email_click":
            rows.add(lead, at, "email_open", activity.channel)


def _known_at(company: Company, day: Ints, happened_at: Ints, after_days: int) -> Ints:
    """At once, or with the import in the night that ends so many days after the day itself."""
    return company.moment(day + after_days + 1, 0) if after_days else happened_at


def _more_of_a_visit(rows: _Rows, company: Company, interest: Ints, rng: np.random.Generator) -> None:
    """Further pages within twenty minutes of the first one."""
    hits = company.hits
    for kind, mean in (("page_view", 1.2), ("pricing_page_view", 0.25)):
        here = hits.activity == company.world.position(kind)
        again = rng.poisson(mean, int(here.sum()))
        lead, at = np.repeat(hits.lead[here], again), np.repeat(hits.happened_at[here], again)
        topic = _topics(interest[lead], rng) if kind in _WITH_TOPIC else None
        rows.add(lead, at + rng.integers(10, 1200, len(lead)) * SECOND, kind, "web", topic=topic)


def _mailings(rows: _Rows, company: Company, rng: np.random.Generator) -> None:
    """Newsletters to whom they may go, and the mail gates that click every link within seconds."""
    people, lives = company.people, company.lives
    has_left = (lives.seen >> np.uint16(company.world.position("unsubscribe"))) & 1
    until = np.where(has_left.any(axis=1), has_left.argmax(axis=1), STILL_OPEN)
    for day in mailing_days(company.start, company.n_days):
        there = (people.first_day <= day) & (lives.closed_day >= day) & people.subscribed & (until >= day)
        lead = np.flatnonzero(there)
        rows.add(lead, company.moment(np.full(len(lead), day), MAILED), "email_sent", "email", actor="system")
        gate = lead[people.scanned[lead] & (rng.random(len(lead)) < 0.7)]
        rows.add(gate, company.moment(np.full(len(gate), day), MAILED + 1), "email_open", "email")
        burst = np.repeat(gate, rng.integers(2, 6, len(gate)))
        clicked = company.moment(np.full(len(burst), day), MAILED + rng.integers(1, 20, len(burst)))
        rows.add(burst, clicked, "email_click", "email")


def _customers(rows: _Rows, company: Company, rng: np.random.Generator) -> None:
    """Customers go on visiting: activity after the purchase that must not explain the purchase."""
    won = np.flatnonzero(company.lives.won)
    lead = np.repeat(won, rng.poisson(4.0, len(won)))
    day = company.lives.closed_day[lead] + rng.integers(1, 60, len(lead))
    rows.add(lead, company.moment(day, rng.integers(OPENS, CLOSES, len(lead))), "page_view", "web", topic="support")


def _sellers(rows: _Rows, company: Company, rng: np.random.Generator) -> None:
    """Calls and e-mails of sellers: they sense the intent, so counting them would leak their judgement."""
    intent = company.lives.intent
    lead, day = np.nonzero((intent >= 0) & working_days(company.start, company.n_days))
    keen = _SELLER_SENSES[intent[lead, day]] * np.exp(0.5 * company.people.fit[lead])
    for kind, channel, share in (("call_logged", "phone", 1.0), ("email_sent", "email", 1.5)):
        here = rng.random(len(lead)) < keen * share
        at = company.moment(day[here], rng.integers(OPENS, CLOSES, int(here.sum())))
        rows.add(lead[here], at, kind, channel, actor="seller")
