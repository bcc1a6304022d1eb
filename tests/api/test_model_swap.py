"""Models are swapped under load without a failed or mixed answer; damaged ones change nothing.

The long forms are tests/benchmarks/swap.py and tests/benchmarks/mutations.py.
"""

from support.mutants import try_mutants
from support.swapping import swap_under_load


def test_promotions_and_a_bad_bundle_under_load_fail_no_request_and_mix_no_answer(tmp_path):
    found = swap_under_load(tmp_path, promotions=2, bad=1, seed=1, clients=1)

    assert (found.swapped, found.kept) == (2, 1)
    assert (found.failed, found.mixed) == (0, 0)
    assert found.answers > 10
    assert found.bundles_heard > 1, "the load went on across a swap"


def test_no_damaged_bundle_kills_the_service_or_is_believed(tmp_path):
    found = try_mutants(tmp_path, count=7, seed=1)

    assert (found.tried, found.deaths, found.wrong) == (7, 0, 0)
    assert found.found_by["the manifest"] == 6
