"""What was acknowledged survives kill -9; the long form is tests/benchmarks/kill.py."""

import pytest

from support.killed import kill_again_and_again
from support.stores import DATABASES, new_database


@pytest.mark.parametrize("kind", DATABASES)
def test_no_acknowledged_event_is_lost_or_doubled_by_kill_9(kind, tmp_path):
    found = kill_again_and_again(tmp_path, new_database(kind), kills=3, seed=7)

    assert (found.kills, found.lost, found.doubled) == (3, 0, 0)
    assert found.acknowledged > 0
    assert found.retries > 0
