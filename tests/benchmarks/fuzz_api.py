"""How many requests get a 5xx: by the service's own OpenAPI document, right and wrong, and nasty, to every address.

usage: python tests/benchmarks/fuzz_api.py [--examples N] [--seed N] [--only sqlite|postgresql] [--out FILE.json]
"""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from features.settings import Service as ServiceSettings
from features.settings import Settings
from serving.examples import warm_up
from support.fuzzing import Fuzzed, fuzz
from support.service import service
from support.stores import DATABASES, open_store


def measure(kind: str, *, examples: int, number: int) -> Fuzzed:
    """Fuzz the whole API on one database; nothing is shed for lateness, which a busy machine may cause."""
    patient = Settings(service=ServiceSettings(max_wait_seconds=60))
    with (
        tempfile.TemporaryDirectory() as home,
        open_store(kind, Path(home)) as store,
        service(patient, store=store) as running,
    ):
        warm_up(running.predictor)
        return fuzz(running, examples=examples, number=number, said=Console(stderr=True).print)


def main() -> int:
    """Fuzz, print, and fail at any 5xx."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--examples", type=int, default=100, help="of each kind for each address")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", choices=DATABASES)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = {k: measure(k, examples=asked.examples, number=asked.seed) for k in DATABASES if asked.only in (None, k)}
    table = Table("database", "addresses", "requests", "by status", "5xx", "of another shape than promised")
    for kind, fuzzed in found.items():
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(fuzzed.statuses.items()))
        numbers = (len(fuzzed.addresses), fuzzed.statuses.total())
        ends = (fuzzed.errors.total(), fuzzed.broken.total())
        table.add_row(kind, *map(str, numbers), statuses, *map(str, ends))
    Console().print(table)
    for fuzzed in found.values():
        Console().print(dict(fuzzed.errors), dict(fuzzed.broken))
    if asked.out:
        asked.out.write_text(json.dumps({k: {"statuses": f.statuses, "5xx": f.errors} for k, f in found.items()}))
    return int(any(f.errors for f in found.values()))


if __name__ == "__main__":
    sys.exit(main())
