"""Geometry of the drawings: plain numbers in, points for SVG out. The templates hold the shapes."""

from collections.abc import Sequence

LEAST = 20  #: points of score that a small line covers at least, so that noise looks like noise


def line(values: Sequence[float], *, width: float, height: float, low: float = 0, high: float = 100) -> str:
    """Points of a line, evenly spaced, for `polyline`; one value alone gives a level line."""
    values = [*values, *values] if len(values) == 1 else list(values)
    step = width / max(1, len(values) - 1)
    return " ".join(f"{i * step:.1f},{height * (1 - scaled(value, low, high)):.1f}" for i, value in enumerate(values))


def spark(values: Sequence[int], *, width: float, height: float) -> list[tuple[float, float]]:
    """Points of a small line without an axis: it shows the way, over `LEAST` points of score at least."""
    middle, reach = (max(values) + min(values)) / 2, max(LEAST, max(values) - min(values)) / 2
    step = width / max(1, len(values) - 1)
    return [(i * step, height * (1 - scaled(v, middle - reach, middle + reach))) for i, v in enumerate(values)]


def joined(points: Sequence[tuple[float, float]]) -> str:
    """Points as SVG writes them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def dots(points: Sequence[tuple[float, float]], *, width: float, height: float, most: tuple[float, float]) -> str:
    """Points of a line through `points`, from (0, 0) to `most`."""
    across, up = most
    return " ".join(f"{width * x / (across or 1):.1f},{height * (1 - y / (up or 1)):.1f}" for x, y in points)


def scaled(value: float, low: float, high: float) -> float:
    """Where a value lies between both ends, in [0, 1]."""
    return 0.5 if high <= low else min(1.0, max(0.0, (value - low) / (high - low)))


def over_time(scores: Sequence[tuple[int, int, int]], *, width: float, height: float) -> list[tuple[float, float]]:
    """Points of scores (id, moment, score) along the time that they cover, 0 to 100."""
    first, last = scores[0][1], scores[-1][1]
    return [(width * scaled(at, first, last), height * (1 - score / 100)) for _, at, score in scores]


def ahead(scores: Sequence[tuple[int, int, str]], *, width: float, height: float) -> list[tuple[float, float]]:
    """Points of scores to come (days from now, score, why)."""
    most = scores[-1][0]
    return [(width * scaled(days, 0, most), height * (1 - score / 100)) for days, score, _ in scores]
