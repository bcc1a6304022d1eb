"""A training keeps out what could know the outcome, and says so; its bundle answers as its evaluation did."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from training.fit import fit, with_strength
from training.simulate import simulate
from training.slices import AGES_OVERLAP
from training.train import Trained, train, without

TWO_STRENGTHS = {"bootstrap_rounds": 20, "linear_strengths": (0.003, 1.0), "max_trees": 20}


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


def test_the_average_lead_of_the_test_period_has_a_lift_of_about_one(trained: Trained):
    probability = expit(trained.evaluation.log_odds["both"])
    mean = np.average(probability, weights=trained.test.weight)
    assert trained.bundle.policy.base_rate == pytest.approx(mean, rel=0.02)


def test_the_card_says_how_it_was_calibrated_and_where_it_stands(trained: Trained):
    card, text = trained.bundle.card, trained.bundle.card_text
    assert card["calibrated_on"] == ("held-out leads" if trained.fitted.cross_fitted else "later leads")
    assert ("cross-fitting), not on later ones" in text) == trained.fitted.cross_fitted
    assert card["rung"]["name"] == ("enough" if trained.train.wins >= 100 else "few")
    assert trained.rung.sentence in text
    assert "Fields without a history" in text
    assert "At capacity: the best" in text


def test_the_card_tells_the_label_the_promises_the_slices_and_who_was_won(trained: Trained):
    card, text = trained.bundle.card, trained.bundle.card_text
    assert "won (`closed_won_at`) within the next 90 days" in text
    assert "| `contract_contact` | field | kept out |" in text
    assert sum(bin_["cases"] for bin_ in card["reliability"]["bins"]) >= len(np.unique(trained.test.group))
    for field in {one["field"] for one in card["slices"]}:
        assert sum(one["pairs"] for one in card["slices"] if one["field"] == field) == len(trained.test)
    assert card["table_bytes"] == (trained.bundle.trees.table_bytes if trained.bundle.trees else 0)
    assert sum(one["won"] for one in card["source_quality"]["sources"]) <= card["profile"]["won"]
    assert card["against_best"]["sentence"] in text
    assert AGES_OVERLAP in text
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings[-1] == "## Limits"
    assert len(text.split("## Limits")[1].strip().splitlines()) == 4
    assert len(headings) == len(set(headings)) >= 10


def test_half_of_the_columns_are_tried_with_a_strength_of_their_own():
    company = simulate(seed=5, leads=2500, months=24, planted_leak=False)
    tried = company.settings.model_copy(update={"model": company.settings.model.model_copy(update=TWO_STRENGTHS)})
    found = train(company.export, tried)
    fit_columns = np.array([i for i, d in enumerate(found.bundle.view.definitions) if d.family == "fit"])
    narrow = replace(found.bundle.view, definitions=tuple(found.bundle.view.definitions[i] for i in fit_columns))
    held_out = None if found.calibrate is None else found.calibrate.columns(fit_columns)
    alone = fit(narrow, found.train.columns(fit_columns), held_out, tried.model)
    assert np.allclose(
        alone.log_odds(found.test.rows[:, fit_columns])["both"], found.evaluation.log_odds["fit"], atol=1e-9
    )
    assert alone.strength == with_strength(narrow, found.train.columns(fit_columns), tried.model).linear_strengths[0]


def test_a_column_taken_out_takes_its_history_along():
    export = simulate(seed=5, leads=300, months=12).export
    left = without(export, ["job_title"])
    assert "job_title" not in left.attributes
    assert "job_title" not in set(left.changes["field"]) | left.tracked
    assert len(left.leads) == len(export.leads)
