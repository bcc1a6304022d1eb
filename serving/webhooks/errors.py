"""What can be wrong with a webhook, in words for whoever adds it."""

from features.errors import BadInput


class BadWebhook(BadInput):
    """The address is not one to send to: its form, its host, or where that host lies."""

    title = "The webhook's address can't be used"


class UnknownWebhook(BadInput):
    """No webhook goes by that id."""

    http_status = 404
    title = "There is no such webhook"


class TooManyWebhooks(BadInput):
    """There are as many as `service.max_webhooks` allows; remove one first."""

    http_status = 409
    title = "There are too many webhooks"
