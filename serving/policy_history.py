"""What a policy could have known of each lead, moment by moment: scores and facts over the history of an export.

Moments are those of a grid, while the lead is open, and those at which it asked for sales, as the service
scores a lead again with each of its events.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.clock import DAY, NEVER, days
from features.lead import Event
from features.request import NOTHING_KNOWN
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from models.bundle import Bundle
from serving.facts import FactsReader
from serving.lifecycle import Facts, Scored
from serving.whole_base import part_of

Ints = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]  #: leads read so far, of how many

BLOCK = 50_000  #: pairs scored at a time
OPEN = 2**62  #: later than any moment: what never happened


@dataclass(frozen=True, slots=True)
class Step:
    """A lead at one moment."""

    as_of: int
    facts: Facts
    scored: Scored


@dataclass(frozen=True, kw_only=True)
class Past:
    """One lead in the time that is replayed."""

    lead_id: str
    steps: Sequence[Step]  #: ascending; while it was open
    won_at: int  #: `OPEN` where it was not
    closed_at: int  #: won or lost


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """Which time is replayed: (start, end]."""

    start: int
    end: int
    every_days: float = 7

    @cached_property
    def moments(self) -> Ints:
        """The grid, ascending, the last one at the end."""
        return np.arange(self.end, self.start, -days(self.every_days), dtype=np.int64)[::-1].copy()


@dataclass(frozen=True, kw_only=True)
class Historian:
    """Reads the past of an export's leads by one model and the settings."""

    bundle: Bundle
    settings: Settings
    export: Export
    time: Replayed

    def pasts(self, progress: Progress = lambda done, total: None) -> Iterator[Past]:
        """All leads that were open at some time in the period, block by block."""
        total = len(self.export.leads)
        size = max(1, BLOCK // max(1, len(self.time.moments)))
        for start in range(0, total, size):
            stop = min(start + size, total)
            yield from self._block(part_of(self.export, start, stop), start, stop)
            progress(stop, total)

    @cached_property
    def _reader(self) -> FactsReader:
        return FactsReader(view=self.bundle.view, kinds=self.settings.kinds, policy=self.settings.lifecycle)

    @cached_property
    def _ended(self) -> tuple[Ints, Ints]:
        """When each lead was won, and when it was closed either way."""
        outcomes, n = self.export.outcomes, len(self.export.leads)
        found = []
        for kinds in (("closed_won",), ("closed_won", "closed_lost")):
            rows = outcomes[outcomes["kind"].isin(kinds)]
            moments = np.full(n, OPEN, dtype=np.int64)
            np.minimum.at(moments, rows["lead"].to_numpy(np.int64), rows["happened_at"].to_numpy(np.int64))
            found.append(moments)
        return found[0], found[1]

    @cached_property
    def _verdicts(self) -> dict[int, list[tuple[int, int, str | None]]]:
        """What sales said of each lead: when, when that was known, and why it was rejected (None: accepted)."""
        table = self.export.outcomes[self.export.outcomes["kind"].isin(("sales_accepted", "sales_rejected"))]
        said: dict[int, list[tuple[int, int, str | None]]] = {}
        columns = (table[name].tolist() for name in ("lead", "kind", "happened_at", "known_at", "reason"))
        for lead, kind, happened_at, known_at, reason in zip(*columns, strict=True):
            why = (reason if isinstance(reason, str) and reason else "other") if kind == "sales_rejected" else None
            said.setdefault(lead, []).append((happened_at, known_at, why))
        return said

    def _block(self, part: Export, start: int, stop: int) -> Iterator[Past]:
        won, closed = (moments[start:stop] for moments in self._ended)
        created = part.leads["created_at"].to_numpy()
        events = _events_of(part)
        moments = [
            self._moments(int(created[i]), int(closed[i]), events.get(i, ())) if closed[i] > self.time.start else ()
            for i in range(stop - start)
        ]
        scored = iter(self._scored(part, moments))
        for i, lead_id in enumerate(part.leads["lead_id"]):
            born = None if created[i] == NEVER else int(created[i])
            steps = [Step(at, self._facts(start + i, events.get(i, ()), at, born), next(scored)) for at in moments[i]]
            if steps or self.time.start < won[i] <= self.time.end:
                yield Past(lead_id=str(lead_id), steps=steps, won_at=int(won[i]), closed_at=int(closed[i]))

    def _moments(self, created: int, closed: int, events: Sequence[Event]) -> tuple[int, ...]:
        """When a lead is looked at: on the grid, and whenever it asks for sales."""
        first, last = max(created, self.time.start + 1), min(closed - 1, self.time.end)
        grid = self.time.moments[(self.time.moments >= first) & (self.time.moments <= last)]
        asks = {max(e.happened_at, e.known_at) for e in events if self._reader.asks(e.kind)}
        return tuple(sorted({*grid.tolist(), *(at for at in asks if first <= at <= last)}))

    def _scored(self, part: Export, moments: Sequence[Sequence[int]]) -> list[Scored]:
        lead = np.repeat(np.arange(len(moments)), [len(some) for some in moments])
        if not len(lead):
            return []
        as_of = np.array([at for some in moments for at in some], dtype=np.int64)
        answers = self.bundle.answer(build_rows(self.bundle.view, part, Pairs(lead=lead, as_of=as_of)))
        fit, _ = self.bundle.groups.family_sums(answers.contributions)
        policy = self.bundle.policy
        scores = policy.scores(answers.log_odds)
        return [
            Scored(score=round(score), fit=policy.fit_grade(own))
            for score, own in zip(scores.tolist(), fit.tolist(), strict=True)
        ]

    def _facts(self, lead: int, events: Sequence[Event], at: int, created_at: int | None) -> Facts:
        visible = [e for e in events if e.happened_at <= at and e.known_at <= at]
        facts = self._reader.read(visible, at, NOTHING_KNOWN, created_at=created_at)
        said = [v for v in self._verdicts.get(lead, ()) if v[0] <= at and v[1] <= at]
        if not said:
            return facts
        happened_at, _, reason = max(said, key=lambda v: v[:2])
        if reason is None:
            return facts
        return replace(facts, disqualified_reason=reason, disqualified_days=(at - happened_at) / DAY)


def _events_of(part: Export) -> dict[int, list[Event]]:
    table = part.events[part.events["happened_at"] != NEVER]
    found: dict[int, list[Event]] = {}
    columns = (table[name].tolist() for name in ("lead", "kind", "happened_at", "known_at", "topic"))
    for lead, kind, happened_at, known_at, topic in zip(*columns, strict=True):
        seen_at = happened_at if known_at == NEVER else known_at
        event = Event(kind, happened_at, seen_at, None, topic if isinstance(topic, str) else None)
        found.setdefault(lead, []).append(event)
    return found
