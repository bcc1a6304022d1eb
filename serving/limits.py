"""How much one caller may ask for, and what the service does when everybody together asks for too much.

A request that can't be answered soon is refused at once: a queue would only make all answers late.
"""

import asyncio
from math import ceil
from typing import ClassVar

from features.errors import RipenessError

MINUTE = 60.0
MOST_CALLERS = 10_000  #: whose quota is remembered at once
TICK_SECONDS = 0.1  #: between two looks how far the event loop is behind


class TooManyRequests(RipenessError):
    """The key's quota is used up; `Retry-After` says when there is some of it again."""

    http_status = 429
    title = "Too many requests with this key"

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(wait)}


class Overloaded(RipenessError):
    """More is asked for than can be answered soon; nothing was done, so ask again a little later."""

    http_status = 503
    title = "The service has too much to do"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class Quota:
    """So many requests a minute for each key: a bucket that fills evenly and holds one minute's worth."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.policy = f'"key";q={per_minute};w={MINUTE:.0f}'.encode()
        self._per_second = per_minute / MINUTE
        self._left: dict[int, tuple[float, float]] = {}  # by the hash of a token: requests left, and when that was

    def take(self, token: bytes, now: float) -> tuple[int, int]:
        """Take one; requests left, -1 if there was none, and seconds until there is one more or all are back.

        `now` counts seconds from any start.
        """
        key = hash(token)
        left, then = self._left.get(key, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - then) * self._per_second)
        if left < 1:
            return -1, max(1, ceil((1 - left) / self._per_second))
        if key not in self._left and len(self._left) >= MOST_CALLERS:
            del self._left[next(iter(self._left))]
        self._left[key] = (left - 1, now)
        return int(left - 1), ceil((self.per_minute - left + 1) / self._per_second)


class Lateness:
    """How far the event loop is behind with what it was given, in seconds.

    The lesser of two looks counts: a machine that stood still for a moment is not overloaded.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Look from now on, on the loop that this is called from."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._look_again(loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(TICK_SECONDS, self._look, loop, loop.time() + TICK_SECONDS)

    def _look(self, loop: asyncio.AbstractEventLoop, expected: float) -> None:
        late = max(0.0, loop.time() - expected)
        self.seconds, self._last = min(late, self._last), late
        self._look_again(loop)
