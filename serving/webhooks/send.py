"""One signed message to one address: no redirects, no proxies, and of the answer only its status is read.

Signed as standardwebhooks.com has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from time import monotonic

from standardwebhooks.webhooks import Webhook

from serving.webhooks.address import Rules, Target, target_of
from serving.webhooks.errors import BadWebhook

HEAD_BYTES = 16_384  #: of the answer's status and headers at most
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[ \r]")
RETRY_AFTER = re.compile(rb"\r\nretry-after:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent."""

    message_id: str
    body: bytes  #: JSON


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of it."""

    status: int | None = None  #: of the answer, if there was one
    error: str | None = None  #: why it doesn't count as delivered, in our own words
    retry_after: int = 0  #: seconds that the receiver asks to wait

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.error is None


class NoAnswer(Exception):
    """What came back is no answer by HTTP, or not in time."""


def send(url: str, secret: str, message: Message, *, at: datetime, rules: Rules, timeout_seconds: float) -> Sent:
    """Send once; never raises for what the address or its server does."""
    try:
        target = target_of(url, rules)
        head = _asked(target, _request(target, secret, message, at), timeout_seconds)
    except BadWebhook as error:
        return Sent(error=str(error))
    except NoAnswer as error:
        return Sent(error=str(error))
    except ssl.SSLCertVerificationError:
        return Sent(error="the certificate is not one for this host that is trusted here")
    except OSError as error:
        late = isinstance(error, TimeoutError)
        return Sent(
            error=f"no answer within {timeout_seconds:g} seconds" if late else f"no connection ({type(error).__name__})"
        )
    return _read(head)


def _read(head: bytes) -> Sent:
    found = STATUS.match(head)
    if found is None:
        return Sent(error="the answer is no HTTP")
    status = int(found[1])
    asked = RETRY_AFTER.search(head)
    if 200 <= status < 300:
        return Sent(status=status)
    said = "redirects are not followed" if 300 <= status < 400 else "that is no success"
    return Sent(status=status, error=f"answered {status}; {said}", retry_after=int(asked[1]) if asked else 0)


def _request(target: Target, secret: str, message: Message, at: datetime) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    signature = Webhook(secret).sign(message.message_id, at, message.body.decode())
    headers = {
        "Host": f"{host}:{target.port}",
        "User-Agent": f"ripeness/{version('ripeness')}",
        "Content-Type": "application/json",
        "Content-Length": len(message.body),
        "webhook-id": message.message_id,
        "webhook-timestamp": int(at.timestamp()),
        "webhook-signature": signature,
        "Connection": "close",
    }
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + message.body


def _asked(target: Target, request: bytes, timeout_seconds: float) -> bytes:
    """The status line and headers of the answer; all of it may take so long, however slowly it drips."""
    until = monotonic() + timeout_seconds
    with socket.create_connection((target.ip, target.port), timeout=timeout_seconds) as plain:
        plain.settimeout(_left(until))
        with _wrapped(plain, target) as connection:
            connection.settimeout(_left(until))
            connection.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                connection.settimeout(_left(until))
                chunk = connection.recv(4096)
                if not chunk:
                    raise NoAnswer("the connection was closed without a whole answer")
                head += chunk
                if len(head) > HEAD_BYTES:
                    raise NoAnswer("the answer has headers without end")
                if head.startswith(b"HTTP/1.1 1") and b"\r\n\r\n" in head:  # an interim answer; the real one follows
                    head = head.partition(b"\r\n\r\n")[2]
            return head


def _wrapped(plain: socket.socket, target: Target) -> socket.socket:
    return _trust().wrap_socket(plain, server_hostname=target.host) if target.scheme == "https" else plain


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that this machine trusts; SSL_CERT_FILE names others."""
    return ssl.create_default_context()


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
