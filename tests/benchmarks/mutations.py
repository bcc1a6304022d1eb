"""Damaged bundles given to a service: how many kill it, how many make it say something wrong.

usage: python tests/benchmarks/mutations.py [--count N] [--seed N] [--out FILE.json]

Each bundle is cut off, has a bit flipped, bytes zeroed, an index changed, a file too many, or two files
swapped; six of twelve have a manifest made anew afterwards, so that only structure and golden answers
can tell. After each the service is asked over HTTP, and its answers compared with a sound bundle's own.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.mutants import Mutants, try_mutants


def main() -> int:
    """Try, print, and fail if the service died or said something wrong."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = try_mutants(Path(folder), count=asked.count, seed=asked.seed, said=_say)
    Console().print(_table(found))
    if asked.out:
        asked.out.write_text(json.dumps(vars(found), indent=2))
    return int(found.deaths or found.wrong)


def _say(done: int) -> None:
    if done % 50 == 0:
        Console(stderr=True).print(done)


def _table(found: Mutants) -> Table:
    table = Table("damaged bundles", "service deaths", "wrong answers", "harmless, taken", "found by")
    by = "\n".join(f"{name}: {count}" for name, count in found.found_by.most_common())
    table.add_row(*map(str, (found.tried, found.deaths, found.wrong, found.harmless)), by)
    return table


if __name__ == "__main__":
    sys.exit(main())
