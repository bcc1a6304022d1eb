"""Presence lift: a field that is filled in almost only for leads that ended one way."""

from collections.abc import Iterator

import numpy as np

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import Ratio, share_ratio
from training.leaks.verdicts import Evidence

REFUSE_RATIO, SUSPECT_RATIO = 10.0, 3.0  #: cautious bound of: filled for one side / for the other
REFUSE_PURITY = 0.5  #: share of wins among the decided leads with a value; a rare base needs less of the ratio
REFUSE_ALONE = 50.0  #: ratio that needs no purity
REFUSE_COVERAGE = 0.2  #: share of the leads that weren't won that a field of theirs must have


def presence(field: Field, case: Case) -> Iterator[Evidence]:
    """Filled in for winners only, or for the others only."""
    if not case.outcome_tells or field.filled.all():
        return
    label = case.fates.label
    for side, other, target in (("won", "other", label), ("not won", "won", 1 - label)):
        found = share_ratio(field.filled, target, case.won_or_not)
        if found.low >= SUSPECT_RATIO:
            purity = float(target[field.filled & ~np.isnan(target)].mean())
            refused = _is_proof(found, purity, won=side == "won")
            yield Evidence(
                test="presence_lift",
                ground="outcome",
                weight=5 if refused else 3,
                numbers={"filled": found.share, "filled_elsewhere": found.share_elsewhere, "ratio_at_least": found.low},
                words={"side": side},
                sentence=f"It is filled in for {found.share:.1%} of the {side} leads but for "
                f"{found.share_elsewhere:.1%} of the {other} ones that came at the same time: whoever fills it in "
                "seems to know the result. Leave it out, or export its history, which is read as of the time.",
            )


def _is_proof(found: Ratio, purity: float, *, won: bool) -> bool:
    """Whether no honest field would be so one-sided."""
    if not won:
        return found.low >= REFUSE_RATIO and found.share >= REFUSE_COVERAGE
    return found.low >= REFUSE_ALONE or (found.low >= REFUSE_RATIO and purity >= REFUSE_PURITY)
