"""Five real exports, guessed and read without any editing, against what pandas counts in the files."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from features.check import check, render
from features.clock import DAY, iso
from features.guess import Guess, guess
from features.settings import Settings, parse_settings
from features.sources import read_export
from features.tables import Export
from features.write_settings import settings_text
from support.real_data import real_data

NAMES = ("bank_marketing", "edtech365", "maven_crm", "oulad", "x_education")


@cache
def guessed(name: str) -> Guess:
    return guess(real_data(name))


@cache
def export_of(name: str) -> Export:
    return read_export(real_data(name), guessed(name).settings)


def table(name: str, file: str, **options) -> pd.DataFrame:
    path = real_data(name) / file
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False, **options)


def micros(days: pd.Series) -> np.ndarray:
    return pd.to_datetime(days).to_numpy().astype("M8[us]").astype(np.int64)


def outcomes(export: Export, kind: str) -> pd.Series:
    rows = export.outcomes[export.outcomes["kind"] == kind]
    ids = export.leads["lead_id"].to_numpy()[rows["lead"]]
    return pd.Series(rows["happened_at"].to_numpy(), index=ids).sort_index()


@pytest.mark.parametrize("name", NAMES)
def test_the_written_settings_are_the_guessed_ones_and_can_be_read_at_once(name):
    assert parse_settings(settings_text(guessed(name))) == guessed(name).settings
    found = check(export_of(name), guessed(name).settings)
    assert found.won + found.lost + found.open == found.leads
    assert render(found).startswith("Files\n")


def test_edtech365_has_sign_ups_purchases_and_activities():
    export, leads = export_of("edtech365"), table("edtech365", "leads.csv.gz")
    assert export.leads["lead_id"].tolist() == leads["student_id"].tolist()
    assert (export.leads["created_at"].to_numpy() == micros(leads["date_registered"])).all()
    bought = leads[leads["date_purchased"] != ""].set_index("student_id")["date_purchased"].sort_index()
    assert (outcomes(export, "closed_won") == micros(bought)).all()
    assert len(bought) == 1570
    assert export.attributes == ("student_country", "first_plan")
    assert export.refusals == ()


def test_edtech365_keeps_namibia():
    export, leads = export_of("edtech365"), table("edtech365", "leads.csv.gz")
    namibians = leads["student_id"][leads["student_country"] == "NA"].tolist()
    assert len(namibians) > 0
    kept = export.leads["lead_id"][export.leads["student_country"] == "NA"].tolist()
    assert kept == namibians


def test_edtech365_events_are_those_of_the_file():
    export, events = export_of("edtech365"), table("edtech365", "events.parquet")
    assert (export.leads["lead_id"].to_numpy()[export.events["lead"]] == events["student_id"].to_numpy()).all()
    assert (export.events["kind"].to_numpy() == events["activity"].to_numpy()).all()
    assert (export.events["happened_at"].to_numpy() == micros(events["occurred_on"])).all()
    np.testing.assert_array_equal(export.events["value"], events["value"])
    assert [t or "" for t in export.events["topic"]] == events["detail"].fillna("").tolist()
    assert iso(export.data_end) == "2022-06-30T00:00:00Z"


def test_edtech365_is_quick_and_first_plan_is_told_to_look_like_the_answer():
    found = guessed("edtech365")
    assert found.settings.outcome.horizon_days == 30
    assert (found.settings.cohort.mode, found.settings.cohort.at_ages_days) == ("ages", (3,))
    assert found.settings.data.keep_na == ("student_country",)
    assert any("first_plan is filled in for" in note for note in found.notes)
    assert found.questions == ()


def test_oulad_passes_are_wins_withdrawals_are_losses():
    export, leads = export_of("oulad"), table("oulad", "leads.parquet").set_index("lead_id").sort_index()
    consistent = leads[~(leads["closed_at"] < leads["created_at"])]
    assert sorted(export.leads["lead_id"]) == consistent.index.tolist()
    won = consistent[consistent["outcome"] == 1]
    assert (outcomes(export, "closed_won") == micros(won["outcome_at"])).all()
    lost = consistent[consistent["closed_at"].notna()]
    assert (outcomes(export, "closed_lost") == micros(lost["closed_at"])).all()
    assert "outcome" not in export.attributes
    assert [(r.count, r.table) for r in export.refusals if "before it was created" in r.reason] == [
        (2, "leads.parquet")
    ]


def test_oulad_clicks_are_all_there():
    export, clicks = export_of("oulad"), table("oulad", "events.parquet")
    refused = sum(r.count for r in export.refusals if r.table == "events.parquet")
    assert len(export.events) + refused == len(clicks)
    kept = clicks[clicks["lead_id"].isin(export.leads["lead_id"])]
    assert len(kept) == len(export.events)
    assert export.events["value"].sum() == kept["value"].sum()
    assert export.events["kind"].value_counts().to_dict() == kept["event_type"].value_counts().to_dict()


def test_oulad_asks_from_when_ages_count_and_a_person_answers():
    assert [q.key for q in guessed("oulad").questions] == ["cohort.age_from"]
    chosen = guessed("oulad").settings.model_dump() | {"cohort": {"mode": "ages", "age_from": "course_start"}}
    export = read_export(real_data("oulad"), Settings.model_validate(chosen))
    starts = table("oulad", "leads.parquet").set_index("lead_id")["course_start"][export.leads["lead_id"]]
    assert (export.leads["age_from"].to_numpy() == micros(starts)).all()
    assert "course_start" not in export.attributes


def test_maven_crm_is_joined_from_four_files():
    settings, export = guessed("maven_crm").settings, export_of("maven_crm")
    assert [(join.file, join.on) for join in settings.data.leads.joins] == [
        ("accounts.csv", "account"),
        ("products.csv", "product"),
        ("sales_teams.csv", "sales_agent"),
    ]
    deals = table("maven_crm", "sales_pipeline.csv").sort_values("opportunity_id", ignore_index=True)
    joined = deals.merge(table("maven_crm", "accounts.csv"), how="left", on="account")
    joined = joined.merge(table("maven_crm", "products.csv"), how="left", on="product")
    assert export.leads["sector"].fillna("").tolist() == joined["sector"].fillna("").tolist()
    assert export.leads["sales_price"].fillna("").tolist() == joined["sales_price"].fillna("").tolist()
    assert export.leads["owner"].tolist() == deals["sales_agent"].tolist()
    assert any("1,480 of 8,800 rows" in note and "'GTXPro'" in note for note in export.notes)


def test_maven_crm_won_and_lost_come_from_the_stage():
    export, deals = (
        export_of("maven_crm"),
        table("maven_crm", "sales_pipeline.csv").set_index("opportunity_id").sort_index(),
    )
    for kind, stage in (("closed_won", "Won"), ("closed_lost", "Lost")):
        assert (outcomes(export, kind) == micros(deals[deals["deal_stage"] == stage]["close_date"])).all()
    assert len(outcomes(export, "closed_won")) == 4238
    assert (export.leads["created_at"] < 0).sum() == (deals["engage_date"] == "").sum() == 500
    assert "close_value" in export.attributes
    assert any("close_value is filled in for" in note for note in guessed("maven_crm").notes)
    assert guessed("maven_crm").settings.outcome.horizon_days == 90


def test_x_education_is_flat_and_select_is_missing():
    export = export_of("x_education")
    leads = table("x_education", "Leads.csv.gz").sort_values("Prospect ID", ignore_index=True)
    assert export.flat
    assert export.leads["lead_id"].tolist() == leads["Prospect ID"].tolist()
    assert export.leads["order"].tolist() == leads["Lead Number"].astype(float).tolist()
    assert export.leads["label"].tolist() == leads["Converted"].astype(float).tolist()
    nothing = leads["Specialization"].isin(["Select", ""])
    assert (export.leads["Specialization"].isna() == nothing).all()
    assert len(export.attributes) == leads.shape[1] - 3


def test_bank_marketing_goes_by_its_rows():
    export, calls = export_of("bank_marketing"), table("bank_marketing", "bank-additional-full.csv.gz", sep=";")
    assert export.flat
    assert export.leads["lead_id"].tolist() == [str(i + 1) for i in range(len(calls))]
    assert export.leads["order"].tolist() == list(range(len(calls)))
    assert (export.leads["label"] == (calls["y"] == "yes")).all()
    assert export.attributes == tuple(calls.columns[:-1])
    assert [q.key for q in guessed("bank_marketing").questions] == ["data.leads.order"]


def test_shuffled_files_give_the_same_leads_and_outcomes(tmp_path):
    """The order of rows means nothing where there are times."""
    folder, chosen = real_data("edtech365"), guessed("edtech365").settings
    table("edtech365", "leads.csv.gz").sample(frac=1, random_state=1).to_csv(tmp_path / "leads.csv.gz", index=False)
    table("edtech365", "events.parquet").sample(frac=1, random_state=1).to_parquet(
        tmp_path / "events.parquet", index=False
    )
    shuffled, straight = read_export(tmp_path, chosen), read_export(folder, chosen)
    for kind in ("closed_won", "closed_lost"):
        pd.testing.assert_series_equal(outcomes(shuffled, kind), outcomes(straight, kind))
    by_id = [e.leads.set_index("lead_id").sort_index().drop(columns="order") for e in (shuffled, straight)]
    pd.testing.assert_frame_equal(*by_id)
    assert guess(tmp_path).settings == chosen


def test_the_company_zone_moves_days_and_nothing_else():
    chosen = guessed("edtech365").settings.model_dump() | {"company": {"time_zone": "America/New_York"}}
    moved = read_export(real_data("edtech365"), Settings.model_validate(chosen))
    shift = moved.leads["created_at"].to_numpy() - export_of("edtech365").leads["created_at"].to_numpy()
    assert set(shift / DAY * 24) == {4.0, 5.0}
