"""What is still to be sent: notices become deliveries, and each is tried until it is taken or given up.

A notice is written with the change that it tells of; here it is spread to the webhooks that want it, once,
in the order of its number. The notices of one lead reach a webhook in their order: a later one waits
until those before it are delivered or dead. Notices of different leads may overtake each other.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from features.clock import DAY, SECOND, iso
from serving.store.live_schema import deliveries, notices
from serving.store.schema import about
from serving.store.writer import Write
from serving.webhooks.hooks import hooks_of
from serving.webhooks.send import Message, Sent

SPREAD = "webhooks_spread"  #: in `about`: the last notice that became deliveries
BLOCK = 1_000  #: notices that are spread in one write
LEASE = 120 * SECOND  #: how long a delivery that is being sent is left alone; then its sender is taken for dead
KEEP = 30 * DAY  #: how long a delivered one is remembered
FIRST, FACTOR, LONGEST = 5.0, 4.0, 43_200.0  #: seconds before the second attempt; each later wait; at most
JITTER = 0.2  #: of the wait, up or down


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notice on its way to one webhook."""

    notice_id: int
    webhook_id: str
    lead_id: str
    kind: str
    at: int
    data: str  #: JSON
    attempts: int  #: so far
    last_status: int | None = None
    last_error: str | None = None

    @property
    def message(self) -> Message:
        """What the receiver gets: what happened to which lead, and nothing more of that lead."""
        data = {"lead_id": self.lead_id, **orjson.loads(self.data)}
        body = {"type": self.kind, "timestamp": iso(self.at), "data": data}
        return Message(message_id=f"ntc_{self.notice_id}", body=orjson.dumps(body))


def unspread(connection: Connection) -> bool:
    """Whether there are notices that no webhook was asked about yet."""
    return bool(connection.execute(select(exists().where(notices.c.id > _spread(connection)))).scalar())


def spread(write: Write) -> int:
    """Make deliveries of the next notices, for the webhooks that were there when they were written; how many."""
    connection, last = write.connection, _spread(write.connection)
    found = connection.execute(select(notices).where(notices.c.id > last).order_by(notices.c.id).limit(BLOCK)).all()
    if not found:
        return 0
    rows = [
        {"notice_id": notice.id, "webhook_id": hook.webhook_id, "lead_id": notice.lead_id}
        | {"state": "waiting", "attempts": 0, "next_at": write.now}
        for hook in hooks_of(connection)
        for notice in found
        if hook.wants(notice.kind) and notice.at >= hook.made_at
    ]
    if rows:
        connection.execute(insert(deliveries), rows)
    updated = connection.execute(update(about).where(about.c.name == SPREAD).values(value=str(found[-1].id)))
    if not updated.rowcount:
        connection.execute(insert(about), {"name": SPREAD, "value": str(found[-1].id)})
    connection.execute(
        delete(deliveries).where(deliveries.c.state == "delivered", deliveries.c.next_at < write.now - KEEP)
    )
    return len(rows)


def _spread(connection: Connection) -> int:
    return int(connection.execute(select(about.c.value).where(about.c.name == SPREAD)).scalar() or 0)


def due_hooks(connection: Connection, now: int) -> set[str]:
    """Webhooks that something may be sent to now."""
    asked = select(deliveries.c.webhook_id).where(deliveries.c.state == "waiting", deliveries.c.next_at <= now)
    return set(connection.execute(asked.distinct()).scalars())


def claim(write: Write, webhook_id: str, *, most: int) -> list[Delivery]:
    """The next deliveries to a webhook, at most one of each lead; nobody else sends them meanwhile."""
    d, before = deliveries.c, deliveries.alias().c
    earlier = exists().where(
        before.webhook_id == webhook_id,
        before.lead_id == d.lead_id,
        before.state == "waiting",
        before.notice_id < d.notice_id,
    )
    asked = (
        select(d.notice_id, d.webhook_id, d.lead_id, d.attempts, notices.c.kind, notices.c.at, notices.c.data)
        .join(notices, notices.c.id == d.notice_id)
        .where(d.webhook_id == webhook_id, d.state == "waiting", d.next_at <= write.now, ~earlier)
        .order_by(d.notice_id)
        .limit(most)
    )
    found = [Delivery(**row) for row in write.connection.execute(asked).mappings()]
    _put_off(write, webhook_id, [f.notice_id for f in found], until=write.now + LEASE)
    return found


def release(write: Write, webhook_id: str, notice_ids: Collection[int], *, until: int) -> None:
    """Give back what was claimed and not sent; it is due again at `until`."""
    _put_off(write, webhook_id, notice_ids, until=until)


def _put_off(write: Write, webhook_id: str, notice_ids: Collection[int], *, until: int) -> None:
    which = (deliveries.c.webhook_id == webhook_id, deliveries.c.notice_id.in_(notice_ids))
    if notice_ids:
        write.connection.execute(
            update(deliveries).where(*which, deliveries.c.state == "waiting").values(next_at=until)
        )


def note(write: Write, delivery: Delivery, sent: Sent, *, most: int) -> str:
    """Write down what became of an attempt; the state: delivered, waiting, or after `most` attempts dead."""
    attempts = delivery.attempts + 1
    state = "delivered" if sent.delivered else "dead" if attempts >= most else "waiting"
    wait = 0 if state != "waiting" else max(wait_seconds(delivery, attempts), sent.retry_after)
    values = {"state": state, "attempts": attempts, "next_at": write.now + round(min(wait, LONGEST) * SECOND)}
    which = (deliveries.c.webhook_id == delivery.webhook_id, deliveries.c.notice_id == delivery.notice_id)
    write.connection.execute(
        update(deliveries).where(*which).values(**values, last_status=sent.status, last_error=sent.error)
    )
    return state


def wait_seconds(delivery: Delivery, attempts: int) -> float:
    """How long to wait after so many attempts: exponential, capped, and spread by a seed of its own."""
    chosen = random.Random(f"{delivery.webhook_id} {delivery.notice_id} {attempts}")  # noqa: S311  # no secret
    wait = min(LONGEST, FIRST * FACTOR ** (attempts - 1))
    return wait * (1 + JITTER * (2 * chosen.random() - 1))


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many deliveries there are by webhook and state, but for delivered ones."""
    d = deliveries.c
    asked = select(d.webhook_id, d.state, func.count()).where(d.state.in_(("waiting", "dead")))
    return {(webhook, state): n for webhook, state, n in connection.execute(asked.group_by(d.webhook_id, d.state))}


def dead(connection: Connection, webhook_id: str, *, after: int, limit: int) -> list[Delivery]:
    """Deliveries that were given up, from the one behind the notice `after` on."""
    d, n = deliveries.c, notices.c
    asked = (
        select(d.notice_id, d.webhook_id, d.lead_id, d.attempts, d.last_status, d.last_error, n.kind, n.at, n.data)
        .join(notices, n.id == d.notice_id)
        .where(d.webhook_id == webhook_id, d.state == "dead", d.notice_id > after)
        .order_by(d.notice_id)
        .limit(limit)
    )
    return [Delivery(**row) for row in connection.execute(asked).mappings()]


def send_again(write: Write, webhook_id: str, notice_ids: Collection[int] | None) -> int:
    """Have dead deliveries tried anew, all of a webhook's or these; how many that are."""
    which = [deliveries.c.webhook_id == webhook_id, deliveries.c.state == "dead"]
    if notice_ids is not None:
        which.append(deliveries.c.notice_id.in_(notice_ids))
    anew = {"state": "waiting", "attempts": 0, "next_at": write.now}
    return write.connection.execute(update(deliveries).where(*which).values(**anew)).rowcount
