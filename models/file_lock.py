"""A lock between processes of one machine, by a file that stays behind empty.

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


@contextmanager
def locked(path: Path, *, wait_seconds: float, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock; another process that wants it waits, and calls `waiting` once before it does.

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
            yield
        finally:
            _release(file)


def _acquire(file: IO[bytes], path: Path, deadline: float, waiting: Callable[[], None]) -> None:
    told = False
    while not _taken(file):
        if time.monotonic() > deadline:
            raise RegistryRefused(f"another process holds {path}; end it, or wait until it is through")
        if not told:
            waiting()
            told = True
        time.sleep(POLL_SECONDS)


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
