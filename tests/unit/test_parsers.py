"""What is read out of a job title, a size, an address or a country."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parsers import PARSERS
from features.parsers.size import REVENUE_BANDS, SIZE_BANDS
from support.text_tables import rows_of

TITLES = """
    title                            | seniority | department
    CEO                              | c_level   | executive
    C.E.O. & Founder                 | owner     | executive
    Amministratore delegato          | c_level   | executive
    Presidente e Direttore Generale  | c_level   | executive
    Titolare                         | owner     | executive
    Socia fondatrice                 | owner     | executive
    Chief Financial Officer          | c_level   | finance
    Chief Happiness Officer          | c_level   | -
    CMO                              | c_level   | marketing
    VP of Sales                      | vp        | sales
    Vice President, Engineering      | vp        | engineering
    Vicepresidente                   | vp        | executive
    Head of IT                       | director  | it
    Direttore Vendite                | director  | sales
    Direttrice dell'Ufficio Qualità  | director  | operations
    Sales & Marketing Director       | director  | marketing
    Dirigente scolastico             | director  | education
    Responsabile Marketing           | manager   | marketing
    Responsabile del personale       | manager   | hr
    Responsabile acquisti            | manager   | procurement
    Customer Success Manager         | manager   | support
    Capo ufficio contabilità         | manager   | finance
    Senior Software Engineer         | senior    | it
    Tecnico commerciale              | staff     | sales
    Impiegato amministrativo         | staff     | finance
    Product Owner                    | staff     | product
    HR Business Partner              | staff     | hr
    Assistant to the CEO             | staff     | executive
    Avvocato                         | staff     | legal
    Buyer                            | staff     | procurement
    Account Executive                | staff     | sales
    Marketing Assistant              | junior    | marketing
    Junior Developer                 | junior    | it
    Stagista                         | intern    | -
    Studentessa                      | intern    | education
    addetto ai servizi               | staff     | -
    Retired                          | -         | -
    123                              | -         | -
    ???                              | -         | -
"""


@pytest.mark.parametrize("row", rows_of(TITLES), ids=lambda row: row["title"])
def test_titles_in_english_and_italian(row):
    expected = {part: None if row[part] == "-" else row[part] for part in ("seniority", "department")}
    assert {part: PARSERS[part](row["title"]) for part in expected} == expected


def test_case_accents_and_white_space_of_a_title_do_not_matter():
    same = ["Responsabile Qualità", "  RESPONSABILE QUALITA ", "responsabile\tqualita\u0300"]
    assert {(PARSERS["seniority"](t), PARSERS["department"](t)) for t in same} == {("manager", "operations")}


@pytest.mark.parametrize(
    ("typed", "band"),
    [
        (1, "1-10"),
        (10, "1-10"),
        (10.9, "1-10"),
        (11, "11-50"),
        (2822.0, "1001-5000"),
        ("2822.0", "1001-5000"),
        ("51-200", "51-200"),
        ("51 \u2013 200 employees", "51-200"),
        ("1.000+", "1001-5000"),
        ("10,001+ employees", "10001+"),
        ("da 11 a 50 dipendenti", "11-50"),
        ("oltre 500", "501-1000"),
        ("<10", "1-10"),
        ("fino a 50", "11-50"),
        ("1k-5k", "1001-5000"),
        ("10 000", "5001-10000"),
        (0, None),
        (-5, None),
        ("many", None),
        (True, None),
    ],
)
def test_employees_as_bands(typed, band):
    assert PARSERS["size_band"](typed) == band


@pytest.mark.parametrize(
    ("typed", "band"),
    [
        (0, "<1M"),
        (999_999, "<1M"),
        (1_000_000, "1M-10M"),
        ("$5M", "1M-10M"),
        ("2.5 mln", "1M-10M"),
        ("€ 1,2 Mld", "1B+"),
        ("10-50 million", "10M-50M"),
        ("$1M - $10M", "1M-10M"),
        ("500k", "<1M"),
        ("5 milioni di euro", "1M-10M"),
        ("$1,000,000", "1M-10M"),
        ("12.345.678,90", "10M-50M"),
        (">1B", "1B+"),
        (-1, None),
        ("confidential", None),
    ],
)
def test_revenue_as_bands(typed, band):
    assert PARSERS["revenue_band"](typed) == band


@pytest.mark.parametrize(("part", "bands"), [("size_band", SIZE_BANDS), ("revenue_band", REVENUE_BANDS)])
def test_bands_rise_with_the_number(part, bands):
    amounts = [10.0**exponent for exponent in range(13)]
    places = [bands.index(PARSERS[part](amount)) for amount in amounts]
    assert all(a <= b for a, b in pairwise(places))
    assert places[-1] == len(bands) - 1


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ann@gmail.com", "free"),
        (" Ann@LIBERO.it ", "free"),
        ("<ann@gmail.com>", "free"),
        ("mailto:ann@gmail.com", "free"),
        ("ann@mailinator.com", "disposable"),
        ("ann@inbox.mailinator.com", "disposable"),
        ("ann@stanford.edu", "education"),
        ("ann@cs.ox.ac.uk", "education"),
        ("ann@studenti.unibo.it", "education"),
        ("ann@mef.gov.it", "government"),
        ("ann@interno.gouv.fr", "government"),
        ("ann@army.mil", "government"),
        ("ann@ec.europa.eu", "government"),
        ("ann@acme.co.uk", "company"),
        ("ann@münchen.de", "company"),
        ("acme.com", "company"),
        ("ann@go.dev", "company"),
        ("ann", "invalid"),
        ("ann@localhost", "invalid"),
        ("ann@@gmail.com", "invalid"),
        ("@gmail.com", "invalid"),
        ("ann smith@acme.com", "invalid"),
        ("ann@[10.0.0.1]", "invalid"),
        ("ann@acme..com", "invalid"),
        ("ann@" + "a" * 300 + ".com", "invalid"),
        ("", None),
        (5, None),
    ],
)
def test_addresses_as_types_of_domain(address, kind):
    assert PARSERS["domain_type"](address) == kind


@pytest.mark.parametrize(
    "domain", ["gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "libero.it", "gmx.de"]
)
def test_large_free_providers_are_not_taken_for_disposable(domain):
    assert PARSERS["domain_type"](f"ann@{domain}") == "free"


def test_domains_are_read_without_network_and_without_writing_files(tmp_path):
    script = """
import socket, sys
def refuse(*_args, **_kwargs): raise AssertionError("asked the network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from features.parsers import PARSERS
assert PARSERS["domain_type"]("a@never-seen-before.co.uk") == "company"
"""
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("IT", "IT"),
        ("it", "IT"),
        ("ITA", "IT"),
        ("Italia", "IT"),
        ("Italy", "IT"),
        ("Stati Uniti", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("Regno Unito", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("cote d\u2019ivoire", "CI"),
        ("The Netherlands", "NL"),
        ("Paesi Bassi", "NL"),
        ("Trinidad and Tobago", "TT"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Hong Kong", "HK"),
        ("South Korea", "KR"),
        ("Corea del Nord", "KP"),
        ("NA", "NA"),
        ("Namibia", "NA"),
        ("na", None),
        ("EU", None),
        ("Europe", None),
        ("Asia/Pacific Region", None),
        ("Atlantis", None),
        (39, None),
    ],
)
def test_countries_as_codes(typed, code):
    assert PARSERS["country"](typed) == code


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(),
    st.lists(st.integers()),
    st.text(st.characters(), max_size=300),
    st.text("0123456789.,-+<>kmb €$ @", max_size=60),
)


@pytest.mark.parametrize("part", PARSERS)
@given(value=ANYTHING)
def test_no_value_makes_a_parser_raise(part, value):
    answer = PARSERS[part](value)
    assert answer is None or (isinstance(answer, str) and answer)


@pytest.mark.parametrize("part", PARSERS)
@pytest.mark.parametrize("value", ["x" * 10_000_000, "1" * 10_000_000, "\ud800@\udfff.com", "a@" + "b." * 5_000_000])
def test_huge_and_broken_texts_are_read_or_left(part, value):
    assert PARSERS[part](value) in {None, "staff", "invalid", "company", "10001+", "1B+"}
