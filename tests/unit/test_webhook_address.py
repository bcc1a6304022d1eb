"""Where webhooks may lead: every kind of address that is not public is refused, by itself or behind a name."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from serving.webhooks import send as sending
from serving.webhooks.address import Rules, Target, judged, target_of
from serving.webhooks.errors import BadWebhook
from serving.webhooks.send import Message, send

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111"]
REFUSED = {
    "this machine": "127.0.0.1",
    "also this machine": "127.8.8.8",
    "this machine by IPv6": "::1",
    "private, 10": "10.1.2.3",
    "private, 172.16": "172.31.255.255",
    "private, 192.168": "192.168.0.1",
    "private by IPv6": "fd12:3456::1",
    "site-local": "fec0::1",
    "shared by providers": "100.64.0.1",
    "no address": "0.0.0.0",  # noqa: S104  # what the test is about
    "this network": "0.1.2.3",
    "no address by IPv6": "::",
    "documentation": "192.0.2.1",
    "documentation by IPv6": "2001:db8::1",
    "benchmarks": "198.18.0.1",
    "reserved": "240.0.0.1",
    "everybody": "255.255.255.255",
    "multicast": "224.0.0.1",
    "multicast by IPv6": "ff02::1",
    "link-local": "169.254.1.1",
    "link-local by IPv6": "fe80::1",
    "link-local with its interface": "fe80::1%eth0",
    "metadata": "169.254.169.254",
    "metadata of Azure": "168.63.129.16",
    "metadata of Alibaba": "100.100.100.200",
    "metadata of Oracle": "192.0.0.192",
    "metadata by IPv6": "fd00:ec2::254",
    "mapped": "::ffff:127.0.0.1",
    "mapped public": "::ffff:8.8.8.8",
    "mapped metadata": "::ffff:169.254.169.254",
    "compatible": "::127.0.0.1",
    "6to4": "2002:7f00:1::",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 of one's own": "64:ff9b:1::a9fe:a9fe",
    "Teredo": "2001:0:7f00:1::",
}
ALWAYS = ("metadata", "link-local", "multicast", "no address")


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_taken(ip):
    assert judged(ip, Rules()) == ip


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_address_is_refused(name):
    with pytest.raises(BadWebhook):
        judged(REFUSED[name], Rules())


@pytest.mark.parametrize("name", REFUSED)
def test_private_ones_may_be_meant_but_nobody_means_metadata(name):
    if name.startswith(ALWAYS) or name in ("mapped metadata", "NAT64 of one's own"):
        with pytest.raises(BadWebhook):
            judged(REFUSED[name], Rules(private=True))
    else:
        assert judged(REFUSED[name], Rules(private=True)) == REFUSED[name]


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_no_way_of_writing_this_machine_gets_past(host):
    with pytest.raises(BadWebhook):
        target_of(f"https://{host}/", Rules())


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://example.com/", "https"),
        ("file:///etc/passwd", "https"),
        ("gopher://example.com/", "https"),
        ("//example.com/", "https"),
        ("https://", "no host"),
        ("https://user:word@8.8.8.8/", "user"),
        ("https://8.8.8.8/#part", "fragment"),
        ("https://8.8.8.8:0/", "no port|no host"),
        ("https://8.8.8.8:99999/", "can't be read"),
        ("https://[::1/", "can't be read"),
        ("https://8.8.8.8/a b", "printable"),
        ("https://8.8.8.8/\r\nX: y", "printable"),
        ("https://b\u00fccher.example/", "printable"),
        ("https://8.8.8.8/" + "x" * 2_000, "printable"),
        ("https://a_b!c/", "no host"),
        ("https://nowhere.invalid/", "no address"),
    ],
)
def test_what_is_no_good_url_is_refused(url, word):
    with pytest.raises(BadWebhook, match=word):
        target_of(url, Rules())


def test_the_url_is_kept_to_the_letter():
    assert target_of("https://8.8.8.8:8443/a%20b?c=d&e", Rules()) == Target(
        scheme="https", host="8.8.8.8", port=8443, path="/a%20b?c=d&e", ip="8.8.8.8"
    )


SECRET = "whsec_" + "QUJD" * 8
MESSAGE = Message(message_id="ntc_1", body=b"{}")
LOOSE = Rules(private=True, http=True)


def sent(url, *, rules=LOOSE, timeout_seconds=5.0):
    return send(url, SECRET, MESSAGE, at=datetime(2026, 3, 1, tzinfo=UTC), rules=rules, timeout_seconds=timeout_seconds)


class Rebinding:
    """A name server that says something public first, and something private the next time."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host, port, **_):
        self.asked += 1
        ip = self.answers[min(self.asked, len(self.answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]


def test_a_name_is_asked_once_per_sending_and_the_connection_goes_to_what_was_judged(monkeypatch):
    names = Rebinding("93.184.215.14", "127.0.0.1")
    monkeypatch.setattr("serving.webhooks.address.socket.getaddrinfo", names)
    connected = []

    def connect(address, **_):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket, "create_connection", connect)
    sent("https://rebinding.example/", rules=Rules())

    assert (names.asked, connected) == (1, [("93.184.215.14", 443)])
    assert ip_address(connected[0][0]).is_global
    assert "not public" in sent("https://rebinding.example/", rules=Rules()).error, "judged anew each time"
    assert len(connected) == 1


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr("serving.webhooks.address.socket.getaddrinfo", lambda *_, **__: both)

    with pytest.raises(BadWebhook, match="not public"):
        target_of("https://both.example/", Rules())


def answering(*chunks, pause=0.0):
    """A server for one connection that says these bytes; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        with connection, listening:
            connection.recv(65536)
            for chunk in chunks:
                try:
                    connection.sendall(chunk)
                except OSError:
                    return
                stop.wait(pause)

    stop = threading.Event()
    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


@pytest.mark.parametrize(
    ("chunks", "word"),
    [
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "no HTTP"),
        ([b"HTTP/1.1 200 OK\r\n"], "without a whole answer"),
        ([b""], "without a whole answer"),
        ([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000], "without end"),
        ([b"HTTP/1.1 2000 OK\r\n\r\n"], "no HTTP"),
    ],
)
def test_what_is_no_answer_is_a_failure_in_our_words(chunks, word):
    assert word in sent(f"http://127.0.0.1:{answering(*chunks)}/").error


def test_an_interim_answer_is_not_the_answer():
    port = answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")

    assert sent(f"http://127.0.0.1:{port}/").status == 204


def test_a_server_that_drips_is_left_after_the_whole_time():
    port = answering(*[b"H"] * 100, pause=0.1)
    started = datetime.now(tz=UTC)

    assert "within 0.5 seconds" in sent(f"http://127.0.0.1:{port}/", timeout_seconds=0.5).error
    assert datetime.now(tz=UTC) - started < timedelta(seconds=3)


def test_nobody_there_is_a_failure_without_the_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    error = sent(f"http://127.0.0.1:{port}/").error
    assert error == "no connection (ConnectionRefusedError)"


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path):
    port = _with_tls(tmp_path)

    assert "certificate" in sent(f"https://localhost:{port}/", rules=Rules(private=True)).error


def _with_tls(tmp_path):
    """A TLS server with a certificate of its own making; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(tmp_path))
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listening.accept()
        with listening, connection:
            try:
                context.wrap_socket(connection, server_side=True)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


def _certificate(tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(tz=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    certificate = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (tmp_path / "cert").write_bytes(certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "key").write_bytes(text)
    return tmp_path / "cert", tmp_path / "key"
