"""Moves of a lead from stage to stage: only ever added; a move is taken back by a move that names it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from features.errors import RipenessError
from features.stages import Stage
from serving.lifecycle.decision import Decision

POLICY, CRM = "policy", "crm"  #: who moves a lead when no person does


class WrongMove(RipenessError):
    """A move that can't be made or taken back; the lead stays where it is."""

    http_status = 409
    title = "The lead can't be moved like this"


@dataclass(frozen=True, kw_only=True)
class Move:
    """One move: where to, when, who, and why."""

    lead_id: str
    stage: Stage
    happened_at: int
    by: str  #: "policy", "crm", or the id of a rep's key
    previous: Stage | None = None
    because: Mapping[str, object] = field(default_factory=dict)  #: codes and numbers, to be put in words later
    known_at: int | None = None  #: the receipt unless given
    undoes: int | None = None  #: `move_id` of the move taken back
    move_id: int | None = None  #: given by the store


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a lead stands by its moves."""

    stage: Stage | None = None  #: None before the first move
    since: int | None = None  #: as if moves that were taken back had never been made
    by: str | None = None
    set_at: int | None = None  #: when a person last moved it or took a move back, if nobody else did since


def standing(moves: Sequence[Move]) -> Standing:
    """Where the lead stands; `moves` are all of them, the last one last."""
    left, last = lasting(moves), moves[-1] if moves else None
    by_person = last is not None and last.by not in (POLICY, CRM)
    set_at = last.happened_at if last is not None and by_person else None
    if not left:
        return Standing(stage=last.stage if last else None, set_at=set_at)
    return Standing(stage=left[-1].stage, since=left[-1].happened_at, by=left[-1].by, set_at=set_at)


def lasting(moves: Sequence[Move]) -> tuple[Move, ...]:
    """The moves that were not taken back, and take none back."""
    gone = {move.undoes for move in moves if move.undoes is not None}
    return tuple(move for move in moves if move.undoes is None and (move.move_id is None or move.move_id not in gone))


def undo(moves: Sequence[Move], *, at: int, by: str) -> Move:
    """The move that takes back the last one that lasts.

    Raises:
        WrongMove: there is none, or nothing is known of the stage before it.
    """
    left = lasting(moves)
    if not left:
        raise WrongMove("this lead was never moved, or every move was taken back; there is nothing to undo")
    last = left[-1]
    before = left[-2].stage if len(left) > 1 else last.previous
    if before is None or last.move_id is None:
        raise WrongMove(f"the stage before {last.stage.value!r} is not on record; move the lead to a stage instead")
    return Move(
        lead_id=last.lead_id,
        stage=before,
        previous=last.stage,
        happened_at=at,
        by=by,
        because={"code": "undone"},
        undoes=last.move_id,
    )


def move_of(decision: Decision, lead_id: str, *, at: int) -> Move | None:
    """The move that the policy makes by a decision; None where the lead stays, or is only offered to sales."""
    if decision.moves_to is decision.current:
        return None
    return Move(
        lead_id=lead_id,
        stage=decision.moves_to,
        previous=decision.current,
        happened_at=at,
        by=POLICY,
        because={"grounds": [{"code": g.code.value, **g.values} for g in decision.because]},
    )
