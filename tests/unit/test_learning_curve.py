"""The learning curve: drawn on as a falling power law, honest about what it can't know."""

import numpy as np
import pytest
from scipy.special import expit

from features.definitions import Attribute
from features.settings import Model
from features.view import View
from training.dataset import Dataset
from training.fit import fit
from training.intervals import Draws
from training.learning_curve import Point, _extrapolated, learning_curve
from training.metrics import Ranked, log_loss

COLUMNS = 12
MODEL = Model(bootstrap_rounds=40, linear_strengths=(0.3,), min_wins_for_trees=10_000)


def view() -> View:
    return View(definitions=tuple(Attribute(field=f"x{i}", encoding="number") for i in range(COLUMNS)))


def leads(seed: int, count: int) -> Dataset:
    luck = np.random.default_rng(seed)
    rows = luck.normal(size=(count, COLUMNS))
    label = (luck.random(count) < expit(rows @ np.linspace(-0.6, 0.6, COLUMNS) - 1.5)).astype(float)
    everybody = np.arange(count)
    return Dataset(rows=rows, label=label, weight=np.ones(count), group=everybody, lead=everybody, as_of=everybody)


def on_a_line(wins, floor: float, slope: float, power: float) -> list[Point]:
    losses = [floor + slope * w**-power for w in wins]
    return [
        Point(share=w / wins[-1], wins=w, loss=Draws(value=loss, drawn=np.full(20, loss)), spread=np.nan)
        for w, loss in zip(wins, losses, strict=True)
    ]


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_a_power_law_is_drawn_on_exactly(power: float):
    points = on_a_line((50.0, 100.0, 200.0, 400.0), 0.3, 2.0, power)
    found = _extrapolated(points, 200, seed=1)
    assert found.value == pytest.approx(0.3 + 2.0 * 600**-power, abs=1e-9)
    assert found.interval.low == pytest.approx(found.interval.high)


def test_a_curve_that_rises_promises_nothing():
    points = on_a_line((50.0, 100.0, 200.0), 0.3, -1.0, 1.0)
    assert _extrapolated(points, 100, seed=1).value == pytest.approx(points[-1].loss.value)


def test_more_leads_help_and_the_sentence_says_by_how_much():
    found = learning_curve(view(), leads(1, 1200), None, leads(2, 3000), MODEL)
    wins = [point.wins for point in found.points]
    assert len(found.points) == 4 and wins == sorted(wins)
    assert found.points[0].loss.value > found.points[-1].loss.value
    assert found.gain.value > 0
    assert found.sentence().startswith(f"With 200 more wins (now {wins[-1]:,.0f}) expect log loss ")
    assert "An extrapolation" in found.sentence()


def test_what_was_drawn_on_comes_true_within_its_interval():
    """Trained on a half, the curve says what the whole reaches."""
    later, inside = leads(100, 6000), 0
    for seed in range(4):
        everybody = leads(seed, 2400)
        half = everybody.take(np.arange(1200))
        promised = learning_curve(view(), half, None, later, MODEL)
        ranked = Ranked.of(later.label, fit(view(), everybody, None, MODEL).log_odds(later.rows)["both"])
        assert everybody.wins == pytest.approx(promised.points[-1].wins + promised.more_wins, rel=0.25)
        gained = promised.points[-1].loss.value - log_loss(ranked)
        inside += promised.gain.low <= gained <= promised.gain.high
    assert inside >= 3


def test_too_few_wins_draw_no_curve():
    found = learning_curve(view(), leads(3, 80), None, leads(4, 500), MODEL)
    assert found.with_more is None
    assert "too few wins" in found.sentence()
