"""From an export to an evaluated bundle: the one path that every training takes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import days, iso
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export
from features.view import View
from models.answers import answer
from models.bundle import Bundle
from models.evidence import Evidence
from models.policy import ScorePolicy
from training.card import card_text
from training.cohort import Cohort, cohort
from training.dataset import Dataset
from training.evaluate import Evaluation, evaluate
from training.fit import Fitted, fit, with_strength
from training.leaks import find_leaks
from training.outcomes import labels
from training.points_rules import PointsRules
from training.question import question
from training.splits import CALIBRATE, TEST, TRAIN, Split, split

Progress = Callable[[str], None]
WORKING_DAYS_A_WEEK = 5
GOLDEN_ROWS = 200

PARTS = {"train": TRAIN, "calibrate": CALIBRATE, "test": TEST}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A bundle with all that was found on the way to it."""

    bundle: Bundle
    evaluation: Evaluation
    train: Dataset
    calibrate: Dataset | None
    test: Dataset
    golden_rows: npt.NDArray[np.float64]
    notes: tuple[str, ...]


def train(
    export: Export, settings: Settings, *, points_file: Path | None = None, progress: Progress = lambda _: None
) -> Trained:
    """Choose pairs, build features, fit, calibrate, evaluate on later time.

    `points_file` holds the company's own points rules, a rival in the evaluation.

    Raises:
        NotEnoughData: the history is too short, or holds too few wins or losses.
        BadTable: a line of the points file is no rule, or names an unknown column.
    """
    progress("looking for leaks")
    report = find_leaks(export, settings)
    export = without(export, report.refused)
    progress("choosing whom to learn from")
    chosen = cohort(export, settings)
    horizon = 0 if export.flat else days(settings.outcome.horizon_days)
    label = labels(export, chosen.pairs.lead, chosen.pairs.as_of, horizon)
    parts = split(export, chosen.pairs, label, settings)
    view, view_notes = make_view(settings, export, chosen.pairs.take(parts.part == TRAIN))
    rules = PointsRules.read(points_file, view, export) if points_file else None
    progress(f"building {len(view.names)} features for {int((parts.part >= 0).sum()):,} pairs")
    train_set, calibrate_set, test_set = datasets(view, export, chosen, label, parts)
    progress("choosing the regularisation")
    settings = settings.model_copy(update={"model": with_strength(view, train_set, settings.model)})
    fitted = fit(view, train_set, calibrate_set, settings.model, progress)
    share = capacity_share(export, chosen, settings)
    evaluation = evaluate(view, train_set, calibrate_set, test_set, fitted, settings, share, progress, rules)
    refused = tuple(
        f"Refused {name!r}: it could know the outcome; `ripeness leaks` says how." for name in report.refused
    )
    notes = (*export.notes, *refused, *parts.notes, *view_notes, *(rules.notes if rules else ()))
    card = _card(export, settings, chosen, {"train": train_set, "calibrate": calibrate_set, "test": test_set})
    card |= evaluation.card() | {"notes": list(notes), "features": len(view.names), "leaks": report.to_dict()}
    bundle = _bundle(view, fitted, train_set, test_set, settings, share, card)
    golden = test_set.rows[_spread(len(test_set), GOLDEN_ROWS)]
    return Trained(
        bundle=bundle,
        evaluation=evaluation,
        train=train_set,
        calibrate=calibrate_set,
        test=test_set,
        golden_rows=golden,
        notes=notes,
    )


def without(export: Export, columns: Iterable[str]) -> Export:
    """The export without these attributes, nor their history."""
    gone = set(columns) & set(export.attributes)
    return replace(
        export,
        leads=export.leads.drop(columns=sorted(gone)),
        changes=export.changes[~export.changes["field"].isin(gone)],
        tracked=export.tracked - gone,
    )


def capacity_share(export: Export, chosen: Cohort, settings: Settings) -> float:
    """The share of the open leads that sales can call in a week; a tenth where a flat export tells no time."""
    if export.flat:
        return 0.1
    calls = settings.capacity.reps * settings.capacity.calls_per_rep_per_day * WORKING_DAYS_A_WEEK
    return float(min(1.0, calls / max(1.0, chosen.per_snapshot)))


def datasets(
    view: View, export: Export, chosen: Cohort, label: npt.NDArray[np.float64], parts: Split
) -> tuple[Dataset, Dataset | None, Dataset]:
    """The rows of the training, calibration (None where it is cross-fitted) and test pairs."""
    used = np.flatnonzero(parts.part >= 0)
    weight = parts.weight[used] * chosen.weight[used]
    everything = Dataset(
        rows=build_rows(view, export, chosen.pairs.take(used)),
        label=label[used],
        weight=weight / weight.mean(),
        group=parts.group[used],
        lead=chosen.pairs.lead[used],
        as_of=chosen.pairs.as_of[used],
    )
    part = parts.part[used]
    calibrate = everything.take(part == CALIBRATE) if (part == CALIBRATE).any() else None
    return everything.take(part == TRAIN), calibrate, everything.take(part == TEST)


def _bundle(
    view: View,
    fitted: Fitted,
    train_set: Dataset,
    test_set: Dataset,
    settings: Settings,
    share: float,
    card: Mapping[str, Any],
) -> Bundle:
    """The bundle; the test period, being the latest with known results, is the reference of its scores."""
    counted = train_set.one_pair_per_lead(settings.model.seed)
    reference = test_set.as_weighed()
    experts, platt = fitted.experts, fitted.platt["both"]
    answers = answer(experts.linear, experts.trees, platt, reference.rows)
    policy = ScorePolicy.of(view, answers, reference.label, capacity_share=share)
    base_rate = float(np.average(test_set.label, weights=test_set.weight))
    return Bundle(
        view=view,
        linear=experts.linear,
        trees=experts.trees,
        calibration=platt,
        policy=replace(policy, base_rate=base_rate),
        evidence=Evidence.of(view, counted.rows, counted.label),
        horizon_days=settings.outcome.horizon_days,
        card=card,
        card_text=card_text(card),
    )


def _spread(count: int, at_most: int) -> npt.NDArray[np.int64]:
    """Up to `at_most` positions spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, at_most)).astype(np.int64))


def _card(export: Export, settings: Settings, chosen: Cohort, parts: Mapping[str, Dataset | None]) -> dict[str, Any]:
    return {
        "company": settings.company.name,
        "horizon_days": settings.outcome.horizon_days,
        "question": question(settings, flat=export.flat),
        "cohort": settings.cohort.model_dump(mode="json"),
        "flat": export.flat,
        "data_end": None if export.flat else iso(export.data_end),
        "parts": {name: _part(part, flat=export.flat) for name, part in parts.items() if part is not None},
        "dropped": dict(chosen.dropped),
    }


def _part(part: Dataset, *, flat: bool) -> dict[str, Any]:
    first, last = int(part.as_of.min()), int(part.as_of.max())
    return {
        "pairs": len(part),
        "leads": len(np.unique(part.lead)),
        "won": part.wins,
        "from": f"row {first + 1}" if flat else iso(first),
        "until": f"row {last + 1}" if flat else iso(last),
    }
