"""A file of points rules becomes the hand-made points of a small company, as far as it fits."""

import math
from pathlib import Path

import numpy as np
import pytest

from commands.terminal import settings_of
from features.definitions import Attribute, Count
from features.errors import BadSettings, BadTable, UnreadableFile
from features.settings import Settings, parse_settings
from features.view import View
from models.linear import LinearInputs
from training.points_file import read_rules
from training.points_import import points_of, with_points
from training.points_prior import points_expert

TOML = '[model.prior]\npoints_file = "points.csv"\n'


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "points.csv"
    path.write_text("\n".join(("condition,points", *lines)))
    return path


def test_values_and_numbers_of_actions_fit_and_the_rest_is_named(tmp_path: Path):
    path = written(
        tmp_path,
        "country = Italy,5",
        "country in Spain, Italy,2",
        "demo_count_30d >= 3,20",
        "demo_count_7d > 0,1",
        "employees >= 50,10",
        "country = Italy and demo_count_30d >= 1,7",
        "country is missing,-5",
    )
    points, notes = points_of(read_rules(path))
    assert points == {"country = Italy": 7, "country = Spain": 2, "demo": 11}
    assert [note.split(" (")[0] for note in notes] == [f"Points rule of line {n}" for n in (6, 7, 8)]


def test_whoever_does_just_enough_earns_the_points_of_the_rule(tmp_path: Path):
    points, _ = points_of(read_rules(written(tmp_path, "demo_count_30d >= 4,20")))
    view = View(
        definitions=(Count(kind="demo", days=30), Attribute(field="country")), categories={"country": ("Italy",)}
    )
    rows = np.array([[0.0, np.nan], [4.0, np.nan], [1.0, 0.0]])
    prior = Settings().model.prior.model_copy(update={"points": points, "log_odds_per_point": 0.1})
    margins = points_expert(view, LinearInputs.of(view, rows), rows, prior, won_share=0.3).margins(rows)
    assert margins[1] - margins[0] == pytest.approx(2.0)
    assert margins[2] - margins[0] == pytest.approx(2.0 / math.log2(5))


def test_the_settings_of_a_folder_hold_the_points_and_no_file_any_more(tmp_path: Path, capsys):
    written(tmp_path, "country = Italy,5", "employees >= 50,10")
    (tmp_path / "ripeness.toml").write_text(TOML)
    prior = settings_of(tmp_path, None).model.prior
    assert (prior.points, prior.points_file) == ({"country = Italy": 5}, "")
    assert "line 3 ('employees >= 50') is no hand-made point" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "more", "error", "says"),
    [
        (("country = Italy,5",), "points = {demo = 3}", BadSettings, "both points and points_file"),
        (("employees >= 50,10",), "", BadSettings, "no rule is about a value of a field"),
        (("country ~ Italy,10",), "", BadTable, "line 2"),
        ((), "", BadTable, "holds no rule"),
    ],
)
def test_what_can_not_be_taken_over_is_one_error(tmp_path: Path, lines, more, error, says):
    written(tmp_path, *lines)
    with pytest.raises(error, match=says):
        with_points(parse_settings(TOML + more), tmp_path)


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path):
    with pytest.raises(UnreadableFile, match=r"points\.csv"):
        with_points(parse_settings(TOML), tmp_path)
