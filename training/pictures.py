"""Pictures of a training on its test period: is it calibrated, what does sales gain, what speaks for a lead."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from features.view import View
from models.answers import Answers
from models.groups import Groups
from training import canvas
from training.canvas import AMBER, INK, LINE, QUIET, SLATE, TEAL
from training.dataset import Dataset
from training.evaluate import NAMES
from training.intervals import intervals
from training.metrics import (
    Ranked,
    expected_over_observed,
    gains,
    lift_at,
    pr_auc,
    precision_recall,
    recall_at,
    reliability,
    roc_auc,
)
from training.train import Trained

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BAND_ROUNDS = 100  #: resamples behind a band
TENTH = 0.1  #: of the leads, where sales can call nearly everybody
MOST_GROUPS = 14  #: rows of the picture of contributions
LEGEND_ROOM = 1.45  #: height of the axes against the highest curve, so that the legend covers none
MOST_BEES = 1200  #: pairs drawn in each row
_OTHERS = {"points": (AMBER, "-"), "engagement": (SLATE, "--"), "fit": (SLATE, ":")}
_LOW_TO_HIGH = LinearSegmentedColormap.from_list("low to high", ["#2f6f9f", "#b9c4cf", "#d97706"])


def draw(trained: Trained, folder: Path) -> tuple[Path, ...]:
    """Draw every picture of a training into the folder; equal trainings give equal bytes."""
    test, answers = trained.test, trained.evaluation.log_odds
    ranked = {name: Ranked.of(test.label, log_odds, test.weight) for name, log_odds in answers.items()}
    seen = test.take(_spread(len(test), MOST_BEES))
    pictures = {
        "reliability": reliability_picture(ranked["both"], test.group),
        "gains": gains_picture(ranked, test.group, trained.evaluation.capacity_share),
        "precision_recall": precision_recall_picture(ranked),
        "scores": scores_picture(ranked["both"]),
        "contributions": contributions_picture(trained.bundle.view, seen, trained.bundle.answer(seen.rows)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(canvas.png(picture))
    return tuple(folder / f"{name}.png" for name in pictures)


def reliability_picture(ranked: Ranked, groups: Ints) -> Figure:
    """What was promised against what came, in bins of about equal expected wins."""
    bins = reliability(ranked, groups)
    figure = canvas.page(
        f"It expected {100 * expected_over_observed(ranked):.0f} wins for every 100 that came",
        "Each dot: leads with similar probabilities, and the share of them that was won. Band: 95 % interval",
    )
    axes = canvas.plot(figure, (0.11, 0.13, 0.85, 0.69), x="probability given", y="share won")
    x, y = np.array([b.expected for b in bins]), np.array([b.observed for b in bins])
    top = 1.12 * max([0.02, *x, *(b.high for b in bins)])
    axes.plot([0, top], [0, top], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.fill_between(x, [b.low for b in bins], [b.high for b in bins], color=TEAL, alpha=0.14, linewidth=0)
    axes.vlines(x, [b.low for b in bins], [b.high for b in bins], color=TEAL, alpha=0.55, linewidth=1.2)
    axes.plot(x, y, color=TEAL, marker="o", markersize=5.5, linewidth=1.4)
    canvas.say(axes, 0.84 * top, 0.9 * top, "as promised", color=QUIET, align="right")
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    canvas.percent(axes)
    return figure


def gains_picture(ranked: Mapping[str, Ranked], groups: Ints, capacity_share: float) -> Figure:
    """Share of all wins found by calling the best-ranked first, against simpler ways to rank."""
    best, share = ranked["both"], capacity_share if capacity_share < 0.5 else TENTH
    found = recall_at(best, share)
    shaded = "what sales can call in a week" if share == capacity_share else "a tenth"
    figure = canvas.page(
        f"Calling the best {100 * share:.3g} % finds {100 * found:.0f} % of the wins, "
        f"{lift_at(best, share):.1f} times chance",
        f"Share of all wins among the leads called first. Band: 95 % interval. Shaded: {shaded}",
    )
    axes = canvas.plot(figure, (0.11, 0.13, 0.85, 0.69), x="share of open leads called", y="share of wins found")
    steps = canvas.shares(41)
    axes.axvspan(0, share, color=LINE, alpha=0.55, linewidth=0)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (4, 3)), label="in random order")
    for name, (color, style) in _OTHERS.items():
        if name in ranked:
            axes.plot(steps, gains(ranked[name], steps), color=color, linestyle=style, linewidth=1.4, label=NAMES[name])
    _band(axes, best, groups, steps)
    axes.plot(steps, gains(best, steps), color=TEAL, linewidth=2.2, label="this model")
    axes.plot([share], [found], color=TEAL, marker="o", markersize=6)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    canvas.percent(axes)
    canvas.legend(axes, "lower right")
    return figure


def _band(axes: Axes, ranked: Ranked, groups: Ints, steps: list[float]) -> None:
    curves = {str(share): partial(recall_at, share=share) for share in steps}
    found = intervals(ranked, groups, curves, rounds=BAND_ROUNDS, seed=0)
    low, high = [i.low for i in found.values()], [i.high for i in found.values()]
    axes.fill_between(steps, low, high, color=TEAL, alpha=0.14, linewidth=0)


def precision_recall_picture(ranked: Mapping[str, Ranked]) -> Figure:
    """How many of those called are won, the further down the list one goes."""
    best = ranked["both"]
    share = best.wins / best.total
    figure = canvas.page(
        "How many of those called are won, the more wins one wants",
        f"Going down the ranking. Area under the curve: {pr_auc(best):.3f}; of leads called at random "
        f"{100 * share:.2g} % are won",
    )
    axes = canvas.plot(figure, (0.11, 0.13, 0.85, 0.69), x="share of all wins found", y="share won of those called")
    axes.axhline(share, color=QUIET, linewidth=1, linestyle=(0, (4, 3)), label="in random order")
    top = share
    for name, color, style, width in (*((n, *s, 1.4) for n, s in _OTHERS.items()), ("both", TEAL, "-", 2.2)):
        if name in ranked:
            recall, precision = _steady(ranked[name])
            top = max(top, float(precision.max(initial=0)))
            label = "this model" if name == "both" else NAMES[name]
            axes.plot(recall, precision, color=color, linestyle=style, linewidth=width, label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(LEGEND_ROOM * top, 0.01))
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= 1])
    canvas.percent(axes)
    canvas.legend(axes, "upper right")
    return figure


def _steady(ranked: Ranked, least: float = 0.02) -> tuple[Floats, Floats]:
    """The curve from where it rests on two per cent of all wins: before that it is one lead's luck."""
    recall, precision = precision_recall(ranked)
    steady = recall >= least
    return recall[steady], precision[steady]


def scores_picture(ranked: Ranked) -> Figure:
    """Where won leads and the others stood."""
    figure = canvas.page(
        "Where won leads and the others stood",
        f"Probability given on the test period. A won lead ranks above one that was not in "
        f"{100 * roc_auc(ranked):.0f} of 100 pairings",
    )
    axes = canvas.plot(
        figure, (0.05, 0.13, 0.91, 0.69), x="probability given (scaled by odds); each side adds up to the same area"
    )
    low, high = (float(q) for q in np.quantile(ranked.pairs.log_odds, [0.001, 0.999]))
    edges = np.linspace(low, max(high, low + 0.1), int(np.clip(2 * ranked.pairs.label.sum() ** 0.5, 10, 45)))
    for label, color, alpha, words in ((0.0, SLATE, 0.55, "not won"), (1.0, TEAL, 0.55, "won")):
        here = ranked.pairs.label == label
        clipped = np.clip(ranked.pairs.log_odds[here], edges[0], edges[-1])
        weights = ranked.weight[here] / max(1.0, ranked.weight[here].sum())
        axes.hist(clipped, bins=list(edges), weights=weights, color=color, alpha=alpha, label=words)
        axes.hist(clipped, bins=list(edges), weights=weights, histtype="step", color=color, linewidth=1.3)
    axes.set_yticks([])
    axes.grid(visible=False)
    canvas.probability_ticks(axes, edges[0], edges[-1])
    canvas.legend(axes, "upper right")
    return figure


def contributions_picture(view: View, seen: Dataset, answers: Answers) -> Figure:
    """What each field and kind of activity adds to the log-odds, one dot per lead and moment."""
    groups = Groups.of(view)
    sums = groups.sums(answers.contributions)
    order = np.argsort(-np.abs(sums).mean(axis=0), kind="stable")[:MOST_GROUPS]
    height = 1.7 + 0.34 * max(1, len(order))
    figure = canvas.page(
        "What speaks for a lead, and what against it",
        "Log-odds added, one dot per lead and moment. Its value: low in blue, high in amber, words and unknown in grey",
        size=(canvas.SIZE[0], height),
    )
    axes = canvas.plot(figure, (0.27, 0.62 / height, 0.69, 1 - 1.5 / height), x="added to the log-odds of a win")
    for row, group in enumerate(order[::-1]):
        columns = list(groups.columns[group])
        lead_column = int(columns[np.abs(answers.contributions[:, columns]).mean(axis=0).argmax()])
        _bees(axes, row, sums[:, group], _shades(view, seen.rows, lead_column))
    axes.axvline(0, color=QUIET, linewidth=1)
    axes.set_yticks(range(len(order)), [_words(view, groups.all[g].name) for g in order[::-1]])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.7, len(order) - 0.3)
    return figure


def _bees(axes: Axes, row: int, values: Floats, shades: Floats) -> None:
    """One row of dots; shades in [0, 1], NaN for grey."""
    height = row + 0.36 * canvas.swarm(values)
    grey = np.isnan(shades)
    axes.scatter(values[grey], height[grey], color=SLATE, s=5, linewidths=0, alpha=0.85)
    axes.scatter(
        values[~grey], height[~grey], c=shades[~grey], cmap=_LOW_TO_HIGH, s=5, linewidths=0, alpha=0.85, vmin=0, vmax=1
    )


def _shades(view: View, rows: Floats, column: int) -> Floats:
    """Rank of each value in [0, 1]; NaN where it is missing, and for a column of words."""
    values = rows[:, column]
    if view.definitions[column].encoding == "category":
        return np.full(len(values), np.nan)
    distinct, index = np.unique(values[~np.isnan(values)], return_inverse=True)
    found = np.full(len(values), np.nan)
    found[~np.isnan(values)] = index / max(1, len(distinct) - 1)
    return found


def _words(view: View, group: str) -> str:
    """What people call a field or kind; `country_country` is but the country."""
    kind = view.kind_of.get(group)
    if kind and kind.label:
        return kind.label
    return " ".join(dict.fromkeys(group.split("_")))


def _spread(count: int, at_most: int) -> Ints:
    return np.unique(np.linspace(0, max(0, count - 1), min(count, at_most)).astype(np.int64))
