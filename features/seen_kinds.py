"""Which kinds of events there are, what they mean, and which of them are features.

Only what the lead did is a feature by default: seller and system events leak the sales team's own
judgement. `maps_to` gives several exported names one meaning.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from features.errors import BadSettings
from features.guess_kinds import ends_contact
from features.settings import Kind
from features.tables import OUTCOME_KINDS
from features.view import KindMeaning


@dataclass(frozen=True, kw_only=True)
class SeenKind:
    """A kind under its own name, with what the visible events show of it."""

    meaning: KindMeaning
    is_feature: bool
    events: int = 0
    has_values: bool = False


def own_name(name: str, declared: Mapping[str, Kind]) -> str:
    """The kind's name after following `maps_to`.

    Raises:
        BadSettings: the kinds map to each other in a circle.
    """
    passed = [name]
    while (target := declared[passed[-1]].maps_to if passed[-1] in declared else None) is not None:
        if target in passed:
            raise BadSettings(f"kinds map to each other in a circle: {' -> '.join([*passed, target])}; break it")
        passed.append(target)
    return passed[-1]


def seen_kinds(events: pd.DataFrame, declared: Mapping[str, Kind]) -> tuple[SeenKind, ...]:
    """Every kind of these events and of the settings; the most frequent first, then by name."""
    exported = _by_exported_name(events)
    names = sorted({*exported.index, *declared} - set(OUTCOME_KINDS))
    aliases: dict[str, list[str]] = {}
    for name in names:
        aliases.setdefault(own_name(name, declared), []).append(name)
    kinds = [_seen(name, tuple(some), exported, declared) for name, some in aliases.items()]
    return tuple(sorted(kinds, key=lambda kind: (-kind.events, kind.meaning.name)))


def _by_exported_name(events: pd.DataFrame) -> pd.DataFrame:
    """Per kind as exported: how many `events`, how many with `values`, how many not by the lead (`others`)."""
    table = pd.DataFrame(
        {
            "events": events["kind"].notna(),
            "values": events["value"].notna(),
            "others": events["actor"].isin(["seller", "system"]),
        }
    )
    return table.groupby(events["kind"].to_numpy()).sum()


def _seen(name: str, exported_names: tuple[str, ...], counts: pd.DataFrame, declared: Mapping[str, Kind]) -> SeenKind:
    own = counts.reindex(exported_names, fill_value=0).sum()
    kind = _declared(name, exported_names, declared)
    by_lead = kind.is_feature
    if kind.feature is None and "actor" not in kind.model_fields_set:
        by_lead = 2 * own["others"] <= own["events"]
    return SeenKind(
        meaning=KindMeaning(
            name=name,
            aliases=tuple(alias for alias in exported_names if alias != name),
            family=kind.family,
            stage=kind.stage,
            label=kind.label,
            is_activity=not any(ends_contact(each, declared) for each in (name, *exported_names)),
        ),
        is_feature=bool(by_lead),
        events=int(own["events"]),
        has_values=bool(own["values"]),
    )


def _declared(name: str, exported_names: Iterable[str], declared: Mapping[str, Kind]) -> Kind:
    """What the settings say of the kind, or of the first name that maps to it."""
    found = [declared[each] for each in (name, *exported_names) if each in declared]
    return found[0] if found else Kind()
