"""A home or registry that can't be used is said at once, and two processes don't make one both."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog

import ripeness
from features.errors import RegistryRefused
from features.settings import Settings
from models.file_lock import locked
from models.mlflow_client import connected
from models.registry import find
from serving.model_source import ModelSource
from support.folders import write

Command = Callable[..., tuple[int, str]]
LEADS = "lead_id,created_at,closed_won_at\n" + "".join(
    f"l{i},2026-01-{1 + i % 28:02d},{'2026-03-01' if i % 5 == 0 else ''}\n" for i in range(60)
)


def damaged(path: Path) -> None:
    """A database of which only the head is left whole."""
    with sqlite3.connect(path) as database:
        for i in range(50):
            database.execute(f"CREATE TABLE t{i} (x TEXT)")
    database.close()
    content = bytearray(path.read_bytes())
    content[100::97] = bytes(byte ^ 0x55 for byte in content[100::97])
    path.write_bytes(content)


TROUBLES = {
    "is a folder, not MLflow's database": Path.mkdir,
    "is no whole SQLite database .*not a database": lambda path: path.write_bytes(b"garbage" * 1000),
    "is no whole SQLite database .*malformed": damaged,
}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command line: its exit code and words."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["ripeness", *map(str, arguments)])
        code = 0
        try:
            ripeness.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    yield run
    structlog.reset_defaults()


@pytest.mark.parametrize(("says", "break_it"), TROUBLES.items(), ids=["folder", "garbage", "damaged"])
def test_what_is_no_database_is_refused_at_once_with_a_remedy(tmp_path, says, break_it):
    break_it(tmp_path / "mlflow.db")
    started = time.monotonic()
    with pytest.raises(RegistryRefused, match=f"{says}.*name another place with --home"):
        find("champion", tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert time.monotonic() - started < 5


def test_a_registry_in_trouble_is_not_the_same_as_no_model(tmp_path):
    (tmp_path / "mlflow.db").mkdir()
    status = ModelSource.from_registry(f"sqlite:///{tmp_path / 'mlflow.db'}", Settings()).refresh()
    assert status.kind is RegistryRefused


@pytest.mark.parametrize("verb", ["train", "score"])
def test_a_registry_in_trouble_ends_a_command_with_its_own_code(tmp_path, command, verb):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mlflow.db").mkdir()
    options = ["--as-of", "2026-02-01", "--out", tmp_path / "o.parquet"] if verb == "score" else []
    folder = write(tmp_path, leads=LEADS)
    code, said = command(verb, folder, "--home", tmp_path / "home", *options)
    assert code == RegistryRefused.exit_code
    assert "The model registry can't be used" in said
    assert "fitting" not in said


def test_a_home_that_is_a_file_is_refused_before_any_work(tmp_path, command):
    (tmp_path / "home").write_text("x")
    code, said = command("train", write(tmp_path, leads=LEADS), "--home", tmp_path / "home")
    assert code == 2
    assert "is a file, not a folder; name a folder" in said


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        ("2010-01-01", "the first was created 2026-01-01T00:00:00Z"),
        ("1850-01-01", "outside of 1990 to 2199"),
        ("9999-12-31T23:59:59-23:00", "outside of 1990 to 2199"),
    ],
)
def test_a_moment_at_which_nobody_can_be_scored_is_an_error(tmp_path, command, as_of, says):
    arguments = ["score", write(tmp_path, leads=LEADS), "--as-of", as_of, "--out", tmp_path / "o.parquet"]
    code, said = command(*arguments, "--home", tmp_path / "home")
    assert code == 2
    assert says in said


def test_a_moment_long_after_the_end_of_the_data_is_minded(tmp_path, command):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mlflow.db").mkdir()
    arguments = ["score", write(tmp_path, leads=LEADS), "--as-of", "2027-03-01", "--out", tmp_path / "o.parquet"]
    _, said = command(*arguments, "--home", tmp_path / "home")
    assert "the data ends 2026-03-01T00:00:00Z, 365 days before --as-of" in said


@pytest.mark.parametrize("out", [".", "nowhere/o.parquet"], ids=["a folder", "in no folder"])
def test_where_the_scores_go_is_looked_at_first(tmp_path, command, out):
    arguments = ["score", write(tmp_path, leads=LEADS), "--as-of", "2026-02-01", "--out", tmp_path / out]
    code, said = command(*arguments, "--home", tmp_path / "home")
    assert code == 3
    assert "--out" in said
    assert "fetching" not in said
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(("won", "says"), [("", "no lead was won"), ("2026-03-01", "every lead was won")])
def test_training_on_one_end_only_says_what_check_says(tmp_path, command, won, says):
    rows = "".join(f"l{i},2026-01-{1 + i % 28:02d},{won}\n" for i in range(60))
    toml = '[data.leads]\ncreated_at = "created_at"\nclosed_won_at = "closed_won_at"\n'
    write(tmp_path, leads="lead_id,created_at,closed_won_at\n" + rows)
    (tmp_path / "ripeness.toml").write_text(toml)
    code, said = command("train", tmp_path, "--home", tmp_path / "home")
    assert code == 4
    assert says in said


def test_a_lock_is_held_by_one_at_a_time_and_given_up_on_after_a_while(tmp_path):
    told = []
    second = locked(tmp_path / "a.lock", wait_seconds=0.2, waiting=lambda: told.append("waits"))
    refused = pytest.raises(RegistryRefused, match="another process holds")
    with locked(tmp_path / "a.lock", wait_seconds=1), refused, second:
        pass
    assert told == ["waits"]
    with locked(tmp_path / "a.lock", wait_seconds=0):
        pass


def test_two_that_open_a_new_registry_at_once_both_get_it(tmp_path):
    """MLflow alone fails here: whoever comes second finds tables half made."""
    uri, found = f"sqlite:///{tmp_path / 'mlflow.db'}", []

    def make() -> None:
        with connected(uri):
            found.append(find("champion", tracking_uri=uri))

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None, None]


@pytest.mark.parametrize(
    "arguments",
    [
        ("card",),
        ("rollback",),
        ("promote", "1"),
        ("compare", "1", "2", "{export}"),
        ("drift", "{export}"),
        ("score", "{export}", "--as-of", "2026-02-01", "--out", "{export}/o.parquet"),
        ("train", "{export}"),
        ("retrain", "{export}"),
        ("tune", "{export}", "--minutes", "0.1"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_is_refused_makes_no_registry(tmp_path, command, arguments):
    export = write(tmp_path, leads=LEADS)
    code, said = command(*[a.format(export=export) for a in arguments], "--home", tmp_path / "home")
    assert code in {4, 6}, said
    assert "Traceback" not in said
    assert not (tmp_path / "home" / "mlflow.db").exists()


def test_the_damage_of_the_tests_above_is_real(tmp_path):
    damaged(tmp_path / "x.db")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "x.db").execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert np.frombuffer((tmp_path / "x.db").read_bytes()[:15], np.uint8).tobytes() == b"SQLite format 3"
