"""A command with what it took: the clock, the processor, and the memory of all its processes together."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

import psutil

STEP_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one command took."""

    seconds: float
    cpu_seconds: float  #: of all processes: what other programs on the machine change least
    peak_gigabytes: float  #: resident, summed over the processes: pages that they share count for each


def run(command: list[str], environment: dict[str, str] | None = None) -> Measured:
    """Run a command to its end; it must succeed."""
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    peak: list[float] = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    seconds, after = time.perf_counter() - started, os.times()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}: {output.decode(errors='replace')[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(seconds=seconds, cpu_seconds=cpu, peak_gigabytes=peak[0] / 1e9)


def _watch(pid: int, peak: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], sum(map(_resident, [root, *root.children(recursive=True)])))
            time.sleep(STEP_SECONDS)
    except psutil.Error:
        return


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
