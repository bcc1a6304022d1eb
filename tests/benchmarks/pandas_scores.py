"""The peer of `whole_base.py`: the same scores and five reasons each, as one would write them with pandas and LightGBM.

usage: python tests/benchmarks/pandas_scores.py FOLDER BUNDLE AS_OF_MICROS OUT.parquet

Columns are found by `groupby`, contributions by `pred_contrib` and a design matrix, reasons by `argpartition`; a
reason is "column = value". There are no sentences, no evidence, no stages: less work than it is held against.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Count,
    Decayed,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.encode import category_codes, encoders_of
from models.files import load

DAY = 86_400_000_000


def features(view, leads: pd.DataFrame, events: pd.DataFrame, as_of: int) -> np.ndarray:
    """The view's columns, one `groupby` each."""
    names = {name: kind.name for name, kind in view.kind_of.items()}
    events = events.assign(
        lead=leads.reset_index().set_index("lead_id")["index"].reindex(events["lead_id"]).to_numpy(),
        kind=events["kind"].map(names),
        happened=events["happened_at"].astype("int64"),
        known=events["known_at"].astype("int64"),
    )
    events = events[events["kind"].notna() & (events["happened"] <= as_of) & (events["known"] <= as_of)]
    events = events.assign(age=as_of - events["happened"]).sort_values(["lead", "happened"], kind="stable")
    activity = events["kind"].isin([kind.name for kind in view.kinds if kind.is_activity])
    of_kind = {ANY: events[activity], None: events, **dict(tuple(events.groupby("kind")))}
    columns = {}
    for definition in view.definitions:
        own = of_kind.get(getattr(definition, "kind", None), events.iloc[:0])
        found = column(definition, own, view)
        if found is not None:
            fill = np.nan if isinstance(definition, Recency | FirstTouch | LastTouch) else 0.0
            columns[definition.name] = found.reindex(range(len(leads)), fill_value=fill).to_numpy(dtype=float)
    created = pd.to_datetime(leads["created_at"]).astype("datetime64[us, UTC]").astype("int64").to_numpy()
    for encoder in encoders_of(view):
        codes, distinct = pd.factorize(leads[encoder.field])
        columns[view.names[encoder.position]] = encoder.encode_all(distinct)[codes]
    columns |= {d.name: (as_of - created) / DAY for d in view.definitions if isinstance(d, Age)}
    return np.column_stack([columns[name] for name in view.names])


def column(definition, own: pd.DataFrame, view) -> pd.Series | None:  # noqa: PLR0911  # one for each definition
    """One column of behaviour, by lead."""
    days = getattr(definition, "days", 0) * DAY
    inside = own[own["age"] < days]
    match definition:
        case Count():
            return inside.groupby("lead").size()
        case Sum():
            return inside.groupby("lead")["value"].sum()
        case ActiveDays():
            return (inside["happened"] // DAY).groupby(inside["lead"]).nunique()
        case Distinct():
            return inside.groupby("lead")["topic"].nunique()
        case Recency():
            return own.groupby("lead")["age"].min() / DAY
        case Decayed():
            return np.exp2(-own["age"] / (definition.half_life_days * DAY)).groupby(own["lead"]).sum()
        case Momentum():
            before = own[(own["age"] >= days) & (own["age"] < 2 * days)]
            return inside.groupby("lead").size().sub(before.groupby("lead").size(), fill_value=0)
        case FirstTouch() | LastTouch():
            known = own[own["channel"].notna()].groupby("lead")["channel"]
            first = known.first() if isinstance(definition, FirstTouch) else known.last()
            return first.map(category_codes(view, definition.name))
    return None


def main(folder: Path, bundle_folder: Path, as_of: int, out: Path) -> None:
    """Read, build, score, explain, write."""
    bundle = load(bundle_folder)
    leads, events = pd.read_parquet(folder / "leads.parquet"), pd.read_parquet(folder / "events.parquet")
    leads = leads[pd.to_datetime(leads["created_at"]).astype("datetime64[us, UTC]").astype("int64") <= as_of]
    leads = leads.sort_values("lead_id").reset_index(drop=True)
    events = events[events["lead_id"].isin(leads["lead_id"])]
    rows = features(bundle.view, leads, events, as_of)
    linear = bundle.linear
    parts = linear.inputs.matrix(rows) * np.array(linear.coefficients)
    parts = np.add.reduceat(
        parts - np.array(linear.coefficients) * np.array(linear.inputs.means), linear.inputs.starts, 1
    )
    base = linear.base_value
    if bundle.trees is not None:
        told = np.asarray(bundle.trees.booster.predict(rows, pred_contrib=True))
        parts, base = (parts + told[:, :-1]) / 2, (base + told[0, -1]) / 2
    parts *= bundle.calibration.a
    log_odds = bundle.calibration.a * base + bundle.calibration.b + parts.sum(axis=1)
    groups = bundle.groups
    sums = np.column_stack([parts[:, list(columns)].sum(axis=1) for columns in groups.columns])
    best = np.argpartition(-np.abs(sums), 5, axis=1)[:, :5]
    order = np.argsort(-np.abs(np.take_along_axis(sums, best, 1)), axis=1)
    best = np.take_along_axis(best, order, 1)
    speaker = np.array([columns[0] for columns in groups.columns])
    names, values = np.array(bundle.view.names)[speaker[best]], np.take_along_axis(rows, speaker[best], 1)
    reasons = [
        [f"{name} = {value:g}" for name, value in zip(some, told, strict=True)]
        for some, told in zip(names.tolist(), values.tolist(), strict=True)
    ]
    probability = 1 / (1 + np.exp(-log_odds))
    contributions = list(np.take_along_axis(sums, best, 1))
    table = {"lead_id": leads["lead_id"], "probability": probability, "reasons": reasons, "adds": contributions}
    pd.DataFrame(table).to_parquet(out, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
