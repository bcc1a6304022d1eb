"""The ladder of small data: points alone, few wins, enough; and what each may not become."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from features.definitions import Attribute, Count
from features.errors import NotEnoughData
from features.settings import Data, EventsFile, Gate, LeadsFile, Prior, Settings
from features.stages import Stage
from features.view import KindMeaning, View
from models.bundle import Bundle
from models.files import load, save
from models.linear import LinearInputs
from models.registered import Version
from support.small_bundle import small_bundle
from training.points_model import points_model
from training.points_prior import blended, points_expert, points_table, unmatched
from training.promotion import Candidate, decide
from training.record import describe
from training.rungs import points_rung, rung_of
from training.simulate import simulate
from training.train import train

VIEW = View(
    definitions=(Count(kind="demo", days=30), Count(kind="demo", days=90), Attribute(field="country")),
    kinds=(KindMeaning(name="demo", stage=Stage.SALES_QUALIFIED),),
    categories={"country": ("Italy", "Spain")},
)
ROWS = np.array([[0, 0, 0], [0, 1, 0], [0, 3, 1], [1, 7, np.nan]], dtype=float)
RULES = Gate(min_won_leads=100)


def card(**told: object) -> Bundle:
    return replace(small_bundle(), card=told)


@pytest.mark.parametrize(("won", "name"), [(10, "few"), (99, "few"), (100, "enough")])
def test_wins_say_the_rung_and_what_is_missing_for_the_next(won: int, name: str):
    rung = rung_of(won, Settings())
    assert rung.name == name
    assert (f"{100 - won} more won leads" in rung.sentence) == (won < 100)


def test_points_are_log_odds_for_the_first_action_and_as_many_whenever_the_count_doubles():
    prior = Prior(points={"demo": 10, "country = spain": 4}, log_odds_per_point=0.1)
    expert = points_expert(VIEW, LinearInputs.of(VIEW, ROWS), ROWS, prior, won_share=0.2)
    margins = expert.margins(ROWS)
    assert np.diff(margins) == pytest.approx([1.0, 1.0 + 0.4, 1.0 - 0.4])
    assert expit(margins).mean() == pytest.approx(0.2)


def test_without_a_table_each_kind_has_the_points_of_its_stage():
    assert points_table(VIEW, Prior()) == {"demo": 25}
    assert unmatched(VIEW, Prior(points={"demo": 1, "country = France": 2, "webinar": 3})) == (
        "country = France",
        "webinar",
    )


def test_a_point_may_name_what_a_parser_reads_out_of_a_field():
    view = View(
        definitions=(Attribute(field="job_title", part="seniority"),),
        categories={Attribute(field="job_title", part="seniority").name: ("director", "staff")},
    )
    assert unmatched(view, Prior(points={"seniority = Director": 5, "department = hr": 1})) == ("department = hr",)


def test_a_blend_lies_between_both_and_follows_the_evidence():
    inputs = LinearInputs.of(VIEW, ROWS)
    one, other = (points_expert(VIEW, inputs, ROWS, Prior(points=p), 0.2) for p in ({"demo": 10}, {"demo": 30}))
    mixed = blended(one, other, 0.25)
    assert mixed.margins(ROWS) == pytest.approx(0.25 * one.margins(ROWS) + 0.75 * other.margins(ROWS))
    shares = [Prior().learned_share(won) for won in (0, 10, 50, 1000)]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.99


def test_an_export_without_any_outcome_gets_a_bundle_of_points(tmp_path: Path):
    company = simulate(seed=2, leads=300, months=12, planted_leak=False)
    export = replace(company.export, outcomes=company.export.outcomes.iloc[:0])
    with pytest.raises(NotEnoughData):
        train(export, company.settings)
    made = points_model(export, company.settings, "nobody was won")
    save(made.bundle, tmp_path / "bundle", made.golden_rows)
    served = load(tmp_path / "bundle")
    assert served.card["rung"]["name"] == "points"
    assert "no outcome has confirmed them" in served.card_text
    assert "nobody was won" in made.rung.sentence
    answers = served.answer(made.golden_rows)
    assert answers.log_odds == pytest.approx(answers.base_value + answers.contributions.sum(axis=1))
    assert served.policy.lift(served.policy.base_rate) == 1
    assert np.ptp(answers.log_odds) > 0.5


@pytest.mark.parametrize(
    ("told", "experimental", "refused"),
    [
        ({"has_skill": True, "parts": {"train": {"won": 100}}}, False, None),
        ({"has_skill": False, "verdict": "No skill is shown.", "parts": {"train": {"won": 4000}}}, False, "No skill"),
        ({"has_skill": False, "verdict": "No skill is shown.", "parts": {"train": {"won": 4000}}}, True, "No skill"),
        ({"has_skill": True, "parts": {"train": {"won": 99}}}, False, "at least 100"),
        ({"has_skill": True, "parts": {"train": {"won": 99}}}, True, None),
        ({"has_skill": False, "parts": {"train": {"won": 0}}}, True, None),
        ({"has_skill": False, "parts": {"train": {"won": 0}}}, False, "at least 100"),
    ],
)
def test_nothing_without_skill_or_with_few_wins_becomes_the_champion(
    told: dict[str, object], experimental: bool, refused: str | None
):
    new = Candidate(version=Version(number="1", run_id="", digest=""), bundle=card(**told))
    decision = decide(new, None, never, RULES, experimental=experimental)
    assert decision.promote == (refused is None)
    assert refused is None or refused in decision.why


def never():
    raise AssertionError("without a champion there is nothing to read")


def test_a_data_set_is_the_files_that_the_settings_read(tmp_path: Path):
    settings = Settings(data=Data(leads=LeadsFile(file="leads.csv"), events=EventsFile(file="events.csv")))
    for name in ("leads.csv", "events.csv", "ripeness.toml"):
        (tmp_path / name).write_text(f"{name}\n")
    first = describe(tmp_path, settings).digest
    (tmp_path / "ripeness.toml").write_text("# a comment\n")
    (tmp_path / "scores.parquet").write_text("of last week\n")
    assert describe(tmp_path, settings).digest == first
    (tmp_path / "events.csv").write_text("one more\n")
    assert describe(tmp_path, settings).digest != first


def test_the_lowest_rung_says_why_and_what_moves_it_up():
    said = points_rung("no lead was won").sentence
    assert "no lead was won" in said
    assert "10 won and 10 other leads" in said
