"""Pictures: equal bytes for equal answers, nothing in them of the machine, and they hold what they claim."""

import numpy as np
import pytest
from scipy.special import expit

from features.definitions import Attribute, Count
from features.view import KindMeaning, View
from models.answers import Answers
from training import canvas
from training.dataset import Dataset
from training.metrics import Ranked, reliability
from training.pictures import (
    contributions_picture,
    gains_picture,
    precision_recall_picture,
    reliability_picture,
    scores_picture,
)


def ranked(seed: int = 0, blur: float = 0.0, n: int = 3000) -> Ranked:
    luck = np.random.default_rng(seed)
    log_odds = luck.normal(-2.5, 1.3, n)
    won = luck.random(n) < expit(log_odds)
    return Ranked.of(won, log_odds + luck.normal(0, blur, n) if blur else log_odds)


CONTEST = {"both": ranked(), "points": ranked(blur=2), "fit": ranked(blur=4)}
VIEW = View(
    definitions=(
        Count(kind="pricing_page_view", days=14),
        Attribute(field="industry", encoding="category"),
        Attribute(field="country", part="country"),
    ),
    kinds=(KindMeaning(name="pricing_page_view", label="pricing page view"),),
    categories={"industry": ("retail", "steel"), "country_country": ("IT",)},
)


def contributions(n: int = 50):
    luck = np.random.default_rng(1)
    rows = np.column_stack([luck.integers(0, 5, n), luck.integers(0, 2, n), np.zeros(n)]).astype(float)
    rows[::7, 0] = np.nan
    ones = np.ones(n)
    seen = Dataset(
        rows=rows, label=ones, weight=ones, group=np.arange(n), lead=np.arange(n), as_of=np.zeros(n, dtype=np.int64)
    )
    added = np.nan_to_num(rows) * [0.3, -0.2, 0.0]
    return VIEW, seen, Answers(log_odds=added.sum(axis=1), base_value=0.0, contributions=added)


PICTURES = {
    "reliability": lambda: reliability_picture(CONTEST["both"], np.arange(3000)),
    "gains": lambda: gains_picture(CONTEST, np.arange(3000), 0.12),
    "precision_recall": lambda: precision_recall_picture(CONTEST),
    "scores": lambda: scores_picture(CONTEST["both"]),
    "contributions": lambda: contributions_picture(*contributions()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_equal_answers_draw_equal_bytes(name: str) -> None:
    one, two = (canvas.png(PICTURES[name]()) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")
    assert b"tEXt" not in one
    assert b"matplotlib" not in one.lower()


def test_each_bin_is_a_dot_at_its_promise_and_its_outcome() -> None:
    axes = reliability_picture(CONTEST["both"], np.arange(3000)).axes[0]
    bins = reliability(CONTEST["both"])
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert list(dots.get_xdata()) == [b.expected for b in bins]
    assert list(dots.get_ydata()) == [b.observed for b in bins]


def test_gains_of_the_model_lie_above_those_of_blurred_ones() -> None:
    axes = gains_picture(CONTEST, np.arange(3000), 0.12).axes[0]
    curve = {line.get_label(): np.interp(0.2, line.get_xdata(), line.get_ydata()) for line in axes.lines}
    assert curve["this model"] > curve["points rule"] > curve["fit only"] > curve["in random order"]


def test_where_sales_can_call_nearly_everybody_a_tenth_is_shown() -> None:
    figure = gains_picture(CONTEST, np.arange(3000), 1.0)
    assert figure.texts[0].get_text().startswith("Calling the best 10 %")


def test_groups_are_called_by_their_labels_in_the_order_of_their_weight() -> None:
    axes = contributions_picture(*contributions()).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["country", "industry", "pricing page view"]


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [1, 0, 1, 0]])
def test_answers_without_skill_can_be_drawn(labels: list[int]) -> None:
    flat = Ranked.of(labels, np.zeros(4))
    for figure in (
        reliability_picture(flat, np.arange(4)),
        gains_picture({"both": flat}, np.arange(4), 0.1),
        precision_recall_picture({"both": flat}),
        scores_picture(flat),
    ):
        assert canvas.png(figure)


def test_a_swarm_keeps_equal_values_apart() -> None:
    heights = canvas.swarm(np.array([0.0, 0.0, 0.0, 1.0]))
    assert len(set(heights[:3])) == 3
    assert np.abs(heights).max() <= 1
