"""Sentences for the reasons of many leads: one for all leads of whom the same is said.

A key is what a sentence depends on: a count, whole days, a category, or the lead's own words. The sentence
itself is made by `serving.wording`, about the first lead of the key.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.attributes import Values
from features.clock import DAY, NEVER, days
from features.definitions import Age, Attribute, Decayed, Definition, Momentum, OfKind, Recency, Sum
from features.lead import Event, Lead
from features.view import View
from models.bundle import Bundle
from models.explain_block import NONE, Reasons
from serving.block_events import BlockEvents
from serving.block_kernels import gather_doings
from serving.block_keys import ago_key, combined
from serving.evidence_words import evidence_sentence
from serving.field_words import READ_FROM_TEXT
from serving.kind_words import UNWELCOME
from serving.language import Language
from serving.wording import LONG_AGO, About, kind_names, sentence

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MOST_KEPT = 200_000  #: sentences
WIDE = 2**24  #: more than a lead has events of a kind, or lived days


class By(IntEnum):
    """What a column's sentence depends on."""

    VALUE = 0  #: a whole number, or a code
    AGO = 1  #: whole days or hours
    RAW = 2  #: the lead's own value of the field
    CODE = 3  #: of a category; the lead's own value where it has none
    OFTEN = 4  #: how many events there were in the window
    FADING = 5  #: how many there ever were, and when the last was
    CHANGE = 6  #: how many in this window and in the one before


@dataclass(frozen=True, kw_only=True)
class WordBlock:
    """Leads with their rows and reasons; `lead` are their positions among the events' leads."""

    rows: Floats
    reasons: Reasons
    events: BlockEvents
    lead: Ints
    fields: dict[str, Values]  #: of each field of the view, by row
    as_of: int


@dataclass(frozen=True, kw_only=True)
class ReasonTeller:
    """Words reasons by one bundle and language; remembers what it said."""

    bundle: Bundle
    language: Language
    said: dict[Hashable, str] = field(default_factory=dict)

    def tell(self, block: WordBlock) -> pa.ListArray:
        """For each row its reasons, as `serving.whole_base.REASON` describes them."""
        reasons = block.reasons
        row, place = np.nonzero(reasons.group != NONE)
        group, column = reasons.group[row, place], reasons.column[row, place]
        contribution, evidence = reasons.contribution[row, place], reasons.evidence[row, place]
        counts = np.bincount(row, minlength=len(block.rows))
        names = pa.array([group.name for group in self.bundle.groups.all], pa.string())
        told = [names.take(pa.array(group)), self._texts(block, row, column, contribution > 0)]
        told += [pa.array(contribution), self._evidence(column, evidence)]
        items = pa.StructArray.from_arrays(told, fields=list(REASON))
        return pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(counts)), pa.int32()), items)

    def _evidence(self, column: Ints, bins: Ints) -> pa.Array:
        which, first = combined([column, bins])
        texts = [self._of_bin(int(column[i]), int(bins[i])) for i in first]
        return pa.array(texts, pa.string()).take(pa.array(which))

    def _of_bin(self, column: int, found: int) -> str | None:
        counted = None if found == NONE else self.bundle.evidence.of_bins(column)[found]
        return None if counted is None else evidence_sentence(self._definitions[column], counted, self.language)

    def _texts(self, block: WordBlock, row: Ints, column: Ints, raises: Flags) -> pa.Array:
        own = self._own_words(block, row, column)
        key = np.where(own >= 0, own, self._keys(block, row, column, raises))
        which, first = combined([column, own >= 0, key])
        texts = [self._text(block, row[i], column[i], key[i], own[i] >= 0, bool(raises[i])) for i in first]
        return pa.array(texts, pa.string()).take(pa.array(which))

    def _text(self, block: WordBlock, row: int, column: int, key: int, own: bool, raises: bool) -> str:
        """The sentence of a key; a lead's own words are remembered themselves, for their code is the block's."""
        definition = self._definitions[column]
        values = block.fields[definition.field] if isinstance(definition, Attribute) else None
        raw = None if values is None or values.code[row] < 0 else values.distinct[values.code[row]]
        known: Hashable = (column, type(raw), raw) if own else (column, int(key))
        found = self.said.get(known)
        if found is None:
            attributes = {} if values is None or raw is None else {getattr(definition, "field", ""): raw}
            kinds = kind_names(self._view, definition.kind) if isinstance(definition, OfKind) else frozenset()
            events = block.events.of_lead(int(block.lead[row]), kinds) if kinds else ()
            about = self._about(attributes, events, block.as_of)
            found = sentence(definition, float(block.rows[row, column]), about, raises=raises)
            if len(self.said) < MOST_KEPT:
                self.said[known] = found
        return found

    def _about(self, attributes: dict[str, object], events: Sequence[Event], as_of: int) -> About:
        lead = Lead(lead_id="", attributes=attributes)
        return About(view=self._view, lead=lead, language=self.language, as_of=as_of, visible=events)

    def _own_words(self, block: WordBlock, row: Ints, column: Ints) -> Ints:
        """Where a sentence may show the lead's own value: its position among the field's values; otherwise -1."""
        codes = [block.fields[name].code + 1 for name in self._fields] or [np.zeros(len(block.rows), dtype=np.int64)]
        own = np.array(codes)[self._field[column], row]
        way = self._way[column]
        shown = (way == By.RAW) | ((way == By.CODE) & np.isnan(block.rows[row, column]))
        return np.where(shown, own, -1)

    def _keys(self, block: WordBlock, row: Ints, column: Ints, raises: Flags) -> Ints:
        """What each sentence depends on, as one number for each column."""
        value, way = block.rows[row, column], self._way[column]
        doings = self._doings(block, row, column, raises)
        last = ago_key(np.where(doings[:, 3] == NEVER, np.nan, doings[:, 3] / DAY))
        found = np.where(np.isnan(value), -1, np.nan_to_num(value)).astype(np.int64)
        found = np.where(way == By.AGO, ago_key(value), found)
        found = np.where(way == By.OFTEN, doings[:, 0], found)
        found = np.where(way == By.FADING, np.where(value == 0, -1, doings[:, 2] * WIDE + last), found)
        found = np.where(way == By.CHANGE, doings[:, 0] * WIDE + doings[:, 1], found)
        quiet = raises & self._unwelcome[column] & (doings[:, 3] >= min(LONG_AGO) * DAY)
        return np.where(quiet, -2 - last, found)

    def _doings(self, block: WordBlock, row: Ints, column: Ints, raises: Flags) -> Ints:
        """Counts of events for the reasons whose sentences need them; zeros for all others."""
        found = np.zeros((len(row), 4), dtype=np.int64)
        found[:, 3] = NEVER
        asked = np.flatnonzero((self._way[column] >= By.OFTEN) | (raises & self._unwelcome[column]))
        events, out = block.events, np.zeros((len(asked), 4), dtype=np.int64)
        wanted = self._wanted(events.kinds)
        columns = events.offsets, events.happened_at, events.kind, block.as_of, wanted, self._span
        gather_doings(*columns, block.lead[row[asked]], column[asked], out)
        found[asked] = out
        return found

    def _wanted(self, kinds: tuple[str, ...]) -> Flags:
        """Whether a column, (n_columns, n_kinds), counts events of a kind."""
        of_column = [kind_names(self._view, d.kind) if isinstance(d, OfKind) else () for d in self._definitions]
        told = [[kind in names for kind in kinds] for names in of_column]
        return np.array(told, dtype=np.bool_).reshape(len(told), len(kinds))

    @property
    def _view(self) -> View:
        return self.bundle.view

    @property
    def _definitions(self) -> tuple[Definition, ...]:
        return self.bundle.view.definitions

    @cached_property
    def _way(self) -> Ints:
        return np.array([_way(definition) for definition in self._definitions], dtype=np.int64)

    @cached_property
    def _span(self) -> Ints:
        return np.array([days(getattr(definition, "days", 0)) for definition in self._definitions], dtype=np.int64)

    @cached_property
    def _unwelcome(self) -> Flags:
        return np.array([isinstance(d, OfKind) and d.kind in UNWELCOME for d in self._definitions], dtype=np.bool_)

    @cached_property
    def _fields(self) -> list[str]:
        return sorted(self._view.fields)

    @cached_property
    def _field(self) -> Ints:
        """For each column the position of its field; 0 where it has none."""
        place: Callable[[str], int] = self._fields.index
        return np.array([place(d.field) if isinstance(d, Attribute) else 0 for d in self._definitions], dtype=np.int64)


#: one reason in a file
REASON = (
    pa.field("field", pa.string(), nullable=False),
    pa.field("text", pa.string(), nullable=False),
    pa.field("contribution", pa.float64(), nullable=False),
    pa.field("evidence", pa.string()),
)


def _way(definition: Definition) -> By:
    if isinstance(definition, Attribute):
        told = definition.encoding == "number" or definition.part in READ_FROM_TEXT
        return By.RAW if told else By.CODE
    if isinstance(definition, Recency | Age):
        return By.AGO
    ways: dict[type[Definition], By] = {Sum: By.OFTEN, Decayed: By.FADING, Momentum: By.CHANGE}
    return ways.get(type(definition), By.VALUE)
