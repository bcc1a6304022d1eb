"""Running services for a module's tests: one that keeps nothing, and one on each database."""

import pytest

from support.service import service
from support.stores import DATABASES, emptied, open_store


@pytest.fixture(scope="module")
def running():
    with service() as started:
        yield started


@pytest.fixture(scope="module", params=DATABASES)
def served(request, tmp_path_factory):
    with open_store(request.param, tmp_path_factory.mktemp("home")) as store, service(store=store) as running:
        yield running


@pytest.fixture
def told(served):
    """The service with a store that was told nothing yet."""
    emptied(served.app.state.service.store)
    return served
