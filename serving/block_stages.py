"""Stages and next actions of many leads, of whom an export tells neither stage nor consent.

What the lifecycle decides of such a lead hangs on few numbers; leads that share them share the decision,
which is made by the same functions as for one lead.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.clock import DAY, NEVER, days
from features.guess_kinds import signs_up
from features.request import NOTHING_KNOWN
from features.settings import Grade
from features.view import View
from serving.block_events import BlockEvents
from serving.block_kernels import KindFlags, LeadFacts, gather_facts
from serving.block_keys import ago_key, combined
from serving.facts import TOPIC_DAYS, FactsReader
from serving.language import Language
from serving.lifecycle import Scored, decide
from serving.stage_words import QUESTIONS, action_sentence, because_sentence

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST_KEPT = 100_000  #: decisions

ASKED, IDLE, BY_SCORE = 0, 1, 2  #: by which rule a lead is decided


class Advice(NamedTuple):
    """What is said of a lead's stage."""

    recommended: str
    because: tuple[str, ...]
    next_action: str


@dataclass(frozen=True, kw_only=True)
class StageBlock:
    """Leads to be decided: aligned arrays, `lead` being their positions among the events' leads."""

    events: BlockEvents
    lead: Ints
    created_at: Ints
    score: Ints
    fit: Ints  #: position in `grades`
    grades: tuple[Grade, ...]
    as_of: int


@dataclass(frozen=True, kw_only=True)
class StageTeller:
    """Decides and words blocks by one view, policy and language; remembers what it said."""

    view: View
    reader: FactsReader
    language: Language
    said: dict[Hashable, Advice] = field(default_factory=dict)

    def advise(self, block: StageBlock) -> tuple[Ints, list[Advice]]:
        """For each lead the position of its advice, and all different advice of the block."""
        keys = self._keys(block)
        which, first = combined(keys)
        shown = [self._shown(block, int(i), tuple(int(key[i]) for key in keys)) for i in first]
        return which, shown

    def _shown(self, block: StageBlock, i: int, key: tuple[int, ...]) -> Advice:
        """The key's kinds and topics are positions in the block's lists, so their names are what is remembered."""
        rule, asked, topic, *rest = key
        events = block.events
        named = (events.kinds[asked] if asked >= 0 else None, events.topics[topic] if topic >= 0 else None)
        return remembered(self.said, (rule, *named, *rest), lambda: self._advice(block, i))

    def _advice(self, block: StageBlock, i: int) -> Advice:
        created = None if block.created_at[i] == NEVER else int(block.created_at[i])
        visible = block.events.of_lead(int(block.lead[i]))
        facts = self.reader.read(visible, block.as_of, NOTHING_KNOWN, created_at=created)
        scored = Scored(score=int(block.score[i]), fit=block.grades[block.fit[i]])
        decision = decide(NOTHING_KNOWN.stage, facts, scored, self.reader.policy)
        return Advice(
            decision.recommended.value,
            tuple(because_sentence(ground, self.view, self.language) for ground in decision.because),
            action_sentence(decision, tuple(QUESTIONS), self.language),
        )

    def _keys(self, block: StageBlock) -> list[Ints]:
        """Rule, kind asked, topic and numbers of each lead; what its rule doesn't look at is -1."""
        facts, policy = self._facts(block), self.reader.policy
        asked_days = _days_since(facts.asked_at, block.as_of)
        idle_days = _days_since(np.where(facts.last != NEVER, facts.last, block.created_at), block.as_of)
        asks = (facts.asked >= 0) & (asked_days < policy.fast_track_days)
        idle = ~asks & (idle_days >= policy.idle_days) & bool(self.view.kinds)
        rule = np.where(asks, ASKED, np.where(idle, IDLE, BY_SCORE))
        open_ = (rule == BY_SCORE) & (block.score >= policy.sql_min_score)
        since = np.where(asks, ago_key(asked_days), np.where(idle, np.floor(np.nan_to_num(idle_days)), -1))
        unsubscribed = (facts.ended != NEVER) & ~(facts.opened > facts.ended)
        ended = np.where(unsubscribed, ago_key(_days_since(facts.ended, block.as_of)), -1)
        by_score = [np.where(rule == BY_SCORE, told, -1) for told in (block.score, block.fit, facts.active_days)]
        topic = np.where(asks | open_, facts.topic, -1)
        return [rule, np.where(asks, facts.asked, -1), topic, since.astype(np.int64), ended, *by_score]

    def _facts(self, block: StageBlock) -> LeadFacts:
        events, policy, as_of = block.events, self.reader.policy, block.as_of
        n = len(events.offsets) - 1
        facts = LeadFacts(*(np.full(n, empty) for empty in (NEVER, NEVER, -1, NEVER, NEVER, 0, -1)))
        columns = events.offsets, events.happened_at, events.kind, events.topic, self._flags(events.kinds)
        since = as_of - days(policy.active_within_days), as_of - days(TOPIC_DAYS)
        gather_facts(*columns, as_of, *since, len(events.topics), facts)
        return LeadFacts(*(of_all[block.lead] for of_all in facts))

    def _flags(self, kinds: tuple[str, ...]) -> KindFlags:
        reader = self.reader
        ends = [reader.ends_contact(kind) for kind in kinds]
        opens = [signs_up(kind) and not ended for kind, ended in zip(kinds, ends, strict=True)]
        told = [[reader.is_activity(kind) for kind in kinds], [reader.asks(kind) for kind in kinds], ends, opens]
        return KindFlags(*(np.array(flags, dtype=np.bool_) for flags in told))


def remembered(said: dict[Hashable, Advice], key: Hashable, make: Callable[[], Advice]) -> Advice:
    """What was said under this key before, or is made now."""
    found = said.get(key)
    if found is None:
        found = make()
        if len(said) < MOST_KEPT:
            said[key] = found
    return found


def _days_since(moment: Ints, as_of: int) -> Floats:
    """Days from each moment to `as_of`; NaN for NEVER."""
    return np.where(moment == NEVER, np.nan, as_of - moment) / DAY
