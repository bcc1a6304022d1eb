"""A database that stops answering, and waiting for it to come back."""

import sqlite3
import threading
from contextlib import closing, contextmanager

from serving.store.engine import FILE_NAME
from support.postgres import server


@contextmanager
def gone(store, home):
    """The database doesn't answer: PostgreSQL lets nobody in, SQLite's file is locked by another process."""
    if store.engine.dialect.name == "postgresql":
        url = store.engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
        server().set_reachable(url, reachable=False)
        yield
        server().set_reachable(url, reachable=True)
    else:
        with closing(sqlite3.connect(home / FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


def wait_until(condition, seconds=20):
    ended = threading.Event()
    for _ in range(seconds * 20):
        if condition():
            return
        ended.wait(0.05)
    raise AssertionError("it did not happen")
