"""Sends what is to be sent, beside the routes: one sending at a time per webhook, several webhooks at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import structlog

from features.clock import SECOND, to_micros
from features.errors import RipenessError
from features.settings import Service as Limits
from serving.store.store import Store
from serving.store.writer import Act, Job
from serving.webhooks import outbox
from serving.webhooks.address import Rules
from serving.webhooks.hooks import GONE, Hook, hooks_of, pause_hook
from serving.webhooks.outbox import Delivery
from serving.webhooks.send import Message, Sent, send

log = structlog.get_logger()
T = TypeVar("T")

POLL_SECONDS = 1.0  #: between two looks for notices that nobody announced, such as those of another process
BLOCK = 20  #: deliveries taken at once
SENDERS = 8  #: webhooks that are sent to at once
REST_MOST = 60  #: seconds that a webhook which fails is left alone at most; each delivery has its own, longer wait


class Webhooks:
    """One worker beside the routes; `start` it once, `stop` it before the store closes."""

    def __init__(self, *, store: Store, limits: Limits, now: Callable[[], datetime]) -> None:
        self.limits = limits
        self.rules = Rules(private=limits.webhooks_to_private, http=limits.webhooks_over_http)
        self._store = store
        self._now = now
        self._awake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None
        self._busy: set[str] = set()
        self._resting: dict[str, tuple[int, int]] = {}  # failures in a row, and until when

    def start(self) -> None:
        """Send in the background from now on."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the sendings under way; what is not sent yet waits for the next start."""
        self._ended.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def wake(self) -> None:
        """Say that there are notices; cheap, from any thread."""
        self._awake.set()

    def drain(self) -> int:
        """Send all that is due now, one webhook after the other; how many attempts that were."""
        while self._spread():
            pass
        return sum(self._serve(hook) for hook in self._due())

    def try_out(self, hook: Hook, message: Message) -> Sent:
        """Send one message at once, outside of the order of all others."""
        timeout = self.limits.webhook_timeout_seconds
        return send(hook.url, hook.secret, message, at=self._now(), rules=self.rules, timeout_seconds=timeout)

    def _run(self) -> None:
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook") as senders:
            while not self._ended.is_set():
                self._awake.wait(POLL_SECONDS)
                self._awake.clear()
                try:
                    self._look(senders)
                    self._trouble = None
                except RipenessError as error:  # the database is gone; it is looked for again in a second
                    self._say(error)

    def _look(self, senders: ThreadPoolExecutor) -> None:
        if self._spread():
            self._awake.set()  # there may be more
        for hook in self._due():
            if hook.webhook_id not in self._busy and not self._ended.is_set():
                self._busy.add(hook.webhook_id)
                senders.submit(self._serve_beside, hook)

    def _serve_beside(self, hook: Hook) -> None:
        try:
            self._serve(hook)
        except RipenessError as error:
            self._say(error)
        finally:
            self._busy.discard(hook.webhook_id)

    def _say(self, error: RipenessError) -> None:
        """Log once what is the same each second."""
        if error.code != self._trouble:
            self._trouble = error.code
            log.warning("webhooks_wait", why=error.code)

    def _spread(self) -> int:
        with self._store.reading() as connection:
            waiting = outbox.unspread(connection)
        return self._write("webhooks.spread", outbox.spread) if waiting else 0

    def _due(self) -> list[Hook]:
        now = to_micros(self._now())
        with self._store.reading() as connection:
            due = outbox.due_hooks(connection, now)
            hooks = hooks_of(connection) if due else []
        return [
            hook
            for hook in hooks
            if hook.webhook_id in due and hook.paused is None and self._resting.get(hook.webhook_id, (0, 0))[1] <= now
        ]

    def _serve(self, hook: Hook) -> int:
        """Send what is due to one webhook until nothing is or it fails; how many attempts."""
        attempts, well = 0, True
        while well and not self._ended.is_set():
            found = self._write(
                "webhooks.claim", lambda write: outbox.claim(write, hook.webhook_id, most=BLOCK), rows=BLOCK
            )
            if not found:
                break
            sent, well = self._send_all(hook, found)
            attempts += sent
        return attempts

    def _send_all(self, hook: Hook, found: list[Delivery]) -> tuple[int, bool]:
        """Send in order up to the first failure; how many were tried, and whether all went well."""
        for i, delivery in enumerate(found):
            if self._ended.is_set():
                self._release(hook, found[i:])
                return i, False
            if not self._send(hook, delivery):
                self._release(hook, found[i + 1 :])
                return i + 1, False
        return len(found), True

    def _release(self, hook: Hook, unsent: list[Delivery]) -> None:
        ids, until = [left.notice_id for left in unsent], self._resting.get(hook.webhook_id, (0, 0))[1]
        if ids:
            self._write("webhooks.release", lambda write: outbox.release(write, hook.webhook_id, ids, until=until))

    def _send(self, hook: Hook, delivery: Delivery) -> bool:
        sent = self.try_out(hook, delivery.message)
        most = self.limits.webhook_attempts
        state = self._write("webhooks.sent", lambda write: outbox.note(write, delivery, sent, most=most))
        if sent.status == 410:
            self._write("webhooks.pause", lambda write: pause_hook(write, hook.webhook_id, GONE))
        log.info(
            "webhook_sent", webhook_id=hook.webhook_id, notice_id=delivery.notice_id, state=state, status=sent.status
        )
        self._rest(hook, sent)
        return sent.delivered

    def _rest(self, hook: Hook, sent: Sent) -> None:
        """After a failure leave the whole webhook alone for a while, the longer the more there were in a row."""
        if sent.delivered:
            self._resting.pop(hook.webhook_id, None)
            return
        failures = self._resting.get(hook.webhook_id, (0, 0))[0] + 1
        seconds = min(REST_MOST, 2 ** min(failures - 1, 10))
        self._resting[hook.webhook_id] = (failures, to_micros(self._now()) + seconds * SECOND)

    def _write(self, action: str, job: Job[T], *, rows: int = 1) -> T:
        return self._store.write(job, Act(now=to_micros(self._now()), key_id="webhooks", action=action, rows=rows))
