"""A quote that somebody forgot to close never takes leads away in silence."""

import csv
import io

import numpy as np
import pytest

from features.check import check, render
from features.errors import UnreadableFile
from features.profiles import profiles
from features.sources import read_export
from support.folders import settings_of, write

HEADER = "lead_id,created_at,city,note\n"
ROWS = [f"l{i:02d},2026-01-{1 + i % 28:02d},Rome,fine\n" for i in range(60)]


def leads(**changed: str) -> str:
    """Sixty rows; `r30="..."` takes the place of one of them."""
    return HEADER + "".join(changed.get(f"r{i}", row) for i, row in enumerate(ROWS))


@pytest.mark.parametrize(
    ("content", "line", "left"),
    [
        (leads(r30='l30,2026-01-03,Rome,"oops\n'), 32, 30),
        (leads(r30='"l30,2026-01-03,Rome,oops\n'), 32, 30),
        (leads(r59='l59,2026-01-03,Rome,"oops'), 61, 0),
        (leads(r30='l30,2026-01-03,Rome,"oops\n').replace("\n", "\r\n"), 32, 30),
        (leads(r2='l02,2026-01-03,Rome,"two\nlines"\n', r30='l30,2026-01-03,"Rome,oops\n'), 33, 30),
    ],
    ids=["last column", "first column", "last line", "crlf", "after a value of two lines"],
)
def test_a_quote_that_is_never_closed_refuses_the_file_and_names_its_line(tmp_path, content, line, left):
    with pytest.raises(UnreadableFile, match=rf"opens in line {line} .* never closed, so the {left} lines after it"):
        read_export(write(tmp_path, leads=content), settings_of())


def test_a_quote_that_another_one_closes_much_later_is_refused_with_its_line(tmp_path):
    content = leads(r30='l30,2026-01-03,Rome,"oops\n', r50='l50,2026-01-03,Rome,5" screen"\n')
    export = read_export(write(tmp_path, leads=content), settings_of())
    (refusal,) = export.refusals
    assert refusal.count == 1
    assert "swallows 20 rows that follow" in refusal.reason
    assert refusal.examples == ("line 32: a value with 20 line breaks",)
    assert len(export.leads) == 39
    assert export.lines_read == {"leads.csv": 61}


def test_a_quote_that_the_next_row_closes_is_refused_as_well(tmp_path):
    content = leads(r30='l30,2026-01-03,Rome,"oops\n', r31='l31,2026-01-03,Rome,5" screen"\n')
    (refusal,) = read_export(write(tmp_path, leads=content), settings_of()).refusals
    assert refusal.examples == ("line 32: a value with 1 line breaks",)


def test_check_says_how_many_records_there_are_in_how_many_lines(tmp_path):
    write(tmp_path, leads=leads(r30='l30,2026-01-03,Rome,"dear all,\nmany, many thanks\nAnn"\n'))
    export = read_export(tmp_path, settings_of())
    assert export.refusals == ()
    assert len(export.leads) == 60
    said = render(check(export, settings_of()))
    assert "leads.csv: 60 rows, 61 records in 63 lines" in said


def test_a_letter_of_more_than_fifty_lines_is_listed_and_stays(tmp_path):
    letter = "\n".join(f"line {i}" for i in range(60))
    export = read_export(write(tmp_path, leads=leads(r30=f'l30,2026-01-03,Rome,"{letter}"\n')), settings_of())
    assert len(export.leads) == 60
    assert any("1 values have more than 50 line breaks (line 32: a value with 59" in note for note in export.notes)


def test_a_file_whose_records_are_lines_says_nothing_of_lines(tmp_path):
    export = read_export(write(tmp_path, leads=leads(r30='l30,2026-01-03,"Rome, Italy",5" screen\n')), settings_of())
    assert export.lines_read == {}
    assert export.refusals == ()


def test_whatever_a_writer_quotes_is_read_back_without_a_word(tmp_path):
    """Python's own writer is the oracle: what it quotes rightly is never suspected."""
    luck = np.random.default_rng(7)
    pieces = ["Rome", '"', "\n", ",", "\r\n", " ", "5", "\n\n", '""']
    for _ in range(50):
        rows = [["".join(luck.choice(pieces, size=luck.integers(5))) for _ in range(2)] for _ in range(6)]
        text = io.StringIO(newline="")
        csv.writer(text).writerows(
            [["lead_id", "created_at", "a", "b"], *([f"l{i}", "2026-01-02", *row] for i, row in enumerate(rows))]
        )
        export = read_export(write(tmp_path, leads=text.getvalue()), settings_of())
        assert len(export.leads) == 6, text.getvalue()
        assert export.refusals == ()


def test_a_value_longer_than_any_can_be_is_named_with_its_line(tmp_path):
    content = leads(r30=f"l30,2026-01-03,Rome,{'x' * 3_000_000}\n")
    with pytest.raises(UnreadableFile, match=r"a value that begins in line 32 has 3,000,\d\d\d bytes"):
        read_export(write(tmp_path, leads=content), settings_of())


@pytest.mark.parametrize("delimiter", [None, ","])
def test_a_long_value_near_the_start_is_read(tmp_path, delimiter):
    content = leads(r1=f"l01,2026-01-03,Rome,{'x' * 200_000}\n")
    spec = {"created_at": "created_at", "delimiter": delimiter}
    assert len(read_export(write(tmp_path, leads=content), settings_of(leads=spec)).leads) == 60


def test_a_line_separator_of_unicode_in_a_name_is_no_line_break(tmp_path):
    content = 'lead_id,created_at,"one\u2028name"\nl1,2026-01-02,città\nl2,2026-01-02,x\n'
    assert read_export(write(tmp_path, leads=content), settings_of()).attributes == ("one\u2028name",)
    found, notes = profiles(tmp_path)
    assert [table.encoding for table in found] == ["utf-8"]
    assert notes == []


def test_an_encoding_is_only_guessed_where_the_text_is_not_utf_8_and_then_said(tmp_path):
    write(tmp_path, leads="lead_id,city\nl1,città\n".encode("cp1252"))
    assert profiles(tmp_path)[1] == ["leads.csv isn't utf-8; it is read as cp1252"]
    with pytest.raises(UnreadableFile, match=r"has a single column, .città."):
        profiles(write(tmp_path, leads="città\nx\n"))
