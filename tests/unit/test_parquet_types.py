"""Every type of column that a Parquet file can have is read, left out with a word, or refused in a sentence."""

import datetime
import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.check import check, render
from features.errors import BadTable
from features.guess import guess
from features.sources import read_export
from support.folders import settings_of

N = 40
MADE = [f"2026-01-{1 + i % 28:02d}T00:00:00Z" for i in range(N)]
SECONDS = [1_767_225_600 + i * 3600 for i in range(N)]
SPEC = {"file": "leads.parquet", "created_at": "created_at"}

COLUMNS = {
    "float16": pa.array(np.arange(N, dtype=np.float16)),
    "string_view": pa.array(["a", "b"] * (N // 2)).cast(pa.string_view()),
    "large_string": pa.array(["a", None] * (N // 2), pa.large_string()),
    "far": pa.array([2**62 // 1000] * N, pa.timestamp("ms")),
    "long ago": pa.array([-(2**61) // 1000] * N, pa.timestamp("ms", tz="Europe/Rome")),
    "far day": pa.array([2**31 - 1, None] * (N // 2), pa.int32()).cast(pa.date32()),
    "nanoseconds": pa.array([2**63 - 1] * N, pa.timestamp("ns")),
    "duration": pa.array([2**62] * N, pa.duration("s")),
    "decimal": pa.array([Decimal("1.50")] * N, pa.decimal128(20, 2)),
    "large decimal": pa.array([Decimal("9" * 60)] * N, pa.decimal256(70, 2)),
    "dictionary of float16": pa.DictionaryArray.from_arrays(pa.array([0, 1] * (N // 2)), np.array([1, 2], np.float16)),
    "dictionary": pa.array(["a", "b"] * (N // 2)).dictionary_encode(),
    "clock": pa.array([datetime.time(10, 1)] * N),
    "bytes": pa.array([b"\xff\xfe"] * N),
    "binary_view": pa.array([b"ab"] * N).cast(pa.binary_view()),
    "key": pa.array([b"\xff" * 16, None] * (N // 2), pa.binary(16)),
    "uuid": pa.array([uuid.UUID(int=i).bytes for i in range(N)], pa.uuid()),
    "list": pa.array([[1]] * N),
    "nothing": pa.nulls(N),
}


def leads(**columns: pa.Array) -> pa.Table:
    return pa.table({"lead_id": [f"l{i}" for i in range(N)], "created_at": MADE, **columns})


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_any_type_stops_nothing(tmp_path, name):
    pq.write_table(leads(x=COLUMNS[name]), tmp_path / "leads.parquet")
    export = read_export(tmp_path, settings_of(leads=SPEC))
    assert len(export.leads) == N
    assert render(check(export, settings_of(leads=SPEC)))
    assert guess(tmp_path).settings.data.leads.created_at == "created_at"


@pytest.mark.parametrize(
    "column",
    [
        pa.array(MADE).dictionary_encode(),
        pa.array(MADE).cast(pa.string_view()),
        pa.array([Decimal(at) for at in SECONDS]),
        pa.array([Decimal(at) for at in SECONDS], pa.decimal256(40, 2)),
        pa.array(SECONDS, pa.timestamp("s")).dictionary_encode(),
    ],
    ids=["dictionary", "view", "decimal", "long decimal", "dictionary of times"],
)
def test_times_are_read_in_every_dress(tmp_path, column):
    pq.write_table(leads().set_column(1, "created_at", column), tmp_path / "leads.parquet")
    export = read_export(tmp_path, settings_of(leads=SPEC))
    assert len(export.leads) == N
    assert export.refusals == ()


def test_times_beyond_any_calendar_are_refused_with_their_rows(tmp_path):
    times = pa.array([253_402_300_799, -62_135_596_800, 2**52, *SECONDS[3:]], pa.timestamp("s"))
    pq.write_table(leads().set_column(1, "created_at", times), tmp_path / "leads.parquet")
    export = read_export(tmp_path, settings_of(leads=SPEC))
    assert sum(refusal.count for refusal in export.refusals) == 3
    assert [e.split(":")[0] for refusal in export.refusals for e in refusal.examples] == ["row 2", "row 1", "row 3"]


@pytest.mark.parametrize(
    ("ids", "first"),
    [
        (pa.array([Decimal(i) for i in range(N)], pa.decimal128(10, 2)), "0"),
        (pa.array([uuid.UUID(int=i).bytes for i in range(N)], pa.uuid()), "0" * 32),
    ],
    ids=["decimal", "uuid"],
)
def test_ids_are_plain_texts(tmp_path, ids, first):
    pq.write_table(leads().set_column(0, "lead_id", ids), tmp_path / "leads.parquet")
    assert read_export(tmp_path, settings_of(leads=SPEC)).leads["lead_id"].tolist()[0] == first


def test_lists_are_no_times(tmp_path):
    pq.write_table(leads().set_column(1, "created_at", COLUMNS["list"]), tmp_path / "leads.parquet")
    with pytest.raises(BadTable, match="created_at holds lists or bytes"):
        read_export(tmp_path, settings_of(leads=SPEC))
