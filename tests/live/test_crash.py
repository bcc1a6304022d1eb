"""A crash between a fact and its score loses neither: the mark is there, and nothing is half-written."""

import signal

import pytest

from serving.store.engine import database_url
from serving.store.store import Store
from support.crashing import exit_code_of_child
from support.living import world_on
from support.stores import DATABASES, new_database


@pytest.mark.parametrize("kind", DATABASES)
def test_what_was_told_before_a_kill_is_scored_after_it(kind, tmp_path):
    url = new_database(kind)
    assert exit_code_of_child(tmp_path, url) == -signal.SIGKILL

    store = Store.open(database_url(tmp_path, url))
    try:
        world = world_on(store)
        assert (world.due(), world.ledger(), world.moves(), world.notices()) == (["a", "b"], [], [], [])
        assert world.score(day=3) == 2
        assert world.due() == []
        for lead_id in "ab":
            found = (world.ledger(lead_id), world.moves(lead_id), world.hand_offs(lead_id))
            assert [len(rows) for rows in found] == [1, 1, 1]
        assert len(world.notices()) == 4
    finally:
        store.close()
