"""Starting and ending: loopback unless told, a key shown once, and a clean end on a signal."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.examples import LEAD
from serving.keys import KeyRing
from serving.run import KEYS, CantListen, is_loopback, listening_host, serve

OPEN = Settings(service=ServiceSettings(host="0.0.0.0"))  # noqa: S104  # what the test is about


def test_only_the_command_line_opens_the_service_to_the_network():
    assert listening_host(Settings(), None) == "127.0.0.1"
    assert listening_host(Settings(), "0.0.0.0") == "0.0.0.0"  # noqa: S104  # what the test is about
    with pytest.raises(CantListen, match=r"--host 0\.0\.0\.0"):
        listening_host(OPEN, None)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("::", False)],
)
def test_loopback_is_this_machine_alone(host, loopback):
    assert is_loopback(host) is loopback


def test_a_port_that_is_taken_is_said_so_before_anything_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CantListen, match=f"port {port}.*--port"):
            serve(Settings(), home=tmp_path, tracking_uri="", host=None, port=port, now=None, say=print)
    assert list(tmp_path.iterdir()) == []


@dataclass
class Started:
    process: subprocess.Popen
    token: str
    url: str
    home: Path

    def ask(self, token):
        """The status of an answer."""
        headers = {"authorization": f"Bearer {token}"}
        return httpx.post(f"{self.url}/v1/predict", json=LEAD, headers=headers, trust_env=False).status_code


SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from features.settings import Settings
from serving.run import serve
home = Path(sys.argv[1])
serve(Settings(), home=home, tracking_uri=f"sqlite:///{home}/mlflow.db", host=None, port=0,
      now=lambda: datetime(2026, 3, 1, tzinfo=UTC), say=lambda line: print(line, flush=True))
"""


@contextmanager
def starting(home):
    command = [sys.executable, "-c", SERVE, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        yield Started(process, token=lines[0].split()[-1], url=lines[2].split()[2].rstrip(","), home=home)
        process.kill()


@pytest.fixture
def started(tmp_path):
    with starting(tmp_path / "home") as process:
        yield process


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """One for all tests that leave it running."""
    with starting(tmp_path_factory.mktemp("lasting") / "home") as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_first_start_without_a_model_shows_a_key_answers_503_and_ends_cleanly(started, number):
    headers = {"authorization": f"Bearer {started.token}"}
    answer = httpx.post(f"{started.url}/v1/predict", json=LEAD, headers=headers, trust_env=False)
    refused = httpx.post(f"{started.url}/v1/predict", json=LEAD, trust_env=False)

    assert (answer.status_code, refused.status_code) == (503, 401)
    assert "ripeness train" in answer.json()["detail"]
    started.process.send_signal(number)
    assert started.process.wait(timeout=20) == 0
    assert "Traceback" not in started.process.stderr.read()


def test_a_key_counts_while_the_service_runs_and_no_more_when_it_is_taken_back(lasting):
    ring, second = KeyRing.read(lasting.home / KEYS).issue(["crm"], name="second")
    ring.save(lasting.home / KEYS)
    assert eventually(lambda: lasting.ask(second) == 503), "known, but there is no model"
    ring.without(ring.keys[-1].key_id).save(lasting.home / KEYS)

    assert eventually(lambda: lasting.ask(second) == 401)
    assert lasting.ask(lasting.token) == 503


def test_broken_http_is_one_line_of_json_in_the_log(lasting):
    with socket.create_connection(("127.0.0.1", int(lasting.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"\x00\x01 nothing of the kind\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")

    lines = (json.loads(line) for line in lasting.process.stderr)
    said = next(line for line in lines if line["event"] == "library_says")
    assert (said["library"], said["level"]) == ("uvicorn.error", "warning")


def eventually(true, *, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False
