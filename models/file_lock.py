"""A lock between processes of one machine, by a file that stays behind empty and tells meanwhile who holds it.

The system frees it when its process ends, however it ends.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from features.errors import RegistryRefused

POLL_SECONDS = 0.1
SOMEBODY = "process"  #: where the file doesn't tell who


@contextmanager
def locked(
    path: Path, *, wait_seconds: float, waiting: Callable[[], None] = lambda: None, who: str = ""
) -> Iterator[None]:
    """Hold the lock; another process that wants it waits, and calls `waiting` once before it does.

    `who` is told to a process that gives up waiting.

    Raises:
        RegistryRefused: another process keeps it for longer than `wait_seconds`, or the file can't be made.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise RegistryRefused(f"{path} can't be written ({error.strerror}); name another --home") from error
    with file:
        _acquire(file, path, time.monotonic() + wait_seconds, waiting)
        try:
            _tell(file, who)
            yield
        finally:
            _tell(file, "")
            _release(file)


def _acquire(file: IO[bytes], path: Path, deadline: float, waiting: Callable[[], None]) -> None:
    told = False
    while not _taken(file):
        if time.monotonic() > deadline:
            raise RegistryRefused(f"another {_holder(path)} holds {path}; wait until it is through, or end it")
        if not told:
            waiting()
            told = True
        time.sleep(POLL_SECONDS)


def _tell(file: IO[bytes], who: str) -> None:
    file.truncate(0)
    file.write(who.encode())
    file.flush()


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") or SOMEBODY
    except OSError:  # Windows doesn't let others read what is locked
        return SOMEBODY


if sys.platform == "win32":
    import msvcrt

    def _taken(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _taken(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: better unlocked than not at all
            return True
        return True

    def _release(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
