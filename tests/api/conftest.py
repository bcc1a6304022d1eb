"""One running service for a module's tests."""

import pytest

from support.service import service


@pytest.fixture(scope="module")
def running():
    with service() as started:
        yield started
