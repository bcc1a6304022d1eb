"""What sales says of a lead that was handed over: accepted, or rejected for one of these reasons.

Training gives each reason its treatment as a label, the lifecycle its date of return; both mean the
same words.
"""

from enum import StrEnum
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
