"""A real export in which nothing tells who will buy: the training says so, and nothing becomes the champion."""

from features.guess import guess
from features.sources import read_export
from support.real_data import real_data
from training.promotion import card_conditions
from training.train import train


def test_maven_crm_shows_no_skill_and_is_not_promoted():
    folder = real_data("maven_crm")
    settings = guess(folder).settings
    quick = settings.model.model_copy(update={"bootstrap_rounds": 60})
    trained = train(read_export(folder, settings), settings.model_copy(update={"model": quick}))
    same_age = trained.evaluation.at_equal_age
    assert same_age.low <= 0.5 <= same_age.high
    assert "No skill is shown" in trained.bundle.card_text
    assert "Refused 'account'" in trained.bundle.card_text
    enough, skill = card_conditions(trained.bundle.card, settings.gate, experimental=True)
    assert enough.passed
    assert not skill.passed
    assert "No skill" in skill.says
