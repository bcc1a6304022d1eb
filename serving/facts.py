"""What a request tells of a lead besides its score: activity, requests to sales, topics, consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter

from features.clock import DAY, days
from features.guess_kinds import ends_contact, signs_up
from features.lead import Event
from features.request import FactsIn
from features.settings import Kind, Lifecycle
from features.stages import Stage
from features.view import View
from serving.lifecycle import Facts

TOPIC_DAYS = 90  #: how far back a topic counts as one of interest


@dataclass(frozen=True, kw_only=True)
class FactsReader:
    """Reads facts of leads by one view, the settings' kinds, and one policy."""

    view: View
    kinds: Mapping[str, Kind]
    policy: Lifecycle

    def read(self, visible: Sequence[Event], as_of: int, sent: FactsIn, *, created_at: int | None = None) -> Facts:
        """The facts by `as_of`; `visible` are the lead's events that had happened and were known by then.

        Events that end contact are no activity and no interest. A lead that did nothing is idle since it came.
        """
        kinds = {event.kind for event in visible}
        own = visible if kinds <= self._stages.keys() else [e for e in visible if e.kind in self._stages]
        moments = [event.happened_at for event in own]
        asks = kinds & self._asks.keys()
        asked = max((e for e in own if e.kind in asks), key=_moment, default=None) if asks else None
        last = max(moments) if moments else created_at
        return Facts(
            consent=sent.consent,
            unsubscribed_days=self._unsubscribed(kinds, visible, as_of, sent),
            objects_to_profiling=sent.objects_to_profiling,
            disqualified_reason=sent.disqualified_reason,
            disqualified_days=_days_since(sent.disqualified_at, as_of),
            active_days=self._active_days(moments, as_of),
            idle_days=(as_of - last) / DAY if last is not None and self.view.kinds else None,
            evidence=max(self._stages[kind] for kind in kinds & self._stages.keys())[1] if own else None,
            asked=self._asks[asked.kind] if asked else None,
            asked_days=(as_of - asked.happened_at) / DAY if asked else None,
            topic=_topic(own, as_of),
            stage_days=_days_since(sent.stage_since, as_of),
        )

    def _active_days(self, moments: Sequence[int], as_of: int) -> int | None:
        """Different days within the policy's reach; None where the model reads no activities."""
        if not self.view.kinds:
            return None
        start = as_of - days(self.policy.active_within_days)
        return len({moment // DAY for moment in moments if moment > start})

    def _unsubscribed(self, kinds: set[str], visible: Sequence[Event], as_of: int, sent: FactsIn) -> float | None:
        """Days since contact was ended, unless a later sign-up or a later consent opened it again."""
        ends = {kind for kind in kinds if self.ends_contact(kind)}
        if not ends:
            return None
        ended = max(e.happened_at for e in visible if e.kind in ends)
        opened = [e.happened_at for e in visible if e.kind not in ends and _signs_up(e.kind)]
        if sent.consent and sent.consent_at is not None:
            opened.append(sent.consent_at)
        return None if max(opened, default=ended) > ended else (as_of - ended) / DAY

    @cached_property
    def _stages(self) -> Mapping[str, tuple[int, Stage]]:
        """What each kind that is activity is evidence for, in an order that compares.

        A request for sales counts whether the model reads its kind or not.
        """
        told = dict.fromkeys(self._asks, Stage.SALES_QUALIFIED)
        told |= {name: kind.stage for name, kind in self.view.kind_of.items()}
        return {name: (stage.rank, stage) for name, stage in told.items() if not self.ends[name]}

    @cached_property
    def _asks(self) -> Mapping[str, str]:
        """Every name under which a named sales action may come, to its own name."""
        names = {name: name for name in self.policy.fast_track}
        names |= {n: kind.maps_to for n, kind in self.kinds.items() if kind.maps_to in self.policy.fast_track}
        in_view = {n: k.name for n, k in self.view.kind_of.items() if k.name in self.policy.fast_track}
        return names | in_view

    def is_activity(self, kind: str) -> bool:
        """Whether such an event is something that the lead did."""
        return kind in self._stages

    def asks(self, kind: str) -> bool:
        """Whether such an event is a named request for sales."""
        return kind in self._asks and kind in self._stages

    @cached_property
    def ends(self) -> Mapping[str, bool]:
        """Which of the settings' and the model's kinds end contact."""
        told = {name: ends_contact(name, self.kinds) for name in (*self.policy.fast_track, *self.kinds)}
        for name, kind in self.view.kind_of.items():
            told[name] = told.get(name) or told.get(kind.name) or ends_contact(kind.name, self.kinds)
        return told

    def ends_contact(self, kind: str) -> bool:
        """Whether such an event is a wish to be left alone; kinds that nobody declared go by their name."""
        told = self.ends.get(kind)
        return _ends_by_name(kind) if told is None else told


@lru_cache(maxsize=1000)
def _ends_by_name(kind: str) -> bool:
    return ends_contact(kind, {})


_signs_up = lru_cache(maxsize=1000)(signs_up)


_moment = attrgetter("happened_at")


def _days_since(moment: int | None, as_of: int) -> float | None:
    """Days from `moment` to `as_of`; none for what is yet to come."""
    return None if moment is None else max(0, as_of - moment) / DAY


def _topic(events: Sequence[Event], as_of: int) -> str | None:
    """The most frequent recent topic; of equals the one seen last, then the first by name."""
    start = as_of - days(TOPIC_DAYS)
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    for _, at, _, _, topic, _ in events:
        if topic and at > start:
            counts[topic] = counts.get(topic, 0) + 1
            if at > last.get(topic, 0):
                last[topic] = at
    return min(counts, key=lambda topic: (-counts[topic], -last[topic], topic)) if counts else None
