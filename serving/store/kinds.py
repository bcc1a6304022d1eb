"""Which kinds of events came in, and how many of each, mapped or not."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.store.schema import kinds_seen


@dataclass(frozen=True, kw_only=True)
class SeenKind:
    """One kind by the word it was sent with."""

    kind: str
    events: int  #: ever received
    first_at: int
    last_at: int


def seen_kinds(connection: Connection) -> list[SeenKind]:
    """All kinds, the most frequent first."""
    rows = connection.execute(select(kinds_seen).order_by(kinds_seen.c.events.desc(), kinds_seen.c.kind))
    return [SeenKind(kind=r.kind, events=r.events, first_at=r.first_at, last_at=r.last_at) for r in rows]
