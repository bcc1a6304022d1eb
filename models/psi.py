"""The population stability index (PSI), and how large chance alone makes it.

For shares p (then) and q (now) of the bins, PSI is the sum of (q - p) ln(q / p). Of two samples of the
same law with n and m independent leads it is about chi-square with (bins - 1) degrees of freedom,
times (1/n + 1/m) (Yurdakul and Naranjo 2020). So a fixed bar of 0.1 or 0.25 alarms at nothing where
leads are few. Here the bar is the larger of what chance reaches and of what is worth an alarm.

PSI spreads its attention over all bins. Where a column's numbers went up or down as a whole, a rank test
sees that sooner; if that is more than chance, what is worth an alarm is the bar. Both tests share the level.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, norm

Floats = npt.NDArray[np.float64]

FEWEST = 10  #: leads to be expected in a bin of the smaller sample; rarer bins are counted as one
SMOOTHING = 0.5  #: added to each count, so that an empty bin has a logarithm


@dataclass(frozen=True, kw_only=True)
class Stability:
    """The PSI of one column, and the bar it is held against."""

    psi: float
    bins: int  #: that were compared; with one there is nothing to compare
    bar: float

    @property
    def moved(self) -> bool:
        """Whether it is more than chance, and enough to matter."""
        return self.psi > self.bar


def stability(
    then: Floats, now: Floats, *, independent: tuple[float, float], level: float, least: float, ordered: int = 0
) -> Stability:
    """Compare counts per bin, both (n_bins,); the first `ordered` bins are numbers in order.

    `independent` says how many independent leads each sample has; chance passes the bar in a share
    `level` of comparisons; `least` is the PSI that is worth an alarm.
    """
    trend = _trend(then[:ordered], now[:ordered], then.sum() / independent[0], now.sum() / independent[1])
    level = level / 2 if ordered else level
    then, now = merged(then, now)
    if len(then) < 2:
        return Stability(psi=0.0, bins=len(then), bar=least)
    by_chance = float(chi2.isf(level, len(then) - 1)) * (1 / independent[0] + 1 / independent[1])
    shifted = trend > norm.isf(level / 2)
    return Stability(psi=psi(then, now), bins=len(then), bar=least if shifted else max(least, by_chance))


def psi(then: Floats, now: Floats) -> float:
    """The index of counts per bin, both (n_bins,)."""
    p, q = _shares(then), _shares(now)
    return float(((q - p) * np.log(q / p)).sum())


def _trend(then: Floats, now: Floats, alike_then: float, alike_now: float) -> float:
    """How many standard errors the rank sum of the known numbers is from chance; `alike`: leads to an independent one.

    Wilcoxon's test by bins, with its correction for ties.
    """
    n, m = float(then.sum()), float(now.sum())
    if min(n, m) < FEWEST:
        return 0.0
    ties, total = then + now, n + m
    higher = float((now * (np.cumsum(then) - then / 2)).sum()) / (n * m)
    spread = total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1))
    variance = spread / (12 * n * m) * (alike_then / n + alike_now / m) / (1 / n + 1 / m)
    return abs(higher - 0.5) / math.sqrt(variance) if variance > 0 else 0.0


def merged(then: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Both with rare bins as one: those in which few leads of the smaller sample are to be expected."""
    if min(then.sum(), now.sum()) == 0:
        return then[:0], now[:0]
    share = (then + now) / (then.sum() + now.sum())
    rare = share * min(then.sum(), now.sum()) < FEWEST
    rest = share[rare].sum() * min(then.sum(), now.sum())
    if 0 < rest < FEWEST and (~rare).any():
        rare[np.flatnonzero(~rare)[np.argmin(share[~rare])]] = True
    return _with_rest(then, rare), _with_rest(now, rare)


def _with_rest(counts: Floats, rare: npt.NDArray[np.bool_]) -> Floats:
    return np.append(counts[~rare], counts[rare].sum()) if counts[rare].size else counts


def _shares(counts: Floats) -> Floats:
    return np.asarray((counts + SMOOTHING) / (counts.sum() + SMOOTHING * len(counts)))
