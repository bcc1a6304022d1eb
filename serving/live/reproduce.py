"""A past answer worked out again: from the facts that the store had by then, with the bundle of its time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from features.errors import BadInput
from serving.live.assess import Assessed, assess
from serving.live.case import living_at
from serving.predict import Predictor
from serving.store.ledger import Entry, entry_of, inputs_digest

SAME = 1e-12


class NoSuchScore(BadInput):
    """The ledger has no such row: it was never given, or its lead was deleted."""

    http_status = 404
    title = "There is no such score"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One number that came out otherwise."""

    name: str
    then: object
    now: object


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """The answer of then beside the one of now."""

    entry: Entry
    equal: bool
    same_inputs: bool  #: the store brings the lead as it was scored
    differences: tuple[Difference, ...]
    why_not: str | None  #: why it can't be worked out, or isn't equal; None where it is


def reproduce(connection: Connection, score_id: int, *, models: Callable[[str], Predictor | None]) -> Reproduced:
    """Work a score out again; `models` gives the predictor of a bundle by its digest.

    Raises:
        NoSuchScore: the ledger doesn't have it.
    """
    entry = entry_of(connection, score_id)
    if entry is None:
        raise NoSuchScore(f"the ledger has no score {score_id}; `/v1/scores` lists those of a lead")
    living = living_at(connection, entry.lead_id, entry.as_of, seq=entry.seen_seq)
    same = inputs_digest(living.case.lead, entry.as_of) == entry.inputs
    predictor = models(entry.bundle)
    if predictor is None:
        why = f"no copy of its bundle, {entry.bundle[:19]}..., is kept here"
        return Reproduced(entry=entry, equal=False, same_inputs=same, differences=(), why_not=why)
    (found,) = assess(predictor, [living])
    differences = tuple(_differences(entry, found))
    why_not = _why_not(entry, predictor, same_inputs=same, same_numbers=not differences)
    return Reproduced(entry=entry, equal=why_not is None, same_inputs=same, differences=differences, why_not=why_not)


def _differences(entry: Entry, found: Assessed) -> Iterator[Difference]:
    """Every number that is another one; equal to 1e-12, for processors round differently."""
    numbers = {
        "log_odds": found.explained.log_odds,
        "base_value": found.explained.base_value,
        "probability": found.probability,
        "score": found.score,
        "fit": found.fit,
        "engagement": found.engagement,
    }
    for name, now in numbers.items():
        if not _same(getattr(entry, name), now):
            yield Difference(name=name, then=getattr(entry, name), now=now)
    for name in sorted({*entry.contributions, *found.contributions}):
        then, now = entry.contributions.get(name), found.contributions.get(name)
        if not _same(then, now):
            yield Difference(name=f"contributions/{name}", then=then, now=now)


def _same(then: object, now: object) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        return abs(then - now) <= SAME
    return then == now


def _why_not(entry: Entry, predictor: Predictor, *, same_inputs: bool, same_numbers: bool) -> str | None:
    """The first thing that is not as it was; None where all is."""
    if not same_inputs:
        return "the facts are not those of then: some were deleted since, or changed beside the service"
    if predictor.bundle.view.fingerprint != entry.view:
        return "the bundle reads other columns than it did then"
    return None if same_numbers else "the same facts and bundle give other numbers now"
