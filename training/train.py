"""From an export to an evaluated bundle: the one path that every training takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.settings import Settings
from features.tables import Export
from models.answers import answer
from models.bundle import Bundle
from models.evidence import Evidence
from models.policy import ScorePolicy
from training.card import calibration_facts, card_text, counted_facts, data_facts
from training.dataset import Dataset
from training.evaluate import Evaluation, evaluate
from training.fairness import fairness_facts
from training.fit import Fitted, choice_note, fit, with_strength
from training.make_reference import make_reference
from training.points_prior import unmatched
from training.points_rules import PointsRules
from training.prepare import Prepared, capacity_share, datasets, prepare, without
from training.rungs import Rung, rung_of

__all__ = ["Trained", "capacity_share", "datasets", "train", "without"]

Progress = Callable[[str], None]
GOLDEN_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A bundle with all that was found on the way to it."""

    bundle: Bundle
    evaluation: Evaluation
    fitted: Fitted
    rung: Rung
    prepared: Prepared
    train: Dataset
    calibrate: Dataset | None
    test: Dataset
    golden_rows: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def train(
    export: Export,
    settings: Settings,
    *,
    points_file: Path | None = None,
    ready: Prepared | None = None,
    progress: Progress = lambda _: None,
) -> Trained:
    """Choose pairs, build features, fit, calibrate, evaluate on later time.

    `points_file` holds the company's own points rules, a rival in the evaluation; `ready` is the same export, where
    it was made ready already.

    Raises:
        NotEnoughData: the history is too short, or holds too few wins or losses.
        BadTable: a line of the points file is no rule, or names an unknown column.
    """
    ready = ready or prepare(export, settings, progress)
    view, share = ready.view, capacity_share(ready.export, ready.chosen, settings)
    rules = rules_for(ready, points_file)
    progress(f"building {len(view.names)} features for {int((ready.parts.part >= 0).sum()):,} pairs")
    parts = past, calibrate, test = ready.datasets()
    progress("choosing the regularisation")
    fitted = fit(view, past, calibrate, with_strength(view, past, settings.model), progress)
    evaluation = evaluate(view, *parts, fitted, settings, share, progress, rules)
    notes = (*ready.notes, *_fit_notes(fitted, ready, past), *(rules.notes if rules else ()))
    progress("looking at groups and proxies")
    card = _card(ready, parts, fitted, evaluation) | {"notes": list(notes)}
    card |= fairness_facts(export, ready, test, evaluation.log_odds["both"], share)
    return Trained(
        bundle=_bundle(ready, fitted, past, test, share, card),
        evaluation=evaluation,
        fitted=fitted,
        rung=rung_of(past.wins, settings),
        prepared=ready,
        train=past,
        calibrate=calibrate,
        test=test,
        golden_rows=test.rows[_spread(len(test), GOLDEN_ROWS)],
        notes=notes,
    )


def rules_for(ready: Prepared, points_file: Path | None) -> PointsRules | None:
    """The company's own points rules, bound to what is left of the export; None where no file is named.

    Raises:
        UnreadableFile: the file is not there or no text.
        BadTable: a line is no rule, or names a column that is not there, or was refused.
    """
    if points_file is None:
        return None
    return PointsRules.read(points_file, ready.view, ready.export, refused=ready.leaks.refused)


def _card(
    ready: Prepared, parts: tuple[Dataset, Dataset | None, Dataset], fitted: Fitted, evaluation: Evaluation
) -> dict[str, Any]:
    """What was learned from what, how, and how good it is."""
    past, calibrate, test = parts
    facts = data_facts(ready, {"train": past, "calibrate": calibrate, "test": test})
    standing = {"rung": rung_of(past.wins, ready.settings).to_dict(), "features": len(ready.view.names)}
    counted = counted_facts(ready, *parts, evaluation.log_odds["both"])
    return facts | calibration_facts(fitted) | evaluation.card() | standing | counted


def _fit_notes(fitted: Fitted, ready: Prepared, past: Dataset) -> tuple[str, ...]:
    """What a reader should know of the fit."""
    grown, prior = fitted.experts.grown, ready.settings.model.prior
    found = [note for note in (grown and grown.note, choice_note(past, ready.settings.model)) if note]
    if "both" in fitted.without_skill:
        found.append(
            "What was learned ranks held-out leads no better than chance: everybody gets the same share of wins."
        )
    if fitted.experts.trees is None:
        found += [f"The point {name!r} of [model.prior] fits no column." for name in unmatched(ready.view, prior)]
    return tuple(found)


def _bundle(
    ready: Prepared, fitted: Fitted, past: Dataset, test: Dataset, share: float, card: Mapping[str, Any]
) -> Bundle:
    """The bundle; the test period, being the latest with known results, is the reference of its scores."""
    experts, platt = fitted.experts, fitted.platt["both"]
    reference = answer(experts.linear, experts.trees, platt, test.as_weighed().rows)
    made = Bundle(
        view=ready.view,
        linear=experts.linear,
        trees=experts.trees,
        calibration=platt,
        policy=ScorePolicy.of(ready.view, reference, capacity_share=share),
        evidence=Evidence.of(ready.view, past.rows, past.label, past.weight, past.lead, seed=ready.settings.model.seed),
        horizon_days=ready.settings.outcome.horizon_days,
        card=card,
        card_text=card_text(card),
    )
    return replace(made, reference=make_reference(made, ready.export, ready.settings, test))


def _spread(count: int, at_most: int) -> npt.NDArray[np.int64]:
    """Up to `at_most` positions spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, at_most)).astype(np.int64))
