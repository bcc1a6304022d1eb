"""From the store to the case that a predictor answers: the lead and its place, as known at a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, select

from features.clock import DAY
from features.request import NOTHING_LEARNED, Bant, FactsIn
from features.stages import Stage
from serving.predict import Case
from serving.store.facts import Place, lead_and_place_of
from serving.store.family import Family, families_of, family_of
from serving.store.known import Known, known_of
from serving.store.live_schema import hand_offs

AS_OF = bindparam("as_of", type_=BigInteger)
OFFERED = select(hand_offs.c.lead_id).where(
    hand_offs.c.lead_id.in_(bindparam("ids", expanding=True)),
    hand_offs.c.offered_at <= AS_OF,
    hand_offs.c.ended_at.is_(None) | (hand_offs.c.ended_at > AS_OF),
)


@dataclass(frozen=True, kw_only=True)
class Living:
    """A lead of the store at a moment."""

    case: Case
    place: Place


def living_at(connection: Connection, lead_id: str, as_of: int, *, seq: int | None = None) -> Living:
    """The lead as known at `as_of`; with `seq` only what was written by then counts.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
    """
    family = family_of(connection, lead_id, seq=seq)
    known = known_of(connection, [family], until=as_of, seq=seq)[family.root]
    return _living(known, as_of, family.root in _offered(connection, [family.root], as_of))


def livings_at(connection: Connection, lead_ids: Sequence[str], as_of: int, *, ahead: int = 0) -> dict[str, Living]:
    """As `living_at` for many leads with as many queries as for one, by the ids asked for.

    Leads that are not there are left out. A lead that something up to `ahead` microseconds later is told of is
    seen as of that: senders' clocks differ.
    """
    families = families_of(connection, lead_ids)
    found = livings_of(connection, families.values(), as_of, ahead=ahead)
    return {lead_id: found[family.root] for lead_id, family in families.items()}


def livings_of(connection: Connection, families: Iterable[Family], as_of: int, *, ahead: int = 0) -> dict[str, Living]:
    """As `livings_at`, by the lead that stays of each family."""
    until = as_of + ahead
    known = known_of(connection, families, until=until)
    offered = _offered(connection, list(known), as_of)
    return {
        root: _living(one, one.latest(as_of, until) if ahead else as_of, root in offered) for root, one in known.items()
    }


def _living(known: Known, as_of: int, offered: bool) -> Living:
    lead, place = lead_and_place_of(known, as_of)
    stands, turned_down = place.standing, place.turned_down
    facts = FactsIn.model_construct(
        stage=stands.stage or Stage.LEAD,
        stage_since=stands.since,
        consent=place.consent,
        consent_at=place.consent_at,
        objects_to_profiling=place.objects_to_profiling,
        disqualified_reason=None if turned_down is None else turned_down.reason or "other",
        disqualified_at=None if turned_down is None else turned_down.happened_at,
        owner=place.owner,
        bant=Bant(**place.bant) if place.bant else NOTHING_LEARNED,
    )
    case = Case(
        lead=lead,
        as_of=as_of,
        facts=facts,
        set_days=None if stands.set_at is None else max(0, as_of - stands.set_at) / DAY,
        offered=offered,
    )
    return Living(case=case, place=place)


def _offered(connection: Connection, lead_ids: Sequence[str], as_of: int) -> frozenset[str]:
    """The leads that sales had been offered and had not answered by then."""
    return frozenset(connection.execute(OFFERED, {"ids": lead_ids, "as_of": as_of}).scalars())
