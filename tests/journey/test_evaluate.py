"""`ripeness evaluate` on a folder of files: report, pictures, own points, openings, past scores, bad input."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.errors import BadTable, RipenessError
from ripeness import app
from training.simulate import simulate

LEADS = 800
QUICK = """
[model]
bootstrap_rounds = 20
linear_strengths = [0.1]
min_wins_for_trees = 100000
"""


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    if isinstance(done.exception, RipenessError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export without times: one row a lead with its result."""
    folder = tmp_path_factory.mktemp("flat")
    luck = np.random.default_rng(0)
    visits, source = luck.poisson(3, LEADS), luck.choice(["web", "fair", "list"], LEADS)
    won = luck.random(LEADS) < 1 / (1 + np.exp(2.5 - visits / 2 - 1.5 * (source == "fair")))
    rows = [f"{i},{v},{s},{int(w)}" for i, (v, s, w) in enumerate(zip(visits, source, won, strict=True))]
    (folder / "leads.csv").write_text("\n".join(("row,visits,source,won", *rows)))
    (folder / "points.csv").write_text("condition,points\nsource = FAIR,10\nvisits >= 5,5\n")
    (folder / "ripeness.toml").write_text(
        '[data.leads]\nfile = "leads.csv"\nlead_id = "row"\norder = "row"\nresult = "won"\nwon_values = ["1"]\n'
        '[evaluation]\norigins = 3\npoints_file = "points.csv"\n' + QUICK
    )
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def report(flat: Path, home: Path) -> str:
    out = home / "report.md"
    run(flat, "--home", home, "--out", out)
    return out.read_text()


def test_the_report_holds_every_finding_and_its_pictures(report: str, home: Path):
    for title in ("Backtest: ROC AUC at each origin", "Test period", "Calibration", "Slices", "Learning curve"):
        assert f"\n## {title}\n" in report
    for name in ("the company's own points", "naive Bayes, as in Odoo", "logistic alone", "both experts"):
        assert report.count(f"\n| {name} |") == 3
    pictures = {line.split("(")[1].rstrip(")") for line in report.splitlines() if line.startswith("![")}
    assert len(pictures) == 4
    assert all((home / picture).read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_the_company_s_points_are_a_fair_rival(report: str):
    row = next(line for line in report.splitlines() if line.startswith("| the company's own points |"))
    mean = float(row.split("|")[-3].split("(")[0])
    assert 0.6 < mean < 0.85


def test_a_second_look_at_the_test_period_is_counted_and_a_closed_one_is_not(flat: Path, home: Path, report: str):
    assert "opening number 1. Nobody had looked at it" in report
    closed = run(flat, "--home", home, "--keep-closed")
    assert "It stays closed" in closed and "opening number" not in closed
    again = run(flat, "--home", home)
    assert "opening number 2" in again and "the same model" in again
    other = home / "other.csv"
    other.write_text("condition,points\nsource = web,1\n")
    assert "opening number 3" in run(flat, "--home", home, "--points", other)
    lines = (home / "openings.jsonl").read_text().splitlines()
    assert [json.loads(line)["purpose"] for line in lines] == ["evaluate"] * 3


def test_equal_input_gives_an_equal_report(flat: Path, home: Path, report: str, tmp_path: Path):
    out = tmp_path / "report.md"
    run(flat, "--home", tmp_path, "--out", out)
    assert out.read_text() == report
    for picture in (home / "report_pictures").iterdir():
        assert picture.read_bytes() == (tmp_path / "report_pictures" / picture.name).read_bytes()


def test_a_wrong_points_file_is_one_error_and_opens_nothing(flat: Path, tmp_path: Path):
    (tmp_path / "wrong.csv").write_text("condition,points\nsauce = fair,10\n")
    with pytest.raises(BadTable, match=r"line 2: there is no column 'sauce'; near names: source"):
        run(flat, "--home", tmp_path / "home", "--points", tmp_path / "wrong.csv")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("verb", ["evaluate", "train", "retrain"])
def test_a_line_that_is_no_rule_is_found_before_the_export_is_read(tmp_path: Path, verb: str):
    (tmp_path / "points.csv").write_text("condition,points\nsauce ~ fair,10\n")
    (tmp_path / "leads.csv").write_text("no export at all")
    (tmp_path / "ripeness.toml").write_text(
        '[data.leads]\nfile = "leads.csv"\nlead_id = "row"\n[evaluation]\npoints_file = "points.csv"\n'
    )
    result = CliRunner().invoke(app, [verb, str(tmp_path), "--home", str(tmp_path / "home")])
    assert isinstance(result.exception, BadTable)
    assert "line 2" in str(result.exception)


def test_past_scores_are_held_against_what_came(tmp_path: Path):
    company = simulate(seed=2, leads=1500, months=24, planted_leak=False)
    folder = tmp_path / "company"
    company.write(folder)
    toml = folder / "ripeness.toml"
    toml.write_text(toml.read_text() + QUICK)
    ids = company.export.leads["lead_id"].tolist()
    table = pa.table({"lead_id": ids, "probability": [0.01] * len(ids), "score": pa.array([50] * len(ids), pa.int32())})
    told = {"as_of": "2026-01-01T00:00:00Z", "horizon_days": "90", "model_version": "3"}
    pq.write_table(table.replace_schema_metadata(told), tmp_path / "scores.parquet")
    said = run(folder, "--home", tmp_path, "--scores", tmp_path / "scores.parquet", "--keep-closed", "--origins", 3)
    assert "Expected against realised: scores.parquet" in said
    assert "version 3 expected 15.0 wins among 1,500 leads" in said
    assert "Backtest: ROC AUC at each origin" in said
