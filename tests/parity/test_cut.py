"""An export in parts tells of each lead what the whole tells."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.cut import part_folder, read_part, survey, write_parts
from features.errors import UnreadableFile
from features.rows import build_rows
from features.sources import read_export
from features.tables import Pairs
from support.parquet_company import write_company
from support.small_bundle import VIEW


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, write_company(folder, leads=300)


@pytest.fixture(scope="module")
def parts(company, tmp_path_factory):
    folder, settings = company
    cut, into = survey(folder, settings, a_part=70), tmp_path_factory.mktemp("parts")
    write_parts(cut, into)
    return cut, [read_part(part_folder(into, part), cut.whole) for part in range(cut.parts)]


def test_the_leads_of_the_parts_are_those_of_the_whole_in_their_order(company, parts):
    whole = read_export(*company)
    _, found = parts
    assert len(found) == 5
    together = pd.concat([part.leads for part in found], ignore_index=True)
    without = {"columns": "order"}  # the row's number in the file, which flat exports alone read
    pd.testing.assert_frame_equal(together.drop(**without), whole.leads.drop(**without))
    assert {part.data_end for part in found} == {whole.data_end}


def test_rows_refused_in_the_parts_are_those_refused_in_the_whole(company, parts):
    def counted(exports):
        told = pd.DataFrame([(r.table, r.reason, r.count) for e in exports for r in e.refusals])
        return told.groupby([0, 1])[2].sum().to_dict()

    _, found = parts
    assert counted(found) == counted([read_export(*company)])
    assert len(counted(found)) >= 3


def test_rows_of_features_are_the_same_from_a_part(company, parts):
    whole, (_, found) = read_export(*company), parts
    as_of = whole.data_end - 30 * 86_400_000_000
    rows = [
        build_rows(VIEW, part, Pairs(lead=np.arange(len(part.leads)), as_of=np.full(len(part.leads), as_of)))
        for part in found
    ]
    everybody = Pairs(lead=np.arange(len(whole.leads)), as_of=np.full(len(whole.leads), as_of))
    np.testing.assert_array_equal(np.concatenate(rows), build_rows(VIEW, whole, everybody))


def test_csv_files_are_cut_as_well(company, parts, tmp_path):
    folder, _ = company
    text = (folder / "ripeness.toml").read_text().replace(".parquet", ".csv")
    (tmp_path / "ripeness.toml").write_text(text)
    for name in ("leads", "events", "attribute_changes"):
        pd.read_parquet(folder / f"{name}.parquet").to_csv(tmp_path / f"{name}.csv", index=False)
    from features.settings import load_settings

    cut = survey(tmp_path, load_settings(tmp_path / "ripeness.toml"), a_part=70)
    write_parts(cut, tmp_path / "parts")
    _, found = parts
    for part, expected in enumerate(found):
        got = read_part(part_folder(tmp_path / "parts", part), cut.whole)
        assert got.leads["lead_id"].tolist() == expected.leads["lead_id"].tolist()
        assert len(got.events) == len(expected.events)


def test_day_and_month_are_decided_by_the_whole_or_nothing_is_cut(tmp_path):
    def leads(dates):
        table = pd.DataFrame({"lead_id": [f"L{i}" for i in range(len(dates))], "created_at": dates, "won": ""})
        table.to_csv(tmp_path / "leads.csv", index=False)

    from features.settings import parse_settings

    settings = parse_settings('[data.leads]\ncreated_at = "created_at"\nclosed_won_at = "won"\n')
    leads(["03/04/2026", "05/06/2026", "07/08/2026", "13/04/2026"])
    assert survey(tmp_path, settings, a_part=2).whole.settings.data.day_first is True
    leads(["03/04/2026", "05/06/2026", "07/08/2026", "09/04/2026"])
    assert survey(tmp_path, settings, a_part=2) is None


@pytest.mark.parametrize("change", ["small", "flat", "absent"])
def test_what_cannot_be_cut_is_read_whole(company, change):
    folder, settings = company
    if change == "small":
        assert survey(folder, settings, a_part=10_000) is None
        return
    leads, data = settings.data.leads, settings.data
    update = {"lead_id": None} if change == "flat" else {"created_at": "nowhere"}
    other = settings.model_copy(update={"data": data.model_copy(update={"leads": leads.model_copy(update=update)})})
    assert survey(folder, other, a_part=50) is None


def rewritten(company, tmp_path, name, change):
    """The company with one file changed."""
    folder, settings = company
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    table = change(pq.read_table(folder / f"{name}.parquet"))
    (tmp_path / f"{name}.parquet").unlink()
    pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=1_000)
    return tmp_path, settings


def parted(folder, settings, into):
    cut = survey(folder, settings, a_part=70)
    write_parts(cut, into)
    return [read_part(part_folder(into, part), cut.whole) for part in range(cut.parts)]


@pytest.mark.parametrize("name", ["events", "attribute_changes"])
def test_a_file_without_rows_is_cut_as_it_is_read(company, tmp_path, name):
    folder, settings = rewritten(company, tmp_path, name, lambda table: table.slice(0, 0))
    whole, found = read_export(folder, settings), parted(folder, settings, tmp_path / "parts")
    assert sum(len(part.leads) for part in found) == len(whole.leads)
    assert sum(len(part.events) for part in found) == len(whole.events)
    assert sum(len(part.changes) for part in found) == len(whole.changes)
    assert {part.data_end for part in found} == {whole.data_end}


def test_decimals_that_are_whole_in_some_batches_only_are_cut_as_they_are_read(company, tmp_path):
    def priced(table):
        prices = [Decimal("10.00")] + [None] * (len(table) - 21) + [Decimal("17.50")] * 20
        changed = pa.array(prices, pa.decimal128(12, 2))
        return table.set_column(table.schema.get_field_index("value"), "value", changed)

    folder, settings = rewritten(company, tmp_path, "events", priced)
    values = pd.concat([part.events["value"] for part in parted(folder, settings, tmp_path / "parts")])
    whole = read_export(folder, settings).events["value"]
    assert values.value_counts().to_dict() == whole.value_counts().to_dict()
    assert set(whole.dropna()) == {10.0, 17.5}


def test_keys_of_bytes_are_read_whole_since_only_all_of_them_tell_whether_they_are_text(company, tmp_path):
    def keyed(table):
        return table.append_column("hash", pa.array([b"\0\1\2\3"] * len(table), pa.binary(4)))

    assert survey(*rewritten(company, tmp_path, "leads", keyed), a_part=70) is None


@pytest.mark.parametrize("harm", ["cut off", "no UTF-8", "torn"])
def test_a_file_that_is_no_whole_parquet_is_refused_in_parts_as_in_whole(company, tmp_path, harm):
    def spoilt(table):
        ids = [b"\xff\xfe", *(text.encode() for text in table["lead_id"].to_pylist()[1:])]
        data = pa.array(ids, pa.binary())
        return table.set_column(0, "lead_id", pa.Array.from_buffers(pa.string(), len(data), data.buffers()))

    folder, settings = rewritten(company, tmp_path, "events", spoilt if harm == "no UTF-8" else lambda table: table)
    file = folder / "events.parquet"
    data = file.read_bytes()
    if harm != "no UTF-8":
        middle = len(data) // 3
        file.write_bytes(data[:-100] if harm == "cut off" else data[:middle] + b"\x55" * 4_000 + data[middle + 4_000 :])
    with pytest.raises(UnreadableFile, match=r"events\.parquet is no whole Parquet file"):
        read_export(folder, settings)
    if harm == "cut off":
        assert survey(folder, settings, a_part=70) is None
        return
    with pytest.raises(UnreadableFile, match=r"events\.parquet is no whole Parquet file"):
        parted(folder, settings, tmp_path / "parts")
