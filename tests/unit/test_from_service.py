"""Learning from what the service was told: which source the command line means, and what the export then says."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from commands.source import FolderSource, ServiceSource, source_of
from features.errors import BadSettings, NotEnoughData
from features.settings import parse_settings
from ripeness import app
from serving.store.events import NewEvent
from serving.store.export import export_of
from serving.store.store import Store
from support.stores import DATABASES, at, event, new_database, open_store, send, told
from training.described import describe_export

MAPPED = parse_settings("""
    [kinds.deal_won]
    maps_to = "closed_won"
    [kinds.disqualified]
    maps_to = "sales_rejected"
    [kinds.visit]
""")


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("command", ["train", "retrain", "evaluate", "leaks", "drift"])
def test_a_folder_and_the_service_exclude_each_other(tmp_path, command):
    both = run(command, tmp_path, "--from-service", "--home", tmp_path)
    none = run(command, "--home", tmp_path)

    assert isinstance(both.exception, BadSettings)
    assert "exclude each other" in str(both.exception)
    assert isinstance(none.exception, BadSettings)
    assert "--from-service" in str(none.exception)
    assert list(tmp_path.iterdir()) == []


def test_each_source_is_the_one_named(tmp_path):
    assert source_of(tmp_path, tmp_path / "home", from_service=False) == FolderSource(folder=tmp_path)
    assert source_of(None, tmp_path, from_service=True) == ServiceSource(home=tmp_path)


def test_a_service_that_was_never_started_is_not_made(tmp_path, monkeypatch):
    monkeypatch.delenv("RIPENESS_DATABASE_URL", raising=False)
    found = run("leaks", "--from-service", "--home", tmp_path)
    assert isinstance(found.exception, NotEnoughData)
    assert "ripeness serve" in str(found.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=DATABASES)
def home(request, tmp_path, monkeypatch):
    """A home whose service has a store, and the store."""
    named = new_database(request.param)
    if named is None:
        monkeypatch.delenv("RIPENESS_DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("RIPENESS_DATABASE_URL", named)
    store = Store.of_settings(parse_settings("").service, home=tmp_path, named=named)
    yield SimpleNamespace(path=tmp_path, store=store)
    store.close()


def test_the_store_is_read_while_the_service_writes_and_ends_with_the_last_moment_in_it(home):
    told(home.store, "a", created=0, known=0, industry="retail")
    send(home.store, event("a", 3, "visit", known_at=at(3)), event("a", 5, "closed_won", known_at=at(6)), day=7)
    source = ServiceSource(home=home.path)
    settings = source.settings(None)
    export = source.read(settings)

    assert (export.data_end, export.leads["lead_id"].tolist()) == (at(6), ["a"])
    assert source.describe(settings, export) == source.describe(settings, source.read(settings))
    send(home.store, event("a", 4, "visit", known_at=at(4)), day=7)
    assert source.describe(settings, source.read(settings)).digest != source.describe(settings, export).digest
    assert (settings.kinds["visit"].actor, settings.kinds["closed_won"].actor) == ("lead", "system")


def test_a_service_that_was_told_nothing_says_so(home):
    with pytest.raises(NotEnoughData, match="told of no lead"):
        ServiceSource(home=home.path).read(parse_settings(""))


@pytest.mark.parametrize("kind", DATABASES)
def test_kinds_that_mean_an_outcome_end_the_lead_and_are_no_activity(tmp_path, kind):
    with open_store(kind, tmp_path) as store:
        told(store, "a", created=0)
        told(store, "b", created=0)
        send(store, event("a", 1, "visit"), event("a", 2, "deal_won"), day=3)
        send(store, NewEvent(lead_id="b", kind="disqualified", happened_at=at(2), topic="competitor"), day=3)
        with store.reading() as connection:
            export = export_of(connection, MAPPED, until=at(9))

    assert export.events["kind"].tolist() == ["visit"]
    rows = export.outcomes[["lead", "kind", "reason"]].itertuples(index=False)
    assert sorted(map(tuple, rows)) == [(0, "closed_won", None), (1, "sales_rejected", "competitor")]


def test_the_digest_tells_exports_apart(tmp_path):
    with open_store("sqlite", tmp_path) as store:
        told(store, "a", created=0, industry="retail")
        with store.reading() as connection:
            first, later = (export_of(connection, MAPPED, until=at(day)) for day in (1, 2))
    assert describe_export(first, name="service").digest != describe_export(later, name="service").digest
