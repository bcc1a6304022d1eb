"""A lead that is asked for by its id: what a caller sends, and the case that the store has for it.

Asking is no event in a lead's life: nothing of it is written (docs/decisions/0016).
"""

from collections.abc import Sequence
from typing import TypeGuard

from pydantic import Field, ValidationError
from sqlalchemy import Connection, func, or_, select

from features.clock import iso
from features.errors import BadInput
from features.request import BadRequest, Fault, Schema, refusal
from features.request_fields import Moment, Word
from serving.live.case import Living, livings_at
from serving.predict import FUTURE_ALLOWED, Case
from serving.store.errors import UnknownLead
from serving.store.facts import Place
from serving.store.leads import require
from serving.store.schema import leads

FROM_THE_STORE = ("facts", "events")  #: of a full request; with an id the store brings them


class LeadClosed(BadInput):
    """The lead was won or lost: there is nothing left to predict."""

    http_status = 409
    title = "The lead is closed"


class PredictById(Schema):
    """A lead of the store, to be scored as of one moment; what is known of it is what the service was told."""

    lead_id: Word
    as_of: Moment | None = Field(None, description="score by what was known at this moment; now unless given")


def is_by_id(data: object) -> "TypeGuard[dict[str, object]]":
    """Whether a request names a lead of the store in place of bringing one."""
    return isinstance(data, dict) and "lead_id" in data and "lead" not in data


def read_by_id(data: dict[str, object]) -> PredictById:
    """Check plain data against the schema.

    Raises:
        BadRequest: with a fault for everything that is wrong.
    """
    brought = [name for name in FROM_THE_STORE if name in data]
    if brought:
        detail = "is brought by the store for a lead_id; leave it out, or send the whole lead"
        raise BadRequest([Fault(pointer=f"/{name}", detail=detail) for name in brought])
    try:
        return PredictById.model_validate(data)
    except ValidationError as error:
        raise refusal(error) from error


def case_by_id(connection: Connection, asked: PredictById, *, now: int, ahead: int = 0) -> Case:
    """The case of a lead of the store; of one that was merged, that of the lead that it is part of.

    Without an `as_of` it is `now`, or as much later as the last fact told of it says, up to `ahead` microseconds.

    Raises:
        UnknownLead, LeadDeleted: there is no such lead.
        LeadClosed: it was won or lost by then.
        BadRequest: an `as_of` in the future or before the lead's creation.
    """
    (found,) = cases_by_id(connection, [asked], now=now, ahead=ahead)
    if isinstance(found, BadInput):
        raise found
    return found


def cases_by_id(
    connection: Connection, asked: Sequence[PredictById], *, now: int, ahead: int = 0
) -> list[Case | BadInput]:
    """As `case_by_id` for many, in their order, an error in the place of each that has one.

    Leads that are asked for as of one moment are read together.
    """
    livings: dict[int | None, dict[str, Living]] = {}
    for as_of in {one.as_of for one in asked}:
        lead_ids = sorted({one.lead_id for one in asked if one.as_of == as_of})
        moment = (now, ahead) if as_of is None else (as_of, 0)
        livings[as_of] = livings_at(connection, lead_ids, moment[0], ahead=moment[1])
    return [_case(connection, one, livings[one.as_of].get(one.lead_id), now) for one in asked]


def _case(connection: Connection, asked: PredictById, living: Living | None, now: int) -> Case | BadInput:
    try:
        if asked.as_of is not None and asked.as_of > now + FUTURE_ALLOWED:
            detail = f"{iso(asked.as_of)} is more than a day after now, {iso(now)}; nothing is known of then"
            raise BadRequest([Fault(pointer="/as_of", detail=detail)])
        if living is None:
            require(connection, asked.lead_id)
            raise UnknownLead("nothing is known of this lead; send it to /v1/leads first")
        require_open(living.place)
        if asked.as_of is not None and living.case.lead.created_at is None:
            _require_created(connection, living.place.lead_id, asked.as_of)
    except BadInput as error:
        return error
    return living.case


def require_open(place: Place) -> None:
    """Refuse a lead that is not scored any more.

    Raises:
        LeadClosed: it was won or lost.
    """
    closed = place.closed
    if closed is not None:
        ending = "won" if closed.kind == "closed_won" else "lost"
        when = iso(closed.happened_at)
        raise LeadClosed(f"the lead was {ending} on {when}, so it is not scored any more; its past scores are kept")


def _require_created(connection: Connection, lead_id: str, as_of: int) -> None:
    """Refuse a moment before the lead came, if anybody said when that was."""
    family = or_(leads.c.lead_id == lead_id, leads.c.merged_into == lead_id)
    created_at = connection.execute(select(func.min(leads.c.created_at)).where(family)).scalar()
    if created_at is not None and created_at > as_of:
        detail = f"{iso(as_of)} is before the lead came, {iso(created_at)}; ask for a later moment"
        raise BadRequest([Fault(pointer="/as_of", detail=detail)])
