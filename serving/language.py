"""The languages that sentences come in: catalogs, plurals, numbers, and which one a caller prefers.

English is written in the code, other languages in `locale/LANGUAGE/LC_MESSAGES/*.po`. The
catalogs are compiled while they are loaded, so there is no second file that could be out of date.
"""

import gettext
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "it")
LOCALE = Path(__file__).parent / "locale"
PREFERENCE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


def N_(message: str) -> str:  # noqa: N802  # the name that gettext's tools look for
    """Marks a message that is translated later, where it is said."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802  # as `N_`
    """Marks the two forms of a message that is translated later."""
    return one, many


@dataclass(frozen=True, eq=False)
class Language:
    """One language; `catalog("en")` and `catalog("it")` are the ones there are."""

    code: str
    translations: gettext.NullTranslations

    def say(self, message: str, **values: object) -> str:
        """The message in this language, its {places} filled."""
        return self.translations.gettext(message).format(**values)

    def say_n(self, one: str, many: str, n: float, **values: object) -> str:
        """The form of the message that goes with `n`; `{n}` in it is the number, by the language's rules."""
        whole = int(n) if n == int(n) else 2  # fractions take the plural: 1.5 days
        return self.translations.ngettext(one, many, whole).format(n=self.number(n), **values)

    def number(self, value: float) -> str:
        """A number as people write it: whole, or with two digits behind the point at most."""
        if abs(value) >= 1e15:
            return f"{value:.3g}"
        return self._local(f"{value:,.2f}".rstrip("0").rstrip("."))

    def share(self, value: float) -> str:
        """A share as percent, with one digit behind the point where it is small."""
        percent = f"{100 * value:.1f}".removesuffix(".0") if value < 0.0995 else f"{100 * value:.0f}"
        return self._local(percent) + "%"

    def _local(self, text: str) -> str:
        """Babel's own formatting takes 30 times as long; only the two signs differ between our languages."""
        return text.translate(_signs(self.code))

    def country(self, code: str) -> str:
        """The name of a country by its ISO 3166 code; the code itself where there is no name."""
        return str(_territories(self.code).get(code, code))

    def listed(self, items: list[str]) -> str:
        """Items in one line, the last joined by the language's word."""
        if len(items) < 2:
            return "".join(items)
        return self.say("{first} and {last}", first=", ".join(items[:-1]), last=items[-1])


@lru_cache(maxsize=len(LANGUAGES))
def _signs(code: str) -> dict[int, str]:
    """Python's signs for groups and decimals to the language's."""
    symbols = Locale(code).number_symbols["latn"]
    return {ord(","): symbols["group"], ord("."): symbols["decimal"]}


@lru_cache(maxsize=len(LANGUAGES))
def _territories(code: str) -> Mapping[str, str]:
    return dict(Locale(code).territories)


@lru_cache(maxsize=len(LANGUAGES))
def catalog(code: str) -> Language:
    """The language of this code, one of `LANGUAGES`."""
    if code == "en":
        return Language(code, gettext.NullTranslations())
    messages = Catalog(locale=Locale(code))
    for path in catalogs(code):
        with path.open("rb") as file:
            for message in read_po(file, locale=Locale(code)):
                messages[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Language(code, gettext.GNUTranslations(compiled))


def catalogs(code: str) -> list[Path]:
    """The files of a language: the answers' sentences, and those of the pages."""
    return sorted((LOCALE / code / "LC_MESSAGES").glob("*.po"))


@lru_cache(maxsize=256)
def preferred(accept_language: str | None, default: str) -> str:
    """The language that an Accept-Language header likes best of ours; `default` where it names none.

    Parts of the header that are not well formed are passed over.
    """
    best, weight = default, 0.0
    for part in (accept_language or "")[:1000].split(","):
        found = PREFERENCE.fullmatch(part)
        if found is None or found[1].lower() not in LANGUAGES:
            continue
        quality = min(float(found[2] or 1), 1.0)
        if quality > weight:
            best, weight = found[1].lower(), quality
    return best
