"""A company's points rules, applied to leads as they were known at a moment: the rival that sales already has.

A rule may name any column of the view, any field of the export, and behaviour through a window of
its own (`demo_request_count_60d`): names are read as the definitions that they derive from.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.attributes import values_at
from features.definitions import (
    ANY,
    ActiveDays,
    Attribute,
    Count,
    Decayed,
    Definition,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.encode import Reading, number_of, text_of
from features.errors import BadTable
from features.parsers import PARSERS
from features.rows import build_rows
from features.tables import Export, Pairs
from features.view import View
from training.points_file import ORDERINGS, Condition, Rule, read_rules

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_WINDOWED: Mapping[str, Callable[[str, float], Definition]] = {
    "count": lambda kind, days: Count(kind=kind, days=days),
    "sum": lambda kind, days: Sum(kind=kind, days=days),
    "active_days": lambda kind, days: ActiveDays(kind=kind, days=days),
    "distinct_topic": lambda kind, days: Distinct(kind=kind, days=days),
    "momentum": lambda kind, days: Momentum(kind=kind, days=days),
    "decayed_hl": lambda kind, days: Decayed(kind=kind, half_life_days=days),
}
_WINDOW = re.compile(r"(.+)_(count|sum|active_days|distinct_topic|momentum)_(\d+(?:_\d+)?)d|(.+)_(decayed_hl)(\d+)d")
_RECENCY = re.compile(r"(.+)_recency_days")
_COMPARE: Mapping[str, Callable[[Floats, float], Bools]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, kw_only=True)
class PointsRules:
    """Rules bound to an export: every column is known, every text compared with the texts that exist."""

    rules: tuple[Rule, ...]
    view: View  #: the columns that the rules read
    export: Export
    notes: tuple[str, ...]  #: values that no lead has

    @classmethod
    def read(cls, path: Path, view: View, export: Export, *, refused: Collection[str] = ()) -> "PointsRules":
        """Bind the rules of a file; `view` names the columns that the model reads, `refused` those of leaks.

        Raises:
            UnreadableFile: the file is not there or no text.
            BadTable: a line is no rule, or names a column that is not there.
        """
        rules = read_rules(path)
        columns = _Columns(view=view, export=export, refused=frozenset(refused))
        found: dict[str, Definition] = {}
        for rule in rules:
            for condition in rule.conditions:
                definition = columns.find(condition, where=f"{path}, line {rule.line}")
                if definition.name not in found or definition.encoding == "number":
                    found[definition.name] = definition
        _require_numbers(path, rules, columns, found)
        categories = {d.name: columns.texts(d) for d in found.values() if d.encoding == "category"}
        own = replace(view, definitions=tuple(found.values()), categories=categories)
        bound = cls(rules=rules, view=own, export=export, notes=())
        return replace(bound, notes=tuple(bound._unmatched(columns)))

    def count(self, pairs: Pairs) -> Floats:
        """Points of each pair, (n_pairs,)."""
        rows = build_rows(self.view, self.export, pairs)
        columns = _Columns(view=self.view, export=self.export)
        total = np.zeros(len(pairs))
        for rule in self.rules:
            met = np.ones(len(pairs), dtype=bool)
            for condition in rule.conditions:
                met &= self._meets(condition, rows, columns)
            total += rule.points * met
        return total

    def _meets(self, condition: Condition, rows: Floats, columns: "_Columns") -> Bools:
        """Where a condition holds; what is missing meets nothing but `is missing`."""
        definition = columns.find(condition, where="the rules")
        position = self.view.names.index(definition.name)
        values = rows[:, position]
        known = ~np.isnan(values)
        if condition.operator.startswith("is "):
            return known if condition.operator == "is known" else ~known
        if condition.operator in _COMPARE:
            return np.asarray(known & _COMPARE[condition.operator](values, number_of(condition.values[0])))
        among = np.isin(values, self._wanted(condition, self.view.definitions[position]))
        return np.asarray(known & (~among if condition.operator in {"!=", "not in"} else among))

    def _wanted(self, condition: Condition, definition: Definition) -> list[float]:
        """The numbers in a row that stand for the values of a condition."""
        if definition.encoding == "number":
            return [number_of(value) for value in condition.values]
        wanted = {_plain(value) for value in condition.values}
        texts = self.view.categories[definition.name]
        return [float(code) for code, text in enumerate(texts) if _plain(text) in wanted]

    def _unmatched(self, columns: "_Columns") -> Iterable[str]:
        for rule in self.rules:
            for condition in rule.conditions:
                name = columns.find(condition, where="the rules").name
                texts = {_plain(text): text for text in self.view.categories.get(name, ())}
                for value in condition.values if name in self.view.categories else ():
                    if _plain(value) not in texts:
                        near = get_close_matches(_plain(value), texts, n=1)
                        hint = f"; near: {texts[near[0]]!r}" if near else ""
                        yield f"points file, line {rule.line}: no lead has {condition.column} = {value!r}{hint}"


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """What a rule may name."""

    view: View
    export: Export
    refused: frozenset[str] = frozenset()

    def find(self, condition: Condition, *, where: str) -> Definition:
        """The definition that a name stands for."""
        definition = self._known(condition.column)
        if definition is None and condition.column in self.refused:
            raise BadTable(
                f"{where}: {condition.column!r} is refused as a leak, for it could know the outcome (`ripeness leaks` "
                "says how); take the rule out, or keep the column with --keep"
            )
        if definition is None:
            near = get_close_matches(condition.column, self._names(), n=3, cutoff=0.5)
            hint = f"near names: {', '.join(near)}" if near else "`ripeness check` lists the columns"
            raise BadTable(f"{where}: there is no column {condition.column!r}; {hint}")
        if isinstance(definition, Attribute) and condition.operator in ORDERINGS:
            return replace(definition, encoding="number")
        return definition

    def _known(self, name: str) -> Definition | None:
        by_name = {d.name: d for d in self.view.definitions}
        if name in by_name:
            return by_name[name]
        if name in self.export.attributes or name in self.export.tracked:
            return Attribute(field=name)
        parts = [d for d in self.view.definitions if isinstance(d, Attribute) and d.part == name]
        return parts[0] if len(parts) == 1 else self._behaviour(name)

    def _behaviour(self, name: str) -> Definition | None:
        windowed, recency = _WINDOW.fullmatch(name), _RECENCY.fullmatch(name)
        kinds = {kind.name for kind in self.view.kinds} | ({ANY} if self.view.kinds else set())
        if windowed:
            kind, how, days = (windowed[i] or windowed[i + 3] for i in (1, 2, 3))
            number = float(days.replace("_", "."))
            return _WINDOWED[how](kind, number) if kind in kinds and number > 0 else None
        return Recency(kind=recency[1]) if recency and recency[1] in kinds else None

    def _names(self) -> list[str]:
        parts = [d.part for d in self.view.definitions if isinstance(d, Attribute) and d.part]
        return list(dict.fromkeys([*self.view.names, *self.export.attributes, *parts]))

    def texts(self, definition: Definition) -> tuple[str, ...]:
        """Every text that a column of words may hold."""
        if isinstance(definition, FirstTouch | LastTouch):
            return tuple(sorted(self.export.events["channel"].dropna().unique()))
        if not isinstance(definition, Attribute):
            return ()
        reading = Reading.of(definition.field, self.view.missing_words, self.view.keep_na)
        cleaned = [reading.clean(value) for value in self._values(definition.field)]
        parse = PARSERS[definition.part] if definition.part else (lambda value: value)
        texts = {text_of(parse(value)) for value in cleaned if value is not None}
        return tuple(sorted(text for text in texts if text is not None))

    def _values(self, field: str) -> Iterable[object]:
        """All values of a field, of today and of its history."""
        everybody = np.arange(len(self.export.leads))
        today = values_at(
            self.export, field, Pairs(lead=everybody, as_of=np.full(len(everybody), self.export.data_end))
        )
        history = self.export.changes.loc[self.export.changes["field"] == field, ["value", "old_value"]]
        return {*today.distinct, *history.to_numpy(dtype=object).ravel()}


def _require_numbers(path: Path, rules: Iterable[Rule], columns: _Columns, found: Mapping[str, Definition]) -> None:
    """Refuse words where the column is a number."""
    for rule in rules:
        for condition in rule.conditions:
            definition = found[columns.find(condition, where="the rules").name]
            bad = [value for value in condition.values if math.isnan(number_of(value))]
            if definition.encoding == "number" and bad:
                raise BadTable(
                    f"{path}, line {rule.line}: {condition.column!r} is a number, {bad[0]!r} is none; write a number"
                )


def _plain(text: str) -> str:
    return " ".join(str(text_of(text)).casefold().split())
