"""The living part of the service: what was told of a lead is seen by its score, soon after and once.

Facts mark their lead as due in their own transaction. The engine reads due leads in blocks, scores
them in one call, decides, and writes score, standing, move, hand-off and notices together. A crash
at any point leaves the mark or the whole result. Without a model the marks wait.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime
from time import perf_counter

import structlog

from features.clock import SECOND, to_micros
from features.errors import RipenessError
from features.settings import Settings
from serving.live.hand_offs import breached, tell_breaches
from serving.live.marks import waiting
from serving.live.rounds import KEY, Fresh, Rounds
from serving.live.walk import Walk, Walker, is_due, last_walk
from serving.model_source import ModelSource
from serving.store.store import Store
from serving.store.writer import Act

log = structlog.get_logger()

BLOCK = 64  #: leads in one round: about a tenth of a second
BESIDE = 8  #: due leads in a round that somebody waits for
POLL_SECONDS = 1.0  #: between two looks for due leads that nobody announced, such as those of another process
BREACH_SECONDS = 60  #: between two looks for hand-offs past their time
WALK_SECONDS = 10  #: between two looks whether all leads are to be scored again

Waiting = list["Future[Fresh | None]"]


class Engine:
    """One worker beside the routes; `start` it once, `stop` it before the store closes."""

    def __init__(self, *, store: Store, models: ModelSource, settings: Settings, now: Callable[[], datetime]) -> None:
        self.on_notice: Callable[[], None] = lambda: None  #: called after a round, in which notices may be written
        self._store = store
        self._models = models
        self._settings = settings
        self._now = now
        self._awake = threading.Event()
        self._urgent = threading.Event()  #: somebody waits for an answer
        self._ended = threading.Event()
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked: dict[str, Waiting] = {}
        self._asking = threading.Lock()
        self._faulty: dict[str, int] = {}  #: leads that could not be scored, by the write that was tried
        self._tried_by = ""  #: the bundle that could not score them
        self._looked_at = 0  #: for breaches
        self._walk: Walk | None = None  #: under way
        self._walk_looked_at = 0

    def start(self) -> None:
        """Work in the background from now on."""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the round under way; what is still due waits for the next start."""
        self._ended.set()
        self._urgent.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Say that leads are due; cheap, from any thread."""
        self._awake.set()

    def fresh(self, lead_id: str) -> "Future[Fresh | None]":
        """The lead as it stands once its score has seen all that was committed before this call.

        None where there is nothing to answer: no model, a lead that was won or lost, or one that can't be scored.
        An engine that was not started does the work on the caller's thread.
        """
        future: Future[Fresh | None] = Future()
        with self._asking:
            self._asked.setdefault(lead_id, []).append(future)
        if self._thread is None:
            self.drain(to_micros(self._now()))
        self._urgent.set()
        self._awake.set()
        return future

    def drain(self, now: int) -> int:
        """Bring all due leads up to date as of `now`; how many that were.

        Raises:
            StoreUnavailable, StoreFull: what was done before stays, and the rest stays due.
        """
        total = 0
        while done := self.round(now):
            total += done
        return total

    def round(self, now: int, *, most: int = BLOCK) -> int:
        """Bring those up to date that are asked for, and of the due ones those that wait longest."""
        with self._working:
            predictor = self._models.status.predictor
            with self._asking:
                asked = list(self._asked)[:most]
            if predictor is None:
                self._resolve(asked, {})
                return 0
            if predictor.bundle.digest != self._tried_by:
                self._tried_by, self._faulty = predictor.bundle.digest, {}
            with self._store.reading() as connection:
                due = waiting(connection, limit=BESIDE if asked else most, leave=self._faulty)
            ids = list(dict.fromkeys([*asked, *due]))
            return self._round(Rounds(store=self._store, predictor=predictor), ids, due, now) if ids else 0

    def _round(self, rounds: Rounds, ids: list[str], due: dict[str, int], now: int) -> int:
        try:
            seen, recorded = rounds.make(ids, now)
        except RipenessError:
            self._resolve([i for i in ids if i not in due], {})
            raise
        except Exception as error:  # whatever a lead's facts may provoke
            if len(ids) > 1:
                return sum(self._round(rounds, [one], due, now) for one in ids)
            log.error("lead_not_scored", error=type(error).__name__)
            self._faulty[ids[0]] = due.get(ids[0], 0)
            self._resolve(ids, {})
            return 0
        left = {member for root in recorded.passed_over for member in seen.round.members[root]}
        answered = [i for i in ids if i not in left]
        self._resolve(answered, rounds.fresh(seen, frozenset(answered)))
        self.on_notice()
        return len(recorded.done)

    def _resolve(self, lead_ids: Collection[str], found: dict[str, Fresh | None]) -> None:
        """Answer those who wait for these leads."""
        with self._asking:
            answered = [(future, found.get(i)) for i in lead_ids for future in self._asked.pop(i, [])]
        for future, answer in answered:
            if future.set_running_or_notify_cancel():
                future.set_result(answer)

    def tell_breaches(self, now: int) -> int:
        """Give notice of hand-offs that sales has not answered in time; how many."""
        with self._store.reading() as connection:
            if not breached(connection, now):
                return 0
        told = self._store.write(tell_breaches, Act(now=now, key_id=KEY, action="breaches"))
        self.on_notice()
        return told

    def _run(self) -> None:
        while not self._ended.is_set():
            self._awake.wait(POLL_SECONDS)
            self._awake.clear()
            try:
                self._work(to_micros(self._now()))
            except RipenessError as error:
                log.warning("engine_waits", error=type(error).__name__)
                self._ended.wait(POLL_SECONDS)
            except Exception as error:
                log.error("engine_failed", error=type(error).__name__)
                self._ended.wait(POLL_SECONDS)

    def _work(self, now: int) -> None:
        """A round, and the looks at the clock that are due; rests as long as it worked while more waits."""
        started = perf_counter()
        self._urgent.clear()
        done = self.round(now)
        if now - self._looked_at >= BREACH_SECONDS * SECOND:
            self._looked_at = now
            self.tell_breaches(now)
        if not done:
            done = self.walk_on(now)
        if done >= BLOCK:
            self._urgent.wait(min(1.0, perf_counter() - started))
        if done:
            self._awake.set()

    def walk_on(self, now: int) -> int:
        """Score a block of all leads again, if the night's hour has come or the model is another; how many leads."""
        predictor = self._models.status.predictor
        if predictor is None:
            return 0
        walker = Walker(rounds=Rounds(store=self._store, predictor=predictor), by="service")
        if self._walk is None:
            if now - self._walk_looked_at < WALK_SECONDS * SECOND:
                return 0
            self._walk_looked_at = now
        self._walk = self._walk_to_go_on(walker, now)
        if self._walk is None:
            return 0
        before = self._walk.leads
        walk = walker.step(self._walk, now, most=BLOCK)
        self._walk = walk if walk.finished_at is None else None
        self.on_notice()
        return walk.leads - before

    def _walk_to_go_on(self, walker: Walker, now: int) -> Walk | None:
        """The walk under way, unless the command has taken it over; else one that is due."""
        with self._store.reading() as connection:
            last = last_walk(connection)
        if self._walk is not None:
            return None if last is not None and last.by != walker.by else self._walk
        bundle = walker.rounds.predictor.bundle.digest
        hour, zone = self._settings.service.rescore_hour, self._settings.company.zone
        return walker.begin(now) if is_due(last, now=now, bundle=bundle, hour=hour, zone=zone) else None
