"""Where a webhook may send to: a public address, looked up anew for each sending and then kept to.

Whoever may add webhooks must not reach what only this machine can reach. So a name is resolved once per
sending, every address that it has is judged, and the connection goes to the judged one: a name that
answers differently the next moment gains nothing.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from serving.webhooks.errors import BadWebhook

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST = 2_000  #: characters of a URL
PLAIN = re.compile(r"[!-~]+")  #: printable ASCII: nothing that could end a line of the request
HOST = re.compile(r"[A-Za-z0-9._:-]+")
PORTS = {"https": 443, "http": 80}
#: how IPv4 travels in IPv6; the address inside is the one that is reached
MAPPED, COMPATIBLE = ipaddress.ip_network("::ffff:0:0/96"), ipaddress.ip_network("::/96")
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
#: services of clouds that tell secrets to whoever asks; no setting opens them
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the settings allow beyond public addresses by https."""

    private: bool = False
    http: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address that was judged, and what to say there."""

    scheme: str
    host: str  #: as in the URL, for the certificate and the Host header
    port: int
    path: str  #: with the query
    ip: str  #: where the connection goes


def target_of(url: str, rules: Rules) -> Target:
    """Where this URL leads now.

    Raises:
        BadWebhook: it is no such URL, or leads where it must not.
    """
    parts, port = _parsed(url, rules)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    found = [judged(ip, rules) for ip in _resolved(host, port)]
    return Target(scheme=parts.scheme, host=host, port=port, path=path, ip=found[0])


def _parsed(url: str, rules: Rules) -> tuple[SplitResult, int]:
    if len(url) > LONGEST or not PLAIN.fullmatch(url):
        raise BadWebhook(
            f"the URL should be printable ASCII of at most {LONGEST:,} characters; write a name in xn-- form"
        )
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        raise BadWebhook("the URL can't be read; write https://HOST/PATH") from None
    if parts.scheme not in (("https", "http") if rules.http else ("https",)):
        raise BadWebhook(f"the scheme is {parts.scheme[:20]!r}; use https, or set service.webhooks_over_http")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadWebhook("the URL has a user, a password or a fragment; deliveries are signed, so leave them out")
    if not parts.hostname or not HOST.fullmatch(parts.hostname) or not 0 < port < 65_536:
        raise BadWebhook("the URL names no host or no port that there can be; write https://HOST/PATH")
    return parts, port


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadWebhook("the host has no address that can be found") from None
    return [str(address[0]) for *_, address in found]


def judged(text: str, rules: Rules) -> str:
    """The address, if it may be sent to.

    Raises:
        BadWebhook: it is of this machine, of a private network, of no single machine, or of a cloud's own services.
    """
    ip = ipaddress.ip_address(text.partition("%")[0])
    reached = [ip, *_inside(ip)]
    if any(one in METADATA or one.is_link_local or one.is_multicast or one.is_unspecified for one in reached):
        raise BadWebhook(
            "the host has an address that no webhook may be sent to: link-local, multicast, or a cloud's own"
        )
    site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local  # deprecated, so Python calls it global
    if not rules.private and (len(reached) > 1 or not ip.is_global or ip.is_reserved or site_local):
        raise BadWebhook(
            "the host has an address that is not public: of this machine, of a private network, or IPv4 inside of "
            "IPv6; set service.webhooks_to_private if it is meant"
        )
    return text


def _inside(ip: IP) -> list[IP]:
    """The IPv4 address that an IPv6 address stands for, by any of the ways there are."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = ip.teredo
    if teredo is not None:
        return list(teredo)
    if ip.sixtofour is not None:
        return [ip.sixtofour]
    wraps = ip in MAPPED or any(ip in net for net in NAT64) or (ip in COMPATIBLE and int(ip) > 1)
    return [last] if wraps else []
