"""A view: the ordered list of features that a model reads, with all that encodes a row.

LightGBM reads columns by position and silently scores a permuted frame. So a view has a
fingerprint over everything that decides what a number in a row means, the bundle stores the view,
and `require` refuses any other.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from features.definitions import Definition, Family, from_dict, to_dict
from features.errors import ViewMismatch
from features.stages import Stage


@dataclass(frozen=True, kw_only=True)
class KindMeaning:
    """What the view must remember about an event kind to count it and to talk about it."""

    name: str  #: the kind's own name, after `maps_to`
    aliases: tuple[str, ...] = ()  #: names under which an export or a request may send it
    family: Family = "engagement"
    stage: Stage = Stage.LEAD
    label: str | None = None
    is_activity: bool = True  #: counts among all activity; a wish to be left alone does not

    def to_dict(self) -> dict[str, Any]:
        """Plain data; what the first releases did not know is there only where it says something."""
        stored = asdict(self)
        return stored if not self.is_activity else {k: v for k, v in stored.items() if k != "is_activity"}


@dataclass(frozen=True, kw_only=True)
class View:
    """Features in order, the kinds they count, and the category list of each categorical column.

    A category's code in a row is its position in the list; anything else is missing (NaN).
    """

    definitions: tuple[Definition, ...]
    kinds: tuple[KindMeaning, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing_words: tuple[str, ...] = ("",)
    keep_na: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(d.name for d in self.definitions)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The distinct groups (fields and event kinds) in order of their first column."""
        return tuple(dict.fromkeys(d.group for d in self.definitions))

    @cached_property
    def kind_of(self) -> Mapping[str, KindMeaning]:
        """Every name and alias of a kind to its meaning."""
        return {name: kind for kind in self.kinds for name in (kind.name, *kind.aliases)}

    @cached_property
    def fields(self) -> frozenset[str]:
        """The lead's fields that some column reads."""
        return frozenset(d.field for d in self.definitions if hasattr(d, "field"))

    def stage_of(self, group: str) -> Stage | None:
        """The lifecycle stage that a group is evidence for; None for fields and for all activity."""
        kind = self.kind_of.get(group)
        return kind.stage if kind else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for `view.json`."""
        return {
            "definitions": [to_dict(d) for d in self.definitions],
            "kinds": [k.to_dict() for k in self.kinds],
            "categories": {name: list(self.categories[name]) for name in sorted(self.categories)},
            "missing_words": list(self.missing_words),
            "keep_na": list(self.keep_na),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "View":
        """The view that `to_dict` stored."""
        return cls(
            definitions=tuple(from_dict(d) for d in stored["definitions"]),
            kinds=tuple(
                KindMeaning(**{**k, "aliases": tuple(k["aliases"]), "stage": Stage(k["stage"])})
                for k in stored["kinds"]
            ),
            categories={name: tuple(values) for name, values in stored["categories"].items()},
            missing_words=tuple(stored["missing_words"]),
            keep_na=tuple(stored["keep_na"]),
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that decides what a number in a row means."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def require(self, other: "View") -> None:
        """Refuse a view that is not this one.

        Raises:
            ViewMismatch: with the first column that differs.
        """
        if self.fingerprint == other.fingerprint:
            return
        for i, (mine, theirs) in enumerate(zip(self.names, other.names, strict=False)):
            if mine != theirs:
                raise ViewMismatch(
                    f"the model expects {mine!r} at position {i}, the rows have {theirs!r}; "
                    "build them with the model's own view"
                )
        raise ViewMismatch(
            f"the model reads {len(self.names)} columns, the rows have {len(other.names)} or other categories; "
            "build them with the model's own view"
        )
