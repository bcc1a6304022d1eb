"""What we write as CSV runs nothing in a spreadsheet: only cells that begin like a formula change, by one sign."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spreadsheets import STARTS, safe, safe_table


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "|calc", "%0A"])
def test_what_begins_like_a_formula_is_text(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Ada", "a=b", "", "'=1", 5, -5.5, None, True])
def test_everything_else_stays_as_it_is(value):
    assert safe(value) == value


@given(st.text())
def test_no_text_begins_like_a_formula_and_none_is_lost(text):
    found = safe(text)
    assert not found.lstrip(" ").startswith(STARTS)
    assert found.removeprefix("'") == text.removeprefix("'")


def test_a_table_keeps_its_numbers_and_guards_its_texts_and_headings():
    table = pd.DataFrame({"lead_id": ["=cmd()", "b"], "score": [-5.5, 1.0], "@field": [None, "-x"], "n": [-1, 2]})
    text = safe_table(table).to_csv(index=False)
    assert list(csv.reader(io.StringIO(text))) == [
        ["lead_id", "score", "'@field", "n"],
        ["'=cmd()", "-5.5", "", "-1"],
        ["b", "1.0", "'-x", "2"],
    ]
    assert table["lead_id"].tolist() == ["=cmd()", "b"]
