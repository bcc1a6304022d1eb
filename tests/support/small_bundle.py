"""A small bundle for everybody's tests: seeded random rows, a real linear fit, real LightGBM trees."""

from dataclasses import dataclass, replace
from functools import cache

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Attribute,
    Count,
    Decayed,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.stages import Stage
from features.view import KindMeaning, View
from models.answers import answer, margins
from models.bundle import Bundle
from models.calibration import fit_platt
from models.evidence import Evidence
from models.linear import LinearExpert, LinearInputs
from models.policy import ScorePolicy
from models.trees import TreeExpert

Floats = npt.NDArray[np.float64]
HORIZON_DAYS = 90.0

VIEW = View(
    definitions=(
        Attribute(field="industry"),
        Attribute(field="employees", encoding="number"),
        Attribute(field="job_title", part="seniority"),
        FirstTouch(),
        Count(kind="pricing_page_view", days=7),
        Count(kind="pricing_page_view", days=30),
        Recency(kind="pricing_page_view"),
        Decayed(kind="pricing_page_view", half_life_days=14),
        Count(kind="webinar_attended", days=30),
        Distinct(kind="webinar_attended", days=90),
        Sum(kind="demo_request", days=90),
        Count(kind="demo_request", days=90),
        ActiveDays(kind=ANY, days=30),
        Momentum(kind=ANY, days=7),
        LastTouch(),
        Age(),
    ),
    kinds=(
        KindMeaning(name="pricing_page_view", aliases=("pricing",), stage=Stage.MARKETING_QUALIFIED),
        KindMeaning(name="webinar_attended", stage=Stage.LEAD, label="webinar"),
        KindMeaning(name="demo_request", stage=Stage.SALES_QUALIFIED, label="demo request"),
    ),
    categories={
        "industry": ("finance", "health", "retail", "software"),
        "job_title_seniority": ("c_level", "director", "manager", "staff"),
        "first_touch_channel": ("email", "paid_search", "trade_show"),
        "last_touch_channel": ("email", "paid_search", "trade_show"),
    },
)


@dataclass(frozen=True, kw_only=True)
class Small:
    """A bundle with the rows and labels that it was made from."""

    bundle: Bundle
    rows: Floats
    labels: Floats
    booster: lightgbm.Booster


def random_rows(view: View = VIEW, *, rows: int, seed: int) -> Floats:
    """Rows as the view could make them: codes, counts with many zeros, and missing values."""
    random = np.random.default_rng(seed)
    columns = []
    for definition in view.definitions:
        if definition.encoding == "category":
            values = random.integers(0, len(view.categories[definition.name]), rows).astype(np.float64)
            missing = random.random(rows) < 0.1
        elif isinstance(definition, Momentum):
            values, missing = random.integers(-4, 5, rows).astype(np.float64), np.zeros(rows, dtype=bool)
        elif isinstance(definition, Attribute | Recency | Age | Decayed):
            values = np.exp(random.normal(2, 1.5, rows))
            missing = random.random(rows) < (0.3 if isinstance(definition, Attribute | Recency) else 0)
        else:
            values = np.where(random.random(rows) < 0.5, 0, random.poisson(2, rows)).astype(np.float64)
            missing = np.zeros(rows, dtype=bool)
        columns.append(np.where(missing, np.nan, values))
    return np.column_stack(columns)


def random_labels(rows: Floats, *, seed: int) -> Floats:
    """Wins that follow the first category, the pricing pages and the demo requests, with much noise."""
    truth = -2.5 + 0.5 * (rows[:, 0] == 3) + 0.5 * np.minimum(rows[:, 5], 3) + 0.7 * (rows[:, 11] > 0)
    return (np.random.default_rng(seed).random(len(rows)) < 1 / (1 + np.exp(-truth))).astype(np.float64)


@cache
def small(*, rows: int = 2000, seed: int = 7, trees: int = 20) -> Small:
    """The small bundle; `trees=0` makes one with the linear expert alone."""
    x = random_rows(rows=rows, seed=seed)
    labels = random_labels(x, seed=seed + 1)
    booster = _booster(x, labels, rounds=max(trees, 1))
    linear = _linear(x, labels)
    expert = TreeExpert.of(booster) if trees else None
    calibration = fit_platt(margins(linear, expert, x), labels)
    answers = answer(linear, expert, calibration, x)
    bundle = Bundle(
        view=VIEW,
        linear=linear,
        trees=expert,
        calibration=calibration,
        policy=ScorePolicy.of(VIEW, answers, capacity_share=0.1),
        evidence=Evidence.of(VIEW, x, labels),
        horizon_days=HORIZON_DAYS,
        card={"name": "small", "pairs": rows, "seed": seed, "metrics": {"auc": 0.7}},
    )
    return Small(bundle=bundle, rows=x, labels=labels, booster=booster)


def small_bundle(*, trees: bool = True) -> Bundle:
    """The bundle alone, with a digest as if it had been loaded."""
    return replace(small(trees=20 if trees else 0).bundle, digest="sha256:" + "0" * 64)


def _linear(rows: Floats, labels: Floats) -> LinearExpert:
    inputs = LinearInputs.of(VIEW, rows)
    fitted = LogisticRegression(C=0.1, max_iter=1000).fit(inputs.matrix(rows), labels)
    return LinearExpert.from_coefficients(inputs, fitted.coef_[0], fitted.intercept_[0])


def _booster(rows: Floats, labels: Floats, *, rounds: int) -> lightgbm.Booster:
    data = lightgbm.Dataset(
        rows,
        labels,
        categorical_feature=[i for i, d in enumerate(VIEW.definitions) if d.encoding == "category"],
        params={"verbosity": -1},
    )
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "min_child_samples": 20,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": 7,
        "verbosity": -1,
    }
    return lightgbm.train(settings, data, num_boost_round=rounds)
