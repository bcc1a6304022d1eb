"""What changed between two scores of a lead, split exactly into four parts that add up to the difference.

The lead is read back as each score saw it, and walked from one to the other: the same facts aged, then new
behaviour, then edited data, all by the model that gave the earlier score; then the new model on the same facts.
Each step is a difference of two measures, so nothing is left over and nothing is counted twice.

Where the earlier model can't be had any more the walk begins with the model: from the numbers in the ledger to what
the later model says of the same facts, and it measures the other steps. The answer names the one that measured.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from features.lead import Lead
from models.groups import Group
from serving.language import Language
from serving.live.assess import group_names
from serving.live.change_words import base_sentence, part_sentence, why_not_sentence
from serving.live.measure import SAME, GroupChange, Measured, differences, measure, said_of, strongest
from serving.predict import Predictor
from serving.store.facts import lead_at
from serving.store.ledger import Entry, inputs_digest

Code = Literal["ageing", "new_behaviour", "edited_data", "new_model"]
WhyNot = Literal["no_model", "other_facts", "other_numbers"]
Models = Callable[[str], Predictor | None]  #: the predictor of a bundle, by its digest
Part = tuple[Code, float, tuple[GroupChange, ...]]

EXACT = 4e-10  #: log-odds by which a score that is worked out again may differ: sums of blocks round differently
BASE = "base_value"


@dataclass(frozen=True, kw_only=True)
class PartOfChange:
    """One part of the difference, with all that it came from."""

    code: Code
    log_odds: float
    groups: tuple[GroupChange, ...]  #: they add up to it; the strongest first
    text: str


@dataclass(frozen=True, kw_only=True)
class WhatChanged:
    """The difference of two scores; `parts` add up to it to 1e-9."""

    earlier: Entry
    later: Entry
    difference: float  #: log-odds
    parts: tuple[PartOfChange, ...] | None  #: none where the difference can't be split, and `why_not` says why
    measured_by: str | None = None  #: digest of the bundle that measured ageing, behaviour and data
    why_not: str | None = None
    note: str | None = None  #: what to know about the split


class CanNotSplit(Exception):
    """A difference that can't be split, and why."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why)
        self.why: WhyNot = why


def what_changed(
    connection: Connection, earlier: Entry, later: Entry, *, models: Models, language: Language
) -> WhatChanged:
    """Split the difference of two scores of one lead."""
    difference = later.log_odds - earlier.log_odds
    try:
        before, after = _as_seen(connection, earlier), _as_seen(connection, later)
        walk = _Walk(before=before, after=after, earlier=earlier, later=later, language=language)
        parts, by, note = walk.parts(models)
    except CanNotSplit as error:
        why = why_not_sentence(error.why, language)
        return WhatChanged(earlier=earlier, later=later, difference=difference, parts=None, why_not=why)
    said = tuple(
        PartOfChange(code=code, log_odds=total, groups=groups, text=part_sentence(code, total, groups, language))
        for code, total, groups in parts
    )
    return WhatChanged(
        earlier=earlier, later=later, difference=difference, parts=said, measured_by=by.bundle.digest, note=note
    )


def _as_seen(connection: Connection, entry: Entry) -> Lead:
    """The lead as the score saw it."""
    lead = lead_at(connection, entry.lead_id, entry.as_of, seq=entry.seen_seq)
    if inputs_digest(lead, entry.as_of) != entry.inputs:
        raise CanNotSplit("other_facts")
    return lead


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """From what the earlier score saw to what the later one saw."""

    before: Lead
    after: Lead
    earlier: Entry
    later: Entry
    language: Language

    def parts(self, models: Models) -> tuple[list[Part], Predictor, str | None]:
        """The parts, the model that measured the facts, and what to say about it."""
        old = models(self.earlier.bundle)
        new = old if self.later.bundle == self.earlier.bundle else models(self.later.bundle)
        if old is not None and new is not None:
            return [*self._facts(old, first=self.earlier), self._model_after(old, new)], old, None
        if new is not None:
            note = why_not_sentence("model_first", self.language)
            return [*self._facts(new, last=self.later), self._model_before(new)], new, note
        if old is not None:
            note = why_not_sentence("model_from_ledger", self.language)
            return [*self._facts(old, first=self.earlier), self._model_from_ledger(old)], old, note
        raise CanNotSplit("no_model")

    def _facts(self, by: Predictor, *, first: Entry | None = None, last: Entry | None = None) -> list[Part]:
        """Ageing, behaviour and data, by one model; where that gave one of the scores it has to give it again."""
        start = measure(by, self.before, self.earlier.as_of)
        aged = measure(by, self.before, self.later.as_of)
        did = measure(by, replace(self.before, events=self.after.events), self.later.as_of)
        end = measure(by, self.after, self.later.as_of)
        for entry, measured in ((first, start), (last, end)):
            _require_same(entry, measured)
        steps: list[tuple[Code, Measured, Measured]] = [
            ("ageing", start, aged),
            ("new_behaviour", aged, did),
            ("edited_data", did, end),
        ]
        return [(code, b.log_odds - a.log_odds, differences(a, b, self.language)) for code, a, b in steps]

    def _model_after(self, old: Predictor, new: Predictor) -> Part:
        """The later facts, by both models."""
        by_new = measure(new, self.after, self.later.as_of)
        _require_same(self.later, by_new)
        if old is new:
            return "new_model", 0.0, ()
        by_old = measure(old, self.after, self.later.as_of)
        return self._of_models(by_old.groups, by_old.base_value, by_new.groups, by_new.base_value, by_new)

    def _model_before(self, new: Predictor) -> Part:
        """The earlier facts, by the ledger and by the new model."""
        by_new = measure(new, self.before, self.earlier.as_of)
        was = _of_ledger(self.earlier, by_new)
        return self._of_models(was, self.earlier.base_value, by_new.groups, by_new.base_value, by_new)

    def _model_from_ledger(self, old: Predictor) -> Part:
        """The later facts, by the old model and by the ledger."""
        by_old = measure(old, self.after, self.later.as_of)
        now = _of_ledger(self.later, by_old)
        return self._of_models(by_old.groups, by_old.base_value, now, self.later.base_value, by_old)

    def _of_models(
        self, was: dict[Group, float], base: float, now: dict[Group, float], new_base: float, speaks: Measured
    ) -> Part:
        moved = {group: now.get(group, 0.0) - was.get(group, 0.0) for group in {**now, **was}}
        found = [
            GroupChange(field=group.name, family=group.family, change=change, text=self._text(group, change, speaks))
            for group, change in moved.items()
            if abs(change) > SAME
        ]
        if abs(new_base - base) > SAME:
            text = base_sentence(new_base - base, self.language)
            found.append(GroupChange(field=BASE, family=None, change=new_base - base, text=text))
        return "new_model", new_base - base + sum(moved.values()), strongest(found)

    def _text(self, group: Group, change: float, speaks: Measured) -> str:
        return said_of(speaks, group, change, self.language) if group in speaks.groups else group.name


def _of_ledger(entry: Entry, like: Measured) -> dict[Group, float]:
    """The contributions of a ledger row by groups; those that the model at hand has no group for get one."""
    groups = like.predictor.bundle.groups
    named = dict(zip(group_names(groups), groups.all, strict=True))
    return {
        named.get(name, Group(name=name, family="engagement", stage=None)): value
        for name, value in entry.contributions.items()
    }


def _require_same(entry: Entry | None, measured: Measured) -> None:
    if entry is not None and abs(measured.log_odds - entry.log_odds) > EXACT:
        raise CanNotSplit("other_numbers")
