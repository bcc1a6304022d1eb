"""A bundle of format 1, as it was written once, still answers as it did.

When the format changes, a folder of the new one comes beside this one; this one never changes.
"""

from pathlib import Path

import numpy as np
import pytest

from models.explain import explain
from models.files import load

FOLDER = Path(__file__).parent / "bundle_format_1"
ROW = [3.0, 86.80012561868783, 0.0, 0.0, 1.0, 1.0, np.nan, 3.444576277901505]
ROW += [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.3971248361240642]


@pytest.fixture(scope="module")
def bundle():
    return load(FOLDER)


def test_it_is_the_bundle_that_it_was(bundle):
    assert bundle.digest == "sha256:99a865fff0e17d809df78f90be45a94656c183463fcb16bea724fb815c1a2cb6"
    assert bundle.view.names[4:7] == (
        "pricing_page_view_count_7d",
        "pricing_page_view_count_30d",
        "pricing_page_view_recency_days",
    )
    assert (bundle.horizon_days, bundle.card["seed"]) == (90, 11)
    assert bundle.card_text.startswith("# A small model for tests")


def test_it_answers_as_it_did(bundle):
    answers = bundle.answer(np.array([ROW]))
    assert answers.log_odds[0] == pytest.approx(-1.3431233241326632, abs=1e-9)
    assert answers.base_value == pytest.approx(-1.7556122846660607, abs=1e-9)
    assert answers.probability[0] == pytest.approx(0.2070, abs=1e-4)
    assert bundle.policy.score(answers.log_odds[0]) == pytest.approx(67.40253024891913, abs=1e-6)
    assert (bundle.policy.fit_grade(0.506), bundle.policy.engagement_grade(-0.094)) == ("A", "2")


def test_it_explains_as_it_did(bundle):
    e = explain(bundle, np.array(ROW), bundle.answer(np.array([ROW])), top=2)
    assert [(r.group, r.column, round(r.contribution, 9)) for r in e.reasons] == [
        ("industry", "industry", 0.521553393),
        ("demo_request", "demo_request_count_90d", -0.386189243),
        ("employees", "employees", 0.353785469),
        ("job_title", "job_title_seniority", -0.239925471),
    ]
    assert (e.reasons[0].evidence.leads, e.reasons[0].evidence.won) == (90, 28)
    assert e.by_stage == pytest.approx(
        {"lead": -0.120408760, "marketing_qualified": 0.334921232, "sales_qualified": -0.386189243}, abs=1e-9
    )
