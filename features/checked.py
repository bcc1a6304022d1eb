"""What `ripeness check` finds in an export, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.clock import NEVER
from features.tables import Refusal


@dataclass(frozen=True, kw_only=True)
class Span:
    """From the first to the last moment, microseconds; both NEVER where there is none."""

    first: int = NEVER
    last: int = NEVER


@dataclass(frozen=True, kw_only=True)
class AttributeCheck:
    """A column of the leads."""

    name: str
    missing: float  #: share of the leads, 0 to 1
    distinct: int
    is_text: bool


@dataclass(frozen=True, kw_only=True)
class KindCheck:
    """An event kind."""

    name: str
    events: int
    leads: int  #: with at least one
    actor: str
    is_feature: bool
    span: Span


@dataclass(frozen=True, kw_only=True)
class Check:
    """All that a person has to know of an export before training on it."""

    rows: Mapping[str, int]  #: read, per file
    leads: int
    created: Span
    events: Span
    data_end: int
    flat: bool
    won: int
    lost: int
    open: int
    mature: int  #: leads old enough for the horizon, by the end of the data
    horizon_days: float
    attributes: tuple[AttributeCheck, ...]
    kinds: tuple[KindCheck, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    lines: Mapping[str, int]  #: per file with more lines than records
