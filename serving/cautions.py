"""What a caller should know about an answer: what was left out, what was missing, how far to trust it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

from features.definitions import Age, Attribute
from features.encode import Reading
from features.guess_kinds import ends_contact
from features.lead import Event, Lead
from features.settings import Kind
from features.view import View
from models.arrays import Floats
from serving.language import NN_, Language

NAMED = 5  #: names in one warning at most

TEXTS = {
    "unknown_kinds": NN_(
        "{n} event of a kind that the model does not know does not change the score: {names}",
        "{n} events of kinds that the model does not know do not change the score: {names}",
    ),
    "repeated_events": NN_(
        "{n} event was ignored because its event_id was there before",
        "{n} events were ignored because their event_id was there before",
    ),
    "after_as_of": NN_(
        "{n} event happened or became known after as_of and does not change the score",
        "{n} events happened or became known after as_of and do not change the score",
    ),
    "unused_attributes": NN_(
        "{n} attribute is not one that the model reads: {names}",
        "{n} attributes are not ones that the model reads: {names}",
    ),
    "sensitive_attributes": NN_(
        "{n} attribute is sensitive by its name and was not read: {names}",
        "{n} attributes are sensitive by their names and were not read: {names}",
    ),
    "unseen_values": NN_(
        "{n} attribute has a value that the model can't use, taken as not known: {names}",
        "{n} attributes have values that the model can't use, taken as not known: {names}",
    ),
    "created_at_missing": NN_(
        "created_at is missing, so the age of the lead is not known",
        "created_at is missing, so the age of the lead is not known",
    ),
    "experimental_model": NN_(
        "The model is experimental: its evaluation does not show that it ranks better than chance",
        "The model is experimental: its evaluation does not show that it ranks better than chance",
    ),
    "few_won_leads": NN_(
        "The model is experimental: it learned from few won leads",
        "The model is experimental: it learned from few won leads",
    ),
    "points_model": NN_(
        "The model is experimental: hand-made points answer, and no outcome has confirmed them",
        "The model is experimental: hand-made points answer, and no outcome has confirmed them",
    ),
}


def of_model(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Codes of what every answer says of its model, by the model's card."""
    rung = (card.get("rung") or {}).get("name")
    if rung == "points":
        return ("points_model",)
    found = ["experimental_model"] if card.get("has_skill") is False else []
    return (*found, *(["few_won_leads"] if rung == "few" else []))


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to know, with how often it was met."""

    code: str
    count: int = 1
    names: tuple[str, ...] = ()

    def to_dict(self, language: Language) -> dict[str, object]:
        """As the answer shows it."""
        names = list(self.names[:NAMED]) + (["…"] if len(self.names) > NAMED else [])
        one, many = TEXTS[self.code]
        text = language.say_n(one, many, self.count, names=", ".join(names))
        return {"code": self.code, "count": self.count, "text": text}


@dataclass(frozen=True, kw_only=True)
class Cautioner:
    """Finds cautions, and how complete a lead is, by one view."""

    view: View
    kinds: Mapping[str, Kind]  #: of the settings
    fast_track: Collection[str] = ()  #: kinds that hand a lead to sales, known to the model or not
    of_model: tuple[str, ...] = ()  #: codes that stand in every answer

    def find(
        self, lead: Lead, visible: Sequence[Event], row: Floats, *, repeated: int = 0, sensitive: Collection[str] = ()
    ) -> tuple[Caution, ...]:
        """What to know about the answer for this lead, whose row has shape (n_columns,).

        `repeated` is how many events were left out because their `event_id` was there before, `sensitive` are the
        names of attributes that were left out.
        """
        expected = self._expected
        found = [
            _counted("unknown_kinds", [e.kind for e in visible if e.kind not in expected]),
            Caution(code="repeated_events", count=repeated),
            Caution(code="after_as_of", count=len(lead.events) - len(visible)),
            _counted("unused_attributes", lead.attributes.keys() - self.view.fields),
            _counted("sensitive_attributes", sensitive),
            _counted("unseen_values", self._unseen(lead, row)),
            Caution(code="created_at_missing", count=int(self._reads_age and lead.created_at is None)),
            *(Caution(code=code) for code in self.of_model),
        ]
        return tuple(caution for caution in found if caution.count)

    def completeness(self, lead: Lead, visible: Sequence[Event]) -> float:
        """Share known of what the model reads: each field, and having any activity, count the same."""
        known = [self._readings[field].clean(lead.attributes.get(field)) is not None for field in self._readings]
        if self.view.kinds:
            known.append(not self._activities.isdisjoint({e.kind for e in visible}))
        return sum(known) / len(known) if known else 1.0

    @cached_property
    def _activities(self) -> frozenset[str]:
        """Every name of a kind that the model reads, unless it ends contact."""
        told = self.view.kind_of.items()
        return frozenset(name for name, kind in told if not ends_contact(kind.name, self.kinds))

    def _unseen(self, lead: Lead, row: Floats) -> list[str]:
        """Fields that have a value, which none of their columns can read."""
        readable: dict[str, bool] = {}
        for position, field in self._attributes:
            readable[field] = readable.get(field, False) or not isnan(row[position])
        values = lead.attributes
        return [f for f, read in readable.items() if not read and self._readings[f].clean(values.get(f)) is not None]

    @cached_property
    def _expected(self) -> frozenset[str]:
        """Kinds that nobody needs to be told of: the model's, those of sellers and systems, those that go to sales."""
        others = {name for name, kind in self.kinds.items() if not kind.is_feature}
        asks = {name for name, kind in self.kinds.items() if kind.maps_to in self.fast_track}
        return frozenset(self.view.kind_of) | others | asks | frozenset(self.fast_track)

    @cached_property
    def _attributes(self) -> tuple[tuple[int, str], ...]:
        return tuple((i, d.field) for i, d in enumerate(self.view.definitions) if isinstance(d, Attribute))

    @cached_property
    def _readings(self) -> Mapping[str, Reading]:
        view = self.view
        return {f: Reading.of(f, view.missing_words, view.keep_na) for f in sorted(view.fields)}

    @cached_property
    def _reads_age(self) -> bool:
        return any(isinstance(d, Age) for d in self.view.definitions)


def _counted(code: str, names: Iterable[str]) -> Caution:
    found = list(names)
    return Caution(code=code, count=len(found), names=tuple(sorted(set(found))))
