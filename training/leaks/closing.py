"""Fields that are filled in, or get another value, when a lead is closed either way.

Lost leads are compared with open ones that came at the same time, so that what winning does is not
counted twice. What differs was written between creation and closing, at a time that nobody recorded.
"""

from collections.abc import Iterator

import numpy as np

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import held_out_auc, share_ratio
from training.leaks.verdicts import Evidence

RATIOS = ((10.0, 5), (2.0, 2))  #: cautious bound of: filled for lost / for open leads -> weight
COVERAGE = 0.05  #: share of lost leads that must have the field
COMPLETE = 0.98  #: share of all closed leads that have a field without which nothing is closed
LACKING = (10.0, 0.2)  #: cautious bound of: lacked by open / by lost leads; share of open ones that lack it
AUCS = ((0.95, 5), (0.8, 3))  #: cautious bound of the AUC of the values, lost against open -> weight


def closing(field: Field, case: Case) -> Iterator[Evidence]:
    """Fill rate, and values, of lost against open leads."""
    if case.closing_tells and not field.tracked:
        yield from _fill_rate(field, case)
        yield from _values(field, case)


def _fill_rate(field: Field, case: Case) -> Iterator[Evidence]:
    if field.filled.all():
        return
    found = share_ratio(field.filled, case.fates.ended, case.lost_or_open)
    weight = next((weight for bound, weight in RATIOS if found.low >= bound and found.share >= COVERAGE), 0)
    late = weight > 0 and _completed_at_closing(field, case)
    if weight:
        yield Evidence(
            test="filled_at_closing",
            ground="closing",
            weight=5 if late else weight,
            numbers={"lost": found.share, "open": found.share_elsewhere, "ratio_at_least": found.low},
            sentence=f"It is filled in for {found.share:.0%} of the lost leads but for {found.share_elsewhere:.0%} "
            "of the open ones that came at the same time: it is written before or at closing, nobody knows when. "
            + ("Hardly any closed lead lacks it, so that being filled in says closed. " if late else "")
            + "Export its history, or leave it out.",
        )


def _completed_at_closing(field: Field, case: Case) -> bool:
    """Whether open leads alone lack it: then being filled in says that a lead is closed, whatever the value."""
    fates = case.fates
    lacked = share_ratio(~field.filled, 1 - fates.ended, case.lost_or_open)
    complete = float(field.filled[fates.closed].mean()) >= COMPLETE
    return complete and lacked.low >= LACKING[0] and lacked.share >= LACKING[1]


def _values(field: Field, case: Case) -> Iterator[Evidence]:
    """Among leads that have a value, so that filling in is not counted twice."""
    target = np.where(field.filled, case.fates.ended, np.nan)
    if not case.fates.enough(target):
        return
    found = held_out_auc(field.level, target, case.lost_or_open, case.seed)
    weight = next((weight for bound, weight in AUCS if found and found.low >= bound), 0)
    if found and weight:
        yield Evidence(
            test="changed_at_closing",
            ground="closing",
            weight=weight,
            numbers={"auc": found.value, "auc_at_least": found.low},
            sentence=f"Its value tells lost leads from open ones that came at the same time (AUC {found.value:.2f}): "
            "it changes with closing. Export its history, or leave it out.",
        )
