"""The model that our training grows, with trees as large as many grow them: 300 of 31 leaves."""

import tempfile
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np

from features.rows import build_rows
from features.tables import Export, Pairs
from models.bundle import Bundle
from models.files import save
from models.trees import TreeExpert

TREES, LEAVES = 300, 31


def enlarge(bundle: Bundle, export: Export, into: Path) -> Path:
    """Save the same bundle with larger trees, grown on all leads at the end of the data, in a new folder of `into`.

    How well they predict does not matter here; what they cost does.
    """
    everybody = np.arange(len(export.leads))
    pairs = Pairs(lead=everybody, as_of=np.full(len(everybody), export.data_end))
    rows = build_rows(bundle.view, export, pairs)
    label = np.zeros(len(rows))
    label[export.outcomes.loc[export.outcomes["kind"] == "closed_won", "lead"].to_numpy()] = 1
    settings = {"objective": "binary", "num_leaves": LEAVES, "min_child_samples": 20, "verbosity": -1, "seed": 1}
    booster = lightgbm.train(settings | {"learning_rate": 0.02}, lightgbm.Dataset(rows, label), TREES)
    target = Path(tempfile.mkdtemp(dir=into)) / "bundle"
    save(replace(bundle, trees=TreeExpert.of(booster), reference=None, digest=""), target, rows[:100])
    return target
