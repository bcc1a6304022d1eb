"""Dates, numbers and times as people of a language write them, in the company's time zone."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime

from features.clock import DAY, HOUR, SECOND, from_micros
from serving.language import Language

MINUTE = 60 * SECOND
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a page says times; `now` is when it is made."""

    language: Language
    zone: ZoneInfo
    now: int

    def date(self, at: int | None) -> str:
        """A day: "3 Mar 2026"."""
        if at is None:
            return ""
        return str(format_date(from_micros(at).astimezone(self.zone), "d MMM y", locale=_locale(self.language.code)))

    def moment(self, at: int | None) -> str:
        """A day with its time: "3 Mar 2026, 14:05"."""
        if at is None:
            return ""
        local = from_micros(at).astimezone(self.zone)
        return str(format_datetime(local, "d MMM y, HH:mm", tzinfo=self.zone, locale=_locale(self.language.code)))

    def span(self, micros: int) -> str:
        """How long: the largest unit that fits, rounded down, so that a clock never shows more than is left."""
        say_n, length = self.language.say_n, abs(micros)
        if length < HOUR:
            return say_n("{n} minute", "{n} minutes", length // MINUTE)
        if length < 2 * DAY:
            return say_n("{n} hour", "{n} hours", length // HOUR)
        return say_n("{n} day", "{n} days", length // DAY)

    def ago(self, at: int) -> str:
        """How long since then."""
        if self.now - at < MINUTE:
            return self.language.say("just now")
        return self.language.say("{span} ago", span=self.span(self.now - at))

    def signed(self, value: float) -> str:
        """A number with its sign, a minus as long as the plus is wide."""
        text = self.language.number(abs(value))
        return text if text == "0" else f"{'+' if value > 0 else MINUS}{text}"

    def top(self, score: int) -> str:
        """What a score means: a percentile among the leads of the reference period."""
        if score >= 50:
            return self.language.say("top {n}%", n=max(1, 100 - score))
        return self.language.say("lowest {n}%", n=max(1, score))

    def times(self, lift: float) -> str:
        """How many times as likely as the average lead."""
        return f"{self.language.number(round(lift, 1))}{TIMES}"


@lru_cache(maxsize=8)
def _locale(code: str) -> Locale:
    return Locale(code)
