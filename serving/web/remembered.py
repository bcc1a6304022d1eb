"""What takes long to count is counted once and shown again for a while, to everybody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from fastapi import Request

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


def remembered(request: Request, name: str, key: object, *, now: int, keep: int, count: Callable[[], T]) -> Counted[T]:
    """What was counted under this name and key up to `keep` microseconds ago, or else what is counted now.

    Who asks while somebody else counts gets what that one finds. Of each name the last few keys are kept.
    """
    shelf = _shelf(request, name)
    with shelf.lock:
        found = shelf.kept.get(key)
        if found is None or not 0 <= now - found.at < keep:
            found = Counted(at=now, found=count())
            shelf.kept = {**dict(list(shelf.kept.items())[-MOST:]), key: found}
    return found


def _shelf(request: Request, name: str) -> _Shelf:
    shelves: dict[str, _Shelf] = request.app.state.__dict__.setdefault("shelves", {})
    return shelves.setdefault(name, _Shelf())
