"""What takes long to count is counted once and shown again for a while, to everybody.

Once it is no longer fresh it is counted anew beside the page, which shows what there is and says of when it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

import structlog
from fastapi import Request

log = structlog.get_logger()
T = TypeVar("T")

MOST = 8  #: keys of one name


@dataclass(frozen=True, kw_only=True)
class Counted(Generic[T]):
    """What was counted, and when."""

    at: int
    found: T


@dataclass(kw_only=True)
class _Shelf:
    lock: Lock = field(default_factory=Lock)
    kept: dict[object, Counted[Any]] = field(default_factory=dict)

    def put(self, key: object, counted: Counted[Any]) -> None:
        self.kept = {**dict(list(self.kept.items())[-MOST:]), key: counted}

    def young(self, key: object, now: int, age: int) -> Counted[Any] | None:
        found = self.kept.get(key)
        return found if found is not None and 0 <= now - found.at < age else None


def remembered(
    request: Request, name: str, key: object, *, now: int, fresh: int, keep: int, count: Callable[[], T]
) -> Counted[T]:
    """What was counted under this name and key, or else what is counted now; lengths of time in microseconds.

    What is older than `fresh` is counted anew beside, and shown up to `keep`. Who asks while somebody else counts
    waits for that count, if there is nothing to show. Of each name the last few keys are kept.
    """
    shelf = _shelf(request, name)
    found = shelf.young(key, now, keep)
    if found is not None:
        if now - found.at >= fresh and shelf.lock.acquire(blocking=False):
            Thread(target=_anew, args=(shelf, key, now, count), name=f"count-{name}", daemon=True).start()
        return found
    with shelf.lock:
        found = shelf.young(key, now, keep)
        if found is None:
            found = Counted(at=now, found=count())
            shelf.put(key, found)
    return found


def _anew(shelf: _Shelf, key: object, now: int, count: Callable[[], object]) -> None:
    """Count for the next one who asks; `shelf` is locked already."""
    try:
        shelf.put(key, Counted(at=now, found=count()))
    except Exception as error:  # whoever asks when nothing is left to show is told
        log.warning("not_counted_anew", error=type(error).__name__)
    finally:
        shelf.lock.release()


def _shelf(request: Request, name: str) -> _Shelf:
    shelves: dict[str, _Shelf] = request.app.state.__dict__.setdefault("shelves", {})
    return shelves.setdefault(name, _Shelf())
