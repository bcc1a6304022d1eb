"""The order of the rows in an export's files decides nothing: a shuffled export trains the same bundle."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.settings import load_settings
from features.sources import read_export
from features.tables import Export
from models.files import save
from support.folders import settings_of, write
from training.simulate import simulate
from training.train import train

TIMED = {"created_at": "created_at", "closed_won_at": "won"}
LEADS = "lead_id,created_at,won,city\nb,2026-01-02,,Rome\nc,2026-01-02,2026-02-02,Bari\na,2026-01-01,,\n"


def shuffled(folder: Path, into: Path, seed: int) -> Path:
    """The same files, their rows in another order."""
    into.mkdir()
    for path in folder.iterdir():
        if path.suffix == ".parquet":
            table = pq.read_table(path).to_pandas().sample(frac=1, random_state=seed)
            table.to_parquet(into / path.name, index=False)
        elif path.suffix == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False).sample(frac=1, random_state=seed)
            table.to_csv(into / path.name, index=False)
        else:
            (into / path.name).write_bytes(path.read_bytes())
    return into


def manifest(folder: Path, scratch: Path) -> str:
    settings = load_settings(folder / "ripeness.toml")
    quick = settings.model.model_copy(update={"bootstrap_rounds": 20, "linear_strengths": (0.1,)})
    settings = settings.model_copy(update={"model": quick})
    trained = train(read_export(folder, settings), settings)
    save(trained.bundle, scratch, trained.golden_rows)
    return (scratch / "manifest.json").read_text()


def test_shuffled_leads_events_and_changes_train_the_same_bundle(tmp_path):
    simulate(seed=4, leads=900, months=18).write(tmp_path / "straight")
    other = shuffled(tmp_path / "straight", tmp_path / "shuffled", seed=1)
    read = {path: read_export(path, load_settings(path / "ripeness.toml")) for path in (tmp_path / "straight", other)}
    same(*read.values())
    assert manifest(other, tmp_path / "b") == manifest(tmp_path / "straight", tmp_path / "a")


def same(one: Export, another: Export) -> None:
    """Leads in the same places, the same results; events and changes in any order."""
    pd.testing.assert_frame_equal(one.leads.drop(columns="order"), another.leads.drop(columns="order"))
    pd.testing.assert_frame_equal(one.outcomes, another.outcomes)
    for name in ("events", "changes"):
        tables = [getattr(export, name).astype(str) for export in (one, another)]
        columns = list(tables[0].columns)
        pd.testing.assert_frame_equal(*(t.sort_values(columns, ignore_index=True) for t in tables))


@pytest.mark.parametrize("seed", range(4))
def test_leads_stand_by_their_id_and_refusals_by_their_lines(tmp_path, seed):
    lines = LEADS.splitlines()[1:]
    rows = pd.Series(lines).sample(frac=1, random_state=seed).tolist()
    text = "\n".join([LEADS.splitlines()[0], "zz,yesterday,,", *rows]) + "\n"
    export = read_export(write(tmp_path, leads=text), settings_of(leads=TIMED))
    assert export.leads["lead_id"].tolist() == ["a", "b", "c"]
    assert export.leads["city"].tolist() == [None, "Rome", "Bari"]
    assert export.outcomes["lead"].tolist() == [2]
    assert export.refusals[0].examples == ("line 2: created_at is 'yesterday'",)


@pytest.mark.parametrize("order", [None, "row"])
def test_rows_stay_as_they_come_where_their_order_stands_for_time(tmp_path, order):
    text = "lead_id,stage\nb,won\nc,lost\na,won\n"
    export = read_export(write(tmp_path, leads=text), settings_of(leads={"result": "stage", "order": order}))
    assert export.leads["lead_id"].tolist() == ["b", "c", "a"]
    assert export.leads["order"].tolist() == [0, 1, 2]


def test_a_flat_export_with_an_order_of_its_own_doesnt_go_by_its_rows(tmp_path):
    text = "lead_id,stage,week\nb,won,2\nc,lost,2\na,won,1\n"
    export = read_export(write(tmp_path, leads=text), settings_of(leads={"result": "stage", "order": "week"}))
    assert export.leads["lead_id"].tolist() == ["a", "b", "c"]
    assert export.leads["order"].tolist() == [1, 2, 2]
