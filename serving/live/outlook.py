"""What becomes of a score if nothing happens: the same facts, aged, by the same kernel and the same model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from features.clock import DAY
from features.errors import BadInput
from serving.language import Language
from serving.live.change_words import part_sentence
from serving.live.measure import GroupChange, differences, measure
from serving.predict import Case, Json, Predictor

DAYS = (7, 30, 90)


class LeadObjects(BadInput):
    """The lead objects to profiling: nothing is computed from its data."""

    http_status = 409
    title = "The lead objects to profiling"


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The lead in some days, if nothing happens until then."""

    days: int
    answer: Json  #: as of then
    change: float  #: log-odds, against now
    groups: tuple[GroupChange, ...]  #: they add up to it; the strongest first
    text: str


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The lead now, and in some days."""

    now: Json  #: the answer as of now
    ahead: tuple[Ahead, ...]


def outlook(predictor: Predictor, case: Case, language: Language, *, days: Sequence[int] = DAYS) -> Outlook:
    """What the model will say of the lead if nothing more is told of it.

    Raises:
        LeadObjects: nothing is computed for this lead.
    """
    if case.facts.objects_to_profiling:
        raise LeadObjects("the lead objects to profiling, so nothing is computed from its data")
    cases = [case, *(_later(case, n) for n in days)]
    now, *later = predictor.answers(cases, language)
    measured = measure(predictor, case.lead, case.as_of)
    ahead = []
    for n, then, answer in zip(days, cases[1:], later, strict=True):
        aged = measure(predictor, then.lead, then.as_of)
        change, groups = aged.log_odds - measured.log_odds, differences(measured, aged, language)
        text = part_sentence("outlook", change, groups, language)
        ahead.append(Ahead(days=n, answer=answer, change=change, groups=groups, text=text))
    return Outlook(now=now, ahead=tuple(ahead))


def _later(case: Case, days: int) -> Case:
    """The same facts, so many days later."""
    set_days = None if case.set_days is None else case.set_days + days
    return replace(case, as_of=case.as_of + days * DAY, set_days=set_days)
