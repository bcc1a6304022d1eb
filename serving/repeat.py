"""Work that is done over and over beside the service."""

import threading
from collections.abc import Callable


def repeat(work: Callable[[], object], *, every_seconds: float, name: str) -> Callable[[], None]:
    """Do `work`, which never raises, in a thread of its own from now on; the function returned ends it."""
    ended = threading.Event()

    def keep_working() -> None:
        while not ended.wait(every_seconds):
            work()

    threading.Thread(target=keep_working, name=name, daemon=True).start()
    return ended.set
