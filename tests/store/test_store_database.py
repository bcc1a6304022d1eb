"""The database itself: its migrations, its addresses, its one writer."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text

from features.errors import BadInput
from features.settings import Service
from serving.store.engine import FILE_NAME, database_url
from serving.store.errors import BadDatabase, StoreUnavailable
from serving.store.schema import metadata, writes
from serving.store.store import Store
from serving.store.writer import last_seq
from support.stores import DATABASES, act, event, new_database, open_store, send


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(store):
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_store_opened_again_has_what_it_had(tmp_path):
    for kind in ("sqlite", "postgresql"):
        url = database_url(tmp_path, new_database(kind))
        for expected in ("stored", "duplicate"):
            store = Store.open(url)
            assert send(store, event(event_id="1")) == [expected]
            store.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_a_database_of_a_later_release_is_refused(kind, tmp_path):
    with open_store(kind, tmp_path) as store:
        later = text("UPDATE alembic_version SET version_num = '9999'")
        store.write(lambda write: write.connection.execute(later), act())

        with pytest.raises(BadDatabase, match="later release"):
            Store.open(store.engine.url)


@pytest.mark.parametrize("named", ["mysql://h/d", "postgresql://h", "nonsense", "postgresql://u:secret@h:port/d"])
def test_a_url_that_names_no_database_of_ours_is_refused_without_its_password(named, tmp_path):
    with pytest.raises(BadDatabase) as error:
        database_url(tmp_path, named)
    assert "secret" not in str(error.value)


def test_the_environment_comes_before_the_settings_and_both_before_the_home_folder(tmp_path):
    named, other = (f"sqlite:///{tmp_path}/{name}.db" for name in ("named", "settings"))
    for service, url, expected in (
        (Service(database_url=other), named, "named.db"),
        (Service(database_url=other), None, "settings.db"),
        (Service(), None, FILE_NAME),
    ):
        store = Store.of_settings(service, home=tmp_path, named=url)
        store.close()
        assert (tmp_path / expected).exists()


def test_sqlite_waits_for_the_disk_at_each_commit(tmp_path):
    with open_store("sqlite", tmp_path) as store, store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


class Refused(BadInput):
    """A write that finds that it can't be done."""


def test_writes_that_wait_are_committed_together_and_one_that_fails_leaves_the_others_alone(store):
    begun, free = threading.Event(), threading.Event()

    def hold(write):
        begun.set()
        assert free.wait(20)

    def fail(write):
        write.connection.execute(text("INSERT INTO about (name, value) VALUES ('half', 'written')"))
        raise Refused("no")

    held = store.submit(hold, act())
    assert begun.wait(20)
    futures = [store.submit(job, act()) for job in (lambda write: write.seq, fail, lambda write: write.seq)]
    free.set()

    held.result()
    assert [futures[0].result(), futures[2].result()] == [2, 3]
    with pytest.raises(Refused):
        futures[1].result()
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM about WHERE name = 'half'")).scalar() == 0
        assert connection.execute(select(func.count()).select_from(writes)).scalar() == last_seq(connection) == 3


def test_two_services_on_one_database_take_turns(tmp_path):
    url = database_url(tmp_path, new_database("postgresql"))
    stores = [Store.open(url), Store.open(url)]
    futures = [stores[i % 2].submit(lambda write: write.seq, act()) for i in range(60)]
    assert sorted(future.result() for future in futures) == list(range(1, 61))
    for store in stores:
        store.close()


def test_a_closed_store_takes_nothing_in_and_has_written_what_waited(tmp_path):
    with open_store("sqlite", tmp_path) as store:
        futures = [store.submit(lambda write: write.seq, act()) for _ in range(20)]
        store.close()
        assert [future.result(0) for future in futures] == list(range(1, 21))
        with pytest.raises(StoreUnavailable):
            store.submit(lambda write: None, act())
