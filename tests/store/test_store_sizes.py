"""SQLite knows how large its tables are, without keeping anybody's id beside them."""

from sqlalchemy import text

from support.stores import open_store, told


def test_sizes_are_learned_and_hold_no_lead(tmp_path):
    with open_store("sqlite", tmp_path) as store:
        for i in range(30):
            told(store, f"anna.{i}@example.com", job_title="CTO")
        store.learn_sizes()
        with store.reading() as connection:
            sizes = dict(connection.execute(text("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 'leads'")).all())
        assert any(stat.startswith("30 30") for stat in sizes.values()), "that all 30 are merged into nothing"
        told(store, "later", job_title="CFO")
        with store.reading() as connection:
            if connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'")).first() is not None:
                assert connection.execute(text("SELECT 1 FROM sqlite_stat4")).first() is None


def test_postgresql_is_left_to_itself(tmp_path):
    with open_store("postgresql", tmp_path) as store:
        store.learn_sizes()
        assert told(store, "a", job_title="CTO")
