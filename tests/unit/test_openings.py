"""Looks at a test period are counted, across overlapping periods, and by how many different models."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.errors import UnreadableFile
from support.exports import moment
from training.openings import FILE, Look, record_opening

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)


def look(after="2026-01-01", until="2026-03-01", *, bundle="sha256:a", company="Acme", flat=False) -> Look:
    bounds = (moment(after), moment(until)) if isinstance(after, str) else (after, until)
    return Look(
        company=company,
        dataset="d1",
        test_after=bounds[0],
        test_until=bounds[1],
        flat=flat,
        bundle=bundle,
        purpose="evaluate",
    )


def numbers(home: Path, *looks: Look) -> list[tuple[int, int]]:
    found = [record_opening(home, one, NOW) for one in looks]
    return [(opening.number, opening.models) for opening in found]


def test_each_look_is_counted_and_each_model_once(tmp_path: Path):
    looks = (look(), look(), look(bundle="sha256:b"), look())
    assert numbers(tmp_path, *looks) == [(1, 1), (2, 1), (3, 2), (4, 2)]


def test_a_month_later_most_of_the_period_is_the_same(tmp_path: Path):
    assert numbers(tmp_path, look(), look("2026-01-20", "2026-03-20")) == [(1, 1), (2, 1)]


def test_other_periods_companies_and_rows_are_not_counted_together(tmp_path: Path):
    others = (look("2026-02-25", "2026-04-25"), look(company="Other"), look(100, 200, flat=True))
    assert numbers(tmp_path, look(), *others) == [(1, 1)] * 4


def test_the_sentence_says_the_number_and_warns_of_a_second_model(tmp_path: Path):
    first = record_opening(tmp_path, look(), NOW).sentence()
    assert "Test period, 2026-01-01 to 2026-03-01: opening number 1" in first and "honest" in first
    assert "nothing new is learned" in record_opening(tmp_path, look(), NOW).sentence()
    third = record_opening(tmp_path, look(bundle="sha256:b"), NOW).sentence()
    assert "opening number 3 (first on 2026-05-01), by 2 different models" in third and "luck" in third


def test_the_record_is_only_appended_to(tmp_path: Path):
    record_opening(tmp_path, look(), NOW)
    before = (tmp_path / FILE).read_text()
    opening = record_opening(tmp_path, look(bundle="sha256:b"), NOW)
    assert (tmp_path / FILE).read_text().startswith(before)
    assert opening.to_dict()["number"] == 2


def test_a_damaged_record_is_one_error_that_names_the_line(tmp_path: Path):
    record_opening(tmp_path, look(), NOW)
    with (tmp_path / FILE).open("a") as file:
        file.write("not json\n")
    with pytest.raises(UnreadableFile, match=r"line 2 is no record"):
        record_opening(tmp_path, look(), NOW)


def test_a_look_of_the_gate_is_called_so_and_counts_with_those_of_the_test_period(tmp_path: Path):
    record_opening(tmp_path, look(), NOW)
    said = record_opening(tmp_path, replace(look(bundle="sha256:b"), at_the_gate=True), NOW).sentence()
    assert said.startswith("Recent leads of the gate, 2026-01-01 to 2026-03-01: opening number 2")
    assert "by 2 different models. The more are tried on the same leads" in said
