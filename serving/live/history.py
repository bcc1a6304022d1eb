"""The scores that a lead was given, and which two of them a question is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from features.errors import BadInput
from features.request import BadRequest, Fault
from serving.live.cursors import pack, unpack
from serving.store.family import family_of
from serving.store.ledger import Entry, entry_of, history

Question = Sequence[str]


class UnknownScore(BadInput):
    """No score of this lead has that id."""

    http_status = 404
    title = "There is no such score"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of one lead, the last given first."""

    lead_id: str
    scores: tuple[Entry, ...]
    next: str | None  #: cursor of those before


def scores_of(connection: Connection, lead_id: str, *, cursor: str | None = None, limit: int = 50) -> Scores:
    """A page of the scores that a lead was given; of one that was merged, those of the lead that it is part of.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        BadCursor: the cursor is none of this list.
    """
    root = family_of(connection, lead_id).root
    question = ["scores", root]
    before = None if cursor is None else int(unpack(question, cursor, [int])[0])
    found = history(connection, root, limit=limit + 1, before=before)
    page = found[:limit]
    more = pack(question, [page[-1].entry_id or 0]) if len(found) > limit else None
    return Scores(lead_id=root, scores=tuple(page), next=more)


def two_scores(
    connection: Connection, lead_id: str, *, earlier: int | None = None, later: int | None = None
) -> tuple[Entry, Entry]:
    """The two scores that are to be compared: the last and the one before it, unless they are named.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        UnknownScore: it has no such score, or none before the last.
        BadRequest: the earlier one is not the earlier one.
    """
    root = family_of(connection, lead_id).root
    last = _named(connection, root, later) if later is not None else _last(connection, root, None)
    first = _named(connection, root, earlier) if earlier is not None else _last(connection, root, last.entry_id)
    if (first.as_of, first.entry_id) > (last.as_of, last.entry_id):
        detail = f"score {first.entry_id} came after score {last.entry_id}; swap `from` and `to`"
        raise BadRequest([Fault(pointer="/from", detail=detail)])
    return first, last


def _named(connection: Connection, root: str, entry_id: int) -> Entry:
    found = entry_of(connection, entry_id)
    if found is None or found.lead_id != root:
        raise UnknownScore(f"this lead has no score {entry_id}; /v1/scores lists those that it has")
    return found


def _last(connection: Connection, root: str, before: int | None) -> Entry:
    found = history(connection, root, limit=1, before=before)
    if not found:
        which = "no score yet" if before is None else "only one score yet, so there is nothing to compare it with"
        raise UnknownScore(f"this lead has {which}")
    return found[0]
