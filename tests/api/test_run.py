"""Starting and ending: loopback unless told, a key shown once, and a clean end on a signal."""

import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

import httpx
import pytest

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.examples import LEAD
from serving.run import CantListen, is_loopback, listening_host, run
from support.service import service

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


def test_a_port_that_is_taken_is_said_so():
    with socket.create_server(("127.0.0.1", 0)) as taken, service() as running:
        port = taken.getsockname()[1]
        with pytest.raises(CantListen, match=f"port {port}.*--port"):
            run(running.app, "127.0.0.1", port)


@dataclass
class Started:
    process: subprocess.Popen
    token: str
    url: str


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


@pytest.fixture
def started(tmp_path):
    command = [sys.executable, "-c", SERVE, str(tmp_path / "home")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        yield Started(process, token=lines[0].split()[-1], url=lines[2].split()[2].rstrip(","))
        process.kill()


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
