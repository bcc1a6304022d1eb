"""How well `ripeness policy try` agrees with the simulated company's truth, over several seeds.

    python tests/benchmarks/policy_try.py --leads 2500 --seeds 3

Of the leads handed over at least one horizon before the data end, the wins within the horizon stand beside
the sum of the true probabilities at the moments of hand-over. Wins found and missed stand beside a count
straight from the outcomes.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.clock import days
from features.tables import Pairs
from serving.policy_history import Historian, Replayed
from serving.policy_try import Trial, try_policies
from support.quick_models import HORIZON_DAYS, Quick, quick
from training.recent import learned_until
from training.simulate import WORLD, simulate


def replayed(company: Quick) -> Trial:
    """The company's own policy, out of sample."""
    start = learned_until(company.challenger.card) + days(HORIZON_DAYS)
    time = Replayed(start=start, end=company.export.data_end)
    pasts = Historian(bundle=company.challenger, settings=company.settings, export=company.export, time=time).pasts()
    return try_policies(pasts, [company.settings.lifecycle], time=time, capacity=company.settings.capacity)[0]


def counted(company: Quick, trial: Trial) -> tuple[int, int]:
    """Wins found and missed, by the outcomes alone."""
    rows = company.export.outcomes
    rows = rows[(rows["kind"] == "closed_won") & (rows["happened_at"] > trial.time.start)]
    handed = {h.lead_id: h.at for h in trial.handed_over}
    ids = company.export.leads["lead_id"].to_numpy()[rows["lead"]]
    found = sum(lead in handed and handed[lead] < at for lead, at in zip(ids, rows["happened_at"], strict=True))
    return found, len(rows) - found


def expected(company: Quick, trial: Trial, *, seed: int, leads: int) -> tuple[int, int, float, float]:
    """(leads, wins, sum of true probabilities, its standard deviation) of the hand-overs whose horizon is over."""
    world = replace(WORLD, won=4 * WORLD.won)
    truth = simulate(seed=seed, leads=leads, months=24, planted_leak=False, world=world)
    horizon = days(HORIZON_DAYS)
    known = [h for h in trial.handed_over if h.at + horizon <= trial.time.end]
    position = {lead: i for i, lead in enumerate(company.export.leads["lead_id"])}
    pairs = Pairs(lead=np.array([position[h.lead_id] for h in known]), as_of=np.array([h.at for h in known]))
    chance = truth.true_probability(pairs, HORIZON_DAYS)
    won = sum(h.won_at <= h.at + horizon for h in known)
    return len(known), won, float(chance.sum()), float(np.sqrt((chance * (1 - chance)).sum()))


def main() -> None:
    """Print one line for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=2500)
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    for seed in range(1, chosen.seeds + 1):
        company = quick(seed=seed, leads=chosen.leads)
        trial = replayed(company)
        known, won, sure, spread = expected(company, trial, seed=seed, leads=chosen.leads)
        print(  # noqa: T201  # what this file is for
            f"seed {seed}: handed over {len(trial.handed_over):,}; "
            f"found {trial.won}, missed {trial.missed} of {trial.wins}; "
            f"by the outcomes {counted(company, trial)}; of {known} with a full horizon {won} won, "
            f"the truth says {sure:.1f} +- {spread:.1f}"
        )


if __name__ == "__main__":
    main()
