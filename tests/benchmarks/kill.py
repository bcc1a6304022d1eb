"""kill -9 during ingestion, at random moments, with clients that insist: what is lost, what is doubled.

usage: python tests/benchmarks/kill.py [--kills N] [--seed N] [--only sqlite|postgresql] [--out FILE.json]

The service is a real process with real HTTP; four clients send events one by one and in batches, each
until it is acknowledged. After the last kill every acknowledged event is looked for in the database.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.killed import Survival, kill_again_and_again
from support.postgres import start
from support.stores import DATABASES


def measure(kind: str, *, kills: int, seed: int) -> Survival:
    """Kill the service on one database; PostgreSQL syncs as it does in production."""
    url = start(fsync=True).url("postgres") if kind == "postgresql" else None
    with tempfile.TemporaryDirectory() as home:
        return kill_again_and_again(Path(home), url, kills=kills, seed=seed, said=Console().print)


def main() -> int:
    """Measure, print, and fail if anything was lost or doubled."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", choices=DATABASES)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    found = {k: measure(k, kills=asked.kills, seed=asked.seed) for k in DATABASES if asked.only in (None, k)}
    table = Table("database", "kills", "acknowledged events", "lost", "doubled", "requests sent again", "seconds")
    for kind, survival in found.items():
        s = survival
        table.add_row(kind, *map(str, (s.kills, s.acknowledged, s.lost, s.doubled, s.retries, s.seconds)))
    Console().print(table)
    if asked.out:
        asked.out.write_text(json.dumps({kind: asdict(s) for kind, s in found.items()}, indent=2))
    return int(any(s.lost or s.doubled for s in found.values()))


if __name__ == "__main__":
    sys.exit(main())
