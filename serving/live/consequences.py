"""What an outcome or a verdict changes at once, in the write that brings it.

A win makes the lead a customer. A loss gives it back to marketing, as a lead; of a customer it was
only another deal, so a customer stays one. An acceptance makes it sales qualified. Each ends the open
hand-off. What comes late and has been overtaken changes no stage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection, delete

from features.stages import Stage
from features.tables import OUTCOME_KINDS
from serving.lifecycle.moves import Move
from serving.live.hand_offs import Ending, HandedOff, end, open_of_all, revise
from serving.live.moving import make_move, not_before
from serving.store.facts import Place, place_of
from serving.store.family import Family, families_of, family_of
from serving.store.known import known_of
from serving.store.schema import standings
from serving.store.writer import Write

CLOCKS = 300_000_000  #: microseconds by which a sender's clock may differ from ours


class Said(NamedTuple):
    """An outcome or a verdict that was just taken in."""

    lead_id: str
    kind: str  #: of OUTCOME_KINDS
    happened_at: int
    known_at: int
    reason: str | None


def settle(write: Write, sent: Sequence[Said], *, by: str, tell: bool = True) -> None:
    """Draw the consequences of what was taken in, in the order in which it happened; `by` is who said it.

    Without `tell` nobody is given notice of moves: history is no news.
    """
    if not sent:
        return
    ids = list({said.lead_id for said in sent})
    families = families_of(write.connection, ids)
    until = max([write.now + CLOCKS, *(max(said.happened_at, said.known_at) for said in sent)])
    places = places_of(write.connection, families.values(), until)
    teller = _Teller(write=write, by=by, tell=tell, places=places, opened=open_of_all(write.connection, list(places)))
    take = dict(zip(OUTCOME_KINDS, (teller.won, teller.lost, teller.accepted, teller.rejected), strict=True))
    for said in sorted(sent, key=lambda s: (s.happened_at, s.known_at, s.kind)):
        take[said.kind](families[said.lead_id].root, said)


@dataclass(frozen=True, kw_only=True)
class _Teller:
    """One write's consequences; `places` and `opened` go along with what it does."""

    write: Write
    by: str
    tell: bool
    places: dict[str, Place]
    opened: dict[str, HandedOff]

    def won(self, root: str, said: Said) -> None:
        if self.places[root].closed is None:
            return  # it was opened again since
        if self._stage(root).rank < Stage.CUSTOMER.rank:
            self._move(root, said, Stage.CUSTOMER)
        self._drop(root, said)

    def lost(self, root: str, said: Said) -> None:
        if self.places[root].closed is None:
            return
        if Stage.LEAD.rank < self._stage(root).rank < Stage.CUSTOMER.rank:
            self._move(root, said, Stage.LEAD)
        self._drop(root, said)

    def accepted(self, root: str, said: Said) -> None:
        if self.places[root].outcomes[-1].happened_at > said.happened_at:
            return
        if self._stage(root).rank < Stage.SALES_QUALIFIED.rank:
            self._move(root, said, Stage.SALES_QUALIFIED)
        self._answer(root, said, "accepted", None)

    def rejected(self, root: str, said: Said) -> None:
        self._answer(root, said, "rejected", said.reason or "other")

    def _stage(self, root: str) -> Stage:
        return self.places[root].stage or Stage.LEAD

    def _move(self, root: str, said: Said, stage: Stage) -> None:
        place = self.places[root]
        move = Move(
            lead_id=root,
            stage=stage,
            previous=self._stage(root),
            happened_at=not_before(place.moves, said.happened_at),
            known_at=said.known_at,
            by=self.by,
            because={"code": said.kind},
        )
        move = replace(move, move_id=make_move(self.write, move, tell=self.tell))
        self.places[root] = replace(place, stage=stage, stage_since=move.happened_at, moves=(*place.moves, move))

    def _drop(self, root: str, said: Said) -> None:
        self.write.connection.execute(delete(standings).where(standings.c.lead_id == root))
        if self.opened.pop(root, None) is not None:
            end(self.write, root, at=said.happened_at, ending="withdrawn", by=self.by, reason=said.kind)

    def _answer(self, root: str, said: Said, ending: Ending, reason: str | None) -> None:
        """A verdict ends the hand-off that it is about; one from before its offer was about an earlier one.

        Said again otherwise, it changes how the last one ended: hand-off and lead never tell two stories.
        """
        there = self.opened.get(root)
        if there is None:
            revise(self.write, root, at=said.happened_at, ending=ending, by=self.by, reason=reason)
        elif said.happened_at >= there.offered_at - CLOCKS:
            end(self.write, root, at=said.happened_at, ending=ending, by=self.by, reason=reason)
            del self.opened[root]


def places_of(connection: Connection, families: Iterable[Family], until: int) -> dict[str, Place]:
    """Where leads stand by all that was told of them until then, by the lead that stays."""
    known = known_of(connection, families, until=until)
    return {root: place_of(one, until) for root, one in known.items()}


def place_now(connection: Connection, lead_id: str, now: int) -> Place:
    """Where a lead stands by all that was told of it until `now` or just after: senders' clocks may be ahead.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id)
    return places_of(connection, [family], now + CLOCKS)[family.root]


def drop(write: Write, lead_id: str, *, reason: str, by: str) -> None:
    """Take a lead off the lists: its score is not shown any more, and sales need not answer."""
    write.connection.execute(delete(standings).where(standings.c.lead_id == lead_id))
    end(write, lead_id, at=write.now, ending="withdrawn", by=by, reason=reason)
