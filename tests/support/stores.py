"""Stores for tests, on both databases, and short words to tell them things."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete

from features.clock import DAY
from serving.store.consents import Consent, state
from serving.store.engine import Limits, database_url
from serving.store.events import NewEvent, take_in
from serving.store.leads import LeadTold, tell
from serving.store.schema import metadata
from serving.store.store import Store
from serving.store.writer import Act, Write
from support.postgres import server

DATABASES = ("sqlite", "postgresql")
START = 20_000 * DAY  #: 4 October 2024


def new_database(kind: str) -> str | None:
    """The URL of a fresh database; None stands for SQLite in the home folder."""
    return server().new_database() if kind == "postgresql" else None


@contextmanager
def open_store(kind: str, home: Path, *, limits: Limits | None = None, max_waiting: int = 1_000) -> Iterator[Store]:
    """A fresh store, closed at the end."""
    url = database_url(home, new_database(kind))
    store = Store.open(url, limits=limits or Limits(timeout_seconds=1), max_waiting=max_waiting)
    try:
        yield store
    finally:
        store.close()


def emptied(store: Store) -> Store:
    """The store with nothing in it, as if it were new: quicker than a new one for each test."""

    def empty(write: Write) -> None:
        for table in metadata.sorted_tables:
            write.connection.execute(delete(table))

    store.write(empty, act())
    return store


def at(day: float) -> int:
    """A moment, in days after the start of all tests."""
    return START + round(day * DAY)


def act(day: float = 0, action: str = "test", lead_id: str | None = None) -> Act:
    """A write received on this day."""
    return Act(now=at(day), key_id="k1", action=action, lead_id=lead_id)


def send(store: Store, *events: NewEvent, day: float = 0) -> list[object]:
    """Send events in one write."""
    return store.write(lambda write: take_in(write, events), act(day, "events"))


def event(lead_id: str = "a", day: float = 0, kind: str = "visit", **others: object) -> NewEvent:
    """One event that happened on this day."""
    return NewEvent(lead_id=lead_id, kind=kind, happened_at=at(day), **others)


def told(store: Store, lead_id: str = "a", *, day: float = 0, known: float | None = None, **attributes: object) -> bool:
    """Tell attributes of a lead; `created` is the day of its creation, `owner` and `account_id` are its own."""
    own = {name: attributes.pop(name) for name in ("owner", "account_id") if name in attributes}
    if "created" in attributes:
        own["created_at"] = at(attributes.pop("created"))
    known_at = None if known is None else at(known)
    facts = LeadTold(lead_id=lead_id, own=own, attributes=attributes, known_at=known_at)
    return store.write(lambda write: tell(write, facts), act(day, "lead", lead_id))


def allow(store: Store, lead_id: str, purpose: str, given: bool, *, day: float, received: float | None = None) -> None:
    """State a consent that was given or taken back on this day."""
    said = Consent(lead_id=lead_id, purpose=purpose, given=given, happened_at=at(day))
    store.write(lambda write: state(write, said), act(day if received is None else received, "consent", lead_id))
