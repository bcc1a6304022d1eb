"""What the page of the model says of a card: every sentence in both languages, from the card's numbers."""

import re
from pathlib import Path

import pytest

import training.leaks
from serving.language import catalog
from serving.web.card_words import CONTESTANTS, OURS, verdict_said
from serving.web.leak_words import MEANINGS, SENTENCES, evidence_said
from serving.web.model_facts import figures, findings, off_together
from support.planted_leaks import planted
from training.evaluate import NAMES
from training.leaks.find import find_leaks
from training.leaks.words import NAMES as HINTS
from training.simulate import simulate

EN, IT = catalog("en"), catalog("it")


def interval(value, low, high):
    return {"value": value, "low": low, "high": high}


def card(auc=(0.8, 0.7, 0.9), promise=(1.0, 0.8, 1.2), same=None, name="both experts"):
    own = {"ROC AUC": interval(*auc), "expected / observed": interval(*promise)}
    return {"contest": {"constant": {}, name: own}, "auc_at_equal_age": same and interval(*same), "verdict": "old"}


def test_each_test_for_leaks_has_a_sentence():
    source = "".join(path.read_text() for path in Path(training.leaks.__file__).parent.glob("*.py"))
    named = set(re.findall(r'test="(\w+)"', source)) | set(re.findall(r'test="(\w+)" if \w+ else "(\w+)"', source)[0])

    assert named == {key.split("/")[0] for key in SENTENCES}
    assert set(MEANINGS) == set(HINTS)


def test_whatever_is_found_in_a_leaking_export_is_said_in_both_languages():
    made = simulate(seed=3, leads=1500)
    found = find_leaks(planted(made.export, 3), made.settings)
    evidence = [item.to_dict() for finding in found.findings for item in finding.evidence]
    assert {"changed_at_closing", "runs_to_today", "name"} <= {one["test"] for one in evidence}

    for one in evidence:
        english, italian = evidence_said(one, EN), evidence_said(one, IT)
        assert english and italian and english != italian, one
        assert "{" not in english + italian


def test_a_sentence_names_the_numbers_as_people_write_them():
    told = {"test": "filled_at_closing", "numbers": {"lost": 0.971, "open": 0.0312, "ratio_at_least": 9.0}}

    assert "97% of the lost leads but for 3.1%" in evidence_said(told, EN)
    assert "97% dei lead persi ma per 3,1%" in evidence_said(told, IT)


def test_what_a_column_is_named_can_hold_anything():
    told = {"test": "name", "words": {"word": "{0.__class__}%s", "meaning": "a meaning of a later release"}}

    assert "{0.__class__}%s" in evidence_said(told, IT)


def test_a_card_of_an_earlier_release_is_shown_in_its_own_words():
    old = {"test": "name", "numbers": {}, "weight": 2, "sentence": "Its name ('score') speaks."}
    leaks = {"suspicious": ["x"], "findings": [{"name": "x", "verdict": "suspicious", "evidence": [old]}]}
    (found,) = findings({"leaks": leaks}, IT)

    assert found.evidence == (("Its name ('score') speaks.", False),)
    assert verdict_said({"verdict": "It ranks."}, IT) is None


def test_every_contestant_of_training_has_a_name_in_both_languages():
    assert {*NAMES.values(), OURS[1]} == set(CONTESTANTS)
    assert all(EN.say(name) != IT.say(name) for name in CONTESTANTS.values())


@pytest.mark.parametrize("name", OURS)
def test_the_figures_are_those_of_the_model_and_no_rival(name):
    ((figure, _, own), *_) = figures(card(auc=(0.8, 0.7, 0.9), name=name))

    assert (figure, own["value"]) == ("ROC AUC", 0.8)


@pytest.mark.parametrize(
    ("told", "start", "end"),
    [
        (card(), "It ranks later leads better", "95% interval 0.7 to 0.9."),
        (card(promise=(1.4, 1.1, 1.8)), "It ranks", "too much: 1.4 wins expected for each that came (1.1 to 1.8)."),
        (card(promise=(0.7, 0.5, 0.9)), "It ranks", "too little: 0.7 wins expected for each that came (0.5 to 0.9)."),
        (card(auc=(0.55, 0.45, 0.65)), "No skill is shown: ROC AUC 0.55", "holds one half. Don't rank leads by it."),
        (card(auc=(0.4, 0.3, 0.49)), "No skill is shown: ROC AUC 0.4", "lies below one half. Don't rank leads by it."),
        (card(same=(0.52, 0.48, 0.56)), "No skill is shown: among leads of the same age", "rank leads by it."),
        ({"rung": {"name": "points"}, "contest": {}}, "Nothing was learned", "confirmed them."),
    ],
)  # fmt: skip
def test_the_verdict_is_the_one_that_training_wrote(told, start, end):
    said = verdict_said(told, EN)

    assert said.startswith(start)
    assert said.endswith(end)
    assert verdict_said(told, IT) != said


@pytest.mark.parametrize(
    ("ends", "kept", "off"),
    [
        ((1.05, 1.73), (True, True), True),
        ((0.5, 0.9), (True, True), True),
        ((0.9, 1.2), (True, True), False),  # luck explains all
        ((1.05, 1.73), (True, False), False),  # a row says so itself
        ((None, None), (True, True), False),
        ((1.05, 1.73), (), False),
    ],
)
def test_promises_may_be_off_together_where_each_row_is_within_luck(ends, kept, off):
    own = {"expected / observed": {"value": 1.0, "low": ends[0], "high": ends[1]}}
    card = {"contest": {"both experts": own}, "reliability": {"bins": [{"kept": one} for one in kept]}}
    assert off_together(card) is off
