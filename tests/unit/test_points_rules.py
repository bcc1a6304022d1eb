"""A company's points rules: what may be written, what is counted, and which line is wrong."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import BadTable, UnreadableFile
from features.make_view import make_view
from features.settings import parse_settings
from features.tables import Pairs
from support.exports import export_of, moment
from training.points_file import read_rules
from training.points_rules import PointsRules

SETTINGS = parse_settings("[features]\nmin_category_leads = 1")
INDUSTRIES = ("Software", "Retail", "Oil and gas", None)
TITLES = ("Sales Director", "VP Marketing", "Intern", "Office Manager")


def company():
    leads = [
        {
            "lead_id": str(i),
            "created_at": "2026-01-01",
            "industry": INDUSTRIES[i % 4],
            "job_title": TITLES[i % 4],
            "employees": str(10 + 30 * i),
        }
        for i in range(8)
    ]
    views = [
        {"lead_id": str(i), "kind": "pricing_page_view", "happened_at": f"2026-01-{day:02d}"}
        for i in range(8)
        for day in range(10, 10 + i)
    ]
    return export_of(leads=leads, events=views, data_end="2026-03-01")


@pytest.fixture
def bind(tmp_path: Path):
    export = company()
    pairs = Pairs(lead=np.arange(8), as_of=np.full(8, moment("2026-02-01")))
    view, _ = make_view(SETTINGS, export, pairs)

    def bound(*lines: str, header: str = "condition,points", refused: tuple[str, ...] = ()) -> PointsRules:
        path = tmp_path / "points.csv"
        path.write_text("\n".join((header, *lines)), encoding="utf-8")
        return PointsRules.read(path, view, export, refused=refused)

    def count(*lines: str, header: str = "condition,points") -> list[float]:
        return bound(*lines, header=header).count(pairs).tolist()

    count.bound = bound
    return count


def by_hand(rule) -> list[float]:
    return [float(rule(i)) for i in range(8)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("industry = software,10", lambda i: 10 * (i % 4 == 0)),
        ("INDUSTRY_NOT,0", None),
        ('industry in software, "oil and gas",3', lambda i: 3 * (i % 4 in (0, 2))),
        ('"industry in software, retail",3', lambda i: 3 * (i % 4 in (0, 1))),
        ("industry != Software,2", lambda i: 2 * (i % 4 in (1, 2))),
        ("industry not in retail, software,2", lambda i: 2 * (i % 4 == 2)),
        ("industry is missing,-5", lambda i: -5 * (i % 4 == 3)),
        ("industry is known,1", lambda i: i % 4 != 3),
        ("seniority in director, vp,20", lambda i: 20 * (i % 4 in (0, 1))),
        ("employees >= 100,1.5", lambda i: 1.5 * (10 + 30 * i >= 100)),
        ("employees < 40,1", lambda i: 10 + 30 * i < 40),
        ("employees = 40,1", lambda i: i == 1),
        ("pricing_page_view_count_30d >= 2,15", lambda i: 15 * (i >= 2)),
        ("pricing_page_view_count_17d > 0,15", lambda i: 15 * (i >= 7)),
        ("pricing_page_view_recency_days <= 17,4", lambda i: 4 * (i >= 6)),
        ("industry = Oil and gas and employees > 100,7", lambda i: 7 * (i == 6)),
    ],
)
def test_a_rule_gives_its_points_to_whom_it_says(bind, line: str, rule):
    if rule is None:
        with pytest.raises(BadTable, match="line 2"):
            bind(line)
    else:
        assert bind(line) == by_hand(rule)


def test_points_of_rules_add_up_and_semicolons_divide_as_well(bind):
    lines = ("industry = software;10", "", "employees > 100;2,5")
    assert bind(*lines, header="Condition;Points") == by_hand(lambda i: 10 * (i % 4 == 0) + 2.5 * (10 + 30 * i > 100))


def test_an_unknown_column_is_named_with_its_line_and_near_names(bind):
    with pytest.raises(BadTable, match=r"line 3: there is no column 'industri'; near names: industry"):
        bind("employees > 3,1", "industri = software,10")
    with pytest.raises(BadTable, match=r"'pricing_page_views_count_3d'; near names: pricing_page_view_count"):
        bind("pricing_page_views_count_3d > 1,2")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("software,10", "is no condition"),
        ("industry = software,many", "is no number of points"),
        ("employees > many,3", "needs a number"),
        ("industry in ,3", "needs a value"),
        ("pricing_page_view_count_30d = often,3", "is a number, 'often' is none"),
    ],
)
def test_a_line_that_is_no_rule_is_named(bind, line: str, said: str):
    with pytest.raises(BadTable, match=rf"line 2: .*{said}"):
        bind(line)


def test_a_value_that_no_lead_has_is_told_but_does_no_harm(bind):
    rules = bind.bound("industry = softwre,3")
    assert rules.notes == ("points file, line 2: no lead has industry = 'softwre'; near: 'Software'",)


def test_a_file_that_is_not_there_or_has_other_columns_is_one_error(tmp_path: Path):
    with pytest.raises(UnreadableFile, match="--points"):
        read_rules(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_text("rule,score\na = b,3\n")
    with pytest.raises(BadTable, match="line 1: expected the columns condition,points, found 'rule, score'"):
        read_rules(tmp_path / "other.csv")
    (tmp_path / "empty.csv").write_text("condition,points\n")
    with pytest.raises(BadTable, match="holds no rule"):
        read_rules(tmp_path / "empty.csv")


def test_a_rule_on_a_refused_column_says_that_it_is_a_leak(bind):
    with pytest.raises(BadTable, match=r"line 2: 'stage' is refused as a leak.*--keep"):
        bind.bound("stage = won,10", refused=("stage",))
