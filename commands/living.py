"""A simulated company brought to life in a store: names for its leads, scores week by week, sales that answer.

Everything is drawn by `seed`, and goes the way that a real company's facts go: told, scored by the
engine, offered, answered.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from features.clock import DAY, HOUR
from features.tables import Export
from features.verdicts import Rejection
from serving.live.engine import Engine
from serving.live.hand_offs import handed_off
from serving.live.marks import mark_due
from serving.store.events import NewEvent, take_in
from serving.store.leads import LeadTold, tell
from serving.store.live_schema import hand_offs
from serving.store.load import load
from serving.store.store import Store
from serving.store.writer import Act, Write

WEEKS = 8
ANSWERED, ACCEPTED = 0.72, 0.7  #: share of offers that sales answers within a week, and of these accepts
LONG, EARLY = 5, (20, 15)  #: a life of so many weeks also has early scores, old enough to have come true
WEEK = 7 * DAY
MEAN_HOURS = 14  #: that sales takes to answer
REASONS = (*[Rejection.BAD_TIMING] * 4, *[Rejection.NO_INTENT] * 3, Rejection.NOT_OUR_PROFILE, Rejection.BAD_DATA)

FIRST = (
    *("Giulia", "Marco", "Chiara", "Luca", "Anna", "Davide", "Sara", "Paolo", "Elena", "Matteo", "Francesca", "Andrea"),
    *("Ruth", "Hans", "Ingrid", "Tom", "Alice", "Pierre", "Camille", "Lucía", "Javier", "Emma", "Oliver", "Noor"),
)
LAST = (
    *("Rinaldi", "Conti", "Moretti", "Ferri", "Greco", "Santi", "Riva", "Galli", "Fontana", "Serra", "Villa"),
    *("Weber", "Keller", "Clarke", "Martin", "Dubois", "Navarro", "Jansen", "Novak", "Berg", "Lindt", "Shaw", "Moreau"),
)
FIRMS = ("Alpine", "Nord", "Caldera", "Po", "Bright", "Lario", "Hexa", "Aurora", "Delta", "Verde", "Stella", "Monte")
TRADES = ("Foundries", "Logistics", "Foods", "Works", "Software", "Textiles", "Labs", "Energy", "Glass", "Motors")
OWNERS = ("Anna", "Marco", "Sofia")


@dataclass(frozen=True, kw_only=True)
class Company:
    """Where the company lives."""

    store: Store
    engine: Engine
    export: Export
    seed: int


def bring_to_life(
    company: Company, *, weeks: int = WEEKS, most: int | None = None, step: Callable[[str], None] = lambda _: None
) -> None:
    """Tell the export to the store, then score and answer week by week up to its end.

    With `most` only the leads that came last are named, scored and answered.
    """
    end = company.export.data_end
    step("telling the store what the export holds")
    load(company.store, company.export, now=end, source="simulation")
    rounds = (*(EARLY if weeks >= LONG else ()), *range(weeks, -1, -1))
    alive = _alive(company.export, end - (rounds[0] + 1) * 7 * DAY)[-(most or 10**9) :]
    chance = random.Random(company.seed)  # noqa: S311  # reproducible, not secret
    company.store.write(partial(_name, leads=alive, chance=chance), _act("names", end))
    for left in rounds:
        step(f"scoring the open leads as of {left} weeks ago" if left else "scoring the open leads")
        now = end - left * 7 * DAY
        came = [lead_id for lead_id, created_at, _ in alive if created_at <= now]
        company.store.write(partial(mark_due, lead_ids=came), _act("rescore", now))
        company.engine.drain(now)
        if left:
            _answer(company, now, chance)


def _alive(export: Export, since: int) -> list[tuple[str, int, str]]:
    """Leads that were not closed by then: id, creation, account; in the order of their creation."""
    results = export.outcomes[export.outcomes["kind"].isin(("closed_won", "closed_lost"))]
    closed = set(results.loc[results["happened_at"] <= since, "lead"].tolist())
    leads = export.leads[["lead_id", "created_at", "account_id"]].itertuples(index=False)
    found = [(row.lead_id, int(row.created_at), str(row.account_id)) for i, row in enumerate(leads) if i not in closed]
    return sorted(found, key=lambda one: one[1])


def _name(write: Write, leads: Sequence[tuple[str, int, str]], chance: random.Random) -> None:
    firms: dict[str, str] = {}
    for lead_id, created_at, account in leads:
        person = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        firm = f"{chance.choice(FIRMS)} {chance.choice(TRADES)}"
        told = {"name": person, "company": firms.setdefault(account, firm) if account != "nan" else firm}
        tell(write, LeadTold(lead_id=lead_id, attributes=told, known_at=created_at))
        tell(write, LeadTold(lead_id=lead_id, own={"owner": chance.choice(OWNERS)}))


def _answer(company: Company, now: int, chance: random.Random) -> None:
    """What sales says within the week of the leads that it was offered."""
    with company.store.reading() as connection:
        asked = select(hand_offs).where(hand_offs.c.ended_at.is_(None)).order_by(hand_offs.c.id)
        waiting = [handed_off(row) for row in connection.execute(asked)]
    said = [
        _verdict(one.lead_id, now + round(chance.expovariate(1 / MEAN_HOURS) * HOUR) % WEEK, chance)
        for one in waiting
        if chance.random() < ANSWERED
    ]
    for event in sorted(said, key=lambda e: e.happened_at or 0):
        at = event.happened_at or now
        company.store.write(partial(take_in, sent=[event]), _act("feedback", at, event.lead_id))


def _verdict(lead_id: str, at: int, chance: random.Random) -> NewEvent:
    if chance.random() < ACCEPTED:
        return NewEvent(lead_id=lead_id, kind="sales_accepted", happened_at=at, actor="seller")
    reason = chance.choice(REASONS).value
    return NewEvent(lead_id=lead_id, kind="sales_rejected", happened_at=at, actor="seller", reason=reason)


def _act(action: str, now: int, lead_id: str | None = None) -> Act:
    return Act(now=now, key_id="simulation", action=action, lead_id=lead_id)
