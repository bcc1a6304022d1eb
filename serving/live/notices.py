"""What happened that others may want to be told, written in the transaction of the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson
from sqlalchemy import insert

from serving.store.live_schema import notices
from serving.store.writer import Write

Kind = Literal["stage.changed", "band.changed", "hand_off.offered", "hand_off.ended", "hand_off.breached"]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One change of one lead."""

    kind: Kind
    lead_id: str
    at: int  #: when it changed
    data: Mapping[str, object] = field(default_factory=dict)  #: plain values, by kind as in docs/lifecycle.md


def notify(write: Write, notice: Notice) -> int:
    """Add a notice, and give its id."""
    row = {
        "seq": write.seq,
        "at": notice.at,
        "kind": notice.kind,
        "lead_id": notice.lead_id,
        "data": orjson.dumps(dict(notice.data)).decode(),
    }
    notice_id: int = write.connection.execute(insert(notices).returning(notices.c.id), row).scalar_one()
    return notice_id
