"""An export that came from no file, as a data set of a run: a digest of all that it says."""

import hashlib
import json
from collections.abc import Iterable

import pandas as pd

from features.tables import Export
from models.registered import Data


def describe_export(export: Export, *, name: str) -> Data:
    """The four tables by their content, in their order, and the end of the data."""
    digest = hashlib.sha256(str(export.data_end).encode())
    for table in (export.leads, export.events, export.changes, export.outcomes):
        for part in _columns(table):
            digest.update(part)
    return Data(name=name, digest=digest.hexdigest(), source=name)


def _columns(table: pd.DataFrame) -> Iterable[bytes]:
    for column in table.columns:
        values = table[column].to_numpy()
        text = values.dtype == object
        yield str(column).encode("utf-8", "surrogateescape") + b"\0"
        yield json.dumps(values.tolist()).encode() if text else values.tobytes()
