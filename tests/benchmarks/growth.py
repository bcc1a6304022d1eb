"""How time and memory grow: features from 10^5 to 10^8 events, explained scores from 10^4 to 10^6 leads.

usage: python tests/benchmarks/growth.py [--events 100000 1000000 ...] [--leads 10000 100000 ...] [--home FOLDER]
       [--out FILE.json]

The exponent is the slope of log time by log size over all sizes but the smallest, in which starting counts.
Each size runs in a process of its own, features three times of which the least counts: a virtual machine may hand out
memory that it never used before at 1 GB a second, which the first time (`first_seconds`) then measures. Bytes per
event: the peak beyond what the process takes with none.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

RUNS = "3"
EVENTS, LEADS = [10**5, 10**6, 10**7, 10**8], [10**4, 10**5, 10**6]

FEATURES = """
import json, resource, sys, time
from feature_rows import Data, ripeness
ripeness(Data.of(1_000, seed=0))()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
data = Data.of(int(sys.argv[1]), seed=1)
build = ripeness(data)
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
took, cpu = [], []
for _ in range(int(sys.argv[2])):
    wall, work = time.perf_counter(), time.process_time()
    build()
    took.append(time.perf_counter() - wall); cpu.append(time.process_time() - work)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"size": int(sys.argv[1]), "seconds": min(took), "cpu_seconds": min(cpu), "first_seconds": took[0],
                  "bytes_per_event": 1024 * (peak - before) / int(sys.argv[1])}))
"""


def features(events: int) -> dict[str, float]:
    """Sorting and three rows for each lead, in a process of its own."""
    here = Path(__file__).parent
    answer = subprocess.run(
        [sys.executable, "-c", FEATURES, str(events), RUNS], cwd=here, check=True, capture_output=True, text=True
    )
    return dict(json.loads(answer.stdout))


def scores(home: Path, leads: int) -> dict[str, float]:
    """`ripeness score` on files."""
    from measured import run
    from predict import prepare
    from tiled_company import START, write_tiled
    from whole_base import AS_OF_DAYS, LEADS_TO_LEARN_FROM

    from features.clock import iso, to_micros
    from features.settings import FILE_NAME

    prepare(home, LEADS_TO_LEARN_FROM)
    folder = home / f"whole_{leads}"
    if not (folder / FILE_NAME).exists():
        write_tiled(folder, leads)
    as_of = iso(to_micros(START) + AS_OF_DAYS * 86_400_000_000)
    command = [sys.executable, "-m", "ripeness", "score", str(folder), "--as-of", as_of, "--home", str(home)]
    took = run([*command, "--out", str(home / f"scores_{leads}.parquet")])
    return {
        "size": leads,
        "seconds": took.seconds,
        "cpu_seconds": took.cpu_seconds,
        "peak_gigabytes": took.peak_gigabytes,
    }


def exponent(rows: list[dict[str, float]], of: str) -> float | None:
    """The slope of log time by log size; None where there are too few sizes."""
    later = rows[1:] if len(rows) > 2 else rows
    if len(later) < 2:
        return None
    return float(np.polyfit(*(np.log([row[name] for row in later]) for name in ("size", of)), 1)[0])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="*", default=EVENTS)
    parser.add_argument("--leads", type=int, nargs="*", default=LEADS)
    parser.add_argument("--home", type=Path, help="folder that keeps the trained model and the files")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = (asked.home or Path(scratch)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        found = {"features": [features(n) for n in asked.events], "scores": [scores(home, n) for n in asked.leads]}
    kinds = ("seconds", "cpu_seconds")
    figures = {
        name: {"rows": rows} | {f"exponent_{of}": exponent(rows, of) for of in kinds} for name, rows in found.items()
    }
    print(json.dumps(figures, indent=1))  # noqa: T201  # a command line
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
