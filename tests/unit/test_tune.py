"""The search looks at the past alone, finds the same for the same seed, and changes only what it found to be better."""

import math
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from commands.tune import _run_of
from features.clock import days
from features.edit_settings import with_keys
from features.errors import BadSettings, NotEnoughData
from features.settings import Model, load_settings, parse_settings
from ripeness import app
from support.quick_models import HORIZON_DAYS, quick_settings
from training.cohort import cohort
from training.outcomes import labels
from training.simulate import WORLD, simulate
from training.splits import split
from training.tune import TUNED, Trial, rolling, search, tune


@pytest.fixture(scope="module")
def company():
    """A company whose default is poor, so that there is something to find."""
    found = simulate(seed=2, leads=1200, months=24, planted_leak=False, world=replace(WORLD, won=4 * WORLD.won))
    poor = {"linear_strengths": (1e-5,), "min_wins_for_trees": 1000, "bootstrap_rounds": 50}
    return found, quick_settings(found.settings, model=poor, cohort={"every_days": 14, "pairs_per_lead": 3})


@pytest.fixture(scope="module")
def folds(company):
    found, settings = company
    return rolling(found.export, settings)


@pytest.fixture(scope="module")
def tuned(company, folds):
    told, steps = [], []
    model = company[1].model
    return search(folds, model, minutes=5, at_most=6, log=told.append, progress=steps.append), told, steps


def test_no_fold_reaches_into_the_test_period(company, folds):
    found, settings = company
    chosen = cohort(found.export, settings)
    label = labels(found.export, chosen.pairs.lead, chosen.pairs.as_of, days(HORIZON_DAYS))
    test_after = split(found.export, chosen.pairs, label, settings).periods.test_after
    assert len(folds) >= 2
    for fold in folds:
        learned = max(fold.train.as_of.max(), fold.calibrate.as_of.max())
        assert learned + days(HORIZON_DAYS) <= fold.test.as_of.min()
        assert fold.test.as_of.max() + days(HORIZON_DAYS) <= test_after
        assert not set(fold.train.group) & set(fold.calibrate.group)
        assert not set(fold.test.group) & (set(fold.train.group) | set(fold.calibrate.group))
    ends = [fold.test.as_of.max() for fold in folds]
    assert ends == sorted(ends)


def test_a_poor_default_is_beaten_and_the_gain_is_that_of_the_trials(tuned):
    found, _, _ = tuned
    assert found.is_better
    assert found.gain.low <= found.gain.value <= found.gain.high
    whole = [trial for trial in found.trials if not trial.pruned]
    best = min(trial.loss for trial in whole)
    assert found.gain.value == pytest.approx(found.trials[0].loss - best, abs=1e-9)
    assert sum(found.per_fold) / len(found.per_fold) == pytest.approx(found.gain.value, abs=1e-9)
    assert found.changes().keys() == {"linear_strengths"}
    assert any("only the linear expert was tuned" in note for note in found.notes)


def test_the_default_is_tried_first_and_every_trial_is_told(tuned, company):
    found, told, steps = tuned
    assert found.trials[0].model == company[1].model
    assert tuple(told) == found.trials
    assert len(found.trials) == 7
    assert sum("log loss" in step for step in steps) == 7
    assert all(math.isfinite(trial.loss) for trial in found.trials)


def test_equal_seeds_try_the_same(tuned, company, folds):
    again = search(folds, company[1].model, minutes=5, at_most=2)
    assert [t.losses for t in again.trials] == [t.losses for t in tuned[0].trials[:3]]
    assert [t.model for t in again.trials] == [t.model for t in tuned[0].trials[:3]]


def test_too_short_a_past_is_said(company):
    found, settings = company
    late = settings.model_copy(update={"split": settings.split.model_copy(update={"test_share": 0.7})})
    with pytest.raises(NotEnoughData):
        tune(found.export, late, minutes=5, at_most=1)


SETTINGS = """\
# ours
[company]
name = "Acme"  # the name

[model]
# what we chose
leaves = 16  # of a tree (default 8)
# l2 = 5
seed = 7

[capacity]
reps = 3
"""


def test_keys_are_set_where_they_stand_and_nothing_else_changes():
    changed = with_keys(SETTINGS, "model", {"leaves": 6, "l2": 12.5, "linear_strengths": (0.02,)})
    kept = [line for line in SETTINGS.splitlines() if not line.startswith("leaves")]
    assert [line for line in changed.splitlines() if line in kept] == kept
    assert "leaves = 6  # of a tree (default 8)" in changed
    model = parse_settings(changed).model
    assert (model.leaves, model.l2, model.linear_strengths, model.seed) == (6, 12.5, (0.02,), 7)


def test_a_missing_table_is_added():
    assert parse_settings(with_keys("[company]\nname = 'A'\n", "model", {"leaves": 6})).model.leaves == 6


def test_what_can_not_be_edited_by_line_is_left_to_a_person():
    with pytest.raises(BadSettings, match="write it yourself: linear_strengths"):
        with_keys("[model]\nlinear_strengths = [\n 0.1,\n]\n", "model", {"linear_strengths": (0.5,)})


def test_a_trial_that_was_given_up_has_no_mean_to_be_sorted_by():
    losses = (0.11, 0.14)
    for pruned, named in ((True, False), (False, True)):
        run = _run_of(Trial(number=1, model=Model(), losses=losses, pruned=pruned))
        assert ("log_loss" in run.metrics) == named
        assert run.metrics["log_loss_fold_2"] == 0.14


def test_the_command_writes_what_is_better_and_logs_trials_beneath_the_search(company, tmp_path):
    from features.guess import Guess
    from features.write_settings import settings_text

    found, settings = company
    found.write(tmp_path / "company")
    file = tmp_path / "company" / "ripeness.toml"
    data = load_settings(file).data
    told = settings.model_copy(update={"data": data})
    file.write_text(settings_text(Guess(settings=told, notes=(), questions=())), encoding="utf-8")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    arguments = ["tune", str(tmp_path / "company"), "--trials", "2", "--write", "--tracking-uri", uri]
    result = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path / "home")])
    assert result.exit_code == 0, result.output
    assert "[model]\nlinear_strengths = [" in result.output
    assert "wrote it into" in result.output
    written = load_settings(file)
    assert written.model.linear_strengths != (1e-5,)
    unchanged = [name for name in type(written.model).model_fields if name not in TUNED]
    assert all(getattr(written.model, name) == getattr(told.model, name) for name in unchanged)
    assert written.model_copy(update={"model": told.model}) == told
    import mlflow

    runs = mlflow.MlflowClient(uri).search_runs(["1"])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    trials = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(trials) == 3
    assert all(run.info.status == "FINISHED" for run in runs)
    assert {"gain", "gain_low", "gain_high"} <= parent.data.metrics.keys()
