"""An empty store for each test, on SQLite and on PostgreSQL."""

import pytest

from support.stores import DATABASES, emptied, open_store


@pytest.fixture(scope="module", params=DATABASES)
def opened(request, tmp_path_factory):
    with open_store(request.param, tmp_path_factory.mktemp("home")) as store:
        yield store


@pytest.fixture
def store(opened):
    return emptied(opened)
