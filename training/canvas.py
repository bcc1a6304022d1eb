"""One calm look for all pictures, drawn without any global state, and PNG bytes that depend on nothing else."""

from io import BytesIO
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from scipy.special import expit, logit

INK, QUIET, LINE, PAPER = "#1f2933", "#697586", "#e3e7ec", "#ffffff"
TEAL, AMBER, SLATE = "#0f766e", "#d97706", "#8896a8"
SIZE = (7.2, 4.8)  #: inches
DPI = 150
_LEFT, _TOP = 0.035, 0.955  #: where the title begins, as shares of the figure
#: probabilities that an axis of log-odds may name
_NAMED = (0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99)


def page(title: str, subtitle: str, *, size: tuple[float, float] = SIZE) -> Figure:
    """An empty figure with a sentence as its title and what it is about below."""
    figure = Figure(figsize=size, dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    inch = 1 / size[1]
    figure.text(_LEFT, 1 - 0.22 * inch, title, color=INK, fontsize=12.5, fontweight="bold", va="top")
    figure.text(_LEFT, 1 - 0.52 * inch, subtitle, color=QUIET, fontsize=9, va="top")
    return figure


def plot(figure: Figure, box: tuple[float, float, float, float], *, x: str = "", y: str = "") -> Axes:
    """Axes in a box (left, bottom, width, height), with names and quiet lines."""
    axes = figure.add_axes(box)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(colors=QUIET, labelsize=8.5, length=0, pad=5)
    axes.grid(color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel(x, color=QUIET, fontsize=9, labelpad=7)
    axes.set_ylabel(y, color=QUIET, fontsize=9, labelpad=7)
    return axes


def percent(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Name the ticks of these axes in per cent."""
    named = FuncFormatter(lambda value, _: f"{100 * value:.3g} %")
    if x:
        axes.xaxis.set_major_formatter(named)
    if y:
        axes.yaxis.set_major_formatter(named)


def probability_ticks(axes: Axes, low: float, high: float) -> None:
    """Name log-odds from `low` to `high` on the x axis by their probabilities."""
    named = [p for p in _NAMED if low <= logit(p) <= high] or [float(expit((low + high) / 2))]
    axes.set_xticks([float(logit(p)) for p in named], [f"{100 * p:.3g} %" for p in named])
    axes.set_xlim(low, high)


def legend(axes: Axes, place: Literal["upper right", "lower right"]) -> None:
    """Names of the lines, the last drawn first, without a box."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles=handles[::-1],
        labels=labels[::-1],
        loc=place,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=1.6,
    )


def say(
    axes: Axes, x: float, y: float, words: str, *, color: str = INK, align: str = "left", size: float = 8.5
) -> None:
    """A remark at a point of the data."""
    axes.text(x, y, words, color=color, fontsize=size, ha=align, va="center", linespacing=1.4)


def swarm(values: npt.NDArray[np.float64], *, bins: int = 90) -> npt.NDArray[np.float64]:
    """Heights in [-1, 1] that pile up equal values as bees do; shape of `values`."""
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    place = np.clip(((values - low) / max(high - low, 1e-12) * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    order = np.argsort(place, kind="stable")
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values)) - np.repeat(np.cumsum(count) - count, count)
    side = np.where(rank % 2 == 0, 1, -1) * ((rank + 1) // 2)
    return np.asarray(side / max(1.0, count.max() / 2))


def png(figure: Figure) -> bytes:
    """The figure as PNG, without names of software or times in it."""
    into = BytesIO()
    figure.savefig(into, format="png", dpi=DPI, facecolor=PAPER, metadata={"Software": None})
    return into.getvalue()


def shares(count: int) -> list[float]:
    """`count` steps from 0 to 1, denser at the start, where sales works."""
    return [float(s) for s in np.linspace(0, 1, count) ** 1.5]
