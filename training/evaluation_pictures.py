"""Pictures of an evaluation: each origin, the promises with what luck allows, the slices, and what more data brings."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training import canvas
from training.backtest import Backtest
from training.calibration_band import Calibration
from training.canvas import AMBER, INK, LINE, QUIET, SLATE, TEAL
from training.evaluate import NAMES
from training.examine import Examination
from training.learning_curve import LearningCurve
from training.slices import Slice

BOX = (0.11, 0.13, 0.85, 0.69)
LINES = {
    "own_points": (AMBER, "-"),
    "points": (AMBER, "--"),
    "recency": (SLATE, ":"),
    "naive_bayes": (SLATE, "-"),
    "linear": (QUIET, "--"),
    "trees": (QUIET, ":"),
}
MOST_SLICES = 24


def draw_evaluation(found: Examination, folder: Path) -> dict[str, Path]:
    """Draw every picture into the folder, by the names that the report uses."""
    pictures = {
        "backtest": backtest_picture(found.backtest) if found.backtest else None,
        "calibration": calibration_picture(found.calibration),
        "slices": slices_picture(found.slices),
        "learning_curve": curve_picture(found.curve),
    }
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, picture in pictures.items():
        if picture is not None:
            drawn[name] = folder / f"{name}.png"
            drawn[name].write_bytes(canvas.png(picture))
    return drawn


def backtest_picture(found: Backtest) -> Figure:
    """ROC AUC of each contestant at each origin, that of both experts with its interval."""
    figure = canvas.page(
        "How well it ranked what came next, at each origin",
        "ROC AUC on the period after each origin; below: until when it tested, and how many were won. Bars: 95 %",
    )
    axes = canvas.plot(figure, (0.09, 0.17, 0.62, 0.65), y="ROC AUC")
    places = list(range(len(found.answered)))
    for name, (color, style) in LINES.items():
        each = [found.at(name, i, "ROC AUC") for i in places] if name in found.draws else []
        if any(each):
            values = [np.nan if one is None else one.value for one in each]
            axes.plot(places, values, color=color, linestyle=style, marker=".", linewidth=1.2, label=_short(name))
    ours = [one for i in places if (one := found.at("both", i, "ROC AUC")) is not None]
    axes.vlines(places, [o.low for o in ours], [o.high for o in ours], color=TEAL, alpha=0.35, linewidth=6)
    axes.plot(places, [o.value for o in ours], color=TEAL, marker="o", linewidth=2.2, label="this model")
    axes.axhline(0.5, color=QUIET, linewidth=1, linestyle=(0, (4, 3)), label="in random order")
    axes.set_xticks(
        places, [f"{a.origin.words(flat=found.flat).split(' to ')[-1]}\n{a.test.wins:,} won" for a in found.answered]
    )
    axes.set_xlim(-0.3, len(places) - 0.7)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        names[::-1],
        loc="center left",
        bbox_to_anchor=(0.73, 0.5),
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
    )
    return figure


def _short(name: str) -> str:
    return NAMES[name].partition(" (")[0].replace("the company's", "the company's\n")


def calibration_picture(found: Calibration) -> Figure:
    """Each bin's share of wins against the band that luck alone would give around its promise."""
    outside = sum(not p.kept for p in found.promises)
    figure = canvas.page(
        "It keeps its promises" if not outside else f"{outside} of {len(found.promises)} promises are not kept",
        "Bar: where luck alone would put 95 % of the shares; the fewer leads, the longer. Dot: what came",
    )
    axes = canvas.plot(figure, BOX, x="probability promised", y="share won")
    x = np.array([p.expected for p in found.promises])
    top = 1.12 * max([0.02, *x, *(p.observed for p in found.promises), *(p.high for p in found.promises)])
    axes.plot([0, top], [0, top], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    lows, highs = [p.low for p in found.promises], [p.high for p in found.promises]
    axes.fill_between(x, lows, highs, color=SLATE, alpha=0.16, linewidth=0)
    axes.vlines(x, lows, highs, color=SLATE, alpha=0.6, linewidth=1.4)
    for kept, color in ((True, TEAL), (False, AMBER)):
        here = [p for p in found.promises if p.kept is kept]
        axes.plot([p.expected for p in here], [p.observed for p in here], color=color, marker="o", linestyle="")
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    canvas.percent(axes)
    return figure


def slices_picture(found: tuple[Slice, ...]) -> Figure | None:
    """Expected over observed of every slice that has enough wins; None where none has."""
    judged = [one for one in found if one.expected_over_observed is not None][:MOST_SLICES]
    if not judged:
        return None
    height = 1.9 + 0.26 * len(judged)
    figure = canvas.page(
        "Does it promise the same everywhere?",
        "Expected over observed wins per slice with its 95 % interval; right of 1 it promises too much",
        size=(canvas.SIZE[0], height),
    )
    axes = canvas.plot(figure, (0.36, 0.62 / height, 0.6, 1 - 1.5 / height), x="expected / observed wins")
    for row, one in enumerate(judged[::-1]):
        _whisker(axes, row, one)
    axes.axvline(1, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(judged)), [f"{one.field[:22]} = {one.value[:22]}" for one in judged[::-1]])
    axes.tick_params(axis="y", labelcolor=INK, labelsize=7.5)
    axes.set_ylim(-0.7, len(judged) - 0.3)
    axes.axvspan(0.8, 1.25, color=LINE, alpha=0.4, linewidth=0)
    return figure


def _whisker(axes: Axes, row: int, one: Slice) -> None:
    found = one.expected_over_observed
    if found is None:
        return
    color = TEAL if found.low <= 1 <= found.high else AMBER
    axes.hlines(row, found.low, found.high, color=color, alpha=0.6, linewidth=1.6)
    axes.plot([found.value], [row], color=color, marker="o", markersize=4.5)


def curve_picture(found: LearningCurve) -> Figure | None:
    """Log loss by won leads, and what more would bring; None without two points."""
    if len(found.points) < 2:
        return None
    figure = canvas.page(
        "What more won leads bring",
        "Log loss on the same later leads, trained on growing parts of the past. Hollow: drawn on, not measured",
    )
    axes = canvas.plot(figure, BOX, x="won leads to learn from", y="log loss")
    wins, losses = [p.wins for p in found.points], [p.loss.value for p in found.points]
    axes.plot(wins, losses, color=TEAL, marker="o", linewidth=1.8)
    if found.with_more is not None:
        then, reach = found.with_more.interval, found.points[-1].wins + found.more_wins
        axes.plot([wins[-1], reach], [losses[-1], then.value], color=TEAL, linestyle=(0, (3, 3)), linewidth=1.2)
        axes.plot([reach], [then.value], color=TEAL, marker="o", markerfacecolor=canvas.PAPER, linestyle="")
        if found.gain is not None:
            low, high = losses[-1] - found.gain.high, losses[-1] - found.gain.low
            axes.vlines([reach], low, high, color=TEAL, alpha=0.4, linewidth=5)
    return figure
