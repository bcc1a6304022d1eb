"""One fresh store for each test, on SQLite and on PostgreSQL."""

import pytest

from support.stores import DATABASES, open_store


@pytest.fixture(params=DATABASES)
def store(request, tmp_path):
    with open_store(request.param, tmp_path) as opened:
        yield opened
