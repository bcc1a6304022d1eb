"""Past scores against what came: which count, within which range, and what is not yet known."""

from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binom

from features.errors import BadTable, UnreadableFile
from features.settings import Settings
from support.exports import export_of
from training.maturity import all_matured, matured, read_scores, wins_range

LEADS = 60


def company(data_end="2026-12-31", won_on="2026-02-15"):
    leads = [{"lead_id": f"L{i}", "created_at": "2025-12-01"} for i in range(LEADS)]
    wins = [{"lead_id": f"L{i}", "kind": "closed_won", "happened_at": won_on} for i in range(0, LEADS, 3)]
    return export_of(leads=leads, outcomes=wins, data_end=data_end)


def write_scores(path: Path, probability: float = 1 / 3, *, as_of="2026-01-01T00:00:00Z", leads=range(LEADS)) -> Path:
    table = pa.table(
        {
            "lead_id": [f"L{i}" for i in leads],
            "probability": [probability] * len(leads),
            "score": pa.array([i % 101 for i in leads], pa.int32()),
        }
    )
    told = {"as_of": as_of, "horizon_days": "90", "model_version": "7"}
    pq.write_table(table.replace_schema_metadata(told), path)
    return path


def of(path: Path, export=None):
    return matured(read_scores(path), export or company(), Settings())


def test_expected_and_realised_wins_per_band_and_in_all(tmp_path: Path):
    found = of(write_scores(tmp_path / "s.parquet"))
    assert found.is_mature
    assert found.total.realised == 20 and found.total.expected == pytest.approx(20)
    assert [(b.band, b.leads, b.realised) for b in found.bands] == [
        ("score 50 to 74", 10, 3),
        ("score 0 to 49", 50, 17),
    ]
    assert found.total.as_promised and "as promised" in found.sentence() and "version 7" in found.sentence()
    assert found.ratio is not None and found.ratio.low < 1 < found.ratio.high


def test_promises_that_were_too_high_are_said_to_be(tmp_path: Path):
    found = of(write_scores(tmp_path / "s.parquet", 0.8))
    assert not found.total.as_promised
    assert "too few" in found.sentence()


def test_wins_after_the_horizon_don_t_count(tmp_path: Path):
    assert of(write_scores(tmp_path / "s.parquet"), company(won_on="2026-04-02")).total.realised == 0


def test_before_the_horizon_has_passed_nothing_is_judged(tmp_path: Path):
    found = of(write_scores(tmp_path / "s.parquet"), company(data_end="2026-03-31"))
    assert not found.is_mature and found.ratio is None
    assert "mature on 2026-04-01" in found.sentence()


def test_leads_that_are_gone_are_counted_and_foreign_files_refused(tmp_path: Path):
    assert of(write_scores(tmp_path / "s.parquet", leads=range(LEADS + 5))).unknown == 5
    with pytest.raises(BadTable, match="knows none"):
        of(write_scores(tmp_path / "other.parquet", leads=range(900, 910)))


def test_other_files_are_one_error(tmp_path: Path):
    (tmp_path / "a.csv").write_text("lead_id\n")
    with pytest.raises(UnreadableFile, match="ripeness score"):
        read_scores(tmp_path / "a.csv")
    pq.write_table(pa.table({"lead_id": ["a"]}), tmp_path / "b.parquet")
    with pytest.raises(BadTable, match="probability, score, as_of, horizon_days"):
        read_scores(tmp_path / "b.parquet")
    with pytest.raises(BadTable, match="flat"):
        of(write_scores(tmp_path / "s.parquet"), export_of(leads=[{"lead_id": "L1", "label": 1}], flat=True))


def test_files_are_told_in_the_order_of_their_moments(tmp_path: Path):
    late = write_scores(tmp_path / "a.parquet", as_of="2026-02-01T00:00:00Z")
    early = write_scores(tmp_path / "b.parquet")
    assert [m.file for m in all_matured([late, early], company(), Settings())] == ["b.parquet", "a.parquet"]


def test_the_range_of_wins_is_what_counting_every_case_gives():
    probability = np.array([0.1, 0.5, 0.7, 0.2, 0.9, 0.35])
    chance = np.zeros(7)
    for fates in product((0, 1), repeat=6):
        chance[sum(fates)] += np.prod([p if won else 1 - p for p, won in zip(probability, fates, strict=True)])
    low, high = wins_range(probability)
    assert chance[: int(low)].sum() < 0.025 <= chance[: int(low) + 1].sum()
    assert chance[: int(high)].sum() < 0.975 <= chance[: int(high) + 1].sum()


def test_the_range_of_many_wins_holds_nineteen_of_twenty():
    luck = np.random.default_rng(0)
    probability = luck.uniform(0, 0.4, 2000)
    low, high = wins_range(probability)
    wins = (luck.random((2000, 2000)) < probability).sum(axis=1)
    assert 0.935 <= ((wins >= low) & (wins <= high)).mean() <= 0.975


def test_the_range_is_right_where_nearly_all_are_won():
    probability = np.full(1000, 0.99)
    low, high = wins_range(probability)
    assert (low, high) == (binom.ppf(0.025, 1000, 0.99), binom.ppf(0.975, 1000, 0.99))


def test_the_range_is_right_where_half_are_sure_wins_and_half_sure_losses():
    low, high = wins_range(np.repeat([0.999, 0.001], 500))
    assert 495 <= low < 500 < high <= 505


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"probability": pa.array(["high"] * LEADS)}, "was damaged or changed"),
        ({"probability": pa.array([float("nan")] * LEADS)}, "outside 0 to 1"),
        ({"probability": pa.array([1.2] * LEADS)}, "outside 0 to 1"),
        ({"lead_id": pa.array(["L1"] * LEADS)}, "59 leads more than once"),
    ],
)
def test_a_file_that_no_model_wrote_is_one_sentence(tmp_path: Path, changed, said: str):
    path = write_scores(tmp_path / "s.parquet")
    table = pq.read_table(path)
    for name, values in changed.items():
        table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table, path)
    with pytest.raises(BadTable, match=said):
        read_scores(path)


@pytest.mark.parametrize("as_of", ["yesterday", "2026-01-01T00:00:00"])
def test_a_file_of_an_unreadable_moment_is_one_sentence(tmp_path: Path, as_of: str):
    with pytest.raises(BadTable, match="was damaged or changed"):
        read_scores(write_scores(tmp_path / "s.parquet", as_of=as_of))
