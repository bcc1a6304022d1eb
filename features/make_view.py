"""Makes a view from the settings and from what the training pairs can see.

Nothing that was known or happened after a lead's last training moment decides anything here: not
which kinds get columns, not a category list, not whether a field is a number. What stays out is
told in sentences.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
import pandas as pd

from features.choose_columns import Chosen, categories_of, choose_columns
from features.clock import NEVER
from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.seen_kinds import SeenKind, seen_kinds
from features.settings import Features, Settings
from features.tables import Export, Pairs
from features.view import View


def make_view(settings: Settings, export: Export, pairs: Pairs) -> tuple[View, tuple[str, ...]]:
    """The view to train on, and notes on what was left out and why.

    `pairs` are the training pairs; a flat export gets columns of attributes only.
    """
    events = visible_events(export, pairs)
    kinds = () if export.flat else tuple(k for k in seen_kinds(events, settings.kinds) if k.is_feature)
    chosen = [
        choose_columns(settings, export, pairs),
        Chosen() if export.flat else _about_lead(export, pairs),
        *([_behaviour(kinds, events, settings)] if any(kind.events for kind in kinds) else []),
    ]
    definitions, clashes = _distinct_names(chain.from_iterable(c.definitions for c in chosen))
    categories = {name: texts for c in chosen for name, texts in c.categories.items()}
    view = View(
        definitions=definitions,
        kinds=tuple(kind.meaning for kind in kinds),
        categories={d.name: categories[d.name] for d in definitions if d.name in categories},
        missing_words=settings.data.missing_words,
        keep_na=settings.data.keep_na,
    )
    return view, (*chain.from_iterable(c.notes for c in chosen), *clashes)


def visible_events(export: Export, pairs: Pairs) -> pd.DataFrame:
    """The events that some pair can see."""
    last = np.full(len(export.leads), NEVER)
    np.maximum.at(last, pairs.lead, pairs.as_of)
    seen_until = last[export.events["lead"].to_numpy()]
    known = np.maximum(export.events["happened_at"].to_numpy(), export.events["known_at"].to_numpy())
    return export.events[known <= seen_until]


def _distinct_names(definitions: Iterable[Definition]) -> tuple[tuple[Definition, ...], list[str]]:
    """The first definition of each name, and a note for each further one."""
    kept: dict[str, Definition] = {}
    notes = []
    for definition in definitions:
        if definition.name in kept:
            notes.append(f"Left out a second column called {definition.name!r}: rename the field or the event kind.")
        kept.setdefault(definition.name, definition)
    return tuple(kept.values()), notes


def _about_lead(export: Export, pairs: Pairs) -> Chosen:
    created = export.leads["created_at"].to_numpy()[pairs.lead]
    return Chosen(definitions=(Age(),) if (created != NEVER).any() else ())


def _behaviour(kinds: tuple[SeenKind, ...], events: pd.DataFrame, settings: Settings) -> Chosen:
    features = settings.features
    seen = [kind for kind in kinds if kind.events and kind.meaning.name != ANY]
    own, rest = seen[: features.max_kinds], seen[features.max_kinds :]
    names = {name for kind in kinds for name in (kind.meaning.name, *kind.meaning.aliases)}
    counted = events[events["kind"].isin(names)]
    definitions = [
        *chain.from_iterable(_of_kind(kind.meaning.name, kind.has_values, features) for kind in own),
        *_of_any(bool(counted["topic"].notna().any()), features),
    ]
    touches = _touches(counted, settings)
    notes = []
    if rest:
        listed = ", ".join(kind.meaning.name for kind in rest[:5]) + (", ..." if len(rest) > 5 else "")
        notes.append(
            f"{len(rest)} kinds beyond the {features.max_kinds} most frequent count as activity only ({listed})."
        )
    return Chosen(definitions=(*definitions, *touches.definitions), categories=touches.categories, notes=tuple(notes))


def _of_kind(kind: str, has_values: bool, features: Features) -> Iterator[Definition]:
    windows = sorted(features.windows_days)
    yield from (Count(kind=kind, days=days) for days in windows)
    if has_values:
        yield from (Sum(kind=kind, days=days) for days in windows)
    yield Recency(kind=kind)
    yield from (Decayed(kind=kind, half_life_days=days) for days in features.half_lives_days)
    yield from (Momentum(kind=kind, days=days) for days in windows[:1])


def _of_any(has_topics: bool, features: Features) -> Iterator[Definition]:
    yield from _of_kind(ANY, False, features)
    yield from (ActiveDays(kind=ANY, days=days) for days in sorted(features.windows_days))
    if has_topics:
        yield from (Distinct(kind=ANY, days=days) for days in sorted(features.windows_days))


def _touches(events: pd.DataFrame, settings: Settings) -> Chosen:
    """First and last channel, where at least two channels are common enough."""
    channel = events["channel"].str.strip()
    says = channel.notna() & ~channel.isin(["", *settings.data.missing_words])
    per_lead = pd.DataFrame({"lead": events["lead"], "channel": channel})[says].drop_duplicates()
    channels = categories_of(per_lead["channel"].value_counts().items(), settings.features)
    if len(channels) < 2:
        return Chosen()
    touches = (FirstTouch(), LastTouch())
    return Chosen(definitions=touches, categories={touch.name: channels for touch in touches})
