"""Who wants to be told: the webhooks of a store."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from serving.store.live_schema import deliveries, webhooks
from serving.store.writer import Write
from serving.webhooks.errors import TooManyWebhooks, UnknownWebhook

SECRET_BYTES = 32
ON_REQUEST = "on request"  #: why it is paused, when a person did it
GONE = "the receiver answered 410 Gone"


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One webhook."""

    webhook_id: str
    url: str
    secret: str
    kinds: tuple[str, ...]  #: of notices; none for all
    made_at: int
    made_by: str
    paused: str | None  #: why nothing is sent there now

    def wants(self, kind: str) -> bool:
        """Whether it is told of such notices."""
        return not self.kinds or kind in self.kinds


def add_hook(write: Write, *, url: str, kinds: Collection[str], most: int) -> Hook:
    """Add a webhook with a new secret; it is told what happens from now on.

    Raises:
        TooManyWebhooks: there are `most` already.
    """
    if (write.connection.execute(select(func.count()).select_from(webhooks)).scalar() or 0) >= most:
        raise TooManyWebhooks(f"there are {most} already, as many as service.max_webhooks allows; remove one first")
    webhook_id = f"hook_{secrets.token_hex(8)}"
    row = {
        "webhook_id": webhook_id,
        "url": url,
        "secret": "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode(),
        "kinds": orjson.dumps(sorted(set(kinds))).decode(),
        "made_at": write.now,
        "made_by": write.act.key_id,
    }
    write.connection.execute(insert(webhooks), row)
    return hook_of(write.connection, webhook_id)


def hooks_of(connection: Connection) -> list[Hook]:
    """All webhooks, the oldest first."""
    order = (webhooks.c.made_at, webhooks.c.webhook_id)
    return [_hook(row) for row in connection.execute(select(webhooks).order_by(*order))]


def hook_of(connection: Connection, webhook_id: str) -> Hook:
    """One webhook.

    Raises:
        UnknownWebhook: it is not there.
    """
    row = connection.execute(select(webhooks).where(webhooks.c.webhook_id == webhook_id)).one_or_none()
    if row is None:
        raise UnknownWebhook("no webhook has this id; GET /v1/webhooks lists them")
    return _hook(row)


def remove_hook(write: Write, webhook_id: str) -> int:
    """Remove a webhook with all that is still to be sent to it; how many deliveries that were.

    Raises:
        UnknownWebhook: it is not there.
    """
    hook_of(write.connection, webhook_id)
    write.connection.execute(delete(webhooks).where(webhooks.c.webhook_id == webhook_id))
    return write.connection.execute(delete(deliveries).where(deliveries.c.webhook_id == webhook_id)).rowcount


def pause_hook(write: Write, webhook_id: str, why: str | None) -> Hook:
    """Send nothing there until it is resumed, which `why=None` does; what happens meanwhile waits.

    Raises:
        UnknownWebhook: it is not there.
    """
    hook_of(write.connection, webhook_id)
    write.connection.execute(update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(paused=why))
    return hook_of(write.connection, webhook_id)


def _hook(row: Row) -> Hook:  # type: ignore[type-arg]  # of any table
    return Hook(
        webhook_id=row.webhook_id,
        url=row.url,
        secret=row.secret,
        kinds=tuple(orjson.loads(row.kinds)),
        made_at=row.made_at,
        made_by=row.made_by,
        paused=row.paused,
    )
