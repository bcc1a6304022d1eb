"""Promotions and bad bundles under load: failed requests, answers that mix two bundles, old models kept.

usage: python tests/benchmarks/swap.py [--promotions N] [--bad N] [--clients N] [--seed N] [--out FILE.json]

Clients ask one by one and in batches all the time; each answer is compared, whole, with what the bundle
that it names says by itself. Every promotion is tried in a child process as in production.
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

from support.swapping import swap_under_load


def main() -> int:
    """Swap, print, and fail if anything was not as it should be."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--promotions", type=int, default=100)
    options.add_argument("--bad", type=int, default=20)
    options.add_argument("--clients", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = swap_under_load(
            Path(folder), promotions=asked.promotions, bad=asked.bad, seed=asked.seed, clients=asked.clients
        )
    table = Table(*asdict(found))
    table.add_row(*map(str, asdict(found).values()))
    Console().print(table)
    if asked.out:
        asked.out.write_text(json.dumps(asdict(found), indent=2))
    whole = (found.swapped, found.kept) == (found.promotions, found.bad)
    return int(not whole or bool(found.failed or found.mixed))


if __name__ == "__main__":
    sys.exit(main())
