"""Webhooks as they are asked for and shown."""

from typing import Annotated, Literal

from pydantic import Field

from features.request import Schema
from serving.schemas import Out
from serving.webhooks.address import LONGEST

NoticeKind = Literal["stage.changed", "band.changed", "hand_off.offered", "hand_off.ended", "hand_off.breached"]
NoticeId = Annotated[int, Field(strict=True, ge=1, lt=2**63)]
MOST_AGAIN = 1_000


class WebhookToAdd(Schema):
    """Who wants to be told, and of what."""

    url: Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST)] = Field(
        description="https://HOST/PATH; the host has to be public unless the settings allow others"
    )
    kinds: Annotated[list[NoticeKind], Field(max_length=100)] = Field(
        default_factory=list, description="of notices; empty for all"
    )


class SendAgain(Schema):
    """Which dead deliveries to try anew."""

    notice_ids: Annotated[list[NoticeId], Field(max_length=MOST_AGAIN)] | None = Field(
        None, description="all of the webhook's unless given"
    )


class WebhookOut(Out):
    """One webhook."""

    webhook_id: str
    url: str
    kinds: list[str] = Field(description="of notices; empty for all")
    made_at: str
    made_by: str = Field(description="the id of the key that added it")
    paused: str | None = Field(description="why nothing is sent there now")
    waiting: int = Field(description="deliveries that are still to be sent")
    dead: int = Field(description="deliveries that were given up")


class WebhookAdded(WebhookOut):
    """A new webhook, with what its receiver needs to check signatures."""

    secret: str = Field(description="shown this once")


class WebhooksOut(Out):
    """All webhooks."""

    webhooks: list[WebhookOut]


class WebhookRemoved(Out):
    """A webhook is gone."""

    webhook_id: str
    deliveries: int = Field(description="that were forgotten with it")


class WebhookTried(Out):
    """What became of a test."""

    delivered: bool
    status: int | None = Field(description="that the receiver answered")
    error: str | None


class DeadOut(Out):
    """A delivery that was given up."""

    notice_id: int
    kind: str
    lead_id: str
    at: str = Field(description="when it happened")
    attempts: int
    last_status: int | None
    last_error: str | None


class DeadList(Out):
    """Deliveries that were given up, the oldest first."""

    dead: list[DeadOut]
    next: int | None = Field(description="send it as `after` for the ones behind; null at the end")


class SentAgain(Out):
    """How many are tried anew."""

    waiting: int


SHOWN = (
    WebhookToAdd,
    SendAgain,
    WebhookOut,
    WebhookAdded,
    WebhooksOut,
    WebhookRemoved,
    WebhookTried,
    DeadList,
    SentAgain,
)
