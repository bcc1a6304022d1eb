"""What a page says when something went wrong: a sentence about the fact, and what to do."""

import re

from fastapi import Request, Response

from features.errors import NoModel, RipenessError
from features.request import BadRequest
from serving.keys import Forbidden
from serving.language import N_, catalog
from serving.lifecycle.moves import WrongMove
from serving.live.feedback import NeverHandedOver
from serving.routes import service_of
from serving.store.errors import LeadDeleted, StoreBusy, StoreFull, StoreUnavailable, UnknownLead
from serving.web.render import HEADERS, environment, page
from serving.web.visitor import StaleForm, language_of, visitor_of

#: what happened and what to do, for people; the message of the error itself is for machines
SENTENCES: dict[type[RipenessError], tuple[str, str]] = {
    Forbidden: (N_("This page is not for you"), N_("Your key does not open it. Ask whoever runs the service.")),
    StaleForm: (N_("This form is too old"), N_("Nothing was changed. Open the page again and send it anew.")),
    UnknownLead: (N_("There is no such lead"), N_("Nothing was ever told of it. Look for it in the queue.")),
    LeadDeleted: (N_("This lead was deleted"), N_("Nothing is kept of it.")),
    WrongMove: (N_("The lead can't be moved like this"), N_("It stays where it is. Open it again and look.")),
    NeverHandedOver: (N_("Sales never had this lead"), N_("Nothing was changed. Only who was offered it can answer.")),
    NoModel: (N_("There is no model yet"), N_("Leads and their activities are kept; scores follow with a model.")),
    StoreBusy: (N_("Too much is being written"), N_("Nothing was changed. Try again in a second.")),
    StoreFull: (N_("There is no room left"), N_("Nothing was changed. Tell whoever runs the service.")),
    StoreUnavailable: (N_("The database does not answer"), N_("Nothing was changed. Try again in a few seconds.")),
    BadRequest: (N_("This can't be read"), N_("Nothing was changed. Go back and try again.")),
}
OTHER = (N_("Something went wrong"), N_("The fault is ours, and it was written down. Try again in a minute."))
PART = re.compile(r"\w+#([A-Za-z][\w-]{0,40})", re.ASCII)  #: as htmx names what it wants to fill
NOWHERE = (N_("There is no such page"), N_("Check the address, or go on from here."))


class Unforeseen(RipenessError):
    """A fault of ours that nobody foresaw."""

    title = "Something went wrong"


def trouble_page(request: Request, error: RipenessError) -> Response:
    """The page of an error; a plain one where not even its visitor can be told."""
    what, remedy = _sentences(error)
    told = {"what": what, "do": remedy, "detail": request.scope["state"].get("request_id", "")}
    try:
        return page(visitor_of(request), "trouble.html", status=error.http_status, part=_part(request), **told)
    except Exception:
        language = language_of(request, service_of(request))
        text = environment(catalog(language.code).code).get_template("plain_trouble.html")
        body = text.render(part=_part(request), **told)
        return Response(body, status_code=error.http_status, headers=HEADERS, media_type="text/html")


def _part(request: Request) -> str | None:
    """The id of the part of a page that was asked for, so that the sentence comes to stand there."""
    found = PART.fullmatch(request.headers.get("hx-target", ""))
    return None if found is None else found[1]


def _sentences(error: RipenessError) -> tuple[str, str]:
    for kind, sentences in SENTENCES.items():
        if isinstance(error, kind):
            return sentences
    return NOWHERE if error.http_status == 404 else OTHER
