"""Moves that are made: recorded, and told."""

from collections.abc import Sequence

from serving.lifecycle.moves import Move
from serving.live.notices import Notice, notify
from serving.store.moves import record_move
from serving.store.writer import Write


def make_move(write: Write, move: Move, *, tell: bool = True) -> int:
    """Record a move and give notice of it; its `move_id`."""
    move_id = record_move(write, move)
    if tell:
        previous = None if move.previous is None else move.previous.value
        data = {"previous": previous, "stage": move.stage.value, "by": move.by, "because": dict(move.because)}
        at = min(move.happened_at, write.now)
        notify(write, Notice(kind="stage.changed", lead_id=move.lead_id, at=at, data=data))
    return move_id


def not_before(moves: Sequence[Move], at: int) -> int:
    """The moment of a move made now about `at`: never before the last one, or it would not be the last."""
    return max([at, *(move.happened_at for move in moves[-1:])])
