"""Which leads are scored when: the (lead, as_of) pairs that a model learns from.

A pair exists for a lead that was there and still open at `as_of`. Calendar snapshots score every
open lead at fixed dates, as the running service does; fixed ages score each lead once or a few
times after it came in. At most `pairs_per_lead` pairs of one lead take part, which bounds the work. A lead
that is decided soon has few snapshots, so a cap alone would keep more of the quick winners than of
the rest; the pairs that are kept weigh as many as they stand for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.clock import NEVER, days
from features.errors import BadTable, NotEnoughData
from features.settings import Settings
from features.tables import Export, Pairs
from training.feedback import Treated, treat
from training.outcomes import closed_at, labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Pairs with mature labels to come, and what was left out on the way, counted."""

    pairs: Pairs
    weight: Floats  #: how many pairs each stands for, (n_pairs,)
    dropped: Mapping[str, int]  #: reason in words -> leads or pairs
    per_snapshot: float  #: open leads at a typical scoring date, for the share that capacity can reach
    treated: tuple[Treated, ...] = ()  #: leads that sales turned down, by reason


def cohort(export: Export, settings: Settings) -> Cohort:
    """All pairs whose label is known by the end of the data, sorted by (as_of, lead).

    Raises:
        NotEnoughData: no pair is left; the message says what took them away.
    """
    if export.flat:
        found = _flat(export)
    elif settings.cohort.mode == "ages":
        found = _at_ages(export, settings)
    else:
        found = _snapshots(export, settings)
    found = _without_rejected(found, export, settings)
    if len(found.pairs) == 0:
        reasons = "; ".join(f"{n:,} {what}" for what, n in found.dropped.items() if n) or "the export has no leads"
        raise NotEnoughData(
            f"no lead can be learned from: {reasons}. The horizon is {settings.outcome.horizon_days:g} days: "
            "bring a longer history or choose a shorter horizon_days"
        )
    order = np.lexsort((found.pairs.lead, found.pairs.as_of))
    return replace(found, pairs=found.pairs.take(order), weight=found.weight[order])


def _without_rejected(found: Cohort, export: Export, settings: Settings) -> Cohort:
    """Without the pairs whose label what sales said takes away; the not won that stay stand for those that went.

    Who was won stays whatever sales said, so without the weights wins would look more frequent than they are.
    """
    kept, treated, words = treat(export, found.pairs, settings)
    if kept.all():
        return replace(found, treated=treated)
    horizon = days(settings.outcome.horizon_days)
    lost = labels(export, found.pairs.lead, found.pairs.as_of, horizon) == 0
    stays = found.weight[lost & kept].sum()
    weight = np.where(lost & (stays > 0), found.weight * (found.weight[lost].sum() / max(stays, 1e-9)), found.weight)
    dropped = {**found.dropped, **{what: count for what, count in words.items() if count}}
    return replace(found, pairs=found.pairs.take(kept), weight=weight[kept], dropped=dropped, treated=treated)


def _last_mature(export: Export, settings: Settings) -> int:
    """The last `as_of` whose whole label window, and the delay in reporting it, lies within the data."""
    return export.data_end - days(settings.outcome.horizon_days) - days(settings.outcome.reporting_delay_days)


def _flat(export: Export) -> Cohort:
    """One pair a lead; the order takes the place of time."""
    label = export.leads["label"].to_numpy(dtype=np.float64)
    decided = np.flatnonzero(~np.isnan(label))
    rank = np.empty(len(label), dtype=np.int64)
    rank[np.argsort(export.leads["order"].to_numpy(dtype=np.float64), kind="stable")] = np.arange(len(label))
    return Cohort(
        pairs=Pairs(lead=decided, as_of=rank[decided]),
        weight=np.ones(len(decided)),
        dropped={"leads without a result": int(np.isnan(label).sum())},
        per_snapshot=float(len(decided)),
    )


def _at_ages(export: Export, settings: Settings) -> Cohort:
    start = export.leads["age_from"].to_numpy(dtype=np.int64)
    ages = np.array([days(a) for a in settings.cohort.at_ages_days], dtype=np.int64)[: settings.cohort.pairs_per_lead]
    lead = np.repeat(np.arange(len(start)), len(ages))
    as_of = (start[:, None] + ages[None, :]).ravel()
    started = np.repeat(start != NEVER, len(ages))
    created = as_of >= export.leads["created_at"].to_numpy(dtype=np.int64)[lead]
    still_open = as_of < closed_at(export)[lead]
    mature = as_of <= _last_mature(export, settings)
    kept = started & created & still_open & mature
    weeks = max(1.0, (as_of[kept].max() - as_of[kept].min()) / days(7)) if kept.any() else 1.0
    dropped = {
        f"leads without a {settings.cohort.age_from} date": int((start == NEVER).sum()),
        "pairs before the lead was created": int((started & ~created).sum()),
        "pairs of leads closed before they reached the age": int((started & created & ~still_open).sum()),
        "pairs too young to have a label (censored)": int((started & created & still_open & ~mature).sum()),
    }
    return Cohort(
        pairs=Pairs(lead=lead[kept], as_of=as_of[kept]),
        weight=np.ones(int(kept.sum())),
        dropped=dropped,
        per_snapshot=kept.sum() / weeks,
    )


def _snapshots(export: Export, settings: Settings) -> Cohort:
    """Snapshots every `every_days`, the newest as late as labels allow."""
    created = export.leads["created_at"].to_numpy(dtype=np.int64)
    known = created != NEVER
    if not known.any():
        raise BadTable("no lead has a creation date; name the column as [data.leads] created_at")
    step, last = days(settings.cohort.every_days), _last_mature(export, settings)
    # Snapshot i lies i steps before the last one; a lead is open on those from its creation to before its closing.
    newest = np.maximum(0, -((np.minimum(closed_at(export), last + 1) - 1 - last) // step))
    oldest = (last - created) // step
    count = np.where(known, np.maximum(0, oldest - newest + 1), 0)
    lead, snapshot, weight = _draw(newest, count, settings.cohort.pairs_per_lead, settings.model.seed)
    snapshots = int(oldest[count > 0].max()) + 1 if (count > 0).any() else 0
    dropped = {
        "leads without a creation date": int((~known).sum()),
        "leads created too late to have a label (censored)": int((known & (created > last)).sum()),
        "leads closed before their first snapshot": int((known & (created <= last) & (count == 0)).sum()),
        "pairs beyond the cap per lead": int(count.sum() - len(lead)),
    }
    return Cohort(
        pairs=Pairs(lead=lead, as_of=last - snapshot * step),
        weight=weight,
        dropped=dropped,
        per_snapshot=float(count.sum() / max(1, snapshots)),
    )


def _draw(first: Ints, count: Ints, cap: int, seed: int) -> tuple[Ints, Ints, Floats]:
    """Up to `cap` of the `count` snapshots from `first` on, for each lead: one at random in each equal stretch.

    Stretches keep the draw spread over the lead's life, and need no list of all its snapshots. Gives
    (lead, snapshot, how many snapshots the stretch holds).
    """
    slots = np.minimum(count, cap)
    lead = np.repeat(np.arange(len(count)), slots)
    slot = np.arange(len(lead)) - np.repeat(np.cumsum(slots) - slots, slots)
    low = slot * count[lead] // np.maximum(1, slots[lead])
    high = (slot + 1) * count[lead] // np.maximum(1, slots[lead])
    luck = np.random.default_rng(seed).random(len(lead))
    return lead, first[lead] + low + (luck * (high - low)).astype(np.int64), (high - low).astype(np.float64)
