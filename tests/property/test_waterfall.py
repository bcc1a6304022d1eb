"""The waterfall of any lead adds up: whole points, each near its exact share, together the score that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import to_micros
from features.request import read_request
from features.settings import Settings
from serving.language import catalog
from serving.predict import Predictor, case_of
from serving.web.waterfall import points_per_log_odds, waterfall, whole_parts
from support.random_leads import AS_OF, random_request
from support.small_bundle import small_bundle

PREDICTOR = Predictor(bundle=small_bundle(), version="7", settings=Settings())


def answer_of(seed):
    request = read_request(random_request(seed), max_events=5_000)
    return PREDICTOR.answer(case_of(request, now=to_micros(AS_OF)), catalog("en"))


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=15), st.integers(-2, 2))
def test_whole_parts_add_up_and_stay_near(values, off):
    total = round(sum(values)) + off
    parts = whole_parts(values, total)
    assert sum(parts) == total
    assert all(abs(part - value) <= 4 for part, value in zip(parts, values, strict=True))


def test_whole_numbers_stay_as_they_are():
    assert whole_parts([3.0, -2.0, 0.0], 1) == [3, -2, 0]


@pytest.mark.parametrize("seed", range(60))
def test_the_waterfall_of_any_lead_adds_up_to_its_score(seed):
    answer = answer_of(seed)
    found = waterfall(answer, PREDICTOR.bundle.policy)

    assert found.average + found.fit_points + found.engagement_points == found.score == answer["score"]
    bars = (*found.fit, *found.engagement)
    assert bars[0].start == found.average
    assert bars[-1].end == found.score
    assert all(bar.end - bar.start == bar.points for bar in bars)
    assert [bar.start for bar in bars[1:]] == [bar.end for bar in bars[:-1]]
    assert {bar.text for bar in bars if bar.text} == {reason["text"] for reason in answer["explanation"]["reasons"]}


@pytest.mark.parametrize("seed", range(60))
def test_each_bar_is_its_share_of_the_way(seed):
    answer = answer_of(seed)
    explained, policy = answer["explanation"], PREDICTOR.bundle.policy
    drawn = waterfall(answer, policy)
    found = {bar.text: bar.points for bar in (*drawn.fit, *drawn.engagement)}
    worth = points_per_log_odds(policy, explained["base_value"], explained["log_odds"])
    for reason in explained["reasons"]:
        assert abs(found[reason["text"]] - reason["contribution"] * worth) <= 2
