"""The addresses that show how marketing and sales work together: the queue, what became of hand-offs, the funnel."""

from fastapi import APIRouter, Request, Response

from features.clock import DAY, days, iso
from features.guess_kinds import ends_contact
from features.request import BadRequest, Fault
from features.settings import Kind
from serving import funnel_describe as describe
from serving import funnel_schemas as schemas
from serving import queue_schemas
from serving.ask import asking, query_of
from serving.funnel_show import queue_shown, shown
from serving.ingest import Caller, caller
from serving.live.funnel import Period, funnel
from serving.live.handed import LONG_AGO, Span, handed
from serving.live.idle import leaks
from serving.live.kept import kept, source_wins
from serving.live.queue import Asked, queue
from serving.live.reproduce import reproduce
from serving.routes import Service, as_json
from serving.store.kinds import seen_kinds

router = APIRouter()

YEAR = 365 * DAY
MOST_STEPS = 200


@router.get("/v1/queue", **describe.QUEUE)
def queue_of_sales(request: Request) -> Response:
    """Leads that sales was offered and has not answered, each with its clock, the most urgent first."""
    by, asked = asking(request), query_of(request, queue_schemas.QueueAsked)
    wanted = Asked(owner=asked.owner, band=asked.band, breached=asked.breached)
    with by.store.reading() as connection:
        page = queue(connection, wanted, now=by.now, after=asked.cursor, limit=asked.limit)
    language = by.service.language(request)
    return as_json(queue_shown(page, language), language)


@router.get("/v1/handoffs", **describe.HAND_OFFS)
def hand_offs(request: Request) -> Response:
    """What became of each lead that was handed over, the last first; accept rates by reason, band, source and owner."""
    by, asked = asking(request), query_of(request, queue_schemas.HandOffsAsked)
    since = LONG_AGO if asked.since is None else asked.since
    until = by.now if asked.until is None else asked.until
    span = Span(since=since, until=until, owner=asked.owner, band=asked.band, became=asked.became)
    with by.store.reading() as connection:
        found = handed(connection, span, after=asked.cursor, limit=asked.limit)
    answer = shown(found)
    listed = {"hand_offs": answer.pop("rows"), "next": answer.pop("following")}
    return as_json(answer | listed)


@router.get("/v1/funnel", **describe.FUNNEL)
def funnel_of_stages(request: Request) -> Response:
    """How many leads came to each stage, how many went on, and how long they stayed."""
    by, asked = asking(request), query_of(request, schemas.StepsAsked)
    period = _period(by, asked, step_days=asked.step_days)
    with by.store.reading() as connection:
        found = funnel(connection, period)
    return as_json(_bounds(period) | shown(found))


@router.get("/v1/funnel/leaks", **describe.LEAKS)
def funnel_leaks(request: Request) -> Response:
    """Where leads leak out: open ones that did nothing for days, by stage, source and owner."""
    by, asked = asking(request), query_of(request, schemas.LeaksAsked)
    policy = by.service.settings.lifecycle
    idle_days = policy.idle_days if asked.idle_days is None else asked.idle_days
    with by.store.reading() as connection:
        kinds = activities(by.service, [seen.kind for seen in seen_kinds(connection)])
        until = by.now if asked.until is None else asked.until
        found = leaks(connection, until=until, idle_days=idle_days, activities=kinds)
    return as_json(shown(found))


@router.get("/v1/funnel/sources", **describe.SOURCES)
def funnel_sources(request: Request) -> Response:
    """How good each source is: its wins beside those that leads of the same fit bring on average."""
    by, asked = asking(request), query_of(request, schemas.PeriodAsked)
    period, horizon_days = _period(by, asked, step_days=None), _horizon_days(by.service)
    with by.store.reading() as connection:
        found = source_wins(connection, period, horizon=days(horizon_days))
    return as_json(_bounds(period) | {"horizon_days": horizon_days, "sources": shown(found)})


@router.get("/v1/funnel/bands", **describe.BANDS)
def funnel_bands(request: Request) -> Response:
    """Share and conversion of each band over time, and what came of what the scores promised."""
    by, asked = asking(request), query_of(request, schemas.StepsAsked)
    period, horizon_days = _period(by, asked, step_days=asked.step_days), _horizon_days(by.service)
    policy = by.service.settings.lifecycle
    with by.store.reading() as connection:
        found = kept(connection, period, horizon=days(horizon_days), policy=policy)
    return as_json(_bounds(period) | {"horizon_days": horizon_days} | shown(found))


@router.get("/v1/reproduce", **describe.REPRODUCE)
def reproduce_score(request: Request) -> Response:
    """Work a past score out again, from what the store had by then and with the bundle of its time."""
    by, asked = caller(request, "admin"), query_of(request, schemas.ReproduceAsked)
    with by.store.reading() as connection:
        found = reproduce(connection, asked.score_id, models=by.service.models.of)
    entry = found.entry
    head = {"score_id": entry.entry_id, "lead_id": entry.lead_id, "as_of": iso(entry.as_of), "bundle": entry.bundle}
    told = {name: value for name, value in shown(found).items() if name != "entry"}
    return as_json(head | told)


def activities(service: Service, kinds: list[str]) -> list[str]:
    """Those kinds that are something a lead did, as the model in service or else the settings say."""
    predictor, told = service.models.status.predictor, service.settings.kinds
    if predictor is not None and predictor.bundle.view.kinds:
        return [kind for kind in kinds if predictor.facts.is_activity(kind)]
    return [kind for kind in kinds if told.get(kind, Kind()).actor == "lead" and not ends_contact(kind, told)]


def _period(by: Caller, asked: schemas.PeriodAsked, *, step_days: int | None) -> Period:
    """The period asked for; without a step it is one.

    Raises:
        BadRequest: it ends before it starts, or has too many steps.
    """
    until = by.now if asked.until is None else asked.until
    since = until - YEAR if asked.since is None else asked.since
    if since >= until:
        raise BadRequest([Fault(pointer="/since", detail=f"{iso(since)} is not before the end, {iso(until)}")])
    step = until - since if step_days is None else days(step_days)
    if (until - since) > MOST_STEPS * step:
        detail = f"makes more than {MOST_STEPS} steps of the period; take longer steps or a shorter period"
        raise BadRequest([Fault(pointer="/step_days", detail=detail)])
    return Period(since=since, until=until, step=step)


def _bounds(period: Period) -> dict[str, str]:
    return {"since": iso(period.since), "until": iso(period.until)}


def _horizon_days(service: Service) -> float:
    """Of the model in service; without one, of the settings."""
    predictor = service.models.status.predictor
    return service.settings.outcome.horizon_days if predictor is None else predictor.bundle.horizon_days
