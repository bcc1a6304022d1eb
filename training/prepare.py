"""An export made ready for a training: without what could know the outcome, its leads chosen and cut by time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.clock import days
from features.make_view import make_view
from features.rows import build_rows
from features.settings import Settings
from features.tables import Export, Pairs
from features.view import View
from training.cohort import Cohort, cohort
from training.dataset import Dataset
from training.leaks import LeakReport, find_leaks
from training.leaks.report import jump_text
from training.outcomes import labels
from training.slices import require_fields
from training.splits import CALIBRATE, TEST, TRAIN, Split, split

Progress = Callable[[str], None]
WORKING_DAYS_A_WEEK = 5


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All that is decided before anything is learned."""

    export: Export  #: without refused columns and kinds of events
    settings: Settings
    leaks: LeakReport
    chosen: Cohort
    label: npt.NDArray[np.float64]  #: of each chosen pair
    parts: Split
    view: View
    view_notes: tuple[str, ...]

    @property
    def train_pairs(self) -> Pairs:
        """The pairs to learn from."""
        return self.chosen.pairs.take(self.parts.part == TRAIN)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the data, in sentences."""
        return (*self.export.notes, *leak_notes(self.leaks), *self.parts.notes, *self.view_notes)

    @property
    def without_history(self) -> tuple[str, ...]:
        """Fields of the view whose value of today counts as known at creation: nothing tells when it was written."""
        return tuple(sorted(self.view.fields - self.export.tracked))

    def datasets(self) -> tuple[Dataset, Dataset | None, Dataset]:
        """The rows of the training, calibration (None where it is cross-fitted) and test pairs."""
        return datasets(self.view, self.export, self.chosen, self.label, self.parts)


def prepare(export: Export, settings: Settings, progress: Progress = lambda _: None) -> Prepared:
    """Look for leaks, choose pairs, cut them by time, and make the view of what the training pairs see.

    Raises:
        NotEnoughData: the history is too short, or holds too few wins or losses.
        BadSettings: a field that the settings name for slices is not there.
    """
    progress("looking for leaks")
    leaks = find_leaks(export, settings)
    honest = without(export, leaks.refused, leaks.refused_kinds)
    progress("choosing whom to learn from")
    chosen = cohort(honest, settings)
    horizon = 0 if honest.flat else days(settings.outcome.horizon_days)
    label = labels(honest, chosen.pairs.lead, chosen.pairs.as_of, horizon)
    parts = split(honest, chosen.pairs, label, settings)
    require_fields(honest, settings, chosen.pairs.take(parts.part == TEST), refused=leaks.refused)
    view, notes = make_view(settings, honest, chosen.pairs.take(parts.part == TRAIN))
    return Prepared(
        export=honest,
        settings=settings,
        leaks=leaks,
        chosen=chosen,
        label=label,
        parts=parts,
        view=view,
        view_notes=notes,
    )


def leak_notes(leaks: LeakReport) -> tuple[str, ...]:
    """What was refused, what is suspicious and stays in, and what the check of all together found."""
    how = "`ripeness leaks` says how"
    kept = tuple(f"Kept {name!r} although it could know the outcome, for the settings say so." for name in leaks.kept)
    kinds = tuple(f"Refused events of kind {name!r}: they follow the outcome; {how}." for name in leaks.refused_kinds)
    return (
        *(f"Refused {name!r}: it could know the outcome; {how}." for name in leaks.refused),
        *kinds,
        *kept,
        *(f"Suspicious, and still in: {name!r} may know the outcome; {how}." for name in leaks.suspicious),
        *([jump_text(leaks.jump)] if leaks.jump and (leaks.suspicious or leaks.refused) else []),
    )


def without(export: Export, columns: Iterable[str], kinds: Iterable[str] = ()) -> Export:
    """The export without these attributes and their history, and without events of these kinds."""
    gone = set(columns) & set(export.attributes)
    refused = export.events["kind"].isin(set(kinds))
    return replace(
        export,
        leads=export.leads.drop(columns=sorted(gone)),
        changes=export.changes[~export.changes["field"].isin(gone)],
        events=export.events[~refused].reset_index(drop=True) if refused.any() else export.events,
        tracked=export.tracked - gone,
    )


def capacity_share(export: Export, chosen: Cohort, settings: Settings) -> float:
    """The share of the open leads that sales can call in a week; a tenth where a flat export tells no time."""
    if export.flat:
        return 0.1
    calls = settings.capacity.reps * settings.capacity.calls_per_rep_per_day * WORKING_DAYS_A_WEEK
    return float(min(1.0, calls / max(1.0, chosen.per_snapshot)))


def datasets(
    view: View, export: Export, chosen: Cohort, label: npt.NDArray[np.float64], parts: Split
) -> tuple[Dataset, Dataset | None, Dataset]:
    """The rows of the training, calibration (None where it is cross-fitted) and test pairs."""
    used = np.flatnonzero(parts.part >= 0)
    weight = parts.weight[used] * chosen.weight[used]
    everything = Dataset(
        rows=build_rows(view, export, chosen.pairs.take(used)),
        label=label[used],
        weight=weight / weight.mean(),
        group=parts.group[used],
        lead=chosen.pairs.lead[used],
        as_of=chosen.pairs.as_of[used],
    )
    part = parts.part[used]
    calibrate = everything.take(part == CALIBRATE) if (part == CALIBRATE).any() else None
    return everything.take(part == TRAIN), calibrate, everything.take(part == TEST)
