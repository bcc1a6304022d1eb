"""What more data would bring: trained on parts of the past, tested on the same later period, and drawn on.

Log loss falls with the number of wins n about as `floor + slope * n ** -power` (Hestness and others,
"Deep learning scaling is predictable, empirically", 2017; Viering and Loog, "The shape of learning
curves", 2022). Whole leads are drawn for a part. What lies beyond the last point is an extrapolation:
it holds if the leads to come are like those that are here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from features.errors import NotEnoughData
from features.settings import Model
from features.view import View
from training import metrics
from training.dataset import Dataset
from training.fit import fit
from training.intervals import Draws, Interval, mean, resample
from training.metrics import Ranked
from training.splits import MIN_WINS

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]

#: share of the training leads, and how many draws of that size: small parts depend on luck
PARTS = ((0.125, 3), (0.25, 3), (0.5, 2), (1.0, 1))
MORE_WINS = 200  #: to look ahead by; fewer where there are not so many yet
POWERS = (0.5, 0.75, 1.0, 1.25, 1.5)  #: how fast it falls; the one that fits best is taken
LEAST_POINTS = 3  #: for a line to be drawn on


@dataclass(frozen=True, kw_only=True)
class Point:
    """One size of the training data."""

    share: float
    wins: float  #: won leads, in the mean over draws
    loss: Draws  #: log loss on the later period, in the mean over draws
    spread: float  #: standard deviation between draws; NaN of a single one

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"share": self.share, "wins": self.wins, "log_loss": self.loss.interval.to_dict()}


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Log loss by won leads, and what more of them would bring."""

    points: tuple[Point, ...]
    more_wins: int
    with_more: Draws | None  #: log loss expected with so many more; None where it can't be told

    @property
    def gain(self) -> Interval | None:
        """By how much log loss would fall, with its interval."""
        return None if self.with_more is None else (self.points[-1].loss - self.with_more).interval

    def sentence(self) -> str:
        """What more wins would bring, and that it is an extrapolation."""
        if self.with_more is None or self.gain is None:
            return "The training period holds too few wins to draw a learning curve; bring more and ask again."
        now, then, gain = self.points[-1].loss.value, self.with_more.interval, self.gain
        told = (
            f"With {self.more_wins:,} more wins (now {self.points[-1].wins:,.0f}) expect log loss {then.value:.4f} "
            f"({then.low:.4f} to {then.high:.4f}) instead of {now:.4f}, a gain of {gain.value:.4f} "
            f"({gain.low:.4f} to {gain.high:.4f})"
        )
        shown = "" if gain.low > 0 else "; that more would help is not shown"
        return f"{told}{shown}. An extrapolation: it holds if the leads to come are like those that are here."

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "sentence": self.sentence(),
            "points": [point.to_dict() for point in self.points],
            "more_wins": self.more_wins,
            "with_more": None if self.with_more is None else self.with_more.interval.to_dict(),
        }


def learning_curve(
    view: View,
    train: Dataset,
    calibrate: Dataset | None,
    test: Dataset,
    model: Model,
    progress: Progress = lambda _: None,
) -> LearningCurve:
    """Train on growing parts of `train` and test each on `test`; `model` has its regularisation chosen."""
    points = []
    for share, draws in PARTS:
        progress(f"learning curve: {share:.0%} of the training leads")
        found = [_point(view, part, calibrate, test, model) for part in _parts(train, share, draws, model.seed)]
        kept = [(wins, loss) for wins, loss in filter(None, found)]
        if kept:
            wins = float(np.mean([wins for wins, _ in kept]))
            losses = [loss for _, loss in kept]
            spread = float(np.std([loss.value for loss in losses], ddof=1)) if len(losses) > 1 else np.nan
            points.append(Point(share=share, wins=wins, loss=mean(losses), spread=spread))
    more = _look_ahead(train.wins)
    can_tell = len(points) >= LEAST_POINTS and points[-1].share == 1
    return LearningCurve(
        points=tuple(points), more_wins=more, with_more=_extrapolated(points, more, model.seed) if can_tell else None
    )


def _parts(train: Dataset, share: float, draws: int, seed: int) -> list[Dataset]:
    """Parts of the training leads; a group is in a part as a whole."""
    names, index = np.unique(train.group, return_inverse=True)
    parts = []
    for draw in range(draws):
        luck = np.random.default_rng([seed, draw]).random(len(names))
        parts.append(train.take((luck < share)[index]) if share < 1 else train)
    return parts


def _point(
    view: View, part: Dataset, calibrate: Dataset | None, test: Dataset, model: Model
) -> tuple[int, Draws] | None:
    """Won leads and log loss of one part; None where too few were won, or nothing was learned."""
    if part.wins < MIN_WINS or len(part) - part.label.sum() < MIN_WINS:
        return None
    try:
        log_odds = fit(view, part, calibrate, model).log_odds(test.rows)["both"]
    except NotEnoughData:
        return None
    ranked = Ranked.of(test.label, log_odds, test.weight)
    figures = {"loss": metrics.log_loss}
    return part.wins, resample(ranked, test.group, figures, rounds=model.bootstrap_rounds, seed=model.seed)["loss"]


def _look_ahead(wins: int) -> int:
    """At most as many more as there are: farther ahead nobody can see."""
    return min(MORE_WINS, max(1, wins))


def _extrapolated(points: list[Point], more: int, seed: int) -> Draws:
    """The curve through the points drawn on to `more` wins, once for the value and once a draw.

    It is put through the last point: what the curve says is how much is still to gain. Each draw
    adds to the luck of the test leads that of the training leads, of those that are here and of
    those to come: a single company sees one draw of each.
    """
    wins, losses = (np.array(found) for found in zip(*((p.wins, p.loss.drawn) for p in points), strict=True))
    luck = np.random.default_rng(seed)
    here = luck.normal(size=losses.shape) * _training_luck(points, wins)[:, None]
    ahead = luck.normal(size=losses.shape[1]) * _training_luck(points, wins[-1:] + more)
    gains = np.array([_gain(wins, column, more) for column in (losses + here).T])
    value = points[-1].loss.value - _gain(wins, np.array([p.loss.value for p in points]), more)
    return Draws(value=value, drawn=losses[-1] + here[-1] - gains + ahead)


def _training_luck(points: list[Point], wins: Floats) -> Floats:
    """Standard deviation of the loss from which leads were drawn, at these numbers of wins; it falls as 1 / wins.

    Seen where a size was drawn more than once, and taken to hold for all.
    """
    scaled = [p.spread * p.wins for p in points if np.isfinite(p.spread)]
    return np.asarray((float(np.mean(scaled)) if scaled else 0.0) / wins)


def _gain(wins: Floats, losses: Floats, more: int) -> float:
    """Least squares with floor and slope not below 0; later points count more, for more wins made them."""
    best, found = np.inf, 0.0
    for power in POWERS:
        trust = np.sqrt(wins)
        design = np.column_stack([np.ones(len(wins)), wins**-power]) * trust[:, None]
        (_, slope), rest = nnls(design, losses * trust)
        if rest < best:
            best, found = rest, slope * (wins[-1] ** -power - (wins[-1] + more) ** -power)
    return float(found)
