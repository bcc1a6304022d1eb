"""The recent leads on which two models are compared: mature pairs that neither of them learned from.

A model knows the outcomes of its last training pairs up to a horizon after them. So the window
starts where the later of both has stopped knowing: one horizon, and the delay in reporting, after
the last pair that either learned from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import days, from_micros, to_micros
from features.errors import NotComparable, NotEnoughData
from features.settings import Settings
from features.tables import Export, Pairs
from training.cohort import cohort
from training.outcomes import labels
from training.splits import groups

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Card = Mapping[str, Any]

LEARNED = ("train", "calibrate")  #: the parts of a card that a model learned from


@dataclass(frozen=True, kw_only=True)
class Recent:
    """Aligned arrays over the pairs of the window, sorted by `as_of`."""

    pairs: Pairs
    label: Floats  #: 1 won within the horizon, 0 not
    weight: Floats  #: how many pairs of the window each stands for
    group: Ints  #: account or lead: what is resampled together
    when: str  #: from when to when, in words
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def wins(self, mask: Mask | None = None) -> int:
        """How many different leads were won, of all or of those where the mask is true."""
        won = self.label == 1
        return len(np.unique(self.pairs.lead[won if mask is None else won & mask]))

    @property
    def leads(self) -> int:
        """How many different leads there are."""
        return len(np.unique(self.pairs.lead))


def recent(export: Export, settings: Settings, *, champion: Card, challenger: Card) -> Recent:
    """The window for two models, by what their cards say they learned from.

    Raises:
        NotComparable: a card doesn't tell that.
        NotEnoughData: the export has no mature pair after it.
    """
    chosen = cohort(export, settings)
    until = {"champion": learned_until(champion), "challenger": learned_until(challenger)}
    gap = 0 if export.flat else days(settings.outcome.horizon_days) + days(settings.outcome.reporting_delay_days)
    as_of = chosen.pairs.as_of
    after = max(until.values()) + gap
    if not export.flat:
        after = max(after, int(as_of.max()) - days(settings.gate.recent_days))
    inside = as_of > after
    if not inside.any():
        raise NotEnoughData(
            f"the two models learned from leads up to {_moment(max(until.values()), flat=export.flat)}, and of none "
            f"after {_moment(after, flat=export.flat)} the result is known yet; compare again when more have matured"
        )
    pairs = chosen.pairs.take(inside)
    horizon = 0 if export.flat else days(settings.outcome.horizon_days)
    first, last = (_moment(int(m), flat=export.flat) for m in (pairs.as_of.min(), pairs.as_of.max()))
    return Recent(
        pairs=pairs,
        label=labels(export, pairs.lead, pairs.as_of, horizon),
        weight=chosen.weight[inside],
        group=groups(export, pairs),
        when=f"{first} to {last}",
        notes=_notes(until, after, flat=export.flat),
    )


def learned_until(card: Card) -> int:
    """The last `as_of` that a model learned from, microseconds; of a flat export the row's position.

    Raises:
        NotComparable: the card doesn't tell.
    """
    try:
        ends = [str(card["parts"][part]["until"]) for part in LEARNED if part in card["parts"]]
        return max(_position(end) for end in ends)
    except (KeyError, TypeError, ValueError):
        raise NotComparable("the model's card doesn't tell until when it learned; train it anew") from None


def _position(text: str) -> int:
    if text.startswith("row "):
        return int(text.removeprefix("row ")) - 1
    return to_micros(datetime.fromisoformat(text))


def _moment(at: int, *, flat: bool) -> str:
    return f"row {at + 1}" if flat else f"{from_micros(at):%Y-%m-%d}"


def _notes(until: Mapping[str, int], after: int, *, flat: bool) -> tuple[str, ...]:
    shown = " and ".join(f"the {name} until {_moment(at, flat=flat)}" for name, at in until.items())
    note = f"{shown[0].upper()}{shown[1:]} learned; only later leads take part, from after {_moment(after, flat=flat)}."
    if until["champion"] > until["challenger"]:
        return (note, "The champion learned from later leads than the challenger, which costs recent ones.")
    return (note,)
