"""What a feature is: frozen definitions whose names follow from what they say.

A definition reads like the catalog that it stands in: `Count("pricing_page_view", days=14)` is
called `pricing_page_view_count_14d`. `ANY` as the kind counts whatever the lead did.

Each definition also says to which `group` its contribution belongs (a field or an event kind: what
people read about) and to which `family` (fit: who the lead is; engagement: what it did).
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

Family = Literal["fit", "engagement"]
Encoding = Literal["number", "category"]

ANY = "activity"  #: every feature kind together


def _number(value: float) -> str:
    return f"{value:g}".replace(".", "_")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One column of a view. Subclasses derive `name`, `group` and `family`."""

    encoding: ClassVar[Encoding] = "number"

    @property
    def name(self) -> str:
        """The column's name, unique in a view."""
        raise NotImplementedError

    @property
    def group(self) -> str:
        """The field or event kind that people read about."""
        raise NotImplementedError

    @property
    def family(self) -> Family:
        """Fit unless the definition is about behaviour."""
        return "engagement"


@dataclass(frozen=True, kw_only=True)
class Attribute(Definition):
    """A field of the lead as last known by `as_of`, or the `part` that a parser reads out of it."""

    field: str
    part: str | None = None  #: name of a parser in `features.parsers`, such as "seniority"
    encoding: Encoding = "category"  # type: ignore[misc]  # the one definition where it is a choice

    @property
    def name(self) -> str:
        return f"{self.field}_{self.part}" if self.part else self.field

    @property
    def group(self) -> str:
        return self.field

    @property
    def family(self) -> Family:
        return "fit"


@dataclass(frozen=True, kw_only=True)
class OfKind(Definition):
    """Something about the lead's events of one `kind`."""

    kind: str

    @property
    def group(self) -> str:
        return self.kind


@dataclass(frozen=True, kw_only=True)
class Count(OfKind):
    """How many events happened in (as_of - days, as_of]; 0 when none."""

    days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_count_{_number(self.days)}d"


@dataclass(frozen=True, kw_only=True)
class Sum(OfKind):
    """Sum of the events' `value` in (as_of - days, as_of]; missing values add nothing; 0 when none."""

    days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_sum_{_number(self.days)}d"


@dataclass(frozen=True, kw_only=True)
class ActiveDays(OfKind):
    """On how many different UTC days such an event happened in (as_of - days, as_of]."""

    days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_active_days_{_number(self.days)}d"


@dataclass(frozen=True, kw_only=True)
class Distinct(OfKind):
    """How many different topics such events had in (as_of - days, as_of]; no topic is none."""

    days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_distinct_topic_{_number(self.days)}d"


@dataclass(frozen=True, kw_only=True)
class Recency(OfKind):
    """Days since the last such event at or before `as_of`; missing when there was none."""

    @property
    def name(self) -> str:
        return f"{self.kind}_recency_days"


@dataclass(frozen=True, kw_only=True)
class Decayed(OfKind):
    """Sum of 2 ** -(age / half-life) over all such events up to `as_of`: how behaviour fades."""

    half_life_days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_decayed_hl{_number(self.half_life_days)}d"


@dataclass(frozen=True, kw_only=True)
class Momentum(OfKind):
    """Count in the last `days` minus the count in the `days` before: rising above 0, fading below."""

    days: float

    @property
    def name(self) -> str:
        return f"{self.kind}_momentum_{_number(self.days)}d"


@dataclass(frozen=True, kw_only=True)
class FirstTouch(Definition):
    """The channel of the lead's first event up to `as_of` that has one: where it came from."""

    encoding: ClassVar[Encoding] = "category"

    @property
    def name(self) -> str:
        return "first_touch_channel"

    @property
    def group(self) -> str:
        return self.name

    @property
    def family(self) -> Family:
        return "fit"


@dataclass(frozen=True, kw_only=True)
class LastTouch(Definition):
    """The channel of the lead's last event up to `as_of` that has one."""

    encoding: ClassVar[Encoding] = "category"

    @property
    def name(self) -> str:
        return "last_touch_channel"

    @property
    def group(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Age(Definition):
    """Days since the lead was created; missing when that is unknown."""

    @property
    def name(self) -> str:
        return "age_days"

    @property
    def group(self) -> str:
        return "age"


KINDS_OF_DEFINITION: dict[str, type[Definition]] = {
    c.__name__: c
    for c in (Attribute, Count, Sum, ActiveDays, Distinct, Recency, Decayed, Momentum, FirstTouch, LastTouch, Age)
}


def to_dict(definition: Definition) -> dict[str, Any]:
    """`{"is": "Count", "kind": ..., "days": ...}`: what a view stores."""
    return {"is": type(definition).__name__} | asdict(definition)


def from_dict(stored: dict[str, Any]) -> Definition:
    """The definition that `to_dict` stored."""
    rest = {k: v for k, v in stored.items() if k != "is"}
    return KINDS_OF_DEFINITION[stored["is"]](**rest)
