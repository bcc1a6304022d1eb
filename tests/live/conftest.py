"""An empty store with an engine for each test, on SQLite and on PostgreSQL."""

import pytest

from support.living import world_on
from support.stores import DATABASES, emptied, open_store


@pytest.fixture(scope="module", params=DATABASES)
def opened(request, tmp_path_factory):
    with open_store(request.param, tmp_path_factory.mktemp("home")) as store:
        yield store


@pytest.fixture
def world(opened):
    return world_on(emptied(opened))
