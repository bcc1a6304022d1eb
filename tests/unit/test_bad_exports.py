"""Each kind of bad input gives one clear error, or a clean result that counts and lists what was left out."""

import gzip
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.check import check, render
from features.errors import BadTable, RipenessError, UnreadableFile
from features.sources import read_export
from features.tables import Export
from support.folders import settings_of, write

GOOD = "lead_id,created_at\na,2026-01-01\nb,2026-01-02\n"


def reasons(export: Export) -> list[tuple[str, int]]:
    return [(refusal.reason, refusal.count) for refusal in export.refusals]


def only(export: Export):
    assert len(export.refusals) == 1, export.refusals
    return export.refusals[0]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFile, match=r"folder .*nowhere is not there; name the folder"):
        read_export(tmp_path / "nowhere", settings_of())


def test_a_file_in_place_of_the_folder(tmp_path):
    write(tmp_path, leads=GOOD)
    with pytest.raises(UnreadableFile, match="is a file, not a folder"):
        read_export(tmp_path / "leads.csv", settings_of())


def test_a_missing_file_lists_those_that_are_there(tmp_path):
    write(tmp_path, contacts=GOOD)
    with pytest.raises(UnreadableFile, match=r"leads.csv is not in .*; it holds contacts.csv"):
        read_export(tmp_path, settings_of())


def test_a_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "leads.csv").mkdir()
    with pytest.raises(UnreadableFile, match=r"leads.csv is a folder, not a file"):
        read_export(tmp_path, settings_of())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    write(tmp_path, leads=GOOD)
    (tmp_path / "leads.csv").chmod(0)
    with pytest.raises(UnreadableFile, match="check its permissions"):
        read_export(tmp_path, settings_of())


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", gzip.compress(b"", mtime=0)], ids=["none", "blank", "gzip"])
def test_an_empty_file(tmp_path, content):
    with pytest.raises(UnreadableFile, match=r"leads.csv is empty; export it again"):
        read_export(write(tmp_path, leads=content), settings_of())


def test_a_header_without_rows(tmp_path):
    with pytest.raises(BadTable, match=r"leads.csv has a header but no rows"):
        read_export(write(tmp_path, leads="lead_id,created_at\n"), settings_of())


def test_events_without_rows_are_no_events(tmp_path):
    write(tmp_path, leads=GOOD, events="lead_id,kind,happened_at\n")
    assert len(read_export(tmp_path, settings_of(events={})).events) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04" + bytes(200), "is an Excel workbook or a zip"),
        (b"\xd0\xcf\x11\xe0" + bytes(200), "is an old Excel workbook"),
        (b"SQLite format 3\x00", "is an SQLite database"),
        (b"lead_id,created_at\na,\x00\n", "is no text: byte 21 is 0"),
        (bytes(range(200, 127, -1)) + b"\x00", "is no text"),
        (b"PAR1 and then nothing", "is no whole Parquet file"),
        (gzip.compress(GOOD.encode() * 9)[:-12], "is damaged"),
        (b"\x1f\x8b\x08\x00garbage", "is damaged"),
        ("lead_id,created_at\na,2026-01-01\n".encode("utf-16"), 'put `encoding = "utf-16"`'),
    ],
    ids=["xlsx", "xls", "sqlite", "nul", "noise", "parquet", "cut gzip", "no gzip", "utf-16"],
)
def test_what_is_no_table(tmp_path, content, says):
    with pytest.raises(UnreadableFile, match=says):
        read_export(write(tmp_path, leads=content), settings_of())


def test_a_wrong_delimiter_names_the_right_one(tmp_path):
    write(tmp_path, leads=GOOD.replace(",", ";"))
    spec = {"created_at": "created_at", "delimiter": ","}
    with pytest.raises(UnreadableFile, match=r"single column, 'lead_id;created_at'.*put `delimiter = \";\"`"):
        read_export(tmp_path, settings_of(leads=spec))


def test_a_single_column_is_said_to_be_too_few(tmp_path):
    with pytest.raises(UnreadableFile, match=r"has a single column, 'lead_id'.*one column can't be enough"):
        read_export(write(tmp_path, leads="lead_id\na\nb\n"), settings_of())


def test_a_wrong_encoding_says_the_byte_and_the_remedy(tmp_path):
    content = GOOD.encode() + b"citt\xe0,2026-01-03\n"
    with pytest.raises(UnreadableFile, match=rf"is not utf-8: byte {len(GOOD) + 4} is 0xe0.*encoding = \"cp1252\""):
        read_export(write(tmp_path, leads=content), settings_of())
    export = read_export(tmp_path, settings_of(leads={"created_at": "created_at", "encoding": "cp1252"}))
    assert export.leads["lead_id"].tolist()[-1] == "città"


def test_a_wrong_byte_late_in_a_large_file_is_found_as_well(tmp_path):
    content = b"lead_id,created_at\n" + b"a,2026-01-01\n" * 100_000
    with pytest.raises(UnreadableFile, match=f"byte {len(content)} is 0xff"):
        read_export(write(tmp_path, leads=content + b"\xff,2026-01-01\n"), settings_of())


def test_a_mapping_of_a_column_that_is_not_there_lists_those_that_are(tmp_path):
    with pytest.raises(BadTable) as caught:
        read_export(write(tmp_path, leads=GOOD), settings_of(leads={"created_at": "creatd_at"}))
    assert str(caught.value) == (
        "leads.csv has no column 'creatd_at', which data.leads.created_at in ripeness.toml names "
        "(did you mean 'created_at'?); it has: 'lead_id', 'created_at'"
    )


@pytest.mark.parametrize("key", ["kind", "happened_at", "known_at", "event_id", "value", "topic", "channel", "actor"])
def test_every_mapped_column_of_the_events_has_to_exist(tmp_path, key):
    write(tmp_path, leads=GOOD, events="lead_id,kind,happened_at\na,x,2026-01-02\n")
    with pytest.raises(BadTable, match=f"no column 'nope', which data.events.{key} "):
        read_export(tmp_path, settings_of(events={key: "nope"}))


def test_the_age_column_has_to_exist(tmp_path):
    with pytest.raises(BadTable, match=r"no column 'course', which cohort.age_from "):
        read_export(write(tmp_path, leads=GOOD), settings_of(cohort={"age_from": "course"}))


def test_rows_of_another_length_are_refused_with_their_lines(tmp_path):
    write(tmp_path, leads=GOOD + "c\nd,2026-01-03,x,y\ne,2026-13-01\n")
    export = read_export(tmp_path, settings_of())
    assert export.leads["lead_id"].tolist() == ["a", "b"]
    odd, unreadable = export.refusals
    assert (odd.count, odd.examples) == (2, ("line 4: 1 values", "line 5: 4 values"))
    assert unreadable.examples == ("line 6: created_at is '2026-13-01'",)
    assert export.rows_read == {"leads.csv": 5}


def test_mostly_rows_of_another_length_point_at_the_delimiter(tmp_path):
    with pytest.raises(UnreadableFile, match=r"3 rows have another number of values.*line 2 has 3"):
        read_export(write(tmp_path, leads="lead_id,created_at\na,b,c\na,b,c\na,b,c\n"), settings_of())


def test_duplicate_and_missing_ids_are_refused_and_the_first_is_kept(tmp_path):
    rows = (
        "lead_id,created_at,x\na,2026-01-01,first\nb,2026-01-01,\na,2026-01-02,second\n,2026-01-01,\n a ,2026-01-03,\n"
    )
    export = read_export(write(tmp_path, leads=rows), settings_of())
    assert export.leads["lead_id"].tolist() == ["a", "b"]
    assert export.leads["x"].tolist() == ["first", None]
    missing, twice = export.refusals
    assert (missing.count, missing.examples) == (1, ("line 5: no lead_id",))
    assert (twice.count, twice.examples) == (2, ("line 4: lead_id is 'a'", "line 6: lead_id is 'a'"))


def test_events_of_nobody_without_a_kind_or_a_time_are_refused(tmp_path):
    rows = """
        lead_id | kind  | happened_at
        a       | visit | 2026-01-03
        zzz     | visit | 2026-01-03
                | visit | 2026-01-03
        a       |       | 2026-01-03
        a       | visit |
        a       | visit | soon
        a       | visit | 1970-01-01
    """
    export = read_export(write(tmp_path, leads=GOOD, events=rows), settings_of(events={}))
    assert len(export.events) == 1
    assert {refusal.examples for refusal in export.refusals} == {
        ("line 3: lead_id is 'zzz'",),
        ("line 4: no lead_id",),
        ("line 5: no kind",),
        ("line 6: no happened_at",),
        ("line 7: happened_at is 'soon'",),
        ("line 8: happened_at is '1970-01-01'",),
    }
    assert all(refusal.count == 1 and refusal.table == "events.csv" for refusal in export.refusals)
    assert any("missing value written as zero" in reason for reason, _ in reasons(export))


def test_only_the_first_examples_are_kept_but_all_are_counted(tmp_path):
    write(tmp_path, leads=GOOD, events="lead_id,kind,happened_at\n" + "z,visit,2026-01-03\n" * 1000)
    refusal = only(read_export(tmp_path, settings_of(events={})))
    assert refusal.count == 1000
    assert refusal.examples == tuple(f"line {line}: lead_id is 'z'" for line in (2, 3, 4))


def test_a_lead_with_an_unreadable_win_is_refused_rather_than_left_open(tmp_path):
    write(tmp_path, leads="lead_id,created_at,won\na,2026-01-01,sometime\nb,2026-01-01,2026-01-05\n")
    export = read_export(tmp_path, settings_of(leads={"created_at": "created_at", "closed_won_at": "won"}))
    assert export.leads["lead_id"].tolist() == ["b"]
    assert only(export).examples == ("line 2: won is 'sometime'",)


def test_when_every_row_is_refused_the_error_says_why(tmp_path):
    with pytest.raises(BadTable, match=r"no readable time at all .*2 rows: created_at is no time .*line 2: created_at"):
        read_export(write(tmp_path, leads="lead_id,created_at\na,x\nb,y\n"), settings_of())


def test_dates_that_nothing_decides_are_asked_about(tmp_path):
    write(tmp_path, leads="lead_id,created_at\na,03/04/2026\nb,05/06/2026\n")
    with pytest.raises(BadTable, match=r"'03/04/2026' in created_at has the day or the month first.*day_first = true"):
        read_export(tmp_path, settings_of())
    assert len(read_export(tmp_path, settings_of(day_first=False)).leads) == 2


def test_dates_in_both_orders_are_asked_about(tmp_path):
    write(tmp_path, leads="lead_id,created_at\na,13/04/2026\nb,04/13/2026\n")
    with pytest.raises(BadTable, match=r"only be day-first \(1\).*only be month-first \(1\)"):
        read_export(tmp_path, settings_of())
    told = read_export(tmp_path, settings_of(day_first=True))
    assert told.leads["lead_id"].tolist() == ["a"]
    assert only(told).examples == ("line 3: created_at is '04/13/2026'",)


def test_a_result_column_in_which_nobody_won(tmp_path):
    write(tmp_path, leads="lead_id,stage\na,Red\nb,Green\n")
    with pytest.raises(BadTable, match=r"no value of stage says that a lead was won; its values are 'Green', 'Red'"):
        read_export(tmp_path, settings_of(leads={"result": "stage"}))


def test_a_date_of_closing_without_a_result(tmp_path):
    write(tmp_path, leads="lead_id,created_at,closed\na,2026-01-01,2026-01-05\n")
    with pytest.raises(BadTable, match=r"no column tells won from lost"):
        read_export(tmp_path, settings_of(leads={"created_at": "created_at", "closed_at": "closed"}))


@pytest.mark.parametrize(("won", "says"), [("", "no lead was won"), ("2026-01-09", "every lead was won")])
def test_one_class_only_and_five_leads_are_minded(tmp_path, won, says):
    rows = "".join(f"l{i},2026-01-0{i},{won},\n" for i in range(1, 6))
    write(tmp_path, leads="lead_id,created_at,won,nothing\n" + rows)
    chosen = settings_of(leads={"created_at": "created_at", "closed_won_at": "won"})
    found = check(read_export(tmp_path, chosen), chosen)
    assert any(says in warning for warning in found.warnings)
    assert any("5 leads are too few" in warning for warning in found.warnings)
    assert "always missing: nothing" in found.warnings
    assert any("no events" in warning for warning in found.warnings)
    assert any("choose a shorter horizon" in warning for warning in found.warnings)
    assert says in render(found)


def test_a_million_categories_are_read_and_minded(tmp_path):
    count = 1_000_000
    table = pa.table(
        {
            "lead_id": pa.array(np.arange(count)).cast(pa.string()),
            "created_at": pa.array(np.full(count, 1_767_225_600_000_000)).cast(pa.timestamp("us")),
            "slug": pa.array([f"s{i}" for i in range(count)]),
        }
    )
    pq.write_table(table, tmp_path / "leads.parquet")
    chosen = settings_of(leads={"file": "leads.parquet", "created_at": "created_at"})
    found = check(read_export(tmp_path, chosen), chosen)
    assert "slug has 1,000,000 different texts, too many for categories" in found.warnings


def test_mixed_types_stay_as_written(tmp_path):
    write(
        tmp_path,
        leads="lead_id,created_at,x\na,2026-01-01,5\nb,2026-01-01,five\nc,2026-01-01,5.50\nd,2026-01-01,TRUE\n",
    )
    assert read_export(tmp_path, settings_of()).leads["x"].tolist() == ["5", "five", "5.50", "TRUE"]


def test_mixed_zones_and_naive_times_in_one_column(tmp_path):
    same = ["2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z", "2026-07-01 12:00:00"]
    write(tmp_path, leads="lead_id,created_at\n" + "".join(f"l{i},{time}\n" for i, time in enumerate(same)))
    export = read_export(tmp_path, settings_of(company={"time_zone": "Europe/Rome"}))
    assert export.leads["created_at"].nunique() == 1


def test_bytes_in_a_parquet_column_are_no_text(tmp_path):
    pq.write_table(pa.table({"lead_id": [b"\xff", b"a"], "created_at": ["2026-01-01"] * 2}), tmp_path / "leads.parquet")
    with pytest.raises(BadTable, match="lead_id holds lists or bytes"):
        read_export(tmp_path, settings_of(leads={"file": "leads.parquet", "created_at": "created_at"}))


def test_broken_text_in_parquet_is_one_clear_error(tmp_path):
    broken = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"\xff\xfe"))
    table = pa.table({"lead_id": ["a", "b"], "created_at": ["2026-01-01"] * 2, "x": broken})
    pq.write_table(table, tmp_path / "leads.parquet")
    with pytest.raises(RipenessError, match="x"):
        read_export(tmp_path, settings_of(leads={"file": "leads.parquet", "created_at": "created_at"}))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))))
def test_whatever_the_bytes_the_answer_is_an_export_or_an_error_of_ours(tmp_path, content):
    """Only our own errors may come out: the command line prints those without a traceback."""
    write(tmp_path, leads=b"lead_id,created_at,x\na,2026-01-01,y\n" + content, events=content)
    for events in (None, {}):
        try:
            export = read_export(tmp_path, settings_of(events=events))
        except RipenessError as error:
            assert "csv" in str(error)
        else:
            assert export.leads["lead_id"].is_unique
            assert len(export.leads) + sum(r.count for r in export.refusals) >= export.rows_read["leads.csv"]


def test_a_large_export_of_csv_is_read_by_columns(tmp_path):
    """A guard against a Python loop per row: 300,000 events in a few seconds even on a slow machine."""
    rows = pd.DataFrame({"lead_id": np.tile(["a", "b"], 150_000), "kind": "x", "happened_at": "2026-01-02T10:00:00Z"})
    rows.to_csv(tmp_path / "events.csv", index=False)
    export = read_export(write(tmp_path, leads=GOOD), settings_of(events={}))
    assert len(export.events) == 300_000
