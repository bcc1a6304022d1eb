"""Two real models of one small simulated company in a second or two: one that sees little, one that sees everything."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from features.clock import days, iso
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from models.bundle import Bundle
from models.evidence import Evidence
from models.policy import ScorePolicy
from training.cohort import cohort
from training.dataset import Dataset
from training.fit import fit
from training.make_reference import make_reference
from training.outcomes import labels
from training.question import question
from training.simulate import WORLD, Simulation, simulate
from training.splits import groups, split

NO_WEB_TRACKING = ("page_view", "pricing_page_view", "careers_page_view", "activity")
HORIZON_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Quick:
    """A company and two bundles trained on the same past; the champion sees no web tracking and half the leads."""

    export: Export
    settings: Settings
    champion: Bundle
    challenger: Bundle
    rows: np.ndarray  #: the challenger's, of the training pairs


def quick_settings(settings: Settings, **sections: dict[str, object]) -> Settings:
    """One window, a short horizon, small trees, few resamples; `sections` change more."""
    changes = {
        "features": {"windows_days": (30,), "half_lives_days": ()},
        "outcome": {"horizon_days": HORIZON_DAYS},
        "split": {"test_share": 0.35},
        "model": {"linear_strengths": (0.03,), "max_trees": 30, "learning_rate": 0.1, "bootstrap_rounds": 50},
        "cohort": {"every_days": 14, "pairs_per_lead": 4},
        "gate": {"rounds": 100},
    }
    stored = settings.model_dump()
    for section, values in [*changes.items(), *sections.items()]:
        stored[section] |= values
    return Settings.model_validate(stored)


@cache
def quick_company(*, seed: int = 1, leads: int = 2500) -> Simulation:
    """A company that wins four times as many leads as the simulator's usual one."""
    world = replace(WORLD, won=4 * WORLD.won)
    return simulate(seed=seed, leads=leads, months=24, planted_leak=False, world=world)


@cache
def quick(*, seed: int = 1, leads: int = 2500) -> Quick:
    company = quick_company(seed=seed, leads=leads)
    settings, export = quick_settings(company.settings), company.export
    chosen = cohort(export, settings)
    label = labels(export, chosen.pairs.lead, chosen.pairs.as_of, days(HORIZON_DAYS))
    until = split(export, chosen.pairs, label, settings).periods.train_until
    seen = chosen.pairs.as_of <= until
    pairs = chosen.pairs.take(seen)
    view, _ = make_view(settings, export, pairs)
    past = Dataset(
        rows=build_rows(view, export, pairs),
        label=label[seen],
        weight=chosen.weight[seen],
        group=groups(export, pairs),
        lead=pairs.lead,
        as_of=pairs.as_of,
    )
    asked = question(settings, flat=False)
    half = past.take(np.random.default_rng(seed).random(past.group.max() + 1)[past.group] < 0.5)
    return Quick(
        export=export,
        settings=settings,
        champion=_bundle(view, half, settings, asked, hidden=NO_WEB_TRACKING),
        challenger=_bundle(view, past, settings, asked),
        rows=past.rows,
    )


def measured(made: Quick) -> Bundle:
    """The challenger with the reference of the leads on which it was measured, half a year before the end."""
    middle = made.export.data_end - days(200)
    pairs = Pairs(lead=np.arange(3), as_of=np.array([middle - days(90), middle - days(30), middle]))
    zero = np.zeros(3)
    test = Dataset(rows=zero[:, None], label=zero, weight=zero, group=pairs.lead, lead=pairs.lead, as_of=pairs.as_of)
    return replace(made.challenger, reference=make_reference(made.challenger, made.export, made.settings, test))


def _bundle(view, past: Dataset, settings: Settings, asked: dict, hidden: tuple[str, ...] = ()) -> Bundle:
    kept = np.array([d.group not in hidden for d in view.definitions])
    view = replace(view, definitions=tuple(d for d, k in zip(view.definitions, kept, strict=True) if k))
    past = past.columns(np.flatnonzero(kept))
    fitted = fit(view, past, None, settings.model)
    first = Bundle(
        view=view,
        linear=fitted.experts.linear,
        trees=fitted.experts.trees,
        calibration=fitted.platt["both"],
        policy=None,  # type: ignore[arg-type]  # made from its answers
        evidence=Evidence.of(view, past.rows, past.label),
        horizon_days=HORIZON_DAYS,
    )
    card = {
        "question": asked,
        "has_skill": True,
        "verdict": "It ranks later leads better than chance: ROC AUC 0.800.",
        "capacity_share": 0.1,
        "parts": {"train": {"won": past.wins, "until": iso(int(past.as_of.max()))}},
    }
    policy = ScorePolicy.of(view, first.answer(past.rows), capacity_share=0.1)
    return replace(first, policy=policy, card=card)
