"""The funnel for those who manage it: where leads leak, what became of hand-offs, and what a capacity reaches."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection

from features.clock import DAY, SECOND, days
from serving.funnel_routes import activities
from serving.language import N_
from serving.live.funnel import Period, funnel
from serving.live.handed import Span, handed
from serving.live.idle import leaks
from serving.live.kept import BandStep, inflated, promises
from serving.store.kinds import seen_kinds
from serving.web.capacity import WEEKS, choice
from serving.web.page_route import PageRouter
from serving.web.remembered import remembered
from serving.web.render import page
from serving.web.visitor import Visitor, visitor_of

SPANS = {30: N_("30 days"), 90: N_("90 days"), 365: N_("a year")}
USUAL = 90  #: days
STEPS = 10  #: of bands over time
LEAST = 7 * DAY  #: of a step, since a score that stays is written down once a week
BANDS = {"asked": N_("asked for sales"), "hot": N_("hot"), "warm": N_("warm"), "cold": N_("cold")}
VERDICTS = {"more": N_("more than its fit explains"), "fewer": N_("fewer than its fit explains")}

FRESH, KEPT = 60 * SECOND, 900 * SECOND  #: counts are made anew after, and shown for at most

router = PageRouter()


@router.get("/funnel")
def funnel_page(request: Request) -> Response:
    """The page of the funnel."""
    visitor = visitor_of(request)
    visitor.require("crm")
    sent = request.query_params
    span = next((n for n in SPANS if str(n) == sent.get("days")), USUAL)
    calls = sent.get("calls", "")
    wanted = int(calls) if calls.isascii() and calls.isdigit() and len(calls) < 9 else None
    counted = remembered(
        request, "funnel", span, now=visitor.now, fresh=FRESH, keep=KEPT, count=lambda: _counted(visitor, span)
    )
    with visitor.store.reading() as connection:
        settings = visitor.service.settings
        line = settings.lifecycle.sql_min_score
        capacity = choice(connection, settings.capacity, wanted, visitor.now, line=line)
    return page(
        visitor, "funnel.html", spans=list(SPANS.items()), span=span, counted_at=counted.at, capacity=capacity,
        weeks=WEEKS, bands=BANDS, verdicts=VERDICTS, **counted.found,
    )  # fmt: skip


def _counted(visitor: Visitor, span: int) -> dict[str, Any]:
    with visitor.store.reading() as connection:
        return _facts(connection, visitor, span)


def _facts(connection: Connection, visitor: Visitor, span: int) -> dict[str, Any]:
    """All that the page counts, over the last `span` days."""
    service, now = visitor.service, visitor.now
    settings, predictor = service.settings, service.models.status.predictor
    horizon_days = settings.outcome.horizon_days if predictor is None else predictor.bundle.horizon_days
    horizon, step = days(horizon_days), max(LEAST, span * DAY // STEPS)
    period = Period(since=now - span * DAY, until=now, step=step)
    matured = Period(since=now - span * DAY - horizon, until=now, step=step)
    kinds = activities(service, [seen.kind for seen in seen_kinds(connection)])
    promised, sources = promises(connection, matured, horizon=horizon, policy=settings.lifecycle)
    return {
        "funnel": funnel(connection, period),
        "handed": handed(connection, Span(until=now, since=period.since), limit=1),
        "leaks": leaks(connection, until=now, idle_days=settings.lifecycle.idle_days, activities=kinds, apart=False),
        "kept": promised,
        "steps": since_first(promised.steps),
        "inflated": tuple(inflated(promised.steps)),
        "sources": sources,
        "horizon": round(horizon_days),
        "scored": (matured.since, now - horizon),
        "step": round(step / DAY),
        "policy": settings.lifecycle,
    }


def since_first(steps: Sequence[BandStep]) -> Sequence[BandStep]:
    """The steps from the first one on in which a lead was scored; later ones may be empty."""
    return steps[next((i for i, step in enumerate(steps) if step.bands), len(steps)) :]
