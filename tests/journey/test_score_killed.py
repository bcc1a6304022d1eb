"""`ripeness score` killed again and again goes on where it was, and writes the file that it would have written."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pyarrow.parquet as pq
import pytest

from features.cut import survey
from features.errors import BadSettings
from models.files import save
from models.registered import Run
from models.registry import register, set_alias
from serving.kept_blocks import KeptBlocks
from serving.score_files import score_parted
from support.parquet_company import write_company
from support.small_bundle import random_rows, small_bundle

SCORE = """
import sys
from pathlib import Path
from features.cut import survey
from features.settings import load_settings
from serving.score_files import score_parted

if __name__ == "__main__":
    folder, uri, as_of, out = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    cut = survey(folder, load_settings(folder / "ripeness.toml"), a_part=60)
    print("started", flush=True)
    found = score_parted(cut, as_of=as_of, out=out, tracking_uri=uri, language="en", cores=1,
                         progress=lambda text: print(text, flush=True))
    print(found.rows)
"""
"""The same as a command of its own; a file, for its workers import it again."""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    settings = write_company(folder, leads=240)
    uri = f"sqlite:///{folder}/mlflow.db"
    save(small_bundle(), folder / "bundle", random_rows(rows=20, seed=1))
    version = register(folder / "bundle", Run(name="test"), tracking_uri=uri)
    set_alias("champion", version.number, tracking_uri=uri)
    (folder / "score.py").write_text(SCORE, encoding="utf-8")
    return folder, settings, uri


def as_of_of(folder, settings):
    return survey(folder, settings, a_part=60).whole.end.at - 60 * 86_400_000_000


def command(company, out):
    folder, settings, uri = company
    return [sys.executable, str(folder / "score.py"), str(folder), uri, str(as_of_of(folder, settings)), str(out)]


def start(company, out):
    return subprocess.Popen(command(company, out), stdout=subprocess.PIPE, text=True, start_new_session=True)


def await_end(workers):
    """Nobody tells the workers of a killed command to end: they notice."""
    until = time.monotonic() + 60
    while any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers):
        assert time.monotonic() < until, "a worker outlives its command"
        time.sleep(0.2)


def test_after_kills_the_same_command_ends_with_the_same_file(company, tmp_path):
    undisturbed, killed = tmp_path / "a" / "scores.parquet", tmp_path / "b" / "scores.parquet"
    undisturbed.parent.mkdir(), killed.parent.mkdir()
    subprocess.run(command(company, undisturbed), check=True, capture_output=True)

    process = start(company, killed)
    for line in process.stdout:
        if line.startswith("scored"):
            break
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert workers
    await_end(workers)
    assert not killed.exists()
    state = killed.parent / ".scores.parquet.parts"
    (state / "00001.arrow").write_bytes(b"damaged")
    (state / "00001.json").write_text(json.dumps({"rows": 1, "sha256": "0" * 64}))

    again = subprocess.run(command(company, killed), check=True, capture_output=True, text=True)

    assert "going on where the same command was cut off" in again.stdout
    assert "cutting" not in again.stdout
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
