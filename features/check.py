"""What an export holds and what is wrong with it: `check` finds it, `render` says it.

Nothing is trained here: these are the facts that decide whether training makes sense.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.check_text import render
from features.check_warnings import one_end_only, warnings_of
from features.checked import AttributeCheck, Check, KindCheck, Span
from features.clock import NEVER, days
from features.errors import NotEnoughData
from features.settings import Kind, Settings
from features.tables import Export

__all__ = ["check", "render", "require_both_ends"]


def check(export: Export, settings: Settings) -> Check:
    """The facts of an export, with a warning for each that training would stumble over."""
    won, lost = _ends(export)
    counted = Check(
        rows=export.rows_read,
        leads=len(export.leads),
        created=_span(export.leads["created_at"]),
        events=_span(export.events["happened_at"]),
        data_end=export.data_end,
        flat=export.flat,
        won=int(won.sum()),
        lost=int((lost & ~won).sum()),
        open=int((~won & ~lost).sum()),
        mature=_mature(export, settings),
        horizon_days=settings.outcome.horizon_days,
        attributes=tuple(_attribute(export.leads[name]) for name in export.attributes),
        kinds=_kinds(export, settings),
        refusals=export.refusals,
        notes=(*export.notes, *_without_history(export)),
        warnings=(),
        lines=export.lines_read,
    )
    return replace(counted, warnings=tuple(warnings_of(counted, settings)))


def _without_history(export: Export) -> list[str]:
    """Which attributes may hold what was written later."""
    untold = [name for name in export.attributes if name not in export.tracked]
    if export.flat or not untold:
        return []
    return [
        f"{len(untold)} of {len(export.attributes)} attributes have no history: today's value counts as known at "
        "creation, and the leak detector has to tell whether it was; a table of changes would show it"
    ]


def require_both_ends(export: Export) -> None:
    """Refuse an export whose leads all ended alike, or in which none was won.

    Raises:
        NotEnoughData: as `check` minds it.
    """
    won, lost = _ends(export)
    minded = one_end_only(leads=len(won), won=int(won.sum()), lost=int((lost & ~won).sum()), flat=export.flat)
    if minded:
        raise NotEnoughData(minded)


def _ends(export: Export) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which leads were won, and which lost, at some time."""
    label = export.leads["label"].to_numpy(dtype=np.float64)
    won, lost = label == 1, label == 0
    for kind, ended in (("closed_won", won), ("closed_lost", lost)):
        ended[export.outcomes.loc[export.outcomes["kind"] == kind, "lead"].to_numpy(dtype=np.int64)] = True
    return won, lost


def _mature(export: Export, settings: Settings) -> int:
    """Leads whose label window from the start of their age on has ended; of a flat export those with a result."""
    if export.flat:
        return int(export.leads["label"].notna().sum())
    start = export.leads["age_from"].to_numpy(dtype=np.int64)
    wait = days(settings.outcome.horizon_days) + days(settings.outcome.reporting_delay_days)
    return int(((start != NEVER) & (start <= export.data_end - wait)).sum())


def _span(times: pd.Series) -> Span:
    known = times[times != NEVER]
    return Span(first=int(known.min()), last=int(known.max())) if len(known) else Span()


def _attribute(values: pd.Series) -> AttributeCheck:
    present = values.dropna()
    return AttributeCheck(
        name=str(values.name),
        missing=float(values.isna().mean()),
        distinct=int(present.nunique()),
        is_text=bool(present.map(lambda value: isinstance(value, str)).any()) and not _is_read_otherwise(present),
    )


def _is_read_otherwise(present: pd.Series) -> bool:
    """Numbers, and addresses of which only the type of domain is read, are no categories."""
    words = present.drop_duplicates()
    are_addresses = words.head(1000).map(lambda value: "@" in str(value)).mean() > 0.5
    return bool(are_addresses or pd.to_numeric(words, errors="coerce").notna().all())


def _kinds(export: Export, settings: Settings) -> tuple[KindCheck, ...]:
    """Kinds in the export, the most frequent first."""
    meaning = {(kind.maps_to or name): kind for name, kind in settings.kinds.items()} | dict(settings.kinds)
    grouped = export.events.groupby("kind", sort=False)
    found = grouped.agg(
        events=("lead", "size"), leads=("lead", "nunique"), first=("happened_at", "min"), last=("happened_at", "max")
    )
    kinds = [
        KindCheck(
            name=str(row.Index),
            events=int(row.events),
            leads=int(row.leads),
            actor=meaning.get(str(row.Index), Kind()).actor,
            is_feature=meaning.get(str(row.Index), Kind()).is_feature,
            span=Span(first=int(row.first), last=int(row.last)),
        )
        for row in found.itertuples()
    ]
    return tuple(sorted(kinds, key=lambda kind: (-kind.events, kind.name)))
