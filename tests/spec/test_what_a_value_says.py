"""How a value of an attribute is read."""

import math

import pytest

from features.definitions import Attribute
from features.encode import number_of, text_of
from support.spec import feature

INDUSTRY = Attribute(field="industry")


def test_a_category_is_found_by_its_text_without_margin():
    leads = """
        lead  | industry
        a     | tech
        b     | retail
        other | mining
        none  |
    """
    said = feature(INDUSTRY, leads=leads, as_of="2026-01-01", categories=("retail", "tech"))
    assert said == {"a": "tech", "b": "retail", "other": None, "none": None}


def test_missing_words_are_missing_even_where_the_list_names_them():
    leads = """
        lead | industry
        a    | Select
        b    | tech
    """
    said = feature(
        INDUSTRY, leads=leads, as_of="2026-01-01", categories=("Select", "tech"), missing_words=("", "Select")
    )
    assert said == {"a": None, "b": "tech"}


@pytest.mark.parametrize(("keep_na", "expected"), [((), None), (("country",), "NA")])
def test_na_is_missing_unless_the_column_keeps_it(keep_na: tuple[str, ...], expected: str | None):
    leads = """
        lead    | country
        windhoek | NA
    """
    said = feature(Attribute(field="country"), leads=leads, as_of="2026-01-01", categories=("NA",), keep_na=keep_na)
    assert said == {"windhoek": expected}


def test_namibia_is_a_country_where_na_is_kept():
    leads = """
        lead     | country
        windhoek | NA
        milano   | Italia
    """
    said = feature(
        Attribute(field="country", part="country"),
        leads=leads,
        as_of="2026-01-01",
        categories=("IT", "NA"),
        keep_na=("country",),
    )
    assert said == {"windhoek": "NA", "milano": "IT"}


def test_a_part_is_what_its_parser_reads():
    leads = """
        lead | job_title
        a    | Responsabile acquisti
        b    | VP Sales
        c    | xyzzy
    """
    said = feature(
        Attribute(field="job_title", part="seniority"), leads=leads, as_of="2026-01-01", categories=("manager", "vp")
    )
    assert said == {"a": "manager", "b": "vp", "c": None}


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1200", 1200),
        ("1200.5", 1200.5),
        (" 1,200 ", 1200),
        ("1,200.50", 1200.5),
        ("12,345,678", 12_345_678),
        ("1.200,50", 1200.5),
        ("1.200.000", 1_200_000),
        ("1 200", 1200),
        ("1\u202f200", 1200),
        ("1'200", 1200),
        ("1,5", 1.5),
        ("0,125", 0.125),
        ("1.200", 1.2),
        ("-3", -3),
        ("+3", 3),
        ("€ 1,200", 1200),
        ("$1,200.50", 1200.5),
        ("1200 EUR", 1200),
        ("12 %", 12),
        ("1e3", 1000),
        (".5", 0.5),
        (True, 1),
        (False, 0),
        (7, 7),
        (7.25, 7.25),
    ],
)
def test_numbers_are_read_as_people_write_them(written: object, number: float):
    assert number_of(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "many",
        "10-50",
        "1,20,0",
        "1,2,3",
        "1.2.3",
        "12 apples",
        "0x10",
        "1_000",
        "nan",
        "inf",
        "1e999",
        "--1",
        "€",
        None,
        math.nan,
        math.inf,
        -math.inf,
        "\uff12\uff10",
        "2026-01-01",
        [1],
    ],
)
def test_what_is_no_number_is_missing(written: object):
    assert math.isnan(number_of(written))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        (5, "5"),
        (5.0, "5"),
        ("5.0", "5"),
        (5.5, "5.5"),
        ("5.50", "5.50"),
        (True, "True"),
        ("True", "True"),
        ("007", "007"),
        (None, None),
        (math.nan, None),
    ],
)
def test_equal_values_have_equal_texts_however_a_file_wrote_them(value: object, text: str | None):
    assert text_of(value) == text
