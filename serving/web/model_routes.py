"""The model in service: its card, whether its promises are kept, and what it moved."""

from typing import Any

from fastapi import Request, Response

from features.clock import SECOND
from models.bundle import Bundle
from serving.language import N_, Language
from serving.live.column_drift import Columns, column_drift
from serving.predict import Predictor
from serving.web.card_words import CONTESTANTS, verdict_said
from serving.web.drift_words import told
from serving.web.model_facts import (
    FIGURES,
    Card,
    contest,
    figures,
    findings,
    gains,
    moment_of,
    off_together,
    parts,
    spread,
    swap_set,
)
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

Shown = dict[str, Any]  #: values of the template by their names

FRESH, KEPT = 600 * SECOND, 3_600 * SECOND  #: the look at the columns is made anew after, and shown for at most

router = PageRouter()


@router.get("/model")
def model(request: Request) -> Response:
    """The page of the champion."""
    visitor = visitor_of(request)
    visitor.require("admin")
    predictor = visitor.service.models.current()
    shown = (
        _which(visitor, predictor)
        | _measured(predictor.bundle.card)
        | _checked(predictor.bundle.card, visitor.language)
        | _lived(visitor, predictor.bundle)
        | _columns(request, visitor, predictor)
    )
    return page(visitor, "model.html", **shown)


def _which(visitor: Visitor, predictor: Predictor) -> Shown:
    """Which model it is, and what it is for."""
    bundle = predictor.bundle
    return {
        "version": predictor.version,
        "digest": bundle.digest,
        "trouble": visitor.service.models.status.trouble,
        "horizon": round(bundle.horizon_days),
        "columns": len(bundle.view.names),
        "base_rate": bundle.policy.base_rate,
        "mlflow": visitor.service.settings.service.mlflow_url,
    }


def _measured(card: Card) -> Shown:
    """What its card says of how well it does, and beside whom."""
    return {
        "card": card,
        "figures": figures(card),
        "figure_names": FIGURE_NAMES,
        "contest": contest(card),
        "contestants": CONTESTANTS,
        "asked": list(FIGURES),
        "reliability": card.get("reliability"),
        "off_together": off_together(card),
        "gains": gains(card),
    }


def _checked(card: Card, language: Language) -> Shown:
    """What the card says in words: its verdict, its leak checks, and what it learned from."""
    return {
        "verdict": verdict_said(card, language),
        "findings": list(findings(card, language)),
        "verdicts": VERDICTS,
        "parts": [(PARTS[name], told) for name, told in parts(card)],
        "moment_of": moment_of,
    }


def _lived(visitor: Visitor, bundle: Bundle) -> Shown:
    """What the store tells: how the scores lie now, and what the last change of model moved."""
    with visitor.store.reading() as connection:
        swaps = swap_set(connection, bundle, visitor.service.settings.lifecycle)
        return {"spread": spread(connection, bundle), "swaps": swaps, "bands": BANDS}


def _columns(request: Request, visitor: Visitor, predictor: Predictor) -> Shown:
    """How each column of the open leads looks beside the reference."""

    def count() -> Columns | None:
        with visitor.store.reading() as connection:
            return column_drift(connection, predictor, visitor.now, rules=visitor.service.settings.drift)

    digest = predictor.bundle.digest
    found = remembered(request, "columns", digest, now=visitor.now, fresh=FRESH, keep=KEPT, count=count).found
    return {"drift": found, "moved": None if found is None else told(found, visitor.language)}
