"""Finds the real data sets beside the project; they are measured on, never committed."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def real_data(name: str) -> Path:
    """The folder of one real data set; the test is skipped where it isn't there."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the real data set {name} is not beside the project (looked in ../shared/data)")
    return folder
