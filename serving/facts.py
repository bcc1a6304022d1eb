"""What a request tells of a lead besides its score: activity, requests to sales, topics, consent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from features.clock import DAY, days
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

    def read(self, visible: Sequence[Event], as_of: int, sent: FactsIn) -> Facts:
        """The facts by `as_of`; `visible` are the lead's events that had happened and were known by then."""
        own = [event for event in visible if event.kind in self._stages]
        asks = [event for event in visible if event.kind in self._asks]
        moments = [event.happened_at for event in own]
        asked = max(asks, key=lambda e: e.happened_at) if asks else None
        return Facts(
            consent=sent.consent,
            objects_to_profiling=sent.objects_to_profiling,
            disqualified_reason=sent.disqualified_reason,
            active_days=len({moment // DAY for moment in moments}) if self._stages else None,
            idle_days=(as_of - max(moments)) / DAY if moments else None,
            evidence=max(self._stages[kind] for kind in {e.kind for e in own})[1] if own else None,
            asked=self._asks[asked.kind] if asked else None,
            asked_days=(as_of - asked.happened_at) / DAY if asked else None,
            topic=_topic(own, as_of),
        )

    @cached_property
    def _stages(self) -> Mapping[str, tuple[int, Stage]]:
        """What each kind is evidence for, in an order that compares."""
        return {name: (kind.stage.rank, kind.stage) for name, kind in self.view.kind_of.items()}

    @cached_property
    def _asks(self) -> Mapping[str, str]:
        """Every name under which a named sales action may come, to its own name."""
        names = {name: name for name in self.policy.fast_track}
        names |= {n: kind.maps_to for n, kind in self.kinds.items() if kind.maps_to in self.policy.fast_track}
        in_view = {n: k.name for n, k in self.view.kind_of.items() if k.name in self.policy.fast_track}
        return names | in_view


def _topic(events: Sequence[Event], as_of: int) -> str | None:
    """The most frequent recent topic; of equals the one seen last, then the first by name."""
    start = as_of - days(TOPIC_DAYS)
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    for event in events:
        topic = event.topic
        if topic and event.happened_at > start:
            counts[topic] = counts.get(topic, 0) + 1
            last[topic] = max(last.get(topic, 0), event.happened_at)
    return min(counts, key=lambda topic: (-counts[topic], -last[topic], topic)) if counts else None
