"""The living part of the service: what was told of a lead is seen by its score, soon after and once.

Facts mark their lead as due in their own transaction. The engine reads due leads in blocks, scores
them in one call, decides, and writes score, standing, move, hand-off and notices together. A crash
at any point leaves the mark or the whole result.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from features.settings import Settings
from serving.model_source import ModelSource
from serving.store.store import Store

POLL_SECONDS = 1.0  #: between two looks for due leads that nobody announced, such as those of another process


class Engine:
    """One worker beside the routes; `start` it once, `stop` it before the store closes."""

    def __init__(self, *, store: Store, models: ModelSource, settings: Settings, now: Callable[[], datetime]) -> None:
        self.on_notice: Callable[[], None] = lambda: None  #: called after notices were written, if any
        self._store = store
        self._models = models
        self._settings = settings
        self._now = now
        self._awake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in the background from now on."""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the block under way; what is still due waits for the next start."""
        self._ended.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def wake(self) -> None:
        """Say that leads are due; cheap, from any thread."""
        self._awake.set()

    def drain(self, now: int) -> int:
        """Score all due leads as of `now`; how many that were."""
        return 0

    def _run(self) -> None:
        while not self._ended.is_set():
            self._awake.wait(POLL_SECONDS)
            self._awake.clear()
