"""Moves of a lead from stage to stage: only ever added, an undone one by a move back that names it."""

from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select

from features.stages import Stage
from serving.lifecycle.moves import Move
from serving.store.leads import require
from serving.store.schema import stage_moves
from serving.store.writer import Write

__all__ = ["Move", "move_of_row", "moves_of", "record_move"]


def record_move(write: Write, move: Move) -> int:
    """Add a move, and give its `move_id`.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    require(write.connection, move.lead_id)
    row = {
        "seq": write.seq,
        "lead_id": move.lead_id,
        "previous": move.previous,
        "stage": move.stage,
        "happened_at": move.happened_at,
        "known_at": write.now if move.known_at is None else move.known_at,
        "by": move.by,
        "because": orjson.dumps(dict(move.because)).decode(),
        "undoes": move.undoes,
    }
    move_id: int = write.connection.execute(insert(stage_moves).returning(stage_moves.c.id), row).scalar_one()
    return move_id


def moves_of(connection: Connection, lead_id: str) -> list[Move]:
    """All moves of a lead, the last one last."""
    asked = select(stage_moves).where(stage_moves.c.lead_id == lead_id)
    rows = connection.execute(asked.order_by(stage_moves.c.happened_at, stage_moves.c.known_at, stage_moves.c.id))
    return [move_of_row(row) for row in rows]


def move_of_row(row: "Row[Any]") -> Move:
    """A row of the table."""
    return Move(
        lead_id=row.lead_id,
        stage=Stage(row.stage),
        happened_at=row.happened_at,
        by=row.by,
        previous=Stage(row.previous) if row.previous else None,
        because=orjson.loads(row.because),
        known_at=row.known_at,
        undoes=row.undoes,
        move_id=row.id,
    )
