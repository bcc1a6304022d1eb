"""The events of many leads that had happened and were known by one moment, lead by lead."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import NEVER
from features.compiled import plain
from features.lead import Event
from features.tables import Export

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class BlockEvents:
    """Columns of events; those of lead i are the positions `offsets[i]` to `offsets[i + 1]`, in the export's order."""

    offsets: Ints
    happened_at: Ints
    known_at: Ints
    kind: Ints  #: position in `kinds`
    topic: Ints  #: position in `topics`; -1 for none
    kinds: tuple[str, ...]
    topics: tuple[str, ...]  #: ascending

    @classmethod
    def of(cls, export: Export, as_of: int) -> "BlockEvents":
        """Those of an export, by the positions of its leads."""
        table = export.events
        happened_at, known_at = table["happened_at"].to_numpy(), table["known_at"].to_numpy()
        seen = np.flatnonzero((happened_at <= as_of) & (known_at <= as_of) & (happened_at != NEVER))
        lead = table["lead"].to_numpy()[seen]
        order = seen[np.argsort(lead, kind="stable")]
        kind, kinds = pd.factorize(table["kind"].to_numpy(dtype=object))
        topic, topics = _texts(table["topic"].to_numpy(dtype=object))
        counts = np.bincount(lead, minlength=len(export.leads))
        return cls(
            offsets=plain(np.append(0, np.cumsum(counts)), np.int64),
            happened_at=plain(happened_at[order], np.int64),
            known_at=plain(known_at[order], np.int64),
            kind=plain(kind[order], np.int64),
            topic=plain(topic[order], np.int64),
            kinds=tuple(kinds),
            topics=topics,
        )

    def of_lead(self, position: int, kinds: frozenset[str] | None = None) -> tuple[Event, ...]:
        """The events of one lead, or those of some kinds, as a request would have brought them.

        Values and channels are left out, for no sentence names them.
        """
        start, stop = int(self.offsets[position]), int(self.offsets[position + 1])
        columns = (column[start:stop] for column in self._lists)
        return tuple(
            Event(name, happened_at, known_at, None, self._topics[topic])
            for kind, happened_at, known_at, topic in zip(*columns, strict=True)
            if (name := self.kinds[kind]) and (kinds is None or name in kinds)
        )

    @cached_property
    def _lists(self) -> tuple[list[int], ...]:
        return tuple(column.tolist() for column in (self.kind, self.happened_at, self.known_at, self.topic))

    @cached_property
    def _topics(self) -> tuple[str | None, ...]:
        """None stands last, where the code -1 finds it."""
        return (*self.topics, None)


def _texts(column: npt.NDArray[np.object_]) -> tuple[Ints, tuple[str, ...]]:
    """A code for each text, in the order of the texts; -1 where there is none."""
    codes, found = pd.factorize(column)
    texts = sorted({text for text in found if isinstance(text, str) and text})
    place = {text: i for i, text in enumerate(texts)}
    table = np.array([*(place.get(text, -1) for text in found), -1], dtype=np.int64)
    return table[codes], tuple(texts)
