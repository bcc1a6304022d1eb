"""The swap set names the leads that change band, and its reasons add up to what changed, whatever the views."""

import numpy as np
import pandas as pd
import pytest

from features.rows import build_rows
from features.tables import Pairs
from support.quick_models import NO_WEB_TRACKING, quick
from training.compare import compare
from training.swap_set import CALL, NURTURE, WAIT, changes_between, swap_set


@pytest.fixture(scope="module")
def swaps():
    q = quick()
    lead = np.arange(0, 1500)
    at = np.full(len(lead), int(q.export.data_end))
    won = np.where(np.arange(1500) % 3 == 0, np.nan, (np.arange(1500) % 2).astype(float))
    return swap_set(q.champion, q.challenger, q.export, Pairs(lead=lead, as_of=at), won, nurture_score=75), won


def test_every_change_adds_up_to_the_difference_of_the_log_odds(swaps):
    found, _ = swaps
    apart = found.table["challenger_log_odds"] - found.table["champion_log_odds"]
    assert len(found.table) > 20
    assert np.abs(found.changes.sum(axis=1) - apart.to_numpy()).max() < 1e-9


def test_what_only_one_model_reads_is_wholly_its_own():
    q = quick()
    pairs = Pairs(lead=np.arange(50), as_of=np.full(50, int(q.export.data_end)))
    rows = [build_rows(bundle.view, q.export, pairs) for bundle in (q.champion, q.challenger)]
    names, changes, _ = changes_between(q.champion, q.challenger, *rows)
    answers = q.challenger.answer(rows[1])
    for kind in NO_WEB_TRACKING:
        own = [i for i, d in enumerate(q.challenger.view.definitions) if d.group == kind]
        expected = answers.contributions[:, own].sum(axis=1)
        assert np.allclose(changes[:, names.index(kind)], expected, atol=1e-12)
    base = answers.base_value - q.champion.answer(rows[0]).base_value
    assert np.allclose(changes[:, 0], base, atol=1e-12)


def test_a_model_against_itself_moves_nobody():
    q = quick()
    pairs = Pairs(lead=np.arange(300), as_of=np.full(300, int(q.export.data_end)))
    same = swap_set(q.champion, q.champion, q.export, pairs, np.full(300, np.nan), nurture_score=75)
    assert len(same.table) == 0
    assert same.moves() == ()
    assert len(same.full()) == 0


def test_bands_follow_each_model_s_own_cuts(swaps):
    q, (found, _) = quick(), swaps
    for name, bundle in (("champion", q.champion), ("challenger", q.challenger)):
        score = found.table[f"{name}_score"]
        band = np.select([score >= bundle.policy.capacity_score, score >= 75], [CALL, NURTURE], WAIT)
        assert (found.table[f"{name}_band"] == band).all()
    assert (found.table["champion_band"] != found.table["challenger_band"]).all()


def test_moves_count_leads_and_wins_as_a_hand_would(swaps):
    found, won = swaps
    of_lead = dict(zip(quick().export.leads["lead_id"][:1500], won, strict=True))
    for moves in found.moves():
        here = [
            of_lead[row.lead_id]
            for row in found.table.itertuples()
            if (row.champion_band, row.challenger_band) == (moves.before, moves.after)
        ]
        assert moves.leads == len(here)
        assert moves.decided == sum(not np.isnan(w) for w in here)
        assert moves.won == sum(w == 1 for w in here)
        assert moves.line().startswith(f"{moves.before} -> {moves.after}: {len(here):,} leads")
    assert sum(moves.leads for moves in found.moves()) == len(found.table)


def test_the_full_list_names_the_strongest_changes(swaps):
    found, _ = swaps
    full = found.full()
    assert [c.removeprefix("change by ") for c in full.columns if c.startswith("change by ")] == list(found.names)
    row = found.changes[0]
    strongest = found.names[int(np.argmax(np.abs(row)))]
    assert full["because"].iloc[0].startswith(f"{strongest} {row[np.argmax(np.abs(row))]:+.2f}")
    assert pd.api.types.is_integer_dtype(full["won"])


def test_compare_looks_at_each_recent_lead_once_and_at_all_that_are_open_today():
    q = quick()
    found = compare(q.champion, q.challenger, q.export, q.settings)
    assert found.recent.table["lead_id"].is_unique
    assert found.recent.leads == found.contest.recent.leads
    assert found.recent.table["won"].notna().all()
    closed = q.export.outcomes.loc[q.export.outcomes["kind"].isin(["closed_won", "closed_lost"]), "lead"]
    assert found.today.leads == len(q.export.leads) - closed.nunique()
    assert found.today.table["won"].isna().all()
    assert {"ROC AUC", "lift at 10 %", "log loss", "recall at capacity"} <= set(found.contest.figures)
