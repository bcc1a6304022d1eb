"""The customer profile counts what a person would count, and nothing of the test period."""

from dataclasses import replace

import numpy as np
import pytest

from features.clock import DAY, days
from features.settings import Settings
from features.tables import Export
from support.exports import export_of
from training.followed import Followed
from training.prepare import Prepared, prepare
from training.profile import profile_facts, source_column
from training.profile_text import profile_page
from training.simulate import simulate
from training.source_quality import expected_wins, source_facts
from training.won_share import WonShare


@pytest.fixture(scope="module")
def ready() -> Prepared:
    company = simulate(seed=11, leads=1500, months=24, planted_leak=False)
    return prepare(company.export, company.settings)


@pytest.fixture(scope="module")
def followed(ready: Prepared) -> Followed:
    return Followed.of(ready)


def before_test(ready: Prepared):
    past, calibrate, _ = ready.datasets()
    return (past,) if calibrate is None else (past, calibrate)


def followed_by_hand(export: Export, ready: Prepared) -> dict[str, bool]:
    """Lead by lead: who came in time, and whether it was won by the start of the test period."""
    periods = ready.parts.periods
    until = periods.calibrate_until or periods.train_until
    won = {}
    for row in export.outcomes.itertuples():
        if row.kind == "closed_won" and row.happened_at <= periods.test_after:
            won[row.lead] = True
    return {
        lead.lead_id: won.get(i, False) for i, lead in enumerate(export.leads.itertuples()) if lead.created_at <= until
    }


def test_it_counts_every_lead_that_came_in_time_once(ready: Prepared, followed: Followed):
    by_hand = followed_by_hand(ready.export, ready)
    ids = ready.export.leads["lead_id"].to_numpy()[followed.pairs.lead]
    assert dict(zip(ids, followed.won.tolist(), strict=True)) == by_hand
    told = profile_facts(ready, followed, before_test(ready))
    assert (told["leads"], told["won"]) == (len(by_hand), sum(by_hand.values()))
    assert {field["topic"] for field in told["fields"]} >= {"industry", "seniority", "size", "country", "source"}
    for field in told["fields"]:
        counted = [*field["values"], field["not_known"]]
        assert sum(value["leads"] for value in counted) == len(by_hand)
        assert sum(value["won"] for value in counted) == sum(by_hand.values())


def test_the_counts_of_a_source_are_those_of_the_export(ready: Prepared, followed: Followed):
    by_hand = followed_by_hand(ready.export, ready)
    source = dict(zip(ready.export.leads["lead_id"], ready.export.leads["source"], strict=True))
    told = profile_facts(ready, followed, before_test(ready))
    shown = next(field for field in told["fields"] if field["topic"] == "source")["values"]
    for value in shown:
        own = [won for lead_id, won in by_hand.items() if source[lead_id] == value["value"]]
        assert (value["leads"], value["won"]) == (len(own), sum(own))
    assert [value["pulled"] for value in shown] == sorted((value["pulled"] for value in shown), reverse=True)


def test_the_future_of_the_test_period_changes_nothing(ready: Prepared, followed: Followed):
    outcomes = ready.export.outcomes
    later = replace(ready.export, outcomes=outcomes[outcomes["happened_at"] <= ready.parts.periods.test_after])
    blind = replace(ready, export=later)
    seen = Followed.of(blind)
    assert profile_facts(blind, seen, before_test(ready)) == profile_facts(ready, followed, before_test(ready))
    model = ready.settings.model
    assert source_facts(seen, model) == source_facts(followed, model)


def test_behaviour_is_counted_in_the_thirty_days_before(ready: Prepared, followed: Followed):
    told = profile_facts(ready, followed, before_test(ready))["behaviour"]
    past = before_test(ready)[0]
    won = past.take(past.label == 1).one_pair_per_lead(ready.settings.model.seed)
    events = ready.export.events[(ready.export.events["kind"] == "page_view").to_numpy()]
    times = []
    for lead, as_of in zip(won.lead, won.as_of, strict=True):
        own = events[(events["lead"] == lead) & (events["known_at"] <= as_of)]["happened_at"]
        times.append(int(((own > as_of - days(30)) & (own <= as_of)).sum()))
    seen = next(kind for kind in told["kinds"] if kind["kind"] == "page_view")
    assert told["won"] == len(won)
    assert seen["won_times"] == np.median([n for n in times if n])
    assert seen["won_did"] == pytest.approx(np.mean(np.array(times) > 0), abs=1e-6)


def two_sources(leads: int = 1200) -> tuple[Export, Settings]:
    """Fairs bring large companies, which are won more often anyhow; friends win twice as many of what they bring."""
    luck = np.random.default_rng(4)
    rows, outcomes = [], []
    for i in range(leads):
        source = ("fair", "web", "friend")[i % 3]
        large = luck.random() < {"fair": 0.8, "web": 0.2, "friend": 0.2}[source]
        chance = (0.4 if large else 0.1) * (2 if source == "friend" else 1)
        came = int(luck.integers(0, 600)) * DAY
        rows.append(
            {"lead_id": f"L{i}", "created_at": came, "source": source, "segment": "large" if large else "small"}
        )
        kind = "closed_won" if luck.random() < chance else "closed_lost"
        closed = came + int(luck.integers(8, 60)) * DAY
        outcomes.append({"lead_id": f"L{i}", "kind": kind, "happened_at": closed, "known_at": closed})
    export = export_of(leads=rows, outcomes=outcomes, data_end=730 * DAY)
    return export, Settings.model_validate({"outcome": {"horizon_days": 60}})


def test_a_source_is_not_praised_for_the_companies_that_it_brings():
    export, settings = two_sources()
    ready = prepare(export, settings)
    told = source_facts(Followed.of(ready), settings.model)
    ratio = {one["source"]: one for one in told["sources"]}
    counted = {one["source"]: one["won"] / one["leads"] for one in told["sources"]}
    assert told["fit_columns"] == ["segment"]
    assert counted["fair"] > 1.5 * counted["web"]
    assert ratio["fair"]["ratio"] / ratio["web"]["ratio"] == pytest.approx(1, abs=0.25)
    assert ratio["friend"]["stands_out"] == 1
    assert told["sources"][0]["source"] == "friend"


def test_expected_wins_add_up_and_are_the_same_for_leads_of_any_source():
    export, settings = two_sources()
    followed = Followed.of(prepare(export, settings))
    expected, used = expected_wins(followed, source_column(followed.view), settings.model)
    assert expected.sum() == pytest.approx(followed.won.sum(), rel=1e-9)
    assert used == ("segment",)
    segment = followed.rows[:, followed.view.names.index("segment")]
    twins: dict[tuple[float, float], list[float]] = {}
    for i, probability in enumerate(expected):
        twins.setdefault((segment[i], followed.waited_days[i]), []).append(probability)
    several = [np.ptp(alike) for alike in twins.values() if len(alike) > 1]
    assert len(several) > 100
    assert max(several) < 1e-12


def test_a_flat_export_has_shares_without_behaviour_or_time():
    export, settings = two_sources(600)
    won = {row.lead: row.kind == "closed_won" for row in export.outcomes.itertuples()}
    label = np.array([float(won[i]) for i in range(600)])
    flat = replace(
        export,
        leads=export.leads.assign(label=label, order=np.arange(600.0)),
        outcomes=export.outcomes.iloc[:0],
        flat=True,
    )
    ready = prepare(flat, settings)
    followed = Followed.of(ready)
    told = profile_facts(ready, followed, before_test(ready))
    assert followed.pairs.as_of.max() == ready.parts.periods.train_until
    assert told["won"] == int(label[: len(followed)].sum())
    assert told["behaviour"] is None


def test_the_page_is_the_same_each_time_and_reads_plainly(ready: Prepared, followed: Followed):
    def page() -> str:
        card = {
            "company": "A | B",
            "horizon_days": 90,
            "profile": profile_facts(ready, followed, before_test(ready)),
            "source_quality": source_facts(followed, ready.settings.model),
        }
        return profile_page(card)

    assert page() == page()
    assert page().startswith("# Customer profile of A \\| B\n")
    for line in page().splitlines():
        assert "nan" not in line.split()
    assert "## Which sources win more than their leads explain" in page()
    assert "c level" in page()


def test_without_outcomes_the_page_says_so():
    assert "no outcome was there to count" in profile_page({"company": "X"})


def field_of(*won_of_leads: tuple[int, int]) -> dict[str, object]:
    values = [
        {"value": f"v{i}"} | WonShare(leads=leads, won=won, average=0.1).to_dict()
        for i, (won, leads) in enumerate(won_of_leads)
    ]
    values.sort(key=lambda value: -value["pulled"])
    nobody = WonShare(leads=0, won=0, average=0.1).to_dict()
    return {"topic": "industry", "column": "industry", "average": 0.1, "values": values, "not_known": nobody}


def page_of(*fields: dict[str, object]) -> str:
    told = {"leads": 5000, "won": 500, "fields": list(fields), "behaviour": None}
    return profile_page({"company": "X", "horizon_days": 90, "profile": told, "source_quality": None})


def test_a_value_that_is_named_has_a_line_of_its_own_however_far_down_it_is():
    usual = [(10, 100)] * 7
    page = page_of(field_of(*usual, (1, 200), (2, 300)))
    assert "less often v8 (0.7 %), v7 (0.5 %)" in page
    assert "| v7 | 200 | 1 | 0.5 % |" in page
    assert "| v8 | 300 | 2 | 0.7 % |" in page
    assert "| 2 others | 200 | 20 | 10.0 % |" in page


def test_a_single_value_is_not_called_one_other():
    page = page_of(field_of(*[(10, 100)] * 6))
    assert all(f"| v{i} | 100 | 10 |" in page for i in range(6))
    assert "other" not in page.split("### Industry")[1]
