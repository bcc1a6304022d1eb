"""The addresses for those who run the service: who is told of what, what could not be delivered."""

from secrets import token_hex

import orjson
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from features.clock import iso
from features.request import BadRequest, Fault
from serving.ingest import Caller, body_of, caller
from serving.ingest_read import read_as
from serving.predict import Json
from serving.routes import as_json
from serving.store.writer import Write
from serving.webhooks import describe, outbox, schemas
from serving.webhooks.address import target_of
from serving.webhooks.errors import BadWebhook
from serving.webhooks.hooks import ON_REQUEST, Hook, add_hook, hook_of, hooks_of, pause_hook, remove_hook
from serving.webhooks.send import Message
from serving.webhooks.worker import Webhooks

router = APIRouter()

ROWS = 200  #: dead deliveries in one answer


@router.post("/v1/webhooks", **describe.ADD)
async def add(request: Request) -> Response:
    """Add a webhook: a URL that is told of changes from now on. The answer has its secret, shown this once."""
    by = caller(request, "admin")
    asked = read_as(schemas.WebhookToAdd, body_of(request), latest=by.latest)
    await run_sync(_judge, _worker(by), asked.url)
    most = by.service.settings.service.max_webhooks
    hook = await by.write("webhook.add", lambda write: add_hook(write, url=asked.url, kinds=asked.kinds, most=most))
    return as_json(_shown(hook, {}) | {"secret": hook.secret})


def _judge(worker: Webhooks, url: str) -> None:
    try:
        target_of(url, worker.rules)
    except BadWebhook as error:
        raise BadRequest([Fault(pointer="/url", detail=str(error))]) from None


@router.get("/v1/webhooks", **describe.LIST)
def every(request: Request) -> Response:
    """All webhooks, and how much is still to be sent to each."""
    by = caller(request, "admin")
    with by.store.reading() as connection:
        hooks, counts = hooks_of(connection), outbox.counts(connection)
    return as_json({"webhooks": [_shown(hook, counts) for hook in hooks]})


@router.delete("/v1/webhooks/{webhook_id}", **describe.REMOVE)
async def remove(request: Request, webhook_id: str) -> Response:
    """Remove a webhook with everything that is still to be sent to it."""
    by = caller(request, "admin")
    forgotten = await by.write("webhook.remove", lambda write: remove_hook(write, webhook_id))
    return as_json({"webhook_id": webhook_id, "deliveries": forgotten})


@router.post("/v1/webhooks/{webhook_id}/pause", **describe.PAUSE)
async def pause(request: Request, webhook_id: str) -> Response:
    """Send nothing there until it is resumed; what happens meanwhile waits."""
    return await _paused(request, webhook_id, ON_REQUEST)


@router.post("/v1/webhooks/{webhook_id}/resume", **describe.RESUME)
async def resume(request: Request, webhook_id: str) -> Response:
    """Go on sending, with what has waited."""
    return await _paused(request, webhook_id, None)


async def _paused(request: Request, webhook_id: str, why: str | None) -> Response:
    by = caller(request, "admin")
    action = "webhook.pause" if why else "webhook.resume"
    hook = await by.write(action, lambda write: pause_hook(write, webhook_id, why))
    _worker(by).wake()
    return as_json(_shown(hook, await run_sync(_counts, by)))


@router.post("/v1/webhooks/{webhook_id}/test", **describe.TEST)
def test(request: Request, webhook_id: str) -> Response:
    """Send a signed notice of the kind `webhook.test` now, and say what the receiver made of it."""
    by = caller(request, "admin")
    with by.store.reading() as connection:
        hook = hook_of(connection, webhook_id)
    body = {"type": "webhook.test", "timestamp": iso(by.now), "data": {}}
    message = Message(message_id=f"test_{token_hex(8)}", body=orjson.dumps(body))
    sent = _worker(by).try_out(hook, message)
    return as_json({"delivered": sent.delivered, "status": sent.status, "error": sent.error})


@router.get("/v1/webhooks/{webhook_id}/dead", **describe.DEAD)
def dead(request: Request, webhook_id: str) -> Response:
    """What was given up after `service.webhook_attempts`, and why."""
    by = caller(request, "admin")
    after = request.query_params.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise BadRequest([Fault(pointer="", detail="after should be a whole number, the `next` of an answer")])
    with by.store.reading() as connection:
        hook_of(connection, webhook_id)
        found = outbox.dead(connection, webhook_id, after=int(after), limit=ROWS)
    following = found[-1].notice_id if len(found) == ROWS else None
    return as_json({"dead": [_dead(delivery) for delivery in found], "next": following})


@router.post("/v1/webhooks/{webhook_id}/resend", **describe.AGAIN)
async def resend(request: Request, webhook_id: str) -> Response:
    """Try dead deliveries anew, all of a webhook's or those named."""
    by = caller(request, "admin")
    asked = read_as(schemas.SendAgain, body_of(request), latest=by.latest)

    def job(write: Write) -> int:
        hook_of(write.connection, webhook_id)
        return outbox.send_again(write, webhook_id, asked.notice_ids)

    again = await by.write("webhook.resend", job)
    _worker(by).wake()
    return as_json({"waiting": again})


def _worker(by: Caller) -> Webhooks:
    worker = by.service.webhooks
    assert worker is not None  # noqa: S101  # there is one wherever there is a store
    return worker


def _counts(by: Caller) -> dict[tuple[str, str], int]:
    with by.store.reading() as connection:
        return outbox.counts(connection)


def _shown(hook: Hook, counts: dict[tuple[str, str], int]) -> Json:
    return {
        "webhook_id": hook.webhook_id,
        "url": hook.url,
        "kinds": list(hook.kinds),
        "made_at": iso(hook.made_at),
        "made_by": hook.made_by,
        "paused": hook.paused,
        "waiting": counts.get((hook.webhook_id, "waiting"), 0),
        "dead": counts.get((hook.webhook_id, "dead"), 0),
    }


def _dead(delivery: outbox.Delivery) -> Json:
    return {
        "notice_id": delivery.notice_id,
        "kind": delivery.kind,
        "lead_id": delivery.lead_id,
        "at": iso(delivery.at),
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }
