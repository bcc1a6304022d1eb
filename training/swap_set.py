"""The swap set: which leads another model would put into another band, how those ended, and exactly why.

Two models give a lead two sums: base value plus one contribution per field and event kind. So their
difference is a sum too, of the difference of base values and of one difference per field and kind;
what only one model reads counts as 0 in the other. It adds up to the difference of the log-odds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from features.clock import iso
from features.rows import build_rows
from features.tables import Export, Pairs
from models.bundle import Bundle
from training.metrics import jeffreys

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CALL, NURTURE, WAIT = "call", "nurture", "wait"  #: as many as sales can call; from marketing's score on; the rest
BECAUSE = 3  #: fields and kinds named for one lead
BASE = "base value"


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Leads that go from one band to another, in sum."""

    before: str
    after: str
    leads: int
    decided: int  #: of those, whose result is known
    won: int
    low: float  #: 95 % interval of the share won
    high: float
    because: Mapping[str, float]  #: mean difference of log-odds per field or kind, the largest first

    def line(self) -> str:
        """For a person."""
        share = f"{self.won:,} of {self.decided:,} won"
        interval = f" ({self.won / self.decided:.1%}, {self.low:.1%} to {self.high:.1%})" if self.decided else ""
        why = ", ".join(f"{name} {change:+z.2f}" for name, change in list(self.because.items())[:BECAUSE])
        ended = f"{share}{interval}; " if self.decided else ""
        return f"{self.before} -> {self.after}: {self.leads:,} leads; {ended}mostly by {why}"


@dataclass(frozen=True, kw_only=True)
class SwapSet:
    """The leads that change band, the largest change first.

    `table` has one row a lead: who and when, `won` (1, 0, None while open), and of both models the
    band, score, probability and log-odds. `changes` (n_leads, 1 + n_names) holds the differences of log-odds,
    challenger less champion, by `names`; a row of it adds up to the difference of both log-odds.
    """

    table: pd.DataFrame
    names: tuple[str, ...]  #: the base value, then every field and kind that either model reads
    changes: Floats
    leads: int  #: that were looked at

    def moves(self) -> tuple[Moves, ...]:
        """Sums for each pair of bands, the most leads first."""
        ways = self.table.groupby(["champion_band", "challenger_band"], sort=True).indices
        found = [self._moves(before, after, at) for (before, after), at in ways.items()]
        return tuple(sorted(found, key=lambda moves: -moves.leads))

    def _moves(self, before: str, after: str, at: Ints) -> Moves:
        won = self.table["won"].iloc[at].dropna().to_numpy(dtype=np.float64)
        low, high = jeffreys(float(won.sum()), len(won)) if len(won) else (0.0, 1.0)
        mean = self.changes[at].mean(axis=0)
        order = np.argsort(-np.abs(mean), kind="stable")
        return Moves(
            before=before,
            after=after,
            leads=len(at),
            decided=len(won),
            won=int(won.sum()),
            low=low,
            high=high,
            because={self.names[i]: float(mean[i]) for i in order},
        )

    def full(self) -> pd.DataFrame:
        """The table with, for each lead, the strongest changes in words and one column per field and kind."""
        because = [self._because(row) for row in self.changes]
        changes = pd.DataFrame(self.changes, columns=[f"change by {name}" for name in self.names])
        return pd.concat([self.table.assign(because=because), changes], axis=1)

    def _because(self, row: Floats) -> str:
        strongest = np.argsort(-np.abs(row), kind="stable")[:BECAUSE]
        return "; ".join(f"{self.names[i]} {row[i]:+z.2f}" for i in strongest if row[i])


def swap_set(
    champion: Bundle, challenger: Bundle, export: Export, pairs: Pairs, won: Floats, *, nurture_score: float
) -> SwapSet:
    """The leads of these pairs that change band; `won` (n_pairs,) is NaN where it isn't known.

    `nurture_score` is the score from which marketing works a lead, below the band that sales calls.
    """
    rows = (build_rows(champion.view, export, pairs), build_rows(challenger.view, export, pairs))
    scored = [_scored(bundle, own, nurture_score) for bundle, own in zip((champion, challenger), rows, strict=True)]
    moved = np.flatnonzero(scored[0]["band"].to_numpy() != scored[1]["band"].to_numpy())
    names, changes, sums = changes_between(champion, challenger, rows[0][moved], rows[1][moved])
    who = {
        "lead_id": export.leads["lead_id"].to_numpy()[pairs.lead[moved]],
        "as_of": [iso(int(at)) if not export.flat else f"row {at + 1}" for at in pairs.as_of[moved]],
        "won": pd.Series([None if np.isnan(w) else int(w) for w in won[moved]], dtype="Int64"),
    }
    for name, table, log_odds in zip(("champion", "challenger"), scored, sums, strict=True):
        here = table.iloc[moved].reset_index(drop=True)
        who |= {f"{name}_{column}": here[column] for column in here.columns} | {f"{name}_log_odds": log_odds}
    order = np.argsort(-np.abs(sums[1] - sums[0]), kind="stable")
    listed = pd.DataFrame(who).iloc[order].reset_index(drop=True)
    return SwapSet(table=listed, names=names, changes=changes[order], leads=len(pairs))


def changes_between(
    champion: Bundle, challenger: Bundle, before: Floats, after: Floats
) -> tuple[tuple[str, ...], Floats, tuple[Floats, Floats]]:
    """(names, differences of log-odds (n_rows, n_names), both log-odds) of the same pairs in both models' rows."""
    answers = (champion.answer(before), challenger.answer(after))
    keys = tuple(dict.fromkeys((g.name, g.family) for b in (champion, challenger) for g in b.groups.all))
    column = {key: i + 1 for i, key in enumerate(keys)}
    changes = np.zeros((len(before), 1 + len(keys)))
    for sign, bundle, answer in ((-1.0, champion, answers[0]), (1.0, challenger, answers[1])):
        changes[:, 0] += sign * answer.base_value
        at = np.array([column[g.name, g.family] for g in bundle.groups.all], dtype=np.intp)
        changes[:, at] += sign * bundle.groups.sums(answer.contributions)
    plain = [name for name, _ in keys]
    names = (name if plain.count(name) == 1 else f"{name} ({family})" for name, family in keys)
    return (BASE, *names), changes, (answers[0].log_odds, answers[1].log_odds)


def _scored(bundle: Bundle, rows: Floats, nurture_score: float) -> pd.DataFrame:
    log_odds = bundle.log_odds(rows)
    score = bundle.policy.scores(log_odds)
    band = np.where(score >= nurture_score, NURTURE, WAIT)
    band = np.where(score >= bundle.policy.capacity_score, CALL, band)
    return pd.DataFrame({"band": band, "score": score, "probability": expit(log_odds)})
