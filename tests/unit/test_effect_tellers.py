"""What a score made of what happened is told once: beside what the lead did, rather than beside what was told of it."""

from serving.live.effects import Effect
from serving.live.timeline import Entry
from serving.web.lead_routes import effect_tellers


def entry(number, what, score_id=None):
    effect = None if score_id is None else Effect(score_id=score_id, score=97, previous=82, log_odds=0.4)
    return Entry(
        what=what, at=number, known_at=number, lead_id="l1", data={}, effect=effect, place=(number, 0, str(number), "")
    )


def test_an_effect_stands_beside_the_last_thing_that_the_lead_did():
    last_first = [entry(5, "field", 1), entry(4, "move", 1), entry(3, "activity", 1), entry(2, "activity", 1)]
    assert effect_tellers(last_first) == {(3, 0, "3", "")}


def test_where_the_lead_did_nothing_it_stands_beside_the_last_that_was_told():
    last_first = [entry(5, "field", 2), entry(4, "move", 2), entry(3, "activity", 1), entry(2, "field", 1)]
    assert effect_tellers(last_first) == {(5, 0, "5", ""), (3, 0, "3", "")}


def test_scores_and_what_no_score_has_seen_tell_nothing():
    assert effect_tellers([entry(2, "activity"), entry(1, "score", 1)]) == set()
