"""What the simulated company's CRM writes down: results, verdicts of sales, edited attributes, the planted leak."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import DAY, SECOND
from training.simulation.activities import BOOKED
from training.simulation.life import STILL_OPEN, Lives
from training.simulation.people import People, Words, blank

Ints = npt.NDArray[np.int64]

LEAK = "contract_contact"  #: filled in after the closing, for a third of the wins
LEAK_WON, LEAK_LOST = 0.35, 0.002
_CONTRACT = ("Purchasing", "Legal", "Management", "Administration")
_REASONS = ("no_need", "no_budget", "no_authority", "wrong_timing", "not_reachable")
_CORRECTED = 0.08  #: leads whose head count is corrected once, within its band


@dataclass(frozen=True, kw_only=True)
class Edits:
    """Attribute history and the final values that it leads to."""

    changes: pd.DataFrame
    final: Mapping[str, Words]


def outcomes(people: People, lives: Lives, calls: pd.DataFrame, start: int, rng: np.random.Generator) -> pd.DataFrame:
    """Results at 20:00 of the closing day, and one verdict of sales an hour after the first call."""
    closed = np.flatnonzero(lives.closed_day < STILL_OPEN)
    results = pd.DataFrame(
        {
            "lead": closed,
            "kind": np.where(lives.won[closed], "closed_won", "closed_lost").astype(object),
            "happened_at": start + lives.closed_day[closed] * DAY + BOOKED * SECOND,
            "reason": None,
        }
    )
    table = pd.concat([results, _verdicts(lives, calls, start, rng)], ignore_index=True)
    table["known_at"] = table["happened_at"]
    table = table.sort_values(["known_at", "lead", "kind"], kind="stable").reset_index(drop=True)
    return table[["lead", "kind", "happened_at", "known_at", "reason"]]


def _verdicts(lives: Lives, calls: pd.DataFrame, start: int, rng: np.random.Generator) -> pd.DataFrame:
    """Sales accepts or rejects after the first call, by the intent that it senses."""
    first = calls.drop_duplicates("lead")
    lead, called = first["lead"].to_numpy(np.int64), first["happened_at"].to_numpy(np.int64)
    state = lives.intent[lead, (called - start) // DAY]
    accepted = rng.random(len(lead)) < np.array([0.08, 0.30, 0.75, 0.95, 0.25])[state]
    reason = np.array(_REASONS, dtype=object)[rng.integers(0, len(_REASONS), len(lead))]
    return pd.DataFrame(
        {
            "lead": lead,
            "kind": np.where(accepted, "sales_accepted", "sales_rejected").astype(object),
            "happened_at": called + 3600 * SECOND,
            "reason": blank(reason, accepted),
        }
    )


def edits(people: People, lives: Lives, start: int, planted_leak: bool, rng: np.random.Generator) -> Edits:
    """Promotions, corrected head counts, and (if planted) the field that is filled in after closing."""
    end = start + lives.seen.shape[1] * DAY
    parts = [_promotions(people, start), _corrections(people, rng)]
    if planted_leak:
        parts.append(_leak(lives, start, rng))
    changes = pd.concat(parts, ignore_index=True)
    changes = changes[changes["known_at"] < end].sort_values(["known_at", "lead", "field"], kind="stable")
    changes = changes.reset_index(drop=True)
    final = {name: values.copy() for name, values in people.attributes.items()}
    if planted_leak:
        final[LEAK] = np.full(len(people), None, dtype=object)
    for name, part in changes.groupby("field"):
        final[str(name)][part["lead"].to_numpy()] = part["value"].to_numpy(dtype=object)
    return Edits(changes=changes[["lead", "field", "value", "old_value", "known_at"]], final=final)


def _promotions(people: People, start: int) -> pd.DataFrame:
    lead = np.flatnonzero(people.promotable)
    return pd.DataFrame(
        {
            "lead": lead,
            "field": "job_title",
            "value": people.promoted_title[lead],
            "old_value": people.attributes["job_title"][lead],
            "known_at": start + people.promoted_day[lead] * DAY,
        }
    )


def _corrections(people: People, rng: np.random.Generator) -> pd.DataFrame:
    """One employee more or less, where that stays within the band: noise that a history has to carry."""
    employees = people.attributes["employees"]
    known = np.array([e is not None and 12 <= e % 50 <= 40 for e in employees])
    lead = np.flatnonzero(known & (rng.random(len(people)) < _CORRECTED))
    old = employees[lead].astype(np.float64)
    return pd.DataFrame(
        {
            "lead": lead,
            "field": "employees",
            "value": (old + rng.integers(-2, 3, len(lead))).astype(object),
            "old_value": old.astype(object),
            "known_at": people.created_at[lead]
            + rng.integers(5 * DAY // SECOND, 200 * DAY // SECOND, len(lead)) * SECOND,
        }
    )


def _leak(lives: Lives, start: int, rng: np.random.Generator) -> pd.DataFrame:
    """Filled in one to five days after the result: known of wins, hardly ever of losses."""
    closed = lives.closed_day < STILL_OPEN
    share = np.where(lives.won, LEAK_WON, LEAK_LOST) * closed
    lead = np.flatnonzero(rng.random(len(closed)) < share)
    lag = DAY + rng.integers(0, 4 * DAY // SECOND, len(lead)) * SECOND
    return pd.DataFrame(
        {
            "lead": lead,
            "field": LEAK,
            "value": np.array(_CONTRACT, dtype=object)[rng.integers(0, len(_CONTRACT), len(lead))],
            "old_value": None,
            "known_at": start + lives.closed_day[lead] * DAY + BOOKED * SECOND + lag,
        }
    )
