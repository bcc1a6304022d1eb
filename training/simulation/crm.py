"""What the simulated company's CRM writes down: results, verdicts of sales, edited attributes, the planted leak."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.clock import DAY, HOUR, SECOND
from training.simulation.company import Company
from training.simulation.life import STILL_OPEN
from training.simulation.people import People, Words, blank

LEAK = "contract_contact"  #: filled in after the closing, for a third of the wins
LEAK_WON, LEAK_LOST = 0.35, 0.002
_CONTRACT = ("Purchasing", "Legal", "Management", "Administration")
_REASONS = ("no_need", "no_budget", "no_authority", "wrong_timing", "not_reachable")
_ACCEPTED = np.array([0.08, 0.30, 0.75, 0.95, 0.25])  #: chance of a good verdict, by state of intent
_CORRECTED = 0.08  #: leads whose head count is corrected once, within its band


def as_text(value: object) -> object:
    """Numbers as a CRM shows them: without a decimal point where there is nothing behind it."""
    return f"{value:.15g}" if isinstance(value, float) and math.isfinite(value) else value


@dataclass(frozen=True, kw_only=True)
class Edits:
    """Attribute history and the final values that it leads to."""

    changes: pd.DataFrame
    final: Mapping[str, Words]


def outcomes(company: Company, calls: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Results at 20:00 of the closing day, and one verdict of sales an hour after the first call."""
    lives = company.lives
    closed = np.flatnonzero(lives.closed_day < STILL_OPEN)
    results = pd.DataFrame(
        {
            "lead": closed,
            "kind": np.where(lives.won[closed], "closed_won", "closed_lost").astype(object),
            "happened_at": company.closed_at[closed],
            "reason": None,
        }
    )
    table = pd.concat([results, _verdicts(company, calls, rng)], ignore_index=True)
    table["known_at"] = table["happened_at"]
    table = table.sort_values(["known_at", "lead", "kind"], kind="stable").reset_index(drop=True)
    return table[["lead", "kind", "happened_at", "known_at", "reason"]]


def _verdicts(company: Company, calls: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Sales accepts or rejects after the first call, by the intent that it senses."""
    first = calls.drop_duplicates("lead")
    lead, called = first["lead"].to_numpy(np.int64), first["happened_at"].to_numpy(np.int64)
    state = company.lives.intent[lead, (called - company.start) // DAY]
    accepted = rng.random(len(lead)) < _ACCEPTED[state]
    reason = np.array(_REASONS, dtype=object)[rng.integers(0, len(_REASONS), len(lead))]
    return pd.DataFrame(
        {
            "lead": lead,
            "kind": np.where(accepted, "sales_accepted", "sales_rejected").astype(object),
            "happened_at": called + HOUR,
            "reason": blank(reason, accepted),
        }
    )


def edits(company: Company, *, planted_leak: bool, rng: np.random.Generator) -> Edits:
    """Promotions, corrected head counts, and (if planted) the field that is filled in after closing."""
    parts = [_promotions(company), _corrections(company.people, rng)]
    final = {name: values.copy() for name, values in company.people.attributes.items()}
    if planted_leak:
        parts.append(_leak(company, rng))
        final[LEAK] = np.full(len(company.people), None, dtype=object)
    changes = pd.concat(parts, ignore_index=True)
    changes = changes[changes["known_at"] <= company.end].sort_values(["known_at", "lead", "field"], kind="stable")
    changes = changes.reset_index(drop=True)
    for name, part in changes.groupby("field"):
        final[str(name)][part["lead"].to_numpy()] = part["value"].to_numpy(dtype=object)
    changes = changes.assign(value=changes["value"].map(as_text), old_value=changes["old_value"].map(as_text))
    return Edits(changes=changes[["lead", "field", "value", "old_value", "known_at"]], final=final)


def _promotions(company: Company) -> pd.DataFrame:
    people = company.people
    lead = np.flatnonzero(people.promotable & (people.promoted_day <= company.n_days))
    return pd.DataFrame(
        {
            "lead": lead,
            "field": "job_title",
            "value": people.promoted_title[lead],
            "old_value": people.attributes["job_title"][lead],
            "known_at": company.moment(people.promoted_day[lead], 0),
        }
    )


def _corrections(people: People, rng: np.random.Generator) -> pd.DataFrame:
    """One or two employees more or less within the same band: noise that a history has to carry."""
    employees = people.attributes["employees"]
    inside = np.array([e is not None and 14 <= e % 50 <= 40 for e in employees])
    lead = np.flatnonzero(inside & (rng.random(len(people)) < _CORRECTED))
    old = employees[lead].astype(np.float64)
    later = rng.integers(5 * DAY // SECOND, 200 * DAY // SECOND, len(lead)) * SECOND
    return pd.DataFrame(
        {
            "lead": lead,
            "field": "employees",
            "value": (old + rng.choice((-2, -1, 1, 2), len(lead))).astype(object),
            "old_value": old.astype(object),
            "known_at": people.created_at[lead] + later,
        }
    )


def _leak(company: Company, rng: np.random.Generator) -> pd.DataFrame:
    """Filled in one to five days after the result: known of wins, hardly ever of losses."""
    lives = company.lives
    share = np.where(lives.won, LEAK_WON, LEAK_LOST) * (lives.closed_day < STILL_OPEN)
    lead = np.flatnonzero(rng.random(len(share)) < share)
    return pd.DataFrame(
        {
            "lead": lead,
            "field": LEAK,
            "value": np.array(_CONTRACT, dtype=object)[rng.integers(0, len(_CONTRACT), len(lead))],
            "old_value": None,
            "known_at": company.closed_at[lead] + rng.integers(DAY // SECOND, 5 * DAY // SECOND, len(lead)) * SECOND,
        }
    )
