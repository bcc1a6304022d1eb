"""The addresses that tell what is known of leads: the ranked list, and one lead from all sides."""

from fastapi import APIRouter, Request, Response

from features.view import View
from serving import ask_describe as describe
from serving import ask_schemas as schemas
from serving.ask import OneLead, asking, query_of
from serving.ask_show import (
    change_shown,
    happened_shown,
    known_shown,
    outlook_shown,
    ranked_shown,
    score_shown,
)
from serving.live.ask import known
from serving.live.by_id import PredictById
from serving.live.history import scores_of, two_scores
from serving.live.outlook import outlook
from serving.live.ranked import Filters, ranked
from serving.live.timeline import timeline
from serving.live.what_changed import what_changed
from serving.routes import as_json

router = APIRouter()

NO_VIEW = View(definitions=())


@router.get("/v1/leads", **describe.LEAD)
def lead(request: Request) -> Response:
    """All that is known of one lead."""
    by, asked = asking(request), query_of(request, OneLead)
    with by.store.reading() as connection:
        found = known(connection, asked.lead_id, by.now)
    language = by.service.language(request)
    return as_json(known_shown(found, language), language)


@router.get("/v1/ranked", **describe.RANKED)
def ranked_list(request: Request) -> Response:
    """Whom to look at first: open leads by their probability, or by when sales has to answer."""
    by, asked = asking(request), query_of(request, schemas.RankedAsked)
    filters = Filters(**{name: value for name, value in asked if name not in ("cursor", "limit")})
    with by.store.reading() as connection:
        page = ranked(connection, filters, asked.cursor, asked.limit)
    language = by.service.language(request)
    return as_json({"leads": [ranked_shown(one, language) for one in page.leads], "next": page.next}, language)


@router.get("/v1/scores", **describe.SCORES)
def scores(request: Request) -> Response:
    """The scores that a lead was given, the last first."""
    by, asked = asking(request), query_of(request, schemas.Page)
    with by.store.reading() as connection:
        page = scores_of(connection, asked.lead_id, cursor=asked.cursor, limit=asked.limit)
    return as_json({"lead_id": page.lead_id, "scores": [score_shown(one) for one in page.scores], "next": page.next})


@router.get("/v1/changes", **describe.CHANGES)
def changes(request: Request) -> Response:
    """What changed between two scores: ageing, new behaviour, edited data and new model, which add up exactly."""
    by, asked = asking(request), query_of(request, schemas.ChangesAsked)
    language = by.service.language(request)
    with by.store.reading() as connection:
        earlier, later = two_scores(connection, asked.lead_id, earlier=asked.from_, later=asked.to)
        found = what_changed(connection, earlier, later, models=by.service.models.of, language=language)
    return as_json(change_shown(found), language)


@router.get("/v1/outlook", **describe.OUTLOOK)
def outlook_of(request: Request) -> Response:
    """What becomes of a lead's score in 7, 30 and 90 days if nothing happens."""
    by, asked = asking(request), query_of(request, OneLead)
    predictor, language = by.service.models.current(), by.service.language(request)
    with by.store.reading() as connection:
        case = by.service.case_by_id(connection, PredictById(lead_id=asked.lead_id))
    return as_json(outlook_shown(outlook(predictor, case, language)), language)


@router.get("/v1/timeline", **describe.TIMELINE)
def timeline_of(request: Request) -> Response:
    """Everything that happened to a lead, the last first, with the effect on its score."""
    by, asked = asking(request), query_of(request, schemas.Page)
    with by.store.reading() as connection:
        page = timeline(connection, asked.lead_id, cursor=asked.cursor, limit=asked.limit)
    predictor, language = by.service.models.status.predictor, by.service.language(request)
    view = predictor.bundle.view if predictor else NO_VIEW
    shown = [happened_shown(entry, view, language) for entry in page.entries]
    return as_json({"lead_id": page.lead_id, "entries": shown, "next": page.next}, language)
