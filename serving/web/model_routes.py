"""The model in service: its card, whether its promises are kept, and what it moved."""

from fastapi import Request, Response

from features.clock import SECOND
from serving.language import N_
from serving.live.column_drift import Columns, column_drift
from serving.predict import Predictor
from serving.web.card_words import CONTESTANTS, verdict_said
from serving.web.drift_words import told
from serving.web.model_facts import FIGURES, contest, figures, findings, gains, moment_of, parts, spread, swap_set
from serving.web.page_route import PageRouter
from serving.web.remembered import remembered
from serving.web.render import page
from serving.web.visitor import Visitor, visitor_of

PARTS = {"train": N_("learned from"), "calibrate": N_("calibrated on"), "test": N_("measured on")}
VERDICTS = {"refuse": N_("left out"), "suspicious": N_("suspicious"), "fine": N_("fine")}
BANDS = {"call": N_("call"), "nurture": N_("nurture"), "wait": N_("wait")}
FIGURE_NAMES = {
    "ROC AUC": N_("Ranking (ROC AUC)"),
    "lift at 10 %": N_("Lift of the best tenth"),
    "recall at capacity": N_("Wins within reach of sales"),
    "expected / observed": N_("Promised over observed"),
}

FRESH, KEPT = 600 * SECOND, 3_600 * SECOND  #: the look at the columns is made anew after, and shown for at most

router = PageRouter()


@router.get("/model")
def model(request: Request) -> Response:
    """The page of the champion."""
    visitor = visitor_of(request)
    visitor.require("admin")
    status = visitor.service.models.status
    predictor = visitor.service.models.current()
    bundle, settings = predictor.bundle, visitor.service.settings
    with visitor.store.reading() as connection:
        now = spread(connection, bundle)
        swaps = swap_set(connection, bundle, settings.lifecycle)
    columns = remembered(
        request,
        "columns",
        bundle.digest,
        now=visitor.now,
        fresh=FRESH,
        keep=KEPT,
        count=lambda: _columns(visitor, predictor),
    ).found
    card = bundle.card
    return page(
        visitor,
        "model.html",
        card=card,
        version=predictor.version,
        digest=bundle.digest,
        trouble=status.trouble,
        horizon=round(bundle.horizon_days),
        columns=len(bundle.view.names),
        base_rate=bundle.policy.base_rate,
        figures=figures(card),
        figure_names=FIGURE_NAMES,
        contest=contest(card),
        contestants=CONTESTANTS,
        asked=list(FIGURES),
        parts=[(PARTS[name], told) for name, told in parts(card)],
        moment_of=moment_of,
        reliability=card.get("reliability"),
        gains=gains(card),
        spread=now,
        drift=columns,
        moved=None if columns is None else told(columns, visitor.language),
        verdict=verdict_said(card, visitor.language),
        findings=list(findings(card, visitor.language)),
        verdicts=VERDICTS,
        swaps=swaps,
        bands=BANDS,
        mlflow=settings.service.mlflow_url,
    )


def _columns(visitor: Visitor, predictor: Predictor) -> Columns | None:
    with visitor.store.reading() as connection:
        return column_drift(connection, predictor, visitor.now, rules=visitor.service.settings.drift)
