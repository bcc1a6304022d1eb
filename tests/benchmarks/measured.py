"""A command with what it took: the clock, the processor, and the memory of all its processes together."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field

import psutil

STEP_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one command took."""

    seconds: float
    cpu_seconds: float  #: of all processes: what other programs on the machine change least
    peak_gigabytes: float  #: resident, summed over the processes: pages that they share count for each


def run(command: list[str], environment: dict[str, str] | None = None) -> Measured:
    """Run a command to its end; it must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    seen = _Seen()
    watcher = threading.Thread(target=_watch, args=(process.pid, seen), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}: {output.decode(errors='replace')[-2000:]}")
    return Measured(seconds=seconds, cpu_seconds=sum(seen.cpu_seconds.values()), peak_gigabytes=seen.peak / 1e9)


@dataclass(kw_only=True)
class _Seen:
    """What was seen of a process and all below it.

    Each is asked itself: the system counts one only for a parent that waited for it, which not every parent does.
    """

    peak: int = 0
    cpu_seconds: dict[int, float] = field(default_factory=dict)  #: by process id

    def look(self, processes: list[psutil.Process]) -> None:
        """Add up what they hold now, and remember what they have worked."""
        resident = 0
        for process in processes:
            try:
                with process.oneshot():
                    resident += int(process.memory_info().rss)
                    times = process.cpu_times()
                    self.cpu_seconds[process.pid] = times.user + times.system
            except psutil.Error:
                continue
        self.peak = max(self.peak, resident)


def _watch(pid: int, seen: _Seen) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            seen.look([root, *root.children(recursive=True)])
            time.sleep(STEP_SECONDS)
    except psutil.Error:
        return
