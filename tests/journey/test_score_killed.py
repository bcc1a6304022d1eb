"""`ripeness score` killed again and again goes on where it was, and writes the file that it would have written."""

import json

import pyarrow.parquet as pq
import pytest

from features.clock import DAY
from features.cut import survey
from features.errors import BadSettings
from models.files import save
from models.registered import Run
from models.registry import register, set_alias
from serving.kept_blocks import KeptBlocks
from serving.score_files import score_parted
from support.killed import die_of_itself, say_workers_and_die
from support.parquet_company import write_company
from support.small_bundle import random_rows, small_bundle


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    settings = write_company(folder, leads=240)
    uri = f"sqlite:///{folder}/mlflow.db"
    save(small_bundle(), folder / "bundle", random_rows(rows=20, seed=1))
    version = register(folder / "bundle", Run(name="test"), tracking_uri=uri)
    set_alias("champion", version.number, tracking_uri=uri)
    return folder, settings, uri


def score(company, out, progress):
    """What the command does, once it has read its arguments."""
    folder, settings, uri = company
    cut = survey(folder, settings, a_part=60)
    as_of = cut.whole.end.at - 60 * DAY
    return score_parted(cut, as_of=as_of, out=out, tracking_uri=uri, language="en", cores=1, progress=progress)


def die_after_the_first_part(company, out, told):
    def progress(said):
        if said.startswith("scored"):
            say_workers_and_die(told)

    score(company, out, progress)


def test_after_kills_the_same_command_ends_with_the_same_file(company, tmp_path):
    undisturbed, killed = tmp_path / "a" / "scores.parquet", tmp_path / "b" / "scores.parquet"
    undisturbed.parent.mkdir(), killed.parent.mkdir()
    score(company, undisturbed, lambda _: None)

    die_of_itself(die_after_the_first_part, company, killed)
    assert not killed.exists()
    state = killed.parent / ".scores.parquet.parts"
    (state / "00001.arrow").write_bytes(b"damaged")
    (state / "00001.json").write_text(json.dumps({"rows": 1, "sha256": "0" * 64}))

    said = []
    score(company, killed, said.append)

    assert "going on where the same command was cut off" in said
    assert not any("cutting" in one for one in said)
    assert killed.read_bytes() == undisturbed.read_bytes()
    assert [path.name for path in killed.parent.iterdir()] == ["scores.parquet"]
    metadata = pq.read_schema(killed).metadata
    assert metadata[b"model_version"] == b"1"


def test_work_on_other_data_starts_anew(tmp_path):
    kept = KeptBlocks(tmp_path / "state")
    assert kept.open({"as_of": 1}) is False
    assert kept.open({"as_of": 1}) is True
    (tmp_path / "state" / "00000.arrow").write_bytes(b"")
    assert kept.open({"as_of": 2}) is False
    assert not (tmp_path / "state" / "00000.arrow").exists()


def test_nobody_open_is_said_in_a_sentence_and_writes_nothing(company, tmp_path):
    folder, settings, uri = company
    cut = survey(folder, settings, a_part=100)
    out = tmp_path / "scores.csv"
    with pytest.raises(BadSettings, match="no lead was open"):
        score_parted(cut, as_of=10**15, out=out, tracking_uri=uri, language="en", cores=1, progress=lambda _: None)
    assert list(tmp_path.iterdir()) == []
