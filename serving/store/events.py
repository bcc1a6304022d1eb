"""Events: what leads did, how it ended, and what sales said; each is taken in once.

An event is known by its source and its `event_id`. The same again changes nothing; the same id with
other content is refused, and the first is kept. An event without an id is known by its content.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import orjson
from sqlalchemy import insert, select, text

from features.errors import BadInput
from features.tables import OUTCOME_KINDS
from serving.lifecycle.moves import CRM
from serving.live.consequences import Said, settle
from serving.live.marks import mark_due
from serving.store.errors import EventConflict
from serving.store.leads import introduce
from serving.store.schema import events
from serving.store.tombstones import refusal
from serving.store.writer import Write

Taken = Literal["stored", "duplicate"]

COUNT_KINDS = text(
    "INSERT INTO kinds_seen (kind, events, first_at, last_at) VALUES (:kind, :events, :at, :at) ON CONFLICT (kind) "
    "DO UPDATE SET events = kinds_seen.events + excluded.events, last_at = excluded.last_at"
)


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """One event as it was sent."""

    lead_id: str
    kind: str
    happened_at: int | None  #: the receipt where it wasn't told
    known_at: int | None = None  #: the receipt unless given
    event_id: str | None = None
    source: str = "api"
    value: float | None = None
    topic: str | None = None
    channel: str | None = None
    actor: str | None = None
    reason: str | None = None  #: of an outcome or a verdict
    note: str | None = None
    means: str | None = None  #: the outcome or verdict that the settings say its kind is

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what was sent, apart from its id; what it means is not among that, for settings change."""
        sent = [self.lead_id, self.kind, self.happened_at, self.known_at, self.value, self.topic, self.channel]
        return hashlib.sha256(orjson.dumps([*sent, self.actor, self.reason, self.note])).hexdigest()

    def key(self, now: int) -> tuple[str, str]:
        """Source and id; the content, and the receipt if nobody told when it happened, stand for an id."""
        if self.event_id:
            return self.source, self.event_id
        return self.source, f"sha256:{self.digest}" + (f":{now}" if self.happened_at is None else "")

    def row(self, write: Write) -> dict[str, object]:
        """Its row in `events`."""
        source, event_id = self.key(write.now)
        return {
            "source": source,
            "event_id": event_id,
            "seq": write.seq,
            "lead_id": self.lead_id,
            "kind": self.means or self.kind,
            "happened_at": write.now if self.happened_at is None else self.happened_at,
            "known_at": write.now if self.known_at is None else self.known_at,
            "value": self.value,
            "topic": self.topic,
            "channel": self.channel,
            "actor": self.actor,
            "reason": self.reason or (self.topic if self.means else None),  # as in an export
            "note": self.note,
            "digest": self.digest,
        }


def take_in(write: Write, sent: Sequence[NewEvent], *, by: str = CRM, tell: bool = True) -> list[Taken | BadInput]:
    """Take in events in one write; for each whether it is new, or why it is refused.

    A lead that was never heard of is added: events may come before their lead does. New outcomes and verdicts
    have their consequences, as said `by` the CRM or the key of a rep; without `tell` nobody gets notice of them.
    """
    if not sent:
        return []
    _, gone = introduce(write, {event.lead_id for event in sent})
    keys = [event.key(write.now) for event in sent]
    digests = _stored(write, keys)
    answers: list[Taken | BadInput] = []
    new: list[NewEvent] = []
    for event, key in zip(sent, keys, strict=True):
        if event.lead_id in gone:
            answers.append(refusal())
        elif key not in digests:
            digests[key] = event.digest
            new.append(event)
            answers.append("stored")
        else:
            answers.append("duplicate" if digests[key] == event.digest else _conflict(key))
    if new:
        write.connection.execute(insert(events), [event.row(write) for event in new])
        _count_kinds(write, new)
        mark_due(write, {event.lead_id for event in new})
        ends = [event for event in new if (event.means or event.kind) in OUTCOME_KINDS]
        settle(write, [_said(write, event) for event in ends], by=by, tell=tell)
    return answers


def take_in_one(write: Write, sent: NewEvent) -> Taken:
    """As `take_in`, for one event.

    Raises:
        EventConflict, LeadDeleted: it is refused.
    """
    (answer,) = take_in(write, [sent])
    if isinstance(answer, BadInput):
        raise answer
    return answer


def _said(write: Write, event: NewEvent) -> Said:
    row = event.row(write)
    return Said(*(row[name] for name in Said._fields))  # type: ignore[arg-type]  # of an event's own columns


def _stored(write: Write, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The digests of stored events with an id that was sent."""
    sources, ids = map(set, zip(*keys, strict=True))
    by_source, by_id = events.c.source.in_(sources), events.c.event_id.in_(ids)
    asked = select(events.c.source, events.c.event_id, events.c.digest).where(by_source, by_id)
    return {(source, event_id): digest for source, event_id, digest in write.connection.execute(asked)}


def _conflict(key: tuple[str, str]) -> EventConflict:
    source, event_id = key
    return EventConflict(
        f"event {event_id!r} of source {source!r} is stored with other content; the first is kept. "
        "Send a correction as an event with an id of its own"
    )


def _count_kinds(write: Write, new: Sequence[NewEvent]) -> None:
    counts: dict[str, int] = {}
    for event in new:
        counts[event.kind] = counts.get(event.kind, 0) + 1
    rows: list[dict[str, Any]] = [{"kind": k, "events": n, "at": write.now} for k, n in sorted(counts.items())]
    write.connection.execute(COUNT_KINDS, rows)
