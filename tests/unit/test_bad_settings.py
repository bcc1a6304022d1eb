"""Whatever stands in `ripeness.toml`, the answer is settings or one sentence that says the key and the remedy."""

import pytest

from features.errors import BadSettings
from features.settings import load_settings, parse_settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[data.leads]\ndelimiter = ";;"', r"data.leads.delimiter: ';;' is not one character"),
        ("[data.leads]\ndelimiter = '\\t'", r'a tab is "\\t" in double quotes'),
        ('[data.leads]\ndelimiter = "\\n"', "is not one character"),
        ('[data.leads]\ndelimiter = "€"', "is not one character"),
        ('[data.leads]\nencoding = "klingon"', "'klingon' is no encoding of texts; use 'utf-8'"),
        ('[data.leads]\nencoding = "base64"', "'base64' is no encoding of texts"),
        ('[data.leads]\nencoding = "rot13"', "'rot13' is no encoding of texts"),
        ('[data.leads]\nencoding = "unicode_escape"', "is no encoding of texts"),
        ('[data.leads]\nencoding = "a\\u0000b"', "is no encoding of texts"),
        (f'[data.leads]\nfile = "{"x" * 5000}"', r"data.leads.file: 'x{60}\.\.\.' can't be the name of a file"),
        ('[data.leads]\nfile = ""', "can't be the name of a file; name a CSV"),
        ('[[data.leads.joins]]\nfile = "a\\u0000"\non = "x"', "can't be the name of a file"),
        ("[data]\ndata_end = 0001-01-01T00:00:00+05:00", "outside of the years 1990 to 2199; correct the year"),
        ("[data]\ndata_end = 9999-12-31T23:59:59-23:00", "outside of the years 1990 to 2199"),
        (
            '[data]\ndata_end = "never"',
            "data.data_end: it has to be a date, such as 2026-03-01, without quotes, not 'n",
        ),
        ("a = " + "[" * 3000 + "]" * 3000, "brackets nested too deeply"),
        ("[data.leads]\ncreatd_at = 'x'", "data.leads.creatd_at: no such key; did you mean 'created_at'"),
        ("[dat]\nx = 1", "dat: no such key; did you mean 'data'"),
        ('[data.events]\nkid = "x"', "data.events.kid: no such key; did you mean 'kind'"),
        ("[kinds.visit]\nlable = 'x'", "kinds.visit.lable: no such key; did you mean 'label'"),
        ('[[data.leads.joins]]\nfile = "a.csv"\non = "x"\nfil = 1', "data.leads.joins.0.fil: .* did you mean 'file'"),
        ("[company]\nzzz = 1", "company.zzz: no such key; there are name, language, time_zone"),
        ('[[data.leads.joins]]\nfile = "a.csv"', "data.leads.joins.0.on: it is missing; add it"),
        ("[outcome]\nhorizon_days = -5", "horizon_days: it has to be greater than 0.0, not -5"),
        ("[outcome]\nhorizon_days = 'x'", "horizon_days: it has to be a number, not 'x'"),
        ("[data.leads]\nignore = 'x'", r"ignore: it has to be a list in square brackets, not 'x'"),
        ("data = 3", "data: it has to be a table, not 3"),
        ("kinds = [1]", "kinds: it has to be a table"),
        ('[company]\nlanguage = "xx"', "language: it has to be 'en' or 'it', not 'xx'"),
        ('[kinds.a]\nmaps_to = "b"\n[kinds.b]\nmaps_to = "a"', "maps_to goes in a circle: a -> b -> a; leave one"),
        ('[kinds.a]\nmaps_to = "a"', "maps_to goes in a circle: a -> a"),
    ],
)
def test_a_wrong_key_is_named_with_what_to_do(text, says):
    with pytest.raises(BadSettings, match=says) as caught:
        parse_settings(text)
    assert "nput should" not in str(caught.value)
    assert "permitted" not in str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\\t", " ", ""])
def test_every_usual_delimiter_is_taken(delimiter):
    assert parse_settings(f'[data.leads]\ndelimiter = "{delimiter}"').data.leads.delimiter is not None


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "mac_roman"])
def test_every_usual_encoding_is_taken(encoding):
    assert parse_settings(f'[data.leads]\nencoding = "{encoding}"').data.leads.encoding == encoding


def test_kinds_may_map_to_each_other_as_long_as_they_end():
    chain = '[kinds.a]\nmaps_to = "b"\n[kinds.b]\nmaps_to = "closed_won"\n[kinds.c]\nmaps_to = "b"'
    assert len(parse_settings(chain).kinds) == 3


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "ripeness.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'[company]\nname = "ACME"\n')
    assert load_settings(path).company.name == "ACME"


@pytest.mark.parametrize("content", ["[company]".encode("utf-16"), b"\xff"])
def test_a_file_of_another_encoding_is_refused(tmp_path, content):
    path = tmp_path / "ripeness.toml"
    path.write_bytes(content)
    with pytest.raises(BadSettings, match="is not UTF-8"):
        load_settings(path)


def test_the_bounds_of_a_split_lie_in_our_times_too():
    with pytest.raises(BadSettings, match=r"split.test_after: 0001-01-01.* lies outside of the years"):
        parse_settings("[split]\ntest_after = 0001-01-01T00:00:00+05:00")
