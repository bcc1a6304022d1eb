"""From files to a clean export: what the columns mean, and which rows stay."""

import gzip
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.clock import DAY, NEVER, from_micros, iso
from features.errors import BadTable
from features.sources import read_export
from features.tables import CHANGE_COLUMNS, EVENT_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, Export
from support.folders import settings_of, write

DATED = {"created_at": "created_at", "closed_won_at": "closed_won_at", "closed_lost_at": "closed_lost_at"}
LEADS = """
    lead_id | created_at | closed_won_at | closed_lost_at | industry
    a       | 2026-01-01 | 2026-02-01    |                | retail
    b       | 2026-01-02 |               | 2026-02-03     | Select
    c       | 2026-01-03 |               |                | bank
"""
EVENTS = """
    lead_id | kind  | happened_at          | known_at             | value | topic
    b       | visit | 2026-01-05T10:00:00Z |                      | 1.5   | shoes
    a       | visit | 2026-01-04T09:00:00Z | 2026-01-06T09:00:00Z |       |
"""


def outcomes(export: Export) -> list[tuple[str, str, str]]:
    """(lead, kind, day) of every outcome."""
    ids = export.leads["lead_id"].to_numpy()
    rows = export.outcomes.itertuples()
    return [(ids[row.lead], row.kind, iso(row.happened_at)[:10]) for row in rows]


def events(export: Export) -> list[tuple[str, str]]:
    return [(export.leads["lead_id"][row.lead], row.kind) for row in export.events.itertuples()]


def refused(export: Export) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Count and examples by the start of the reason."""
    return {refusal.reason: (refusal.count, refusal.examples) for refusal in export.refusals}


def reason(export: Export, part: str) -> tuple[int, tuple[str, ...]]:
    found = [value for key, value in refused(export).items() if part in key]
    assert len(found) == 1, refused(export)
    return found[0]


def test_three_tables_with_their_columns_and_types(tmp_path):
    write(
        tmp_path,
        leads=LEADS,
        events=EVENTS,
        attribute_changes="lead_id,field,value,known_at\na,industry,bank,2026-01-09\n",
    )
    spec = {"known_at": "known_at", "value": "value", "topic": "topic"}
    export = read_export(tmp_path, settings_of(leads=DATED, events=spec, attribute_changes={}))
    assert tuple(export.leads.columns) == (*LEAD_COLUMNS, "industry")
    assert tuple(export.events.columns) == EVENT_COLUMNS
    assert tuple(export.changes.columns) == CHANGE_COLUMNS
    assert tuple(export.outcomes.columns) == OUTCOME_COLUMNS
    assert export.leads.dtypes[["created_at", "age_from"]].tolist() == [np.int64] * 2
    assert export.leads.dtypes[["order", "label"]].tolist() == [np.float64] * 2
    assert export.leads.dtypes[["lead_id", "industry"]].tolist() == [object] * 2
    assert export.events.dtypes[["lead", "happened_at", "known_at"]].tolist() == [np.int64] * 3
    assert export.events["value"].dtype == np.float64
    assert export.tracked == {"industry"}
    assert not export.has_old_values
    assert export.rows_read == {"leads.csv": 3, "events.csv": 2, "attribute_changes.csv": 1}


def test_missing_words_are_none_and_the_rest_is_text_as_written(tmp_path):
    export = read_export(write(tmp_path, leads=LEADS), settings_of(leads=DATED))
    assert export.leads["industry"].tolist() == ["retail", None, "bank"]


def test_results_are_outcomes_and_not_attributes(tmp_path):
    export = read_export(write(tmp_path, leads=LEADS), settings_of(leads=DATED))
    assert outcomes(export) == [("a", "closed_won", "2026-02-01"), ("b", "closed_lost", "2026-02-03")]
    assert export.attributes == ("industry",)
    assert export.leads["label"].isna().all()


def test_events_find_their_leads_and_know_both_clocks(tmp_path):
    write(tmp_path, leads=LEADS, events=EVENTS)
    export = read_export(tmp_path, settings_of(leads=DATED, events={"known_at": "known_at", "value": "value"}))
    assert events(export) == [("b", "visit"), ("a", "visit")]
    assert [iso(t) for t in export.events["happened_at"]] == ["2026-01-05T10:00:00Z", "2026-01-04T09:00:00Z"]
    assert [iso(t) for t in export.events["known_at"]] == ["2026-01-05T10:00:00Z", "2026-01-06T09:00:00Z"]
    assert export.events["value"].fillna(-1).tolist() == [1.5, -1]
    assert export.events["topic"].tolist() == [None, None]


def test_the_data_ends_with_the_last_time_in_it_unless_told(tmp_path):
    write(tmp_path, leads=LEADS, events=EVENTS)
    export = read_export(tmp_path, settings_of(leads=DATED, events={}))
    assert iso(export.data_end) == "2026-02-03T00:00:00Z"
    assert any("2026-02-03" in note for note in export.notes)
    told = read_export(tmp_path, settings_of(leads=DATED, events={}, data_end=datetime(2026, 1, 5, tzinfo=UTC)))
    assert iso(told.data_end) == "2026-01-05T00:00:00Z"
    assert outcomes(told) == []
    assert len(told.leads) == 3
    assert reason(told, "the lead's result lies after")[0] == 2
    assert reason(told, "it lies after the end")[0] == 1


def test_a_naive_end_is_local_time(tmp_path):
    settings = settings_of(leads=DATED, data_end="2026-03-01", company={"time_zone": "Europe/Rome"})
    assert iso(read_export(write(tmp_path, leads=LEADS), settings).data_end) == "2026-02-28T23:00:00Z"


def test_a_typing_error_years_ahead_does_not_move_the_end(tmp_path):
    write(tmp_path, leads=LEADS + "    d       | 2062-01-01 |               |                | bank\n")
    export = read_export(tmp_path, settings_of(leads=DATED))
    assert iso(export.data_end) == "2026-02-03T00:00:00Z"
    assert reason(export, "the lead's creation lies after") == (1, ("line 5: 2062-01-01T00:00:00Z",))


def test_a_result_column_with_one_date(tmp_path):
    leads = """
        id | made       | stage       | closed
        1  | 2026-01-01 | Closed Won  | 2026-02-01
        2  | 2026-01-01 | closed-lost | 2026-02-02
        3  | 2026-01-01 | Negotiation |
        4  | 2026-01-01 | Negotiation | 2026-03-01
        5  | 2026-01-01 | Closed Won  |
        6  | 2026-01-01 | Closed Lost |
    """
    spec = {"lead_id": "id", "created_at": "made", "result": "stage", "closed_at": "closed"}
    export = read_export(write(tmp_path, leads=leads), settings_of(leads=spec))
    assert outcomes(export) == [("1", "closed_won", "2026-02-01"), ("2", "closed_lost", "2026-02-02")]
    assert export.leads["lead_id"].tolist() == ["1", "2", "3", "4", "6"]
    assert reason(export, "says won but closed is missing") == (1, ("line 6: no closed",))
    assert any("'Closed Won' is taken for won" in note for note in export.notes)
    assert any("1 lost leads have no closed" in note for note in export.notes)
    assert any("neither won nor lost" in note for note in export.notes)


def test_words_for_won_and_lost_can_be_named(tmp_path):
    leads = """
        lead_id | created_at | end | closed
        a       | 2026-01-01 | OK  | 2026-02-01
        b       | 2026-01-01 | KO  | 2026-02-01
        c       | 2026-01-01 | ??? | 2026-02-01
    """
    spec = {
        "created_at": "created_at",
        "result": "end",
        "closed_at": "closed",
        "won_values": ["ok"],
        "lost_values": ["ko"],
    }
    export = read_export(write(tmp_path, leads=leads), settings_of(leads=spec))
    assert [kind for _, kind, _ in outcomes(export)] == ["closed_won", "closed_lost"]


def test_outcomes_among_events_leave_the_events(tmp_path):
    happened = """
        lead_id | kind           | happened_at | topic
        a       | visit          | 2026-01-04  | shoes
        a       | sales_rejected | 2026-01-05  | no budget
        b       | Deal won       | 2026-01-06  |
    """
    write(tmp_path, leads="lead_id,created_at\na,2026-01-01\nb,2026-01-01\n", events=happened)
    kinds = {"Deal won": {"maps_to": "closed_won"}}
    export = read_export(tmp_path, settings_of(events={"topic": "topic"}, kinds=kinds))
    assert events(export) == [("a", "visit")]
    assert outcomes(export) == [("a", "sales_rejected", "2026-01-05"), ("b", "closed_won", "2026-01-06")]
    assert export.outcomes["reason"].tolist() == ["no budget", None]


def test_kinds_take_the_name_that_they_map_to(tmp_path):
    write(
        tmp_path, leads="lead_id,created_at\na,2026-01-01\n", events="lead_id,kind,happened_at\na,Prezzi,2026-01-04\n"
    )
    kinds = {"Prezzi": {"maps_to": "prices"}, "prices": {"maps_to": "pricing_page_view"}}
    export = read_export(tmp_path, settings_of(events={}, kinds=kinds))
    assert export.events["kind"].tolist() == ["pricing_page_view"]


def test_the_same_result_in_both_files_counts_once(tmp_path):
    write(tmp_path, leads=LEADS, events="lead_id,kind,happened_at\na,closed_won,2026-02-01\n")
    export = read_export(tmp_path, settings_of(leads=DATED, events={}))
    assert outcomes(export).count(("a", "closed_won", "2026-02-01")) == 1


def test_a_win_before_the_creation_takes_the_lead_out_with_its_events(tmp_path):
    leads = LEADS.replace("2026-01-01 | 2026-02-01", "2026-01-09 | 2026-01-08")
    export = read_export(write(tmp_path, leads=leads, events=EVENTS), settings_of(leads=DATED, events={}))
    assert export.leads["lead_id"].tolist() == ["b", "c"]
    assert events(export) == [("b", "visit")]
    assert export.events["lead"].tolist() == [0]
    count, examples = reason(export, "won before it was created")
    assert (count, examples) == (1, ("line 2: won 2026-01-08T00:00:00Z, created 2026-01-09T00:00:00Z",))
    assert reason(export, "about a lead that was refused") == (1, ("line 3: lead_id is 'a'",))


def test_a_win_before_the_creation_told_by_an_event_takes_the_lead_out_too(tmp_path):
    write(
        tmp_path,
        leads="lead_id,created_at\na,2026-01-09T10:00:00Z\nb,2026-01-09T10:00:00Z\n",
        events="lead_id,kind,happened_at\na,closed_won,2026-01-09T09:00:00Z\nb,visit,2026-01-01T00:00:00Z\n",
    )
    export = read_export(tmp_path, settings_of(events={}))
    assert export.leads["lead_id"].tolist() == ["b"]
    assert events(export) == [("b", "visit")]


@pytest.mark.parametrize("where", ["leads", "events"])
def test_a_win_on_the_day_of_creation_known_by_day_only_is_a_win_at_once(tmp_path, where):
    if where == "leads":
        write(tmp_path, leads="lead_id,created_at,won\na,2026-01-09T22:30:00Z,2026-01-09\nb,2026-01-09T23:30:00Z,\n")
        settings = settings_of(leads={"created_at": "created_at", "closed_won_at": "won"})
    else:
        write(
            tmp_path,
            leads="lead_id,created_at\na,2026-01-09T22:30:00Z\n",
            events="lead_id,kind,happened_at\na,closed_won,2026-01-09\n",
        )
        settings = settings_of(events={})
    export = read_export(tmp_path, settings)
    won = export.outcomes.iloc[0]
    assert iso(won.happened_at) == "2026-01-09T22:30:00Z"
    assert won.known_at == won.happened_at
    assert export.refusals == ()


def test_a_local_day_is_the_companys_day(tmp_path):
    """23:30 UTC on the 9th is already the 10th in Rome: a win of the 9th came before."""
    write(tmp_path, leads="lead_id,created_at,won\na,2026-01-09T23:30:00Z,2026-01-09\nb,2026-01-01T00:00:00Z,\n")
    settings = settings_of(
        leads={"created_at": "created_at", "closed_won_at": "won"}, company={"time_zone": "Europe/Rome"}
    )
    assert read_export(tmp_path, settings).leads["lead_id"].tolist() == ["b"]


def test_a_lead_without_a_creation_date_stays(tmp_path):
    export = read_export(write(tmp_path, leads="lead_id,created_at\na,\nb,2026-01-01\n"), settings_of())
    assert export.leads["created_at"].tolist()[0] == NEVER
    assert from_micros(export.leads["created_at"][1]) == datetime(2026, 1, 1, tzinfo=UTC)


def test_ages_can_count_from_another_column(tmp_path):
    write(tmp_path, leads="lead_id,created_at,course\na,2026-01-01,2026-03-01\nb,2026-01-02,\n")
    export = read_export(tmp_path, settings_of(cohort={"age_from": "course"}))
    assert export.leads["age_from"].tolist() == [export.leads["created_at"][0] + 59 * DAY, NEVER]
    assert export.attributes == ()
    assert iso(export.data_end) == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize("name", ["created_at", "made"])
def test_ages_count_from_the_creation_by_either_name(tmp_path, name):
    write(tmp_path, leads="lead_id,made\na,2026-01-01\n")
    export = read_export(tmp_path, settings_of(leads={"created_at": "made"}, cohort={"age_from": name}))
    assert export.leads["age_from"].tolist() == export.leads["created_at"].tolist() != [NEVER]


FLAT = """
    key | when  | result | colour
    1   | 30    | yes    | red
    2   | 10    | no     | blue
    3   | 20    |        | red
"""


def test_a_flat_export_has_labels_an_order_and_no_times(tmp_path):
    spec = {"lead_id": "key", "result": "result", "order": "when"}
    export = read_export(write(tmp_path, leads=FLAT), settings_of(leads=spec))
    assert export.flat
    assert export.leads["label"].fillna(-1).tolist() == [1, 0, -1]
    assert export.leads["order"].tolist() == [30, 10, 20]
    assert export.leads["created_at"].tolist() == [NEVER] * 3
    assert export.data_end == 30
    assert export.attributes == ("colour",)
    assert len(export.outcomes) == 0


def test_a_flat_export_without_an_id_or_an_order_goes_by_its_rows(tmp_path):
    export = read_export(write(tmp_path, leads=FLAT), settings_of(leads={"lead_id": "", "result": "result"}))
    assert export.leads["lead_id"].tolist() == ["1", "2", "3"]
    assert export.leads["order"].tolist() == [0, 1, 2]
    assert any("order of the rows" in note for note in export.notes)
    told = read_export(tmp_path, settings_of(leads={"lead_id": None, "result": "result", "order": "row"}))
    assert told.leads["order"].tolist() == [0, 1, 2]


def test_a_result_without_its_date_is_a_flat_export_in_the_order_of_creation(tmp_path):
    leads = "lead_id,created_at,won\na,2026-01-02,1\nb,2026-01-01,0\nc,soon,0\n"
    spec = {"created_at": "created_at", "result": "won"}
    export = read_export(write(tmp_path, leads=leads, events="x,y\n1,2\n"), settings_of(leads=spec, events={}))
    assert export.flat
    assert export.leads["lead_id"].tolist() == ["a", "b"]
    assert np.argsort(export.leads["order"]).tolist() == [1, 0]
    assert any("events.csv is not read" in note for note in export.notes)


def test_of_several_results_those_named_lost_are_lost_and_the_rest_is_open(tmp_path):
    leads = "lead_id,stage\na,Won\nb,Lost\nc,Talking\n"
    spec = {"result": "stage", "lost_values": ["Lost"]}
    export = read_export(write(tmp_path, leads=leads), settings_of(leads=spec))
    assert export.leads["label"].fillna(-1).tolist() == [1, 0, -1]


def test_joins_add_columns_and_say_which_keys_are_nowhere(tmp_path):
    write(
        tmp_path,
        leads="lead_id,created_at,account,name\na,2026-01-01,X,\nb,2026-01-01, Y ,\nc,2026-01-01,Z,\nd,2026-01-01,,\n",
        accounts="account;sector;name\nY;bank;Ypsilon\nX;retail;Iks\n",
    )
    spec = {"created_at": "created_at", "joins": [{"file": "accounts.csv", "on": "account"}]}
    export = read_export(tmp_path, settings_of(leads=spec))
    assert export.leads["sector"].tolist() == ["retail", "bank", None, None]
    assert export.leads["accounts_name"].tolist() == ["Iks", "Ypsilon", None, None]
    assert any("1 of 4 rows" in note and "'Z'" in note for note in export.notes)
    assert export.rows_read == {"leads.csv": 4, "accounts.csv": 2}


def test_a_joined_file_may_not_have_a_key_twice(tmp_path):
    write(tmp_path, leads="lead_id,created_at,k\na,2026-01-01,X\n", more="k,v\nX,1\nX,2\n")
    spec = {"created_at": "created_at", "joins": [{"file": "more.csv", "on": "k"}]}
    with pytest.raises(BadTable, match=r"more.csv has 1 values of k more than once, such as 'X'"):
        read_export(tmp_path, settings_of(leads=spec))


def test_na_is_missing_except_where_it_is_namibia(tmp_path):
    write(tmp_path, leads="lead_id,created_at,country,city\na,2026-01-01,NA,NA\n")
    assert read_export(tmp_path, settings_of()).leads["country"].tolist() == [None]
    export = read_export(tmp_path, settings_of(keep_na=["country"]))
    assert export.leads[["country", "city"]].iloc[0].tolist() == ["NA", None]


def test_ignored_columns_are_gone_but_have_to_exist(tmp_path):
    write(tmp_path, leads=LEADS)
    assert read_export(tmp_path, settings_of(leads={**DATED, "ignore": ["industry"]})).attributes == ()
    with pytest.raises(BadTable, match=r"no column 'industri'.*did you mean 'industry'"):
        read_export(tmp_path, settings_of(leads={**DATED, "ignore": ["industri"]}))


def test_a_column_with_a_name_of_ours_is_left_out_aloud(tmp_path):
    export = read_export(write(tmp_path, leads="lead_id,created_at,label\na,2026-01-01,x\n"), settings_of())
    assert export.attributes == ()
    assert any("'label' is left out" in note for note in export.notes)


def test_the_history_of_fields(tmp_path):
    write(
        tmp_path,
        leads=LEADS,
        attribute_changes="""
            lead_id | field    | value | old_value | known_at
            a       | industry | bank  | NA        | 2026-01-09
            a       | owner    | Ann   |           | 2026-01-09
            z       | industry | bank  |           | 2026-01-09
        """,
    )
    export = read_export(tmp_path, settings_of(leads=DATED, attribute_changes={"old_value": "old_value"}))
    assert export.tracked == {"industry"}
    assert export.has_old_values
    assert export.changes[["field", "value", "old_value"]].to_numpy().tolist() == [["industry", "bank", "NA"]]
    assert any("'owner' (1)" in note for note in export.notes)
    assert reason(export, "is none of the leads") == (1, ("line 4: lead_id is 'z'",))


def test_an_event_id_counts_once(tmp_path):
    rows = "lead_id,kind,happened_at,id\na,x,2026-01-04,7\na,y,2026-01-05,7\na,z,2026-01-05,\na,w,2026-01-05,\n"
    export = read_export(write(tmp_path, leads=LEADS, events=rows), settings_of(leads=DATED, events={"event_id": "id"}))
    assert export.events["kind"].tolist() == ["x", "z", "w"]
    assert reason(export, "event_id was there before") == (1, ("line 3: event_id is '7'",))


def test_who_acted_in_the_files_words(tmp_path):
    rows = "lead_id,kind,happened_at,who\na,x,2026-01-04,Customer\na,x,2026-01-04,Sales\na,x,2026-01-04,alien\n"
    export = read_export(write(tmp_path, leads=LEADS, events=rows), settings_of(leads=DATED, events={"actor": "who"}))
    assert export.events["actor"].tolist() == ["lead", "seller", None]
    assert any("'alien'" in note for note in export.notes)


def test_values_that_are_no_numbers_are_missing_and_told(tmp_path):
    rows = 'lead_id,kind,happened_at,v\na,x,2026-01-04,"1,5"\na,x,2026-01-04,many\na,x,2026-01-04,\n'
    export = read_export(write(tmp_path, leads=LEADS, events=rows), settings_of(leads=DATED, events={"value": "v"}))
    assert export.events["value"].fillna(-1).tolist() == [1.5, -1, -1]
    assert any("1 values of v are no numbers" in note and "'many' in line 3" in note for note in export.notes)


def test_csv_gz_and_parquet_read_as_csv_does(tmp_path):
    plain = write(tmp_path, leads=LEADS)
    text = (plain / "leads.csv").read_bytes()
    (tmp_path / "leads.csv.gz").write_bytes(gzip.compress(text))
    table = pd.read_csv(plain / "leads.csv")
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), tmp_path / "leads.parquet")
    files = ("leads.csv", "leads.csv.gz", "leads.parquet")
    exports = [read_export(tmp_path, settings_of(leads={**DATED, "file": file})) for file in files]
    for other in exports[1:]:
        pd.testing.assert_frame_equal(exports[0].leads, other.leads)
        pd.testing.assert_frame_equal(exports[0].outcomes, other.outcomes)


def test_ids_are_the_same_as_text_and_as_numbers(tmp_path):
    """Parquet made by pandas turns a whole column into 17.0 as soon as one value is missing."""
    write(tmp_path, leads="lead_id,created_at\n17,2026-01-01\n18,2026-01-01\n")
    numbers = pa.table({"lead_id": [17.0, 18.0, None], "kind": ["x"] * 3, "happened_at": ["2026-01-02"] * 3})
    pq.write_table(numbers, tmp_path / "events.parquet")
    export = read_export(tmp_path, settings_of(events={"file": "events.parquet"}))
    assert events(export) == [("17", "x"), ("18", "x")]
    assert reason(export, "so nobody knows whom") == (1, ("row 3: no lead_id",))


def test_types_of_parquet_attributes(tmp_path):
    table = pa.table(
        {
            "lead_id": ["a", "b"],
            "created_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2),
            "n": pa.array([1, None]),
            "f": [1.5, float("nan")],
            "flag": [True, None],
            "word": pa.array(["x", "n/a"]).dictionary_encode(),
            "none": pa.nulls(2),
            "list": [[1], [2]],
        }
    )
    pq.write_table(table, tmp_path / "leads.parquet")
    export = read_export(tmp_path, settings_of(leads={"file": "leads.parquet", "created_at": "created_at"}))
    assert export.attributes == ("n", "f", "flag", "word", "none")
    assert export.leads[list(export.attributes)].to_numpy(dtype=object).tolist() == [
        [1.0, 1.5, True, "x", None],
        [None] * 5,
    ]
    assert any("'list' is left out: it holds lists" in note for note in export.notes)


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", "città".encode()),
        ("utf-8", b"\xef\xbb\xbf" + "città".encode()),
        ("utf-8-sig", b"\xef\xbb\xbf" + "città".encode()),
        ("cp1252", "città".encode("cp1252")),
        ("utf-16", "città".encode("utf-16")),
    ],
)
def test_encodings(tmp_path, encoding, content):
    rest = ",lead_id,created_at\nCantù,a,2026-01-01\n"
    tail = rest.encode(encoding.removesuffix("-sig")).removeprefix(b"\xff\xfe")
    write(tmp_path, leads=content + tail)
    export = read_export(tmp_path, settings_of(leads={"created_at": "created_at", "encoding": encoding}))
    assert export.leads["città"].tolist() == ["Cantù"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_even_with_others_inside_of_values(tmp_path, delimiter):
    rows = [["lead_id", "created_at", "note"], ["a", "2026-01-01", '"one, two; three | four"'], ["b", "2026-01-01", ""]]
    write(tmp_path, leads="".join(delimiter.join(row) + "\r\n" for row in rows))
    export = read_export(tmp_path, settings_of())
    assert export.leads["note"].tolist() == ["one, two; three | four", None]


def test_values_may_hold_line_breaks_and_names_may_come_twice(tmp_path):
    write(tmp_path, leads='lead_id,created_at,note,note,\na,2026-01-01,"two\nlines",x,y\n')
    export = read_export(tmp_path, settings_of())
    assert export.leads[["note", "note.2", "column_5"]].iloc[0].tolist() == ["two\nlines", "x", "y"]


def test_months_and_days_are_decided_by_the_whole_file(tmp_path):
    write(tmp_path, leads="lead_id,created_at,won\na,03/04/2026,25/04/2026\nb,05/06/2026,\n")
    export = read_export(tmp_path, settings_of(leads={"created_at": "created_at", "closed_won_at": "won"}))
    assert [iso(t)[:10] for t in export.leads["created_at"]] == ["2026-04-03", "2026-06-05"]
    assert any("created_at is read day first: '03/04/2026'" in note for note in export.notes)


def test_a_reading_does_not_depend_on_the_order_of_the_rows(tmp_path):
    rng = np.random.default_rng(3)
    ids = [f"l{i}" for i in range(200)]
    leads = pd.DataFrame({"lead_id": ids, "created_at": "2026-01-01", "x": rng.integers(0, 5, 200)})
    happened = pd.DataFrame({"lead_id": rng.choice(ids, 900), "kind": "k", "happened_at": "2026-01-02"})
    happened["value"] = np.arange(900)
    seen = []
    for seed in (0, 1):
        leads.sample(frac=1, random_state=seed).to_csv(tmp_path / "leads.csv", index=False)
        happened.sample(frac=1, random_state=seed).to_csv(tmp_path / "events.csv", index=False)
        export = read_export(tmp_path, settings_of(events={"value": "value"}))
        named = export.leads["lead_id"].to_numpy()[export.events["lead"]]
        seen.append(sorted(zip(named, export.events["value"], strict=True)))
    assert seen[0] == seen[1] == sorted(zip(happened["lead_id"], happened["value"].astype(float), strict=True))
