"""What a request tells of a lead besides its score: activity, requests to sales, topics, consent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from features.clock import DAY, days
from features.lead import Event
from features.request import FactsIn
from features.settings import Kind, Lifecycle
from features.view import View
from serving.lifecycle import Facts

TOPIC_DAYS = 90  #: how far back a topic counts as one of interest


@dataclass(frozen=True, kw_only=True)
class FactsReader:
    """Reads facts of leads by one view, the settings' kinds, and one policy."""

    view: View
    kinds: Mapping[str, Kind]
    policy: Lifecycle

    def read(self, visible: Sequence[Event], as_of: int, sent: FactsIn) -> Facts:
        """The facts by `as_of`; `visible` are the lead's events that had happened and were known by then."""
        own = [event for event in visible if event.kind in self.view.kind_of]
        asked = max((e for e in visible if e.kind in self._asks), key=lambda e: e.happened_at, default=None)
        last = max((e.happened_at for e in own), default=None)
        return Facts(
            consent=sent.consent,
            objects_to_profiling=sent.objects_to_profiling,
            disqualified_reason=sent.disqualified_reason,
            active_days=len({e.happened_at // DAY for e in own}) if self.view.kinds else None,
            idle_days=None if last is None else (as_of - last) / DAY,
            evidence=max((self.view.kind_of[e.kind].stage for e in own), key=lambda s: s.rank, default=None),
            asked=None if asked is None else self._asks[asked.kind],
            asked_days=None if asked is None else (as_of - asked.happened_at) / DAY,
            topic=_topic(own, as_of),
        )

    @cached_property
    def _asks(self) -> Mapping[str, str]:
        """Every name under which a named sales action may come, to its own name."""
        names = {name: name for name in self.policy.fast_track}
        names |= {n: kind.maps_to for n, kind in self.kinds.items() if kind.maps_to in self.policy.fast_track}
        in_view = {n: k.name for n, k in self.view.kind_of.items() if k.name in self.policy.fast_track}
        return names | in_view


def _topic(events: Sequence[Event], as_of: int) -> str | None:
    """The most frequent recent topic; of equals the one seen last, then the first by name."""
    recent = [e for e in events if e.topic and e.happened_at > as_of - days(TOPIC_DAYS)]
    if not recent:
        return None
    counts = Counter(e.topic for e in recent)
    seen = {e.topic: e.happened_at for e in sorted(recent, key=lambda e: e.happened_at)}
    return min(counts, key=lambda topic: (-counts[topic], -seen[topic], topic))
