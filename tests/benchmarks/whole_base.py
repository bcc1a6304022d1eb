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
from dataclasses import asdict, replace
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow.parquet as pq
from measured import run
from predict import prepare
from tiled_company import START, write_tiled

from features.clock import iso, to_micros
from features.rows import build_rows
from features.settings import FILE_NAME, load_settings
from features.sources import read_export
from features.tables import Pairs
from models import registry
from models.files import load, save
from models.trees import TreeExpert

BAR, MEMORY_BAR = 15.0, 6.0
AS_OF_DAYS = 700  #: after the company's start
TREES, LEAVES = 300, 31


def champion(home: Path, *, large: bool) -> Path:
    """The folder of a registered champion's bundle, trained on a simulated company unless that was done."""
    where = f"sqlite:///{home}/mlflow.db"
    prepare(home, 4000)
    found = registry.download("champion", tracking_uri=where, into=home / "bundles").folder
    return _enlarged(home, found, where) if large else found


def _enlarged(home: Path, folder: Path, where: str) -> Path:
    """The same bundle with larger trees, as a new champion."""
    bundle, company = load(folder), home / "company"
    export = read_export(company, load_settings(company / FILE_NAME))
    everybody = np.arange(len(export.leads))
    pairs = Pairs(lead=everybody, as_of=np.full(len(everybody), export.data_end))
    rows = build_rows(bundle.view, export, pairs)
    label = np.zeros(len(rows))
    label[export.outcomes.loc[export.outcomes["kind"] == "closed_won", "lead"].to_numpy()] = 1
    settings = {"objective": "binary", "num_leaves": LEAVES, "min_child_samples": 20, "verbosity": -1, "seed": 1}
    booster = lightgbm.train(settings | {"learning_rate": 0.02}, lightgbm.Dataset(rows, label), TREES)
    larger = replace(bundle, trees=TreeExpert.of(booster), reference=None, digest="")
    target = Path(tempfile.mkdtemp(dir=home)) / "bundle"
    save(larger, target, rows[:100])
    version = registry.register(target, registry.Run(name="large"), tracking_uri=where)
    registry.set_alias("champion", version.number, tracking_uri=where)
    return target


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
    bundle = champion(home, large=large)
    whole, share = home / f"whole_{leads}", home / f"share_{leads // part}"
    for folder, count in ((whole, leads), (share, leads // part)):
        if not (folder / FILE_NAME).exists():
            write_tiled(folder, count)
    as_of = to_micros(START) + AS_OF_DAYS * 86_400_000_000
    ripeness = [sys.executable, "-m", "ripeness", "score", "--as-of", iso(as_of), "--home", str(home)]
    small = run([*ripeness, str(share), "--out", str(home / "share.parquet")])
    ours = run([*ripeness, str(whole), "--out", str(home / "whole.parquet")])
    peer = [sys.executable, str(Path(__file__).parent / "pandas_scores.py"), str(share), str(bundle), str(as_of)]
    theirs = run([*peer, str(home / "peer.parquet")])
    different = _difference(home / "share.parquet", home / "peer.parquet")
    if different > 1e-9:
        raise SystemExit(f"the probabilities differ by {different:g}")
    return {
        "leads": leads,
        "model": f"{TREES} trees of {LEAVES} leaves" if large else "as trained",
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
