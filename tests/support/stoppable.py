"""A PostgreSQL of one's own, which a test may kill and start again."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.postgres import NOBODY, Server, programs, start


@dataclass(frozen=True)
class Stoppable:
    """A server that can be gone."""

    server: Server

    @classmethod
    def started(cls) -> "Stoppable":
        """A new one."""
        return cls(start(fsync=True))

    def url(self, database: str = "postgres") -> str:
        return self.server.url(database)

    def kill(self) -> None:
        """End it at once, as a power cut would: nothing is finished, nothing written down."""
        self._pg_ctl("stop", "-m", "immediate")

    def start(self) -> None:
        """Have it back, with what it had committed."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.server.folder}"
        self._pg_ctl("start", "-l", str(self.server.folder / "log2"), "-o", options)

    def _pg_ctl(self, what: str, *options: str) -> None:
        folder = programs()
        assert folder is not None
        data = Path(self.server.folder) / "data"
        command = [folder / "pg_ctl", "-D", str(data), "-w", what, *options]
        user = NOBODY if os.geteuid() == 0 else None
        done = subprocess.run(command, user=user, cwd="/", check=False, stdout=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, f"pg_ctl {what} failed"
