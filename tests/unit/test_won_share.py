"""Shares of won leads: intervals by another road, and few leads that don't lead."""

import numpy as np
import pytest

from training.won_share import WonShare


def posterior_interval(leads: int, won: int) -> tuple[float, float]:
    """Jeffreys' interval by adding up the posterior density on a fine grid."""
    edges = np.linspace(0, 1, 400_001)
    p = (edges[1:] + edges[:-1]) / 2
    density = np.exp((won - 0.5) * np.log(p) + (leads - won - 0.5) * np.log1p(-p))
    upto = np.cumsum(density) / density.sum()
    return float(p[np.searchsorted(upto, 0.025)]), float(p[np.searchsorted(upto, 0.975)])


@pytest.mark.parametrize(("leads", "won"), [(4, 3), (40, 6), (600, 25)])
def test_the_interval_holds_95_percent_of_the_posterior(leads: int, won: int):
    assert WonShare(leads=leads, won=won, average=0.1).interval == pytest.approx(
        posterior_interval(leads, won), abs=1e-3
    )


def test_none_and_all_keep_their_end():
    assert WonShare(leads=10, won=0, average=0.1).interval[0] == 0
    assert WonShare(leads=10, won=10, average=0.1).interval[1] == 1


def test_three_of_four_do_not_lead_a_list():
    few, many = WonShare(leads=4, won=3, average=0.05), WonShare(leads=300, won=30, average=0.05)
    assert few.share > many.share
    assert few.pulled < many.pulled
    assert WonShare(leads=0, won=0, average=0.05).pulled == pytest.approx(0.05)


def test_only_what_luck_does_not_explain_stands_out():
    said = [WonShare(leads=200, won=won, average=0.1).stands_out for won in (5, 20, 40)]
    assert said == [-1, 0, 1]
