"""A script of 200 steps answers alike on SQLite and PostgreSQL; tests/benchmarks/both_databases.py runs 2,000."""

from collections import Counter

import pytest

from support.stores import DATABASES
from support.two_databases import difference, play

STEPS = 200


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return [play(kind, tmp_path_factory.mktemp(kind), seed=1, steps=STEPS) for kind in DATABASES]


def test_every_step_is_answered_alike(played):
    for i, (ours, theirs) in enumerate(zip(*played, strict=True)):
        assert ours.step == theirs.step
        assert ours.status == theirs.status, (i, ours, theirs)
        assert difference(ours.body, theirs.body) is None, (i, ours.step)


def test_the_script_does_many_things_and_none_is_a_fault_of_ours(played):
    ours, _ = played
    assert max(one.status for one in ours) < 500
    assert len({one.step.path.split("%")[0] for one in ours if one.status == 200}) >= 20
    assert Counter(one.status for one in ours)[200] > STEPS / 2


def test_a_difference_is_seen():
    assert difference({"a": [1, 2.0]}, {"a": [1, 2.0 + 1e-15]}) is None
    assert difference({"a": [1, 2.0]}, {"a": [1, 2.1]}) == "/a/1: 2.0 is not 2.1"
    assert difference({"a": 1}, {"b": 1}) is not None
    assert difference([1], [1, 2]) is not None
