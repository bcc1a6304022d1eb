"""Every request passes here: it is counted, timed, held against its key's quota, or refused when too much is under way.

Written by hand rather than with a library's counters, for it is in the way of every request: about three
microseconds. `serving/metrics.py` shows the counts.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from features.errors import RipenessError
from features.settings import Service as Limits
from serving.limits import Lateness, Overloaded, Quota, TooManyRequests
from serving.problem import problem, problem_response

#: seconds; upper bounds of the histogram
BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OTHER = "*"  #: the route of an address that there isn't
SPARED = frozenset({"/health/live", "/health/ready", "/metrics"})  #: answered however much there is to do
RATE = b"ratelimit"
POLICY = b"ratelimit-policy"


@dataclass
class Served:
    """Requests of one route, method and status."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


@dataclass
class Counts:
    """What went through since the start. Only the event loop writes."""

    served: dict[tuple[str, str, int], Served] = field(default_factory=dict)
    shed: dict[str, int] = field(default_factory=lambda: {"quota": 0, "busy": 0, "late": 0})
    scores: int = 0
    under_way: int = 0


class Traffic:
    """ASGI middleware, just inside of `SafeHeaders`, which writes down the status and adds `state["headers"]`."""

    def __init__(self, app: ASGIApp, *, limits: Limits, counts: Counts) -> None:
        self.app = app
        self.counts = counts
        self._most = limits.max_requests_under_way
        self._latest = limits.max_wait_seconds
        self._quota = Quota(limits.requests_per_minute) if limits.requests_per_minute else None
        self._lateness = Lateness()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, counts = perf_counter(), self.counts
        counts.under_way += 1
        try:
            refusal = None if scope["path"] in SPARED else self._refusal(scope, started)
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await problem_response(problem(refusal, instance=scope["path"]), _headers(refusal))(
                    scope, receive, send
                )
        finally:
            counts.under_way -= 1
            self._count(scope, perf_counter() - started)

    def _refusal(self, scope: Scope, now: float) -> RipenessError | None:
        """Why this request is not even looked at; notes what is left of its key's quota."""
        self._lateness.watch()
        if self.counts.under_way > self._most:
            self.counts.shed["busy"] += 1
            return Overloaded(f"{self._most} requests are under way already; ask again in a second")
        if self._lateness.seconds > self._latest:
            self.counts.shed["late"] += 1
            return Overloaded("answers take too long already; ask again in a second")
        return None if self._quota is None else self._over_quota(self._quota, scope, now)

    def _over_quota(self, quota: Quota, scope: Scope, now: float) -> RipenessError | None:
        token = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if token is None:
            return None
        left, wait = quota.take(token.rpartition(b" ")[2].strip(), now)
        rate = b'"key";r=%d;t=%d' % (max(left, 0), wait)
        scope["state"]["headers"] = ((RATE, rate), (POLICY, quota.policy))
        if left >= 0:
            return None
        self.counts.shed["quota"] += 1
        return TooManyRequests(
            f"this key has used up its {quota.per_minute:,} requests a minute; ask again in {wait} seconds", wait=wait
        )

    def _count(self, scope: Scope, seconds: float) -> None:
        state = scope["state"]
        route = scope.get("route")
        path = route.path if route is not None else state.get("path", OTHER)
        key = (path, scope["method"], state.get("status", 499))  # 499: the caller had gone
        served = self.counts.served.get(key)
        if served is None:
            served = self.counts.served[key] = Served()
        served.buckets[bisect_left(BOUNDS, seconds)] += 1
        served.seconds += seconds
        self.counts.scores += state.get("scores", 0)


def _headers(error: RipenessError) -> dict[str, str]:
    found: dict[str, str] = getattr(error, "headers", {})
    return found
