"""A model before any outcome: hand-made points on the columns that the export has, in a bundle like any other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import NEVER, iso
from features.errors import NotEnoughData
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from features.view import View
from models.answers import answer
from models.bundle import Bundle
from models.calibration import Platt
from models.evidence import Evidence
from models.linear import LinearInputs
from models.policy import ScorePolicy
from training.card import card_text
from training.points_prior import points_expert, points_table, unmatched
from training.prepare import WORKING_DAYS_A_WEEK
from training.question import question
from training.rungs import Rung, points_rung

GOLDEN_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class PointsModel:
    """The bundle of the lowest rung."""

    bundle: Bundle
    rung: Rung
    golden_rows: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def points_model(export: Export, settings: Settings, reason: str) -> PointsModel:
    """Points for all leads as known at the end of the data; `reason` says why nothing could be learned.

    Raises:
        NotEnoughData: the export has no lead, or no column to give points for.
    """
    leads = len(export.leads)
    pairs = Pairs(lead=np.arange(leads), as_of=np.full(leads, export.data_end, dtype=np.int64))
    view, view_notes = make_view(settings, export, pairs)
    if not leads or not view.names:
        raise NotEnoughData("the export has no lead, or none of its columns can carry points; bring leads or events")
    rows, rung = build_rows(view, export, pairs), points_rung(reason)
    notes = (*export.notes, *_point_notes(view, settings), *view_notes)
    bundle = _bundle(view, rows, settings, _card(export, settings, view, rung, notes))
    return PointsModel(bundle=bundle, rung=rung, golden_rows=rows[:GOLDEN_ROWS], notes=notes)


def _bundle(view: View, rows: npt.NDArray[np.float64], settings: Settings, card: dict[str, Any]) -> Bundle:
    """The points as a linear expert; all leads of the export are its reference."""
    prior = settings.model.prior
    expert, platt = points_expert(view, LinearInputs.of(view, rows), rows, prior, prior.won_share), Platt(a=1.0, b=0.0)
    calls = settings.capacity.reps * settings.capacity.calls_per_rep_per_day * WORKING_DAYS_A_WEEK
    answers = answer(expert, None, platt, rows)
    return Bundle(
        view=view,
        linear=expert,
        trees=None,
        calibration=platt,
        policy=ScorePolicy.of(view, answers, capacity_share=min(1.0, calls / len(rows))),
        evidence=Evidence.of(view, rows, np.zeros(len(rows))),
        horizon_days=settings.outcome.horizon_days,
        card=card,
        card_text=card_text(card),
    )


def _point_notes(view: View, settings: Settings) -> tuple[str, ...]:
    """The points that answer, and those that fit no column."""
    prior = settings.model.prior
    listed = ", ".join(f"{name} {points:g}" for name, points in points_table(view, prior).items()) or "none"
    source = "[model.prior] of the settings" if prior.points else "the stage of each kind of event"
    return (
        f"Points by {source}: {listed}. Each adds {prior.log_odds_per_point:g} to the log-odds; on average "
        f"{prior.won_share:.1%} are expected to be won.",
        *(f"The point {name!r} of [model.prior] fits no column." for name in unmatched(view, prior)),
    )


def _card(export: Export, settings: Settings, view: View, rung: Rung, notes: tuple[str, ...]) -> dict[str, Any]:
    created = export.leads["created_at"].to_numpy(dtype=np.int64)
    known = created[created != NEVER]
    first = iso(int(known.min())) if len(known) and not export.flat else "row 1"
    nothing = {"pairs": 0, "leads": 0, "won": 0, "from": first, "until": first}
    return {
        "company": settings.company.name,
        "horizon_days": settings.outcome.horizon_days,
        "question": question(settings, flat=export.flat),
        "flat": export.flat,
        "data_end": None if export.flat else iso(export.data_end),
        "parts": {"train": nothing},
        "dropped": {},
        "contest": {},
        "absent": {},
        "has_skill": False,
        "verdict": "Nothing was learned: hand-made points answer, and no outcome has confirmed them.",
        "calibrated_on": "nothing",
        "without_history": [],
        "resampled": "leads",
        "rung": rung.to_dict(),
        "notes": list(notes),
        "features": len(view.names),
    }
