"""Decides for each field of a lead whether it becomes a number, a category, parts of it, or nothing."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from features.attributes import values_at
from features.definitions import Attribute, Definition
from features.encode import Reading, number_of, text_of
from features.field_parts import CODES, IDENTIFIERS, PERSONAL, Recognised, names_any, parse_all, recognise
from features.sensitive import Sensitive
from features.settings import Features, Settings
from features.tables import Export, Pairs

NEARLY_ALL = 0.95
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})( .*)?")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Columns of a view with their category lists, and what was left out."""

    definitions: tuple[Definition, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SeenField:
    """The values that the training pairs see in one field."""

    name: str
    values: tuple[object, ...]  #: distinct and not missing
    leads: tuple[int, ...]  #: how many leads have each
    all_leads: int

    @cached_property
    def said(self) -> int:
        """How often a lead has a value."""
        return sum(self.leads)

    @cached_property
    def texts(self) -> Counter[str]:
        """Leads per text of a category list."""
        return _count_texts(self.values, self.leads)

    def share(self, fits: Iterable[bool]) -> float:
        """Share of leads with a value whose value fits."""
        return sum(n for n, fit in zip(self.leads, fits, strict=True) if fit) / self.said


def choose_columns(settings: Settings, export: Export, pairs: Pairs) -> Chosen:
    """The attribute columns, in the order of the export's fields."""
    fields = dict.fromkeys([*export.attributes, *sorted(export.tracked)])
    sensitive = Sensitive(settings.fairness)
    denied = sensitive.names(fields)
    each = [_columns(_seen(settings, export, name, pairs), settings.features) for name in fields if name not in denied]
    refused = [Chosen(notes=(f"Refused {name!r}: sensitive by its name; [fairness] says so.",)) for name in denied]
    allowed = [
        Chosen(notes=(f"Kept {name!r}, sensitive by its name, for [fairness] allows it.",))
        for name in sensitive.allowed(fields)
    ]
    return _together([*each, *refused, *allowed])


def categories_of(leads_per_text: Iterable[tuple[str, int]], features: Features) -> tuple[str, ...]:
    """The texts that enough leads share, most frequent first, then by text."""
    enough = [(text, n) for text, n in leads_per_text if n >= features.min_category_leads]
    ranked = sorted(enough, key=lambda item: (-item[1], item[0]))
    return tuple(text for text, _ in ranked[: features.max_categories])


def _together(each: Iterable[Chosen]) -> Chosen:
    parts = list(each)
    return Chosen(
        definitions=tuple(chain.from_iterable(c.definitions for c in parts)),
        categories={name: texts for c in parts for name, texts in c.categories.items()},
        notes=tuple(chain.from_iterable(c.notes for c in parts)),
    )


def _seen(settings: Settings, export: Export, name: str, pairs: Pairs) -> SeenField:
    found = values_at(export, name, pairs)
    reading = Reading.of(name, settings.data.missing_words, settings.data.keep_na)
    cleaned = [reading.clean(value) for value in found.distinct]
    said = np.unique(np.column_stack([pairs.lead, found.code])[found.code >= 0], axis=0)
    leads = np.bincount(said[:, 1], minlength=len(cleaned))
    kept = [i for i, value in enumerate(cleaned) if value is not None and leads[i]]
    return SeenField(
        name=name,
        values=tuple(cleaned[i] for i in kept),
        leads=tuple(int(leads[i]) for i in kept),
        all_leads=len(np.unique(pairs.lead)),
    )


def _columns(seen: SeenField, features: Features) -> Chosen:
    """The columns of one field."""
    if not seen.values:
        return _left_out(seen, "no lead has a value there")
    if len(seen.texts) == 1 and seen.said >= seen.all_leads:
        return _left_out(seen, f"every lead has the same value ({next(iter(seen.texts))[:40]!r})")
    known = recognise(seen.name, seen.values)
    parts = _together(_part(seen, part, known, features) for part in known.parts) if known else Chosen()
    if parts.definitions and known and (known.replaces_raw or _is_free_text(seen, features)):
        return parts
    return _together([_raw(seen, features), parts])


def _is_free_text(seen: SeenField, features: Features) -> bool:
    return len(seen.texts) > features.max_categories and not _is_number(seen)


def _part(seen: SeenField, part: str, known: Recognised, features: Features) -> Chosen:
    """What a parser reads out of the field, if it understands enough of it."""
    read = parse_all(part, seen.values)
    if seen.share(value is not None for value in read) < known.understood:
        return Chosen()
    column = Attribute(field=seen.name, part=part)
    categories = categories_of(_count_texts(read, seen.leads).items(), features)
    if len(categories) < 2:
        return Chosen()
    return Chosen(definitions=(column,), categories={column.name: categories})


def _raw(seen: SeenField, features: Features) -> Chosen:
    """The field itself as a number or a category."""
    reason = _useless(seen)
    if reason:
        return _left_out(seen, reason)
    if _is_number(seen):
        return Chosen(definitions=(Attribute(field=seen.name, encoding="number"),))
    categories = categories_of(seen.texts.items(), features)
    if not categories:
        return _left_out(seen, f"no value is shared by {features.min_category_leads} leads")
    others = seen.all_leads - seen.texts[categories[0]]
    if len(categories) == 1 and others < features.min_category_leads:
        return _left_out(seen, f"all leads but {others} have the same value")
    rare = seen.share(text_of(value) not in categories for value in seen.values)
    notes = (f"{rare:.0%} of the values of {seen.name!r} are too rare and count as missing.",) if rare > 0.05 else ()
    return Chosen(definitions=(Attribute(field=seen.name),), categories={seen.name: categories}, notes=notes)


def _useless(seen: SeenField) -> str | None:
    """Why a model can't learn from the field, if so."""
    if names_any(seen.name, PERSONAL):
        return "it is a person's name or number"
    if seen.share(isinstance(v, str) and DATE.fullmatch(v) is not None for v in seen.values) >= NEARLY_ALL:
        return "its values are dates; map the ones that matter to events"
    unique = len(seen.texts) >= 0.9 * seen.said and seen.said >= 20
    if unique and (names_any(seen.name, IDENTIFIERS) or not _is_number(seen)):
        return "almost every lead has its own value, as in an identifier"
    return None


def _is_number(seen: SeenField) -> bool:
    """Whether its values are quantities; of mere codes and of two numbers the model learns one by one.

    Numbers in a text file are typed by being nothing but numbers; a few other texts are let pass
    (and read as missing) only where there are too many numbers for categories.
    """
    numbers = [math.nan if isinstance(value, bool) else number_of(value) for value in seen.values]
    distinct = {number for number in numbers if not math.isnan(number)}
    share = seen.share(not math.isnan(number) for number in numbers)
    enough = 2 if not any(map(math.isnan, numbers)) else 10
    return share >= NEARLY_ALL and len(distinct) > enough and not names_any(seen.name, CODES)


def _count_texts(values: Iterable[object], leads: Iterable[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for value, n in zip(values, leads, strict=True):
        text = text_of(value)
        if text is not None:
            counts[text] += n
    return counts


def _left_out(seen: SeenField, reason: str) -> Chosen:
    return Chosen(notes=(f"Left out {seen.name!r}: {reason}.",))
