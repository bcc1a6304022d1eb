"""Two models side by side: every figure with the difference, the gate's verdict, and who would be called instead."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.settings import Settings
from features.tables import Export, Pairs
from models.bundle import Bundle
from training.dataset import Dataset
from training.gate import Contest, gate
from training.measure import figures
from training.outcomes import closed_at
from training.recent import Recent
from training.swap_set import SwapSet, swap_set

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `ripeness compare` shows."""

    contest: Contest
    recent: SwapSet  #: of leads whose result is known, each at one moment of the window
    today: SwapSet | None  #: of the leads that are open at the end of the data; None where only some moments count


def compare(
    champion: Bundle, challenger: Bundle, export: Export, settings: Settings, progress: Progress = lambda _: None
) -> Comparison:
    """Judge, and list the leads that change band.

    Raises:
        NotComparable: the models predict different things or for different leads.
        NotEnoughData: there is no recent lead whose result is known.
    """
    shown = figures(float(champion.card.get("capacity_share", 0.1)))
    contest = gate(champion, challenger, export, settings, figures=shown, progress=progress)
    progress("listing the leads that change band")
    at = _one_moment_each(contest.recent, settings.model.seed)
    nurture = settings.lifecycle.mql_min_score
    known = swap_set(
        champion,
        challenger,
        export,
        contest.recent.pairs.take(at),
        contest.recent.label[at],
        nurture_score=nurture,
    )
    today = None
    if not export.flat and settings.cohort.mode == "snapshots":
        pairs = _open_at_the_end(export)
        today = swap_set(champion, challenger, export, pairs, np.full(len(pairs), np.nan), nurture_score=nurture)
    return Comparison(contest=contest, recent=known, today=today)


def _one_moment_each(recent: Recent, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions of one pair of each lead, drawn by weight."""
    numbered = Dataset(
        rows=np.arange(len(recent), dtype=np.float64)[:, None],
        label=recent.label,
        weight=recent.weight,
        group=recent.group,
        lead=recent.pairs.lead,
        as_of=recent.pairs.as_of,
    )
    return numbered.one_pair_per_lead(seed).rows[:, 0].astype(np.int64)


def _open_at_the_end(export: Export) -> Pairs:
    created = export.leads["created_at"].to_numpy(dtype=np.int64)
    lead = np.flatnonzero((closed_at(export) > export.data_end) & (created <= export.data_end))
    return Pairs(lead=lead, as_of=np.full(len(lead), export.data_end, dtype=np.int64))
