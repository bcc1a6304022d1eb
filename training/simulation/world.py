"""The stated truth of the simulated company: every chance there is, in one place.

Each lead has a hidden intent that moves among five states from day to day. On every day the state
decides how likely each activity is; the state and the lead's fit decide how likely it is won or
lost that evening. docs/simulator.md has the formulas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.stages import Stage

Floats = npt.NDArray[np.float64]

STATES = ("passive", "curious", "evaluating", "ready", "stalled")
#: an activity can happen on any day, after a mailing, on the day of a webinar, or of a trade show
When = Literal["any_day", "mailing", "webinar", "trade_show"]
#: what a lead must be for an activity to be possible: seen in its record, so no secret
Needs = Literal["nothing", "subscribed", "registered", "not_yet"]


@dataclass(frozen=True, kw_only=True)
class Activity:
    """A kind of event that leads make: at most one occasion a day, by chance of the state of intent."""

    kind: str
    stage: Stage  #: what it is evidence for, in the settings
    chance: tuple[float, ...]  #: per day on which it is possible, for each of STATES
    when: When = "any_day"
    needs: Needs = "nothing"
    known_after_days: int = 0  #: it is imported at the end of that many days after it happened
    channel: str = "web"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where leads come from."""

    share: float
    intent: tuple[float, ...]  #: share of each of STATES among its leads on arrival
    fit: float  #: log of what it multiplies the chance of winning by
    channel: str
    first_event: str | None  #: what the lead did to come in
    subscribed: float  #: share that may be sent newsletters


@dataclass(frozen=True, kw_only=True)
class World:
    """All chances of one company; `WORLD` is the one that everybody sees."""

    activities: tuple[Activity, ...]
    origins: Mapping[str, Origin]
    moves: Floats  #: (5, 5): chance per night to go from one state (row) to another
    won: Floats  #: (5,): chance per day to be won, of a lead with fit 0
    lost: Floats  #: (5,): chance per day to be lost
    fit: Mapping[str, Mapping[str, float]]  #: field -> value as recorded -> log multiplier of `won`
    promoted: float  #: chance per day that a title changes to the next rank
    won_at_most: float = 0.5  #: cap on the chance per day

    @property
    def chances(self) -> Floats:
        """(n_activities, 5): chance of each activity in each state."""
        return np.array([a.chance for a in self.activities])

    def position(self, kind: str) -> int:
        """Where an activity stands in `activities`."""
        return [a.kind for a in self.activities].index(kind)

    @property
    def arrival(self) -> Floats:
        """(n_origins, 5): share of each state on a lead's first whole day."""
        return np.array([o.intent for o in self.origins.values()])

    def win_chance(self, fit: Floats) -> Floats:
        """(n, 5): chance per day to be won for leads of these fits (n,)."""
        return np.minimum(self.won[None, :] * np.exp(fit)[:, None], self.won_at_most)


_ACTIVITIES = (
    Activity(kind="page_view", stage=Stage.LEAD, chance=(0.008, 0.040, 0.110, 0.200, 0.014)),
    Activity(
        kind="pricing_page_view",
        stage=Stage.MARKETING_QUALIFIED,
        chance=(0.0006, 0.004, 0.030, 0.090, 0.003),
    ),
    Activity(
        kind="content_download",
        stage=Stage.LEAD,
        chance=(0.0012, 0.012, 0.034, 0.030, 0.002),
    ),
    Activity(
        kind="email_open",
        stage=Stage.SUBSCRIBER,
        chance=(0.09, 0.20, 0.30, 0.34, 0.13),
        when="mailing",
        needs="subscribed",
        channel="email",
    ),
    Activity(
        kind="email_click",
        stage=Stage.LEAD,
        chance=(0.010, 0.06, 0.16, 0.20, 0.02),
        when="mailing",
        needs="subscribed",
        channel="email",
    ),
    Activity(
        kind="social_engagement",
        stage=Stage.SUBSCRIBER,
        chance=(0.002, 0.009, 0.011, 0.010, 0.003),
        channel="social",
    ),
    Activity(
        kind="webinar_registered",
        stage=Stage.LEAD,
        chance=(0.0006, 0.005, 0.014, 0.014, 0.0015),
        channel="webinar",
    ),
    Activity(
        kind="webinar_attended",
        stage=Stage.MARKETING_QUALIFIED,
        chance=(0.20, 0.45, 0.62, 0.70, 0.25),
        when="webinar",
        needs="registered",
        known_after_days=3,
        channel="webinar",
    ),
    Activity(
        kind="trade_show_visit",
        stage=Stage.LEAD,
        chance=(0.002, 0.012, 0.035, 0.040, 0.005),
        when="trade_show",
        known_after_days=7,
        channel="trade_show",
    ),
    Activity(
        kind="trial_started",
        stage=Stage.SALES_QUALIFIED,
        chance=(0.00008, 0.0009, 0.0070, 0.0200, 0.0005),
        needs="not_yet",
    ),
    Activity(
        kind="demo_request",
        stage=Stage.SALES_QUALIFIED,
        chance=(0.00003, 0.0003, 0.0030, 0.0250, 0.0003),
    ),
    Activity(
        kind="unsubscribe",
        stage=Stage.SUBSCRIBER,
        chance=(0.0030, 0.0008, 0.0004, 0.0002, 0.0022),
        needs="subscribed",
        channel="email",
    ),
    Activity(
        kind="careers_page_view",
        stage=Stage.SUBSCRIBER,
        chance=(0.004, 0.004, 0.004, 0.004, 0.004),
    ),
)

_ORIGINS = {
    "Web form": Origin(
        share=0.18,
        intent=(0.25, 0.41, 0.22, 0.07, 0.05),
        fit=0.2,
        channel="web",
        first_event="content_download",
        subscribed=0.8,
    ),
    "Newsletter": Origin(
        share=0.15,
        intent=(0.45, 0.46, 0.06, 0.01, 0.02),
        fit=0.0,
        channel="email",
        first_event="newsletter_signup",
        subscribed=1.0,
    ),
    "E-mail campaign": Origin(
        share=0.10,
        intent=(0.50, 0.38, 0.08, 0.02, 0.02),
        fit=0.0,
        channel="email",
        first_event="email_click",
        subscribed=0.9,
    ),
    "Direct mail": Origin(
        share=0.06,
        intent=(0.60, 0.31, 0.06, 0.01, 0.02),
        fit=0.1,
        channel="direct_mail",
        first_event=None,
        subscribed=0.3,
    ),
    "Social": Origin(
        share=0.14,
        intent=(0.55, 0.36, 0.06, 0.01, 0.02),
        fit=-0.3,
        channel="social",
        first_event="social_engagement",
        subscribed=0.6,
    ),
    "Content syndication": Origin(
        share=0.12,
        intent=(0.62, 0.31, 0.05, 0.01, 0.01),
        fit=-0.2,
        channel="syndication",
        first_event="content_download",
        subscribed=0.7,
    ),
    "Purchased list": Origin(
        share=0.10,
        intent=(0.88, 0.10, 0.01, 0.00, 0.01),
        fit=-0.6,
        channel="list",
        first_event=None,
        subscribed=0.2,
    ),
    "Partner": Origin(
        share=0.05,
        intent=(0.20, 0.34, 0.28, 0.14, 0.04),
        fit=0.5,
        channel="partner",
        first_event=None,
        subscribed=0.6,
    ),
    "Trade show": Origin(
        share=0.10,
        intent=(0.40, 0.40, 0.13, 0.03, 0.04),
        fit=0.3,
        channel="trade_show",
        first_event="trade_show_visit",
        subscribed=0.7,
    ),
}

_MOVES = np.array(
    [
        [0.9975, 0.0022, 0.0003, 0.0000, 0.0000],
        [0.0130, 0.9750, 0.0100, 0.0005, 0.0015],
        [0.0050, 0.0020, 0.9640, 0.0180, 0.0110],
        [0.0030, 0.0000, 0.0070, 0.9780, 0.0120],
        [0.0110, 0.0030, 0.0060, 0.0010, 0.9790],
    ]
)

_FIT = {
    "rank": {"student": -2.2, "specialist": -0.8, "senior": -0.2, "manager": 0.3, "director": 0.7, "executive": 0.8},
    "department": {"it": 0.1, "operations": 0.4, "finance": 0.1, "marketing": -0.2, "sales": 0.0, "hr": -0.5},
    "industry": {
        "Manufacturing": 0.7,
        "Logistics": 0.6,
        "Software": 0.1,
        "Retail": -0.1,
        "Professional services": -0.1,
        "Construction": -0.2,
        "Hospitality": -0.9,
        "Education": -1.0,
    },
    "size": {"1-10": -1.2, "11-50": -0.4, "51-200": 0.4, "201-1000": 0.7, "1001-5000": 0.4, "5001+": -0.2},
    "country": {"IT": 0.2, "DE": 0.1, "FR": 0.0, "ES": 0.0, "GB": 0.0, "US": -0.4, "NL": 0.0, "CH": 0.0},
    "email": {"company": 0.2, "free": -0.8, "disposable": -2.5},
}

WORLD = World(
    activities=_ACTIVITIES,
    origins=_ORIGINS,
    moves=_MOVES,
    won=np.array([0.00001, 0.00004, 0.0003, 0.0045, 0.00008]),
    lost=np.array([0.0045, 0.0015, 0.0012, 0.0020, 0.0035]),
    fit=_FIT,
    promoted=0.0004,
)
