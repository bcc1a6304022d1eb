"""The queue: whom to call next, as a page and as a file."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlalchemy import Connection

from serving.keys import Key
from serving.language import N_
from serving.web.page_route import PageRouter
from serving.web.queue_csv import queue_csv
from serving.web.queue_rows import MOST_COUNTED, VIEWS, View, Wanted, owners, queue_page
from serving.web.render import page
from serving.web.visitor import Visitor, visitor_of

MOST_TEXT = 100  #: characters to look for
EXPORTED = 5_000  #: leads in a file at most

NAMES: Mapping[View, str] = {
    "act": N_("To answer"),
    "call": N_("To call"),
    "mine": N_("Mine"),
    "new": N_("New today"),
    "cold": N_("Going cold"),
    "breaching": N_("Running out of time"),
    "recycled": N_("Came back"),
    "all": N_("All leads"),
}
EMPTY = {
    "act": N_("Nothing to do: no lead waits for sales. New ones appear here by themselves."),
    "call": N_("No lead that sales accepted is to be called now."),
    "mine": N_("No lead is yours yet: none has you as its owner, and you accepted none that is still with sales."),
    "new": N_("No lead was handed to sales within the last day."),
    "cold": N_("No good lead lost much within the last week."),
    "breaching": N_("Every lead that waits has time left."),
    "recycled": N_("No lead that sales turned down has a score now."),
    "all": N_("No lead has a score yet."),
}
NOT_FOUND = N_("No lead in this view matches what you look for.")

router = PageRouter()


@router.get("/queue")
def queue(request: Request) -> Response:
    """The leads to act on now, ranked."""
    visitor = visitor_of(request)
    key = visitor.require("rep")
    wanted, predictor = wanted_of(visitor, key), visitor.service.models.status.predictor
    with visitor.store.reading() as connection:
        found = queue_page(connection, wanted, visitor.now)
        people = _people(connection, key, wanted)
    return page(
        visitor,
        "queue.html",
        wanted=wanted,
        horizon=None if predictor is None else round(predictor.bundle.horizon_days),
        just=request.query_params.get("just", ""),
        rows=found.rows,
        found=found.found,
        most_counted=MOST_COUNTED,
        views=list(NAMES.items()),
        view_address=lambda view: _address(replace(wanted, view=view, text="")),
        csv_address=_address(wanted, path="/queue.csv"),
        first_address=_address(wanted),
        next_address=None if found.after is None else _address(wanted, after=found.after),
        empty=NOT_FOUND if wanted.text else EMPTY[wanted.view],
        owners=people,
    )


@router.get("/queue.csv")
def queue_file(request: Request) -> Response:
    """The same leads as a file for a spreadsheet."""
    visitor = visitor_of(request)
    key = visitor.require("rep")
    with visitor.store.reading() as connection:
        found = queue_page(connection, wanted_of(visitor, key), visitor.now, limit=EXPORTED)
    headers = {"content-disposition": 'attachment; filename="queue.csv"'}
    return Response(queue_csv(found.rows, visitor.language), headers=headers, media_type="text/csv; charset=utf-8")


def wanted_of(visitor: Visitor, key: Key) -> Wanted:
    """What an address asks for; what can't be is as if it weren't there. `key` is whose who asks."""
    asked = visitor.request.query_params
    view: View = next((view for view in VIEWS if view == asked.get("view")), VIEWS[0])
    person = _text(asked.get("person")) or key.name
    named = tuple(one.key_id for one in visitor.keys if one.name and one.name.lower() == person.lower())
    return Wanted(
        view=view,
        text=_text(asked.get("text")),
        person=person,
        keys=(key.key_id, *named) if person == key.name else named,
        after=asked.get("after"),
    )


def _text(sent: str | None) -> str:
    return (sent or "").replace("\0", "")[:MOST_TEXT].strip()


def _people(connection: Connection, key: Key, wanted: Wanted) -> list[str]:
    """Whose leads may be looked at, where there are several to choose from."""
    if wanted.view != "mine":
        return []
    found = owners(connection)
    mine = [] if key.name.lower() in {owner.lower() for owner in found} else [key.name]
    return [*mine, *found] if found else []


def _address(wanted: Wanted, *, path: str = "/queue", after: str | None = None) -> str:
    told = {"view": wanted.view, "text": wanted.text, "after": after}
    if wanted.view == "mine":
        told["person"] = wanted.person
    return f"{path}?{urlencode({name: value for name, value in told.items() if value})}"


def back_to_queue(visitor: Visitor) -> str:
    """Where the queue is, for somebody who comes from elsewhere."""
    return "/queue" if visitor.may("rep") else "/"
