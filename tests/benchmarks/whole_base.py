"""A whole base from files to explained scores: `ripeness score` against pandas with `pred_contrib`.

usage: python tests/benchmarks/whole_base.py [--leads 1000000] [--part 10] [--large] [--home FOLDER] [--out FILE.json]

The peer (`pandas_scores.py`) scores a part of the leads and its time is multiplied: it grows with the leads. Both
are commands of their own and read and write Parquet; the probabilities of the part must be equal. `--large` scores
by 300 trees of 31 leaves in place of the trees that training grew.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from measured import run
from predict import MODELS, home_of, prepare
from tiled_company import START, write_tiled

from features.clock import iso, to_micros
from features.settings import FILE_NAME
from models import registry

BAR, MEMORY_BAR = 15.0, 6.0
AS_OF_DAYS = 700  #: after the company's start
LEADS_TO_LEARN_FROM = 4000


def champion(home: Path) -> Path:
    """The folder of the bundle of a registered champion."""
    return registry.download("champion", tracking_uri=f"sqlite:///{home}/mlflow.db", into=home / "bundles").folder


def main() -> int:
    """Measure both, print, and fail below the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, default=10, help="the peer scores one lead in so many")
    parser.add_argument("--large", action="store_true", help="300 trees of 31 leaves")
    parser.add_argument("--home", type=Path, help="folder that keeps the trained model and the files")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = (asked.home or Path(scratch)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        figures = compare(home, asked.leads, asked.part, large=asked.large)
    print(json.dumps(figures, indent=1))  # noqa: T201  # a command line
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def compare(home: Path, leads: int, part: int, *, large: bool) -> dict[str, object]:
    """What both took, and how often ours goes into theirs."""
    trained = home_of(home, large=large)
    prepare(trained, LEADS_TO_LEARN_FROM, large=large)
    bundle = champion(trained)
    whole, share = home / f"whole_{leads}", home / f"share_{leads // part}"
    for folder, count in ((whole, leads), (share, leads // part)):
        if not (folder / FILE_NAME).exists():
            write_tiled(folder, count)
    as_of = to_micros(START) + AS_OF_DAYS * 86_400_000_000
    ripeness = [sys.executable, "-m", "ripeness", "score", "--as-of", iso(as_of), "--home", str(trained)]
    small = run([*ripeness, str(share), "--out", str(home / "share.parquet")])
    ours = run([*ripeness, str(whole), "--out", str(home / "whole.parquet")])
    peer = [sys.executable, str(Path(__file__).parent / "pandas_scores.py"), str(share), str(bundle), str(as_of)]
    theirs = run([*peer, str(home / "peer.parquet")])
    different = _difference(home / "share.parquet", home / "peer.parquet")
    if different > 1e-9:
        raise SystemExit(f"the probabilities differ by {different:g}")
    return {
        "leads": leads,
        "model": MODELS[large],
        "ours": asdict(ours),
        "ours_on_the_part": asdict(small),
        "theirs_on_the_part": asdict(theirs),
        "part": part,
        "times": part * theirs.seconds / ours.seconds,
        "times_cpu": part * theirs.cpu_seconds / ours.cpu_seconds,
        "bar": BAR,
        "peak_gigabytes": ours.peak_gigabytes,
        "memory_bar": MEMORY_BAR,
        "largest_difference": different,
    }


def _difference(ours: Path, theirs: Path) -> float:
    mine, peer = (pq.read_table(file, columns=["lead_id", "probability"]) for file in (ours, theirs))
    if mine.column("lead_id").to_pylist() != peer.column("lead_id").to_pylist():
        raise SystemExit("not the same leads were scored")
    return float(np.abs(mine.column("probability").to_numpy() - peer.column("probability").to_numpy()).max())


if __name__ == "__main__":
    sys.exit(main())
