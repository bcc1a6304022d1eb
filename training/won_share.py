"""Shares of won leads that few leads can't blow up: counts, an interval, and a share pulled to the average.

The interval is Jeffreys' (Brown, Cai and DasGupta, "Interval estimation for a binomial proportion",
2001). For the order of a list each share is pulled to the average as if further average leads
with `PULL` wins had been there: 3 of 4 don't lead.
"""

from dataclasses import dataclass
from typing import Any

from training.metrics import jeffreys

PULL = 5.0  #: wins of the average leads that are thought to be there as well


@dataclass(frozen=True, kw_only=True)
class WonShare:
    """How many of a group of leads were won."""

    leads: int
    won: int
    average: float  #: share of won leads among those that it is compared with, in (0, 1)

    @property
    def share(self) -> float:
        """As counted; the average where there are no leads."""
        return self.won / self.leads if self.leads else self.average

    @property
    def interval(self) -> tuple[float, float]:
        """95 %; from 0 where none was won, to 1 where all were."""
        return jeffreys(self.won, self.leads)

    @property
    def pulled(self) -> float:
        """The share pulled to the average, for the order."""
        return (self.won + PULL) / (self.leads + PULL / self.average)

    @property
    def stands_out(self) -> int:
        """1 above the average, -1 below, 0 where luck may explain the difference."""
        low, high = self.interval
        return int(low > self.average) - int(high < self.average)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        low, high = self.interval
        figures = {"share": self.share, "low": low, "high": high, "pulled": self.pulled}
        rounded = {name: round(figure, 6) for name, figure in figures.items()}
        return {"leads": self.leads, "won": self.won} | rounded | {"stands_out": self.stands_out}
