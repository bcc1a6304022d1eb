"""A training keeps out what could know the outcome, and says so; its bundle answers as its evaluation did."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from training.simulate import simulate
from training.train import Trained, train, without


@pytest.fixture(scope="module")
def trained() -> Trained:
    company = simulate(seed=5, leads=2500, months=24)
    settings = company.settings
    quick = settings.model.model_copy(update={"bootstrap_rounds": 20, "linear_strengths": (0.1,)})
    forgotten = company.export.changes["field"] == "contract_contact"
    history = company.export.changes[~forgotten]
    export = replace(company.export, changes=history, tracked=company.export.tracked - {"contract_contact"})
    return train(export, settings.model_copy(update={"model": quick}))


def test_a_field_filled_in_after_closing_is_no_feature_and_the_card_says_why(trained: Trained):
    assert not [name for name in trained.bundle.view.names if name.startswith("contract_contact")]
    assert any("contract_contact" in note and "could know the outcome" in note for note in trained.notes)
    assert "contract_contact" in str(trained.bundle.card["leaks"])


def test_what_was_evaluated_is_what_is_served(trained: Trained):
    answers = trained.bundle.answer(trained.test.rows)
    assert np.allclose(answers.log_odds, trained.evaluation.log_odds["both"], rtol=0, atol=1e-9)
    assert np.allclose(answers.probability, expit(answers.base_value + answers.contributions.sum(axis=1)), atol=1e-12)


def test_the_reference_share_of_wins_is_that_of_the_weighed_test_period(trained: Trained):
    share = np.average(trained.test.label, weights=trained.test.weight)
    assert trained.bundle.policy.base_rate == pytest.approx(share)


def test_a_column_taken_out_takes_its_history_along():
    export = simulate(seed=5, leads=300, months=12).export
    left = without(export, ["job_title"])
    assert "job_title" not in left.attributes
    assert "job_title" not in set(left.changes["field"]) | left.tracked
    assert len(left.leads) == len(export.leads)
