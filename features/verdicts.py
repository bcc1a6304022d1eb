"""What sales says of a lead that was handed over: accepted, or rejected for one of these reasons.

Training gives each reason its treatment as a label, the lifecycle its date of return; both mean the
same words.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Literal

Verdict = Literal["accepted", "rejected"]


class Rejection(StrEnum):
    """Why sales turned a lead down."""

    NOT_OUR_PROFILE = "not_our_profile"
    NO_INTENT = "no_intent"
    BAD_TIMING = "bad_timing"
    BAD_DATA = "bad_data"
    DUPLICATE = "duplicate"
    COMPETITOR = "competitor"
    STUDENT_OR_JOB_SEEKER = "student_or_job_seeker"
    OTHER = "other"


class Treatment(StrEnum):
    """What a rejection means for the label of the lead in training."""

    NEGATIVE = "negative"  #: a result: it counts as not won from then on, and as news for a retraining
    CENSORED = "censored"  #: from then on nothing is known of it: moments whose horizon reaches beyond have no label
    LEFT_OUT = "left_out"  #: its record is wrong: the lead teaches nothing
    AS_IT_ENDED = "as_it_ended"  #: the outcome alone decides


#: A lead that is won counts as won whatever sales said before; what sales says later outweighs what it said before.
TREATMENTS = MappingProxyType(
    {
        Rejection.NOT_OUR_PROFILE: Treatment.NEGATIVE,
        Rejection.NO_INTENT: Treatment.NEGATIVE,
        Rejection.BAD_TIMING: Treatment.CENSORED,
        Rejection.BAD_DATA: Treatment.LEFT_OUT,
        Rejection.DUPLICATE: Treatment.LEFT_OUT,
        Rejection.COMPETITOR: Treatment.NEGATIVE,
        Rejection.STUDENT_OR_JOB_SEEKER: Treatment.NEGATIVE,
        Rejection.OTHER: Treatment.AS_IT_ENDED,
    }
)


def rejection_of(words: object) -> Rejection:
    """The reason that an export gives: a code, however it is written ("Bad timing"); all other words are `other`."""
    if not isinstance(words, str):
        return Rejection.OTHER
    code = "_".join(words.casefold().replace("-", " ").replace("_", " ").split())
    return Rejection(code) if code in set(Rejection) else Rejection.OTHER
