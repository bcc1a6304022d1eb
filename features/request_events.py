"""The events of a request: their schema, and what is kept of them once they are read.

A lead brings dozens of events, so those that are plainly right are read column by column; anything
else is left to the schema, which says what is wrong where. A test holds both ways to the same result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, with_config
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_wrap_validator_function
from typing_extensions import TypedDict  # typing's own is not enough for pydantic before Python 3.12

from features.lead import Event
from features.many_moments import read_moments
from features.request_fields import LONGEST_WORD, Moment, Number, Word

Column = list[Any]


@with_config(ConfigDict(extra="forbid"))
class EventIn(TypedDict):
    """One activity of the lead."""

    kind: Annotated[Word, Field(description="what happened, by your own word, such as 'pricing_page_view'")]
    happened_at: Annotated[Moment, Field(description="when it happened, with its time zone")]
    known_at: NotRequired[
        Annotated[Moment | None, Field(description="when you learned of it; `happened_at` unless given")]
    ]
    value: NotRequired[Annotated[Number | None, Field(description="an amount, such as minutes watched")]]
    topic: NotRequired[Annotated[Word | None, Field(description="what it was about, such as 'pricing'")]]
    channel: NotRequired[Annotated[Word | None, Field(description="where it came from, such as 'email'")]]
    event_id: NotRequired[Annotated[Word | None, Field(description="your own key of the event")]]


FIELDS = tuple(EventIn.__annotations__)
WORDS = ("kind", "topic", "channel", "event_id")


@dataclass(frozen=True, slots=True)
class Told:
    """The events of one request, in its order."""

    once: tuple[Event, ...] = ()  #: of events with one `event_id` the first, as in training
    repeated: int = 0  #: events left out because their `event_id` was there before

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """To callers it is a list of events."""
        return no_info_wrap_validator_function(read_events, handler.generate_schema(tuple[EventIn, ...]))


NO_EVENTS = Told()


def read_events(rows: object, by_schema: Callable[[object], Sequence[EventIn]]) -> Told:
    """The events that plain data describes.

    Raises:
        ValidationError: as the schema finds faults.
    """
    columns = plain_columns(rows)
    if columns is None:
        read = by_schema(rows)
        columns = {name: [row.get(name) for row in read] for name in FIELDS}
    return _told(columns)


def plain_columns(rows: object) -> dict[str, Column] | None:
    """The fields of all events, where each is plainly as the schema wants it."""
    if type(rows) is not list or set(map(type, rows)) != {dict}:
        return None
    told = {name for row in rows for name in row}
    if not told.issubset(FIELDS):
        return None
    columns: dict[str, Column] = {name: [row.get(name) for row in rows] for name in FIELDS if name in told}
    words = all(_are_words(columns[name]) for name in WORDS if name in columns)
    whole = words and _are_numbers(columns.get("value", [])) and None not in columns.get("kind", (None,))
    return columns if whole and _read_times(columns) else None


def _are_words(column: Column) -> bool:
    """Whether all are words, or absent; looked at once where they repeat."""
    try:
        different = {*column, None}
    except TypeError:  # a list or an object
        return False
    different.remove(None)
    return all(type(word) is str and 0 < len(word) <= LONGEST_WORD for word in different)


def _are_numbers(column: Column) -> bool:
    """Whether all are numbers that are there, or absent; none may be endless or no number."""
    return set(map(type, column)) <= {float, type(None)} and all(isfinite(n) for n in column if n is not None)


def _read_times(columns: dict[str, Column]) -> bool:
    """Turn the texts of times into microseconds; False where one is not plainly a time."""
    known = columns.get("known_at")
    texts = [*columns.get("happened_at", (None,)), *(text for text in known or () if text is not None)]
    moments = read_moments(texts) if set(map(type, texts)) == {str} else None
    if moments is None:
        return False
    happened = columns["happened_at"] = moments[: len(columns["happened_at"])]
    if known:
        following = iter(moments[len(happened) :])
        columns["known_at"] = [None if text is None else next(following) for text in known]
    return True


def _told(columns: dict[str, Column]) -> Told:
    happened = columns.get("happened_at", [])
    nothing = [None] * len(happened)
    known = columns.get("known_at")
    seen = happened if known is None else [h if k is None else k for h, k in zip(happened, known, strict=True)]
    rest = (columns.get(name, nothing) for name in ("value", "topic", "channel"))
    events = list(map(Event._make, zip(columns.get("kind", []), happened, seen, *rest, strict=True)))
    once = _each_once(events, columns.get("event_id", nothing))
    return Told(tuple(once), len(events) - len(once))


def _each_once(events: list[Event], ids: Column) -> list[Event]:
    """As in training: whoever sends an event again means the same event."""
    named = [key for key in ids if key is not None]
    if len(set(named)) == len(named):
        return events
    first: dict[object, int] = {}
    for i, key in enumerate(ids):
        first.setdefault((i,) if key is None else key, i)
    return [events[i] for i in first.values()]
