"""Countries as ISO 3166 alpha-2, from codes and from names in English and Italian."""

from collections.abc import Mapping
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from features.parsers.plain import plain_words, short_text

#: two letters in CLDR that are no country: unions, test codes, parts of others
_NO_COUNTRY = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_OTHER_NAMES = {
    "US": "usa, united states of america, america, the united states, stati uniti d america, stati uniti america",
    "GB": "uk, great britain, britain, england, scotland, wales, northern ireland, gran bretagna, inghilterra, "
    "scozia, galles, united kingdom of great britain and northern ireland",
    "NL": "holland, the netherlands, olanda",
    "KR": "korea, south korea, republic of korea, corea, repubblica di corea, korea republic of",
    "KP": "korea democratic peoples republic of, democratic peoples republic of korea",
    "RU": "russian federation, federazione russa",
    "CZ": "czech republic, repubblica ceca, cechia",
    "AE": "uae, emirati arabi, emirati",
    "CN": "peoples republic of china, prc, mainland china, repubblica popolare cinese",
    "HK": "hong kong, hong kong sar",
    "MO": "macao, macau",
    "TW": "taiwan province of china, taiwan roc",
    "VN": "viet nam",
    "IR": "iran islamic republic of, islamic republic of iran",
    "SY": "syrian arab republic",
    "VE": "venezuela bolivarian republic of",
    "BO": "bolivia plurinational state of",
    "TZ": "tanzania united republic of, united republic of tanzania",
    "MD": "moldova republic of, republic of moldova",
    "LA": "lao peoples democratic republic, lao",
    "BN": "brunei darussalam",
    "CD": "democratic republic of the congo, congo the democratic republic of the, dr congo, drc, zaire, "
    "repubblica democratica del congo",
    "CG": "republic of the congo, congo",
    "CI": "ivory coast, cote d ivoire, costa d avorio",
    "TR": "turkey, turchia",
    "MM": "burma, myanmar, birmania",
    "MK": "macedonia, fyrom, north macedonia",
    "SZ": "swaziland",
    "CV": "cape verde, cabo verde",
    "TL": "east timor",
    "VA": "vatican, holy see, vaticano, santa sede",
    "PS": "palestine, palestina, state of palestine",
    "IE": "republic of ireland, eire",
    "PH": "philipines, the philippines",
    "BY": "belorussia",
    "TT": "trinidad and tobago",
    "BA": "bosnia, bosnia and herzegovina",
    "DE": "deutschland",
    "ES": "espana",
    "IT": "italia",
    "CH": "schweiz, suisse",
    "AT": "osterreich",
    "BR": "brasil",
}


def country(value: object) -> str | None:
    """The alpha-2 code of a country given as code or name; None where it is neither.

    "NA" is Namibia: whether that text is a value at all, `keep_na` has decided before. "na" is not.
    """
    text = short_text(value)
    return _country(text) if text else None


@lru_cache(maxsize=16_384)
def _country(text: str) -> str | None:
    if text == "na":
        return None
    return _codes().get(text.upper()) or _names().get(_key(text))


def _key(name: str) -> str:
    """`The Netherlands` and `netherlands`, `Trinidad & Tobago` and `Trinidad and Tobago` are the same."""
    words = ["and" if word == "&" else word for word in plain_words(name.replace("'s", "s"))]
    return " ".join(words[1:] if words[:1] == ["the"] else words)


@cache
def _codes() -> Mapping[str, str]:
    """Alpha-2 and alpha-3 codes; also those that people use instead, such as UK."""
    two = {code for code in Locale("en").territories if len(code) == 2 and code.isalpha()} - _NO_COUNTRY
    three = {
        code: new[0]
        for code, new in get_global("territory_aliases").items()
        if len(code) == 3 and code.isalpha() and len(new) == 1 and new[0] in two
    }
    return {code: code for code in two} | three | {"UK": "GB", "EL": "GR", "XKX": "XK"}


@cache
def _names() -> Mapping[str, str]:
    names = {
        _key(name): code
        for language in ("en", "it")
        for code, name in Locale(language).territories.items()
        if code in _codes() and len(code) == 2
    }
    others = {_key(name): code for code, listed in _OTHER_NAMES.items() for name in listed.split(",")}
    return names | others
