"""What sales said of leads, as far as it changes their labels: `features.verdicts.TREATMENTS` says how for each reason.

A verdict is never a feature. It only takes away moments whose label would teach something wrong: those
of a record that is wrong, and those after "not now", where not being won says nothing. What is won
stays won, and of several verdicts the last one counts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import days
from features.settings import Settings
from features.tables import OUTCOME_KINDS, Export, Pairs
from features.verdicts import TREATMENTS, Rejection, Treatment, rejection_of
from training.outcomes import OPEN, closed_at, won_at

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

DROPPED = {
    Treatment.LEFT_OUT: "pairs of leads that sales called bad data or duplicates",
    Treatment.CENSORED: "pairs without a label, for sales said: not now (censored)",
}


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """Leads whose last word from sales is a rejection and that were not won; one entry per lead."""

    lead: Ints
    at: Ints  #: when sales said it
    reason: tuple[Rejection, ...]

    @classmethod
    def of(cls, export: Export) -> "Rejected":
        """Those of an export; a flat one tells no times, and has none."""
        told = export.outcomes[export.outcomes["kind"].isin(OUTCOME_KINDS[2:]).to_numpy()]
        last = told.sort_values(["happened_at", "known_at"], kind="stable").drop_duplicates("lead", keep="last")
        lead = last["lead"].to_numpy(dtype=np.int64)
        here = (last["kind"] == OUTCOME_KINDS[3]).to_numpy(dtype=bool) & (won_at(export)[lead] == OPEN)
        last = last[here & (not export.flat)].sort_values("lead", kind="stable")
        return cls(
            lead=last["lead"].to_numpy(dtype=np.int64),
            at=last["happened_at"].to_numpy(dtype=np.int64),
            reason=tuple(rejection_of(words) for words in last["reason"]),
        )

    def having(self, treatment: Treatment) -> Mask:
        """Which of them are treated like this, (n_rejected,)."""
        return np.array([TREATMENTS[reason] is treatment for reason in self.reason], dtype=bool)


@dataclass(frozen=True, kw_only=True)
class Treated:
    """How many leads one reason turned down, and what that did."""

    reason: Rejection
    treatment: Treatment
    leads: int
    pairs_out: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "reason": self.reason.value,
            "treatment": self.treatment.value,
            "leads": self.leads,
            "pairs_out": self.pairs_out,
        }


def resolved_at(export: Export) -> Ints:
    """When what became of each lead was known: won, lost, or turned down for good; `OPEN` before. Shape (n_leads,)."""
    moments, rejected = closed_at(export), Rejected.of(export)
    final = rejected.having(Treatment.NEGATIVE)
    np.minimum.at(moments, rejected.lead[final], rejected.at[final])
    return moments


def treat(export: Export, pairs: Pairs, settings: Settings) -> tuple[Mask, tuple[Treated, ...], Mapping[str, int]]:
    """Which pairs keep their label, (n_pairs,); how many leads were treated how; how many pairs went, in words."""
    rejected = Rejected.of(export)
    out = _censored(export, rejected, pairs, days(settings.outcome.horizon_days))
    out |= np.isin(pairs.lead, rejected.lead[rejected.having(Treatment.LEFT_OUT)])
    gone = Counter(pairs.lead[out].tolist())
    treated = tuple(_treated(rejected, gone))
    words = {
        DROPPED[how]: sum(one.pairs_out for one in treated if one.treatment is how)
        for how in (Treatment.LEFT_OUT, Treatment.CENSORED)
    }
    return ~out, treated, words


def _censored(export: Export, rejected: Rejected, pairs: Pairs, horizon: int) -> Mask:
    """Pairs whose horizon reaches beyond a "not now", unless the lead was closed after it."""
    until = np.full(len(export.leads), OPEN, dtype=np.int64)
    waits = rejected.having(Treatment.CENSORED) & (closed_at(export)[rejected.lead] == OPEN)
    until[rejected.lead[waits]] = rejected.at[waits]
    return np.asarray(pairs.as_of + horizon >= until[pairs.lead])


def _treated(rejected: Rejected, gone: Mapping[int, int]) -> Iterator[Treated]:
    for reason, how in TREATMENTS.items():
        leads = [lead for lead, why in zip(rejected.lead.tolist(), rejected.reason, strict=True) if why is reason]
        if leads:
            yield Treated(reason=reason, treatment=how, leads=len(leads), pairs_out=sum(gone.get(x, 0) for x in leads))
