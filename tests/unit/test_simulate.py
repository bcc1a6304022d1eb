"""The simulated company's export: equal bytes, files that read back, and its planted traps."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.clock import DAY, SECOND
from features.settings import load_settings
from features.sources import read_export
from training.outcomes import closed_at
from training.simulate import Simulation, simulate
from training.simulation.crm import LEAK
from training.simulation.people import LADDERS
from training.simulation.world import STATES, WORLD

TABLES = ("leads", "events", "changes", "outcomes")


@cache
def company(leads: int = 1500, months: int = 12) -> Simulation:
    return simulate(seed=1, leads=leads, months=months)


def test_equal_seeds_write_equal_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        simulate(seed=5, leads=300, months=6).write(tmp_path / folder)
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == ["attribute_changes.csv", "events.parquet", "leads.csv", "ripeness.toml"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_other_seeds_make_other_companies() -> None:
    one, two = (simulate(seed=s, leads=300, months=6).export for s in (5, 6))
    assert not one.leads["created_at"].equals(two.leads["created_at"])


def test_files_read_back_as_the_same_export(tmp_path: Path) -> None:
    simulated = company()
    simulated.write(tmp_path)
    settings = load_settings(tmp_path / "ripeness.toml")
    assert settings == simulated.settings
    back, own = read_export(tmp_path, settings), simulated.export
    assert back.refusals == ()
    assert (back.data_end, back.tracked, back.has_old_values) == (own.data_end, own.tracked, own.has_old_values)
    for name in TABLES:
        ours, theirs = (_in_order(getattr(e, name), name) for e in (own, back))
        ours = ours.drop(columns=[column for column in settings.data.leads.ignore if column in ours])
        assert list(ours.columns) == list(theirs.columns)
        for column in set(ours.columns) - {"order"}:
            assert _texts(ours[column]) == _texts(theirs[column]), (name, column)


def _in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table.sort_values(["lead", "kind", "happened_at"], ignore_index=True) if name == "outcomes" else table


def _texts(column: pd.Series) -> list[str]:
    """Values as text; the number 12.0 and the text "12" are one value of a CRM."""
    return ["" if pd.isna(v) else f"{v:.15g}" if isinstance(v, float) else str(v) for v in column.to_numpy(object)]


def test_four_to_eight_leads_in_a_hundred_are_won_most_after_months_some_within_days() -> None:
    lives, people = company(8000, 24).company.lives, company(8000, 24).company.people
    assert 0.04 <= lives.won.mean() <= 0.08
    took = (lives.closed_day - people.first_day)[lives.won]
    assert 0.02 <= (took <= 7).mean() <= 0.15
    assert (took > 45).mean() > 0.5
    still_open = lives.closed_day > company(8000, 24).company.n_days
    assert 0.2 <= still_open.mean() <= 0.6


def test_events_are_known_when_they_happened_or_late_with_an_import() -> None:
    events = company().export.events
    late = events["known_at"] > events["happened_at"]
    assert (events["known_at"] >= events["happened_at"]).all()
    assert set(events["kind"][late]) == {"webinar_attended", "trade_show_visit"}
    imported = events[late & (events["kind"] == "webinar_attended")]
    assert ((imported["known_at"] - imported["happened_at"]) > 3 * DAY).all()


def test_a_field_is_filled_in_after_closing_for_a_third_of_the_wins() -> None:
    simulated = company(8000, 24)
    export, won = simulated.export, simulated.company.lives.won
    leaks = export.changes[export.changes["field"] == LEAK]
    assert 0.25 < len(set(leaks["lead"]) & set(np.flatnonzero(won))) / won.sum() < 0.40
    assert leaks["lead"].isin(np.flatnonzero(won)).mean() > 0.85
    assert (leaks["known_at"].to_numpy() > closed_at(export)[leaks["lead"]]).all()
    assert export.leads[LEAK].notna().sum() == leaks["lead"].nunique()


def test_without_the_planted_leak_nothing_else_changes() -> None:
    plain = simulate(seed=1, leads=1500, months=12, planted_leak=False).export
    assert LEAK not in plain.attributes
    assert plain.events.equals(company().export.events)
    assert plain.outcomes.equals(company().export.outcomes)


def test_attributes_in_the_table_are_the_last_of_their_history() -> None:
    export = company().export
    last = export.changes.drop_duplicates(["lead", "field"], keep="last")
    assert set(last["field"]) == {LEAK, "job_title", "employees"}
    for change in last.itertuples():
        assert _texts(export.leads[change.field].iloc[[change.lead]]) == [str(change.value)]


def test_mail_gates_click_within_seconds_of_the_mailing() -> None:
    events = company().export.events
    clicks = events[events["kind"] == "email_click"]
    second = clicks["happened_at"] // SECOND % 86_400
    gates = clicks[(second > 6.5 * 3600) & (second < 6.5 * 3600 + 30)]
    assert 0.2 < len(gates) / len(clicks) < 0.9
    people = company().company.people
    assert people.scanned[gates["lead"]].all()


def test_nobody_who_left_the_newsletter_gets_it() -> None:
    events = company().export.events
    left = events[events["kind"] == "unsubscribe"].groupby("lead")["happened_at"].min()
    sent = events[(events["kind"] == "email_sent") & (events["actor"] == "system")]
    assert (sent["happened_at"] < sent["lead"].map(left).fillna(2**62)).all()


def test_no_company_and_no_person_is_real() -> None:
    domains = company().export.leads["email"].str.split("@").str[1]
    outside = set(domains[~domains.str.endswith(".example.com")])
    assert outside <= {"gmail.com", "yahoo.it", "outlook.com", "libero.it", "mailinator.com", "guerrillamail.com"}
    assert company().export.leads["email"].str.match(r"lead\.\d+@").all()


def test_a_start_that_is_no_midnight_is_refused() -> None:
    with pytest.raises(ValueError, match="no midnight UTC"):
        simulate(seed=1, leads=100, start=datetime(2025, 1, 1, 9, tzinfo=UTC))


def test_every_row_of_chances_is_a_distribution() -> None:
    assert WORLD.moves.sum(axis=1) == pytest.approx(np.ones(5))
    assert WORLD.arrival.sum(axis=1) == pytest.approx(np.ones(len(WORLD.origins)))
    assert sum(o.share for o in WORLD.origins.values()) == pytest.approx(1)
    assert all(len(a.chance) == len(STATES) for a in WORLD.activities)
    assert all(len(titles) == 5 for titles in LADDERS.values())
