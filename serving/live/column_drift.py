"""Whether the open leads look as those on which the model was measured, column by column.

Of many leads a part is looked at: those at even steps in the order of their ids, so that the same leads are taken
until others come, and of each time and account about as many as there are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from features.encode import encoders_of
from features.lead import Lead
from features.rows import lead_row
from features.settings import Drift
from features.view import View
from models.arrays import Floats
from models.bundle import Bundle
from models.column_drift import Held, hold_columns, telling_as_much
from models.reference import Mask
from serving.live.case import livings_at
from serving.predict import Case, Predictor
from serving.store.schema import leads, standings

MOST = 1_000  #: leads looked at
NAMED = 3  #: values not seen in training
BLOCK = 250  #: leads read at a time


@dataclass(frozen=True, kw_only=True)
class Moved(Held):
    """One column, with its words."""

    categories: tuple[str, ...] = ()  #: none for numbers
    new_values: tuple[str, ...] = ()  #: not seen in training, the most frequent ones


@dataclass(frozen=True, kw_only=True)
class Columns:
    """All columns, those that moved first, then by how near they are to their bars."""

    at: int
    leads: int  #: looked at
    of: int  #: open leads with a score
    reference: int  #: leads
    until: str | None  #: the last moment of the reference, ISO 8601
    columns: tuple[Moved, ...]
    enough: bool  #: leads to tell anything by

    @property
    def moved(self) -> tuple[Moved, ...]:
        """Those that moved."""
        return tuple(column for column in self.columns if column.moved)


def column_drift(
    connection: Connection, predictor: Predictor, now: int, *, rules: Drift, most: int = MOST
) -> Columns | None:
    """The open leads as of `now` against the bundle's reference; None where the bundle has none."""
    bundle = predictor.bundle
    if bundle.reference is None:
        return None
    ids, of = chosen(connection, most)
    cases = list(_cases(connection, predictor, ids, now))
    enough = len(cases) >= rules.min_leads
    alike = independent(_accounts(connection, [case.lead.lead_id for case in cases]))
    return Columns(
        at=now,
        leads=len(cases),
        of=of,
        reference=bundle.reference.leads,
        until=bundle.reference.moment,
        columns=compare(bundle, cases, alike, rules) if enough else (),
        enough=enough,
    )


def chosen(connection: Connection, most: int) -> tuple[list[str], int]:
    """The leads to look at, and of how many they are."""
    of = connection.execute(select(func.count()).select_from(standings)).scalar_one()
    numbered = select(standings.c.lead_id, (func.row_number().over(order_by=standings.c.lead_id) - 1).label("nth"))
    rows = numbered.subquery()
    step = max(1, -(-of // most))
    asked = select(rows.c.lead_id).where(rows.c.nth % step == 0).order_by(rows.c.lead_id)
    return list(connection.execute(asked).scalars()), of


def compare(bundle: Bundle, cases: Sequence[Case], alike: float, rules: Drift) -> tuple[Moved, ...]:
    """Each column of these leads against the reference; `alike` of them tell as much as they are."""
    view, reference = bundle.view, bundle.reference
    assert reference is not None  # noqa: S101  # asked by the caller
    rows = np.array([lead_row(view, case.lead, case.as_of) for case in cases])
    strange, values = _unlisted(view, [case.lead for case in cases], rows)
    contributions = bundle.answer(rows).contributions
    held = hold_columns(view.names, reference, rows, strange, contributions, independent=alike, rules=rules)
    return tuple(_with_words(one, view, values) for one, _ in held)


def _with_words(one: Held, view: View, values: Mapping[str, Counter[str]]) -> Moved:
    new = tuple(value for value, _ in values.get(one.name, Counter()).most_common(NAMED))
    return Moved(**vars(one), categories=view.categories.get(one.name, ()), new_values=new)


def independent(accounts: Sequence[str | None]) -> float:
    """How many leads of different accounts tell as much; a lead without an account is one of its own."""
    members = Counter(account for account in accounts if account is not None)
    alone = sum(account is None for account in accounts)
    return telling_as_much(np.array([*members.values(), *[1] * alone], dtype=np.int64))


def _cases(connection: Connection, predictor: Predictor, ids: Sequence[str], now: int) -> Iterator[Case]:
    for start in range(0, len(ids), BLOCK):
        for living in livings_at(connection, ids[start : start + BLOCK], now).values():
            if not living.case.facts.objects_to_profiling:
                yield predictor.readable(living.case)


def _accounts(connection: Connection, ids: Sequence[str]) -> list[str | None]:
    found: list[str | None] = []
    for start in range(0, len(ids), BLOCK):
        asked = select(leads.c.account_id).where(leads.c.lead_id.in_(ids[start : start + BLOCK]))
        found += connection.execute(asked).scalars()
    return found


def _unlisted(view: View, of: Sequence[Lead], rows: Floats) -> tuple[Mask, Mapping[str, Counter[str]]]:
    """Which values are there but in no list of the view, shape of `rows`, and how many of each."""
    mask, found = np.zeros(rows.shape, dtype=np.bool_), dict[str, Counter[str]]()
    for encoder in encoders_of(view):
        if encoder.codes is None:
            continue
        name = view.names[encoder.position]
        for i in np.flatnonzero(np.isnan(rows[:, encoder.position])):
            value = encoder.reading.clean(of[int(i)].attributes.get(encoder.field))
            if value is not None:
                mask[i, encoder.position] = True
                found.setdefault(name, Counter())[str(value)] += 1
    return mask, found
