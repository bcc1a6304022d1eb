"""Values that read like a verdict on the lead: somebody judged it, at a time that nobody recorded."""

from collections.abc import Iterator

import numpy as np

from training.leaks.case import Case
from training.leaks.fields import FEW_VALUES, Field
from training.leaks.verdicts import Evidence
from training.leaks.words import judging

WEIGHT = 1
FROM_SHARE = 0.3  #: of the leads with a value


def judging_values(field: Field, _case: Case) -> Iterator[Evidence]:
    """A column of few texts, many of which are judgements."""
    if field.is_number or not 2 <= len(field.distinct) <= FEW_VALUES:
        return
    judged = np.array(judging(field.texts))
    share = float(field.leads[judged].sum() / max(1, field.leads.sum()))
    if share < FROM_SHARE:
        return
    by_leads = np.argsort(-field.leads, kind="stable")
    shown = ", ".join(repr(field.texts[i]) for i in by_leads if judged[i])
    yield Evidence(
        test="judging_values",
        ground="values",
        weight=WEIGHT,
        numbers={"share": share},
        words={"values": shown[:120]},
        sentence=f"{share:.0%} of its values read like a verdict on the lead ({shown[:120]}): "
        "find out who gives it, and when.",
    )
