"""Up to when an export is complete: neither a typing error nor a planned meeting decides it."""

from datetime import UTC, datetime

import pytest

from features.clock import iso, to_micros
from features.sources import read_export
from features.tables import Export
from support.folders import settings_of, write

NOW = to_micros(datetime(2026, 6, 1, 12, tzinfo=UTC))
LEADS = "lead_id,created_at\n" + "".join(f"l{i},2026-01-{1 + i % 28:02d}\n" for i in range(40))
EVENTS = "lead_id,kind,happened_at\n" + "".join(f"l{i},visit,2026-02-{1 + i % 28:02d}\n" for i in range(40))


def export_of(tmp_path, *, events: str = "", now: int | None = NOW, **others: object) -> Export:
    write(tmp_path, leads=LEADS, events=EVENTS + events)
    return read_export(tmp_path, settings_of(events={}, **others), now=now)


@pytest.mark.parametrize("typos", [1, 2, 3])
def test_up_to_three_times_decades_ahead_are_refused_and_move_nothing(tmp_path, typos):
    wrong = "".join(f"l{i},visit,205{i}-03-01\n" for i in range(typos))
    export = export_of(tmp_path, events=wrong, now=None)
    assert iso(export.data_end) == "2026-02-28T00:00:00Z"
    (refusal,) = export.refusals
    assert (refusal.count, refusal.table) == (typos, "events.csv")


def test_a_meeting_planned_for_next_year_moves_nothing_and_is_said(tmp_path):
    export = export_of(tmp_path, events="l1,visit,2027-02-01\nl2,visit,2027-03-01\n")
    assert iso(export.data_end) == "2026-02-28T00:00:00Z"
    assert any("the data ends in the future: 2 rows after today, the last on 2027-03-01" in n for n in export.notes)
    assert any(n.endswith("up to 2026-02-28T00:00:00Z, the last time in it before today") for n in export.notes)
    assert [refusal.count for refusal in export.refusals] == [2]


def test_tomorrow_is_no_future_for_clocks_differ(tmp_path):
    export = export_of(tmp_path, events="l1,visit,2026-06-02\n")
    assert iso(export.data_end) == "2026-06-02T00:00:00Z"
    assert not any("future" in note for note in export.notes)


def test_a_configured_end_in_the_future_holds_and_is_said(tmp_path):
    export = export_of(tmp_path, events="l1,visit,2027-02-01\n", data_end=datetime(2027, 12, 1, tzinfo=UTC))
    assert iso(export.data_end) == "2027-12-01T00:00:00Z"
    assert any("the data ends in the future: 1 row after today" in note for note in export.notes)
    assert any("data_end in ripeness.toml, 2027-12-01T00:00:00Z, lies in the future" in n for n in export.notes)


def test_an_export_wholly_in_the_future_is_read_and_said(tmp_path):
    export = export_of(tmp_path, now=to_micros(datetime(2020, 1, 1, tzinfo=UTC)))
    assert iso(export.data_end) == "2026-02-28T00:00:00Z"
    assert any("the data ends in the future: 80 rows after today" in note for note in export.notes)


def test_a_few_old_leads_before_a_long_pause_are_no_reason_to_doubt_the_rest(tmp_path):
    write(tmp_path, leads="lead_id,created_at\na,2015-01-01\nb,2021-01-01\nc,2021-01-02\nd,2021-01-03\n")
    assert iso(read_export(tmp_path, settings_of()).data_end) == "2021-01-03T00:00:00Z"
