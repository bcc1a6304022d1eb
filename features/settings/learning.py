"""What is learned, from whom, from when, and how."""

from typing import Annotated, Literal

from pydantic import Field

from features.settings.section import Days, Moment, Section, Share


class Features(Section):
    """Which windows the view looks through, and how many categories it keeps."""

    windows_days: tuple[Days, ...] = (7, 30, 90)  #: how far back events are counted
    half_lives_days: tuple[Days, ...] = (14,)  #: after which an event counts half
    max_kinds: int = Field(40, ge=1, le=500)  #: the most frequent kinds; the rest counts as activity only
    max_categories: int = Field(40, ge=2, le=1000)  #: per attribute; rarer values count as missing
    min_category_leads: int = Field(10, ge=1)  #: rarer values count as missing


class Outcome(Section):
    """What is predicted, and how long it may take."""

    horizon_days: Days = 90  #: within which a lead has to be won to count as won
    reporting_delay_days: float = Field(0, ge=0, le=3650)  #: how late a win may be written down


class Cohort(Section):
    """At which moments leads are scored to learn from them."""

    mode: Literal["snapshots", "ages"] = "snapshots"  #: calendar snapshots, or fixed ages of the lead
    every_days: Days = 7  #: between two snapshots
    at_ages_days: tuple[Annotated[float, Field(ge=0)], ...] = (3,)  #: with mode "ages"
    age_from: str = "created_at"  #: the column from which ages count
    pairs_per_lead: int = Field(8, ge=1, le=1000)  #: at most so many moments of one lead are learned from


class Split(Section):
    """Where the past ends and the future starts; all bounds are moments of scoring (`as_of`).

    Without them the last `test_share` of the time that has mature labels is the test period,
    and training ends one horizon before it.
    """

    train_until: Moment | None = None  #: train on as_of <= this
    test_after: Moment | None = None  #: test on test_after < as_of ...
    test_until: Moment | None = None  #: ... <= test_until
    test_share: Share = 0.2  #: of the time that has mature labels, when no bounds are given
    calibration_share: Share = 0.15  #: of the training time, when there is room for its gap
    order_train_share: Share = 0.8  #: of the rows of a flat export, by its order column


class Prior(Section):
    """What is believed before outcomes tell: hand-made points, as marketing writes them down.

    They answer alone while there are no outcomes, and are blended with what few outcomes taught. Points are given for a
    kind of event (10 for one action are 20 for three and 30 for seven) or for a value ("country = Italy"). Where none
    are named, each kind gets 1 to 40 by the stage that it is evidence for.
    """

    points: dict[str, float] = Field(default_factory=dict)
    #: such as {"pricing_page_view" = 10, "country = Italy" = 5}
    points_file: str = ""  #: or a CSV in the export's folder: condition, points
    log_odds_per_point: float = Field(0.05, gt=0, le=1)  #: 20 points make a win nearly three times as likely
    won_share: Share = 0.05  #: of the leads, expected to be won within the horizon while nothing else is known
    worth_won_leads: int = Field(5, ge=1)  #: with so many won leads, points and outcomes count the same

    def learned_share(self, won: int) -> float:
        """How much outcomes count beside the points, in [0, 1)."""
        return won / (won + self.worth_won_leads)


class Model(Section):
    """The two experts and when each takes part."""

    seed: int = Field(20_260_101, ge=0)  #: of every random choice; the same seed gives the same bytes
    min_wins_for_trees: int = Field(100, ge=1)  #: below it only the linear expert learns
    max_trees: int = Field(600, ge=1, le=5000)  #: early stopping mostly ends sooner
    leaves: int = Field(8, ge=2, le=255)  #: of one tree
    min_leads_per_leaf: int = Field(80, ge=1)  #: fewer can't make a rule
    learning_rate: float = Field(0.03, gt=0, le=1)  #: of the trees
    feature_share: float = Field(0.5, gt=0, le=1)  #: of the columns that each tree may use
    l2: float = Field(5.0, ge=0)  #: regularisation of the trees
    linear_strengths: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), min_length=1
    )
    #: inverse regularisation of the linear expert; the one that answers held-out leads best is taken
    bootstrap_rounds: int = Field(300, ge=20, le=10_000)  #: behind every interval in the report
    prior: Prior = Prior()  #: takes part below `min_wins_for_trees`


class Gate(Section):
    """When a challenger may take the champion's place: both answer the same recent leads, which neither learned from.

    It has to be better in log loss or in PR AUC, and no worse in anything beyond these margins; all
    bounds are those of the 95 % interval of the difference.
    """

    min_won_leads: int = Field(100, ge=1)  #: in training; with fewer nothing is promoted unless called experimental
    min_recent_wins: int = Field(30, ge=5)  #: won leads among the recent ones; with fewer nothing can be told
    min_slice_wins: int = Field(40, ge=5)  #: won leads of a slice for it to be a condition
    recent_days: Days = 365  #: how far back the recent leads reach at most
    log_loss_margin: Share = 0.01  #: by which share of the champion's log loss it may be worse
    pr_auc_margin: Share = 0.1  #: by which share of the champion's PR AUC it may be worse
    calibration_margin: Share = 0.15  #: by which share expected wins may be farther from the observed ones
    slope_margin: Share = 0.2  #: by how much the calibration slope may be farther from 1
    slice_margin: Share = 0.05  #: by which share of the champion's log loss a slice may be worse
    rounds: int = Field(1000, ge=100, le=100_000)  #: resamples behind every interval
