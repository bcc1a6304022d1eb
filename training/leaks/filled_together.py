"""Columns that one step fills in for the same leads: what holds for one of them holds for all."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from training.leaks.case import Case
from training.leaks.fields import Field
from training.leaks.verdicts import Evidence

SAME = 0.97  #: leads filled in both (or in neither) among those filled (or not) in either
RANGE = (0.05, 0.95)  #: share of leads with a value, where being filled in says something
COMPANY = 3  #: columns that make a step of its own
INSIDE = 0.99  #: leads with a value that have one in the other column as well


def groups(fields: Sequence[Field], case: Case) -> tuple[tuple[str, ...], ...]:
    """Columns that are filled in for the same leads, two or more."""
    some = [f for f in fields if not f.tracked and RANGE[0] <= f.filled.mean() <= RANGE[1]]
    if len(some) < 2:
        return ()
    filled = np.column_stack([f.filled[case.sample] for f in some]).astype(np.float32)
    alike = (_overlap(filled) >= SAME) & (_overlap(1 - filled) >= SAME)
    left, found = list(range(len(some))), []
    while left:
        same = [i for i in left if alike[left[0], i]]
        left = [i for i in left if i not in same]
        found.append(tuple(some[i].name for i in same))
    return tuple(group for group in found if len(group) > 1)


def _overlap(holds: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of each two columns: rows where both hold among those where either does."""
    both = holds.T @ holds
    alone = np.diag(both)
    return np.asarray(both / np.maximum(alone[:, None] + alone[None, :] - both, 1))


def in_company(group: tuple[str, ...], field: Field) -> list[Evidence]:
    """A weak sign: one step writes several columns, for a part of the leads."""
    if len(group) < COMPANY:
        return []
    others = ", ".join(repr(name) for name in group if name != field.name)
    return [
        Evidence(
            test="filled_together",
            ground="company",
            weight=1,
            numbers={"filled": float(field.filled.mean()), "columns": len(group)},
            words={"others": others},
            sentence=f"It is filled in for the same {field.filled.mean():.0%} of the leads as {others}: one step, or "
            "one system, writes them. Find out when.",
        )
    ]


def beside_refused(group: tuple[str, ...], refused: Mapping[str, bool], name: str) -> list[Evidence]:
    """What is written together with a refused column is written as late."""
    culprits = [other for other in group if other != name and refused[other]]
    if not culprits:
        return []
    return [
        Evidence(
            test="beside_refused",
            ground="step",
            weight=2,
            numbers={"refused": len(culprits)},
            words={"other": culprits[0]},
            sentence=f"It is filled in for the same leads as {culprits[0]!r}, which is refused: both are written at "
            "the same time.",
        )
    ]


def inside_refused(field: Field, culprits: Sequence[Field]) -> list[Evidence]:
    """What is there only where a column is that is refused for being written at closing is written no sooner."""
    if not field.filled.any():
        return []
    outer = next((c for c in culprits if c.filled[field.filled].mean() >= INSIDE), None)
    if outer is None:
        return []
    return [
        Evidence(
            test="inside_refused",
            ground="step",
            weight=3,
            numbers={"filled": float(field.filled.mean()), "filled_there": float(outer.filled.mean())},
            words={"other": outer.name},
            sentence=f"It is filled in only where {outer.name!r} is, which is refused for being written at closing: "
            "it was written no sooner.",
        )
    ]
