"""What a new score changes: which band the lead is in, and whether it is worth a row of the ledger. Pure."""

from features.clock import DAY
from features.settings import Lifecycle
from serving.lifecycle.handoff import Band
from serving.live.assess import Assessed
from serving.live.before import TREND_DAYS, Before
from serving.store.ledger import inputs_digest

HYSTERESIS = 2  #: points below its threshold at which a lead leaves a band


def band_now(score: float, policy: Lifecycle, before: str | None = None) -> Band:
    """Hot, warm or cold by the policy's thresholds; a lead that was warmer stays so until it is 2 points below."""
    for band, needed in ((Band.HOT, policy.sql_min_score), (Band.WARM, policy.mql_min_score)):
        if score >= needed - (HYSTERESIS if before == band else 0):
            return band
    return Band.COLD


def is_news(before: Before | None, found: Assessed, *, acts: bool) -> bool:
    """Whether the ledger gets a row for this score.

    It does not where all of this holds: the policy does nothing by it, the numbers that people see are the same, by
    the same bundle, from the same facts, and the last row is younger than a week, which is what trends look back.
    """
    if before is None or acts or found.case.as_of - before.as_of >= TREND_DAYS * DAY:
        return True
    same = (before.score, before.fit, before.engagement, before.bundle, before.stage) == (
        *(found.score, found.fit, found.engagement, found.predictor.bundle.digest),
        found.decision.moves_to.value,
    )
    return not same or inputs_digest(found.living.case.lead, before.as_of) != before.inputs
