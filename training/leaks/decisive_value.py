"""One value that nearly only winners have, such as "Yes" in a flag that is set at closing."""

from collections.abc import Iterator

import numpy as np

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.measures import share_ratio
from training.leaks.verdicts import Evidence

RATIO = 30.0  #: cautious bound of: has the value among winners / among the others
COVERAGE = 0.1  #: share of winners that must have it
PURITY = 0.8  #: share of winners among those that have it


def decisive_value(field: Field, case: Case) -> Iterator[Evidence]:
    """A value that decides: it covers many winners and hardly anybody else."""
    if not case.outcome_tells or field.tracked:
        return
    label = case.fates.label
    known = ~np.isnan(label)
    levels = int(field.level.max(initial=0)) + 1
    won = np.bincount(field.level[label == 1], minlength=levels)
    all_ = np.bincount(field.level[known], minlength=levels)
    likely = (won >= COVERAGE * won.sum()) & (won >= PURITY * all_) & (np.arange(levels) > 0)
    for level in np.flatnonzero(likely):
        holds = field.level == level
        found = share_ratio(holds, label, case.won_or_not)
        if found.low >= RATIO:
            same = len(np.unique(field.code[holds])) == 1  # else a range of numbers, or rare values together
            value = ("" if same else "values such as ") + repr(field.texts[field.code[np.argmax(holds)]][:60])
            yield Evidence(
                test="decisive_value",
                ground="outcome",
                weight=5,
                numbers={
                    "won": float(won[level]),
                    "leads": float(all_[level]),
                    "share": found.share,
                    "ratio_at_least": found.low,
                },
                words={"value": field.texts[field.code[np.argmax(holds)]][:60]},
                sentence=f"{won[level]:,} of {all_[level]:,} decided leads with {value} were won, "
                f"{found.share:.0%} of all wins: the value seems to be set when the result is known. Leave it out.",
            )
