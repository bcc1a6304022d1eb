"""One lead as a request or a store brings it: what the kernel needs for a single row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Event(NamedTuple):
    """One activity; times in microseconds UTC. `known_at` is `happened_at` where nobody says otherwise."""

    kind: str
    happened_at: int
    known_at: int
    value: float | None = None
    topic: str | None = None
    channel: str | None = None


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A lead with everything known of it; events in any order, visible by their two clocks."""

    lead_id: str
    created_at: int | None = None  #: microseconds UTC
    attributes: Mapping[str, object] = field(default_factory=dict)  #: values as known now, by the export's field names
    events: Sequence[Event] = ()
