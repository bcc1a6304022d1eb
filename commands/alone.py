"""One command at a time changes which model of a home answers: `train`, `retrain`, `promote`, `rollback`."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.terminal import now

LOCK = "models.lock"  #: in the home


@contextmanager
def alone(
    home: Path, command: str, *, wait_seconds: float = 0, waiting: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Keep the other three out while this command changes the registry of the home.

    Raises:
        RegistryRefused: another runs for longer than `wait_seconds`, with its name, since when, and its process;
            or the home can't be written.
    """
    from models.file_lock import locked

    since = now().strftime("%Y-%m-%d %H:%M:%S UTC")
    who = f"`ripeness {command}` is running since {since} (process {os.getpid()}) and"
    home.mkdir(parents=True, exist_ok=True)
    with locked(home / LOCK, wait_seconds=wait_seconds, waiting=waiting, who=who):
        yield


def require_writable(home: Path) -> None:
    """Find out before any work whether the home can be written.

    Raises:
        RegistryRefused: it can't.
    """
    from features.errors import RegistryRefused

    try:
        (home / LOCK).open("ab").close()
    except OSError as error:
        raise RegistryRefused(f"{home} can't be written ({error.strerror}); name another --home") from error
