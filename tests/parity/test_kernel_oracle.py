"""The kernel against plain loops, a batch against single leads, threads against one thread."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import numpy.typing as npt
import pytest

from features.definitions import KINDS_OF_DEFINITION, ActiveDays, Count, Distinct, Momentum
from features.events import EventLog
from features.kernel import behaviour
from features.lead import Lead
from features.rows import build_rows, lead_at, lead_row
from features.tables import Export, Pairs
from support.random_exports import random_export, random_pairs, random_view
from support.reference_features import reference_leads, reference_row

VIEW = random_view()
WHOLE = [i for i, d in enumerate(VIEW.definitions) if isinstance(d, Count | ActiveDays | Distinct | Momentum)]


@pytest.fixture(scope="module", params=[True, False], ids=["old values known", "old values unknown"])
def export(request: pytest.FixtureRequest) -> Export:
    return random_export(1, leads=1_000, old_values=request.param)


@pytest.fixture(scope="module")
def pairs(export: Export) -> Pairs:
    return random_pairs(2, export, count=5_000)


def test_the_view_under_test_has_every_definition():
    assert {type(d) for d in VIEW.definitions} == set(KINDS_OF_DEFINITION.values())


@pytest.fixture(scope="module")
def leads(export: Export, pairs: Pairs) -> list[Lead]:
    """Each pair's lead with all of its events, later ones too."""
    return reference_leads(export, pairs)


@pytest.fixture(scope="module")
def rows(export: Export, pairs: Pairs) -> npt.NDArray[np.float64]:
    return build_rows(VIEW, export, pairs)


def test_kernel_gives_what_plain_loops_give(pairs: Pairs, leads: list[Lead], rows: npt.NDArray[np.float64]):
    oracle = [reference_row(VIEW, lead, int(as_of)) for lead, as_of in zip(leads, pairs.as_of, strict=True)]
    expected = np.array(oracle)
    np.testing.assert_array_equal(rows[:, WHOLE], expected[:, WHOLE])
    np.testing.assert_allclose(rows, expected, rtol=1e-9, atol=1e-9)
    for name, column in zip(VIEW.names, expected.T, strict=True):
        assert name == "not_exported" or len(np.unique(column)) > 1, f"{name} is hardly ever tried"


def test_batch_gives_the_same_bits_as_single_leads(pairs: Pairs, leads: list[Lead], rows: npt.NDArray[np.float64]):
    for lead, as_of, row in zip(leads, pairs.as_of, rows, strict=True):
        np.testing.assert_array_equal(lead_row(VIEW, lead, int(as_of)), row)


def test_a_lead_as_it_was_then_has_the_same_row(export: Export, pairs: Pairs, rows: npt.NDArray[np.float64]):
    for i in range(0, len(pairs), 20):
        as_of = int(pairs.as_of[i])
        lead = lead_at(export, int(pairs.lead[i]), as_of)
        assert all(max(event.happened_at, event.known_at) <= as_of for event in lead.events)
        np.testing.assert_array_equal(lead_row(VIEW, lead, as_of), rows[i])


def test_threads_give_the_same_bits_as_one_thread(monkeypatch: pytest.MonkeyPatch):
    export = random_export(3, leads=200)
    pairs = random_pairs(4, export, count=9_000)
    rows = []
    for threads in (1, 3):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        rows.append(build_rows(VIEW, export, pairs))
    assert rows[0].tobytes() == rows[1].tobytes()


def test_many_threads_may_ask_at_once(pairs: Pairs, leads: list[Lead], rows: npt.NDArray[np.float64]):
    def row(i: int) -> npt.NDArray[np.float64]:
        return lead_row(VIEW, leads[i], int(pairs.as_of[i]))

    with ThreadPoolExecutor(8) as pool:
        for i, answer in enumerate(pool.map(row, range(2_000))):
            np.testing.assert_array_equal(answer, rows[i])


def test_shuffled_events_give_the_same_bits():
    export = random_export(5, leads=300)
    pairs = random_pairs(6, export, count=2_000)
    log = EventLog.of_export(VIEW, export)
    for seed in range(3):
        shuffled = Export(**{**vars(export), "events": export.events.sample(frac=1, random_state=seed)})
        again = EventLog.of_export(VIEW, shuffled)
        assert log.events.records.tobytes() == again.events.records.tobytes()
        rows = [behaviour(VIEW, each, pairs.lead, pairs.as_of) for each in (log, again)]
        assert rows[0].tobytes() == rows[1].tobytes()
