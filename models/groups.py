"""Columns that people read about as one thing: a field, or everything about one event kind."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.definitions import Definition, Family, Momentum, Sum
from features.stages import Stage
from features.view import View
from models.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class Group:
    """A field or an event kind; one name may be both, and then is two groups."""

    name: str
    family: Family
    stage: Stage | None  #: what the kind is evidence for; None for fields and for all activity together


@dataclass(frozen=True, kw_only=True)
class Groups:
    """The groups of a view in order of their first column."""

    all: tuple[Group, ...]
    of_column: tuple[int, ...]  #: position of each column's group
    unspoken: frozenset[int] = frozenset()  #: columns whose numbers have no unit that people know
    of_change: frozenset[int] = frozenset()  #: columns that say nothing where they are zero

    @classmethod
    def of(cls, view: View) -> "Groups":
        """The groups that the view's columns belong to."""
        of_columns = [_group(view, definition) for definition in view.definitions]
        distinct = tuple(dict.fromkeys(of_columns))
        position = {group: i for i, group in enumerate(distinct)}
        return cls(
            all=distinct,
            of_column=tuple(position[group] for group in of_columns),
            unspoken=frozenset(i for i, d in enumerate(view.definitions) if isinstance(d, Sum)),
            of_change=frozenset(i for i, d in enumerate(view.definitions) if isinstance(d, Momentum)),
        )

    def sums(self, contributions: Floats) -> Floats:
        """Contributions summed per group: (n_pairs, n_columns) -> (n_pairs, n_groups)."""
        if not self.all:
            return np.zeros((len(contributions), 0))
        return np.add.reduceat(contributions[:, self._order], self._starts, axis=1)

    def sums_of_one(self, contributions: list[float]) -> list[float]:
        """As `sums`, for one lead in plain numbers."""
        return [sum([contributions[column] for column in columns]) for columns in self.columns]

    def family_sums(self, contributions: Floats) -> tuple[Floats, Floats]:
        """Log-odds by fit and by engagement, each of shape (n_pairs,)."""
        sums = self.sums(contributions)
        return sums[:, self.is_fit].sum(axis=1), sums[:, ~self.is_fit].sum(axis=1)

    @cached_property
    def is_fit(self) -> npt.NDArray[np.bool_]:
        """Which groups say who the lead is."""
        return np.array([group.family == "fit" for group in self.all], dtype=np.bool_)

    @cached_property
    def of_fit(self) -> tuple[int, ...]:
        """The groups that say who the lead is."""
        return tuple(g for g, group in enumerate(self.all) if group.family == "fit")

    @cached_property
    def of_engagement(self) -> tuple[int, ...]:
        """The groups that say what the lead did."""
        return tuple(g for g, group in enumerate(self.all) if group.family != "fit")

    @cached_property
    def of_stage(self) -> dict[str, tuple[int, ...]]:
        """The groups that are evidence for each lifecycle stage, in the stages' order."""
        own = {stage: tuple(g for g, group in enumerate(self.all) if group.stage is stage) for stage in Stage}
        return {stage.value: positions for stage, positions in own.items() if positions}

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """Positions of each group's columns."""
        of_group: list[list[int]] = [[] for _ in self.all]
        for column, group in enumerate(self.of_column):
            of_group[group].append(column)
        return tuple(map(tuple, of_group))

    @cached_property
    def spoken(self) -> tuple[tuple[int, ...], ...]:
        """Of each group's columns those that can be put into a sentence; all of them where none can."""
        told = (tuple(c for c in columns if c not in self.unspoken) for columns in self.columns)
        return tuple(some or columns for some, columns in zip(told, self.columns, strict=True))

    @cached_property
    def changes(self) -> tuple[tuple[int, ...], ...]:
        """Of each group's columns those that say nothing where they are zero."""
        return tuple(tuple(c for c in columns if c in self.of_change) for columns in self.columns)

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        return np.argsort(self.of_column, kind="stable")

    @cached_property
    def _starts(self) -> npt.NDArray[np.intp]:
        return np.searchsorted(np.sort(self.of_column), np.arange(len(self.all)))


def group_contributions(view: View, contributions: Floats) -> Floats:
    """Contributions summed per group of the view, shape (n_pairs, n_groups) in the order of `Groups.of(view).all`."""
    return Groups.of(view).sums(contributions)


def _group(view: View, definition: Definition) -> Group:
    kind = view.kind_of.get(getattr(definition, "kind", ""))
    if kind is None:
        return Group(name=definition.group, family=definition.family, stage=None)
    return Group(name=definition.group, family=kind.family, stage=kind.stage if kind.family == "engagement" else None)
