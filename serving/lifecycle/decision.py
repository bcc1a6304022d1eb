"""What a decision is made of: facts and a score go in, a stage with its grounds and an action come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from features.settings import Grade
from features.stages import Stage

Owner = Literal["marketing", "sales", "customer_success"]

OWNERS: Mapping[Stage, Owner] = {
    Stage.SUBSCRIBER: "marketing",
    Stage.LEAD: "marketing",
    Stage.MARKETING_QUALIFIED: "marketing",
    Stage.SALES_QUALIFIED: "sales",
    Stage.OPPORTUNITY: "sales",
    Stage.CUSTOMER: "customer_success",
    Stage.EVANGELIST: "customer_success",
}


class Action(StrEnum):
    """What somebody should do next."""

    HAND_OFF = "hand_off"  #: marketing gives the lead to sales
    CALL = "call"
    NURTURE = "nurture"
    WAIT = "wait"
    SUPPRESS = "suppress"  #: no scoring, no contact by what a score says


class Because(StrEnum):
    """Why a stage is recommended, or an action held back; `serving.stage_words` has the sentences."""

    OBJECTED = "objected"
    FACT = "fact"
    TURNED_DOWN = "turned_down"
    RECYCLES = "recycles"  #: when the rejection ends
    TURNED_DOWN_BEFORE = "turned_down_before"  #: before it asked again
    ASKED = "asked"
    ASKED_TOO = "asked_too"  #: nobody knows whether before or after the rejection
    IDLE = "idle"
    WITH_SALES = "with_sales"
    HELD = "held"  #: a person set the stage
    SCORE_REACHED = "score_reached"
    SCORE_KEPT = "score_kept"  #: below what entering needs, not below the exit
    SCORE_MISSED = "score_missed"
    FIT_REACHED = "fit_reached"
    FIT_MISSED = "fit_missed"
    ACTIVE = "active"
    NOT_ACTIVE_ENOUGH = "not_active_enough"
    DWELLS = "dwells"  #: it would go back, but came only lately
    NOT_YET_SCORE = "not_yet_score"  #: what the next stage needs besides
    NOT_YET_FIT = "not_yet_fit"
    SHOWED_INTEREST = "showed_interest"
    SUBSCRIBED_ONLY = "subscribed_only"
    NO_CONSENT = "no_consent"  #: none on record
    CONSENT_REFUSED = "consent_refused"
    UNSUBSCRIBED = "unsubscribed"
    NOT_COMING_BACK = "not_coming_back"  #: turned down for good


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a lead besides its score, by the moment of scoring. Days count back from there."""

    consent: bool | None = None  #: to be contacted for marketing; None counts as no
    unsubscribed_days: float | None = None  #: since it ended contact; None where it did not, or signed up again since
    objects_to_profiling: bool = False
    disqualified_reason: str | None = None  #: why sales turned it down: a code of `features.verdicts`, or words
    disqualified_days: float | None = None  #: since then; None where nobody says when
    active_days: int | None = None  #: recent days with activity of its own; None where the model sees no activities
    idle_days: float | None = None  #: since the last one, or since it came; None where neither is known
    evidence: Stage | None = None  #: the furthest stage that an activity is evidence for
    asked: str | None = None  #: the kind of the last named sales action
    asked_days: float | None = None  #: since that action
    topic: str | None = None  #: what it read about most of late
    stage_days: float | None = None  #: since it came to its stage; None where nobody says
    set_days: float | None = None  #: since a person set its stage; None where the last move was not a person's
    offered: bool = False  #: recommended to sales already, which has not answered


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the decision reads of an answer."""

    score: float  #: percentile, 0 to 100
    fit: Grade


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One reason for a decision, with the values that its sentence names."""

    code: Because
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The recommended stage, why, whose the lead then is, and what to do."""

    current: Stage
    recommended: Stage
    because: tuple[Ground, ...]
    action: Action
    held_back: Ground | None = None  #: why nothing is to be written to it
    topic: str | None = None  #: to talk or write about

    @property
    def owner(self) -> Owner:
        """The team that the recommended stage belongs to."""
        return OWNERS[self.recommended]

    @property
    def moves_to(self) -> Stage:
        """The stage to write now: a score only recommends sales qualified; a request for sales makes it so."""
        asked = any(ground.code is Because.ASKED for ground in self.because)
        if self.recommended is Stage.SALES_QUALIFIED and self.current is not Stage.SALES_QUALIFIED and not asked:
            return Stage.MARKETING_QUALIFIED
        return self.recommended

    @property
    def made(self) -> "Decision":
        """The decision as it is once its move is made: a lead that sales has now is called, not handed over."""
        if self.action is not Action.HAND_OFF or self.moves_to is not Stage.SALES_QUALIFIED:
            return self
        return replace(self, current=self.moves_to, action=Action.CALL)

    @property
    def offers(self) -> bool:
        """Whether the lead goes into the queue of sales."""
        return self.action is Action.HAND_OFF
