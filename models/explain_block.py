"""Why many leads have their scores: the same reasons as `models.explain` gives for one, in one compiled loop.

A block has a million groups to sum and a few reasons for each lead to show. So sums, choice and
evidence are arrays here; nothing is put into words that is not shown.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiled import compiled, inlined, plain
from features.threads import on_threads, ranges, threads_for
from models.answers import Answers
from models.arrays import Floats, Ints, as_rows
from models.bundle import Bundle
from models.evidence import Evidence
from models.explain import LEAST_PART, WEAK
from models.groups import Groups

Flags = npt.NDArray[np.bool_]
WORTH_A_THREAD = 2_048  #: rows
NONE = -1  #: no reason, or one without evidence


class GroupLayout(NamedTuple):
    """The groups of a view; the columns of group g are `column[first[g]:first[g + 1]]`."""

    first: Ints
    column: Ints
    spoken: Flags  #: of each of these: whether it may speak for its group
    of_change: Flags  #: of each of these: whether it says nothing where it is zero
    is_fit: Flags  #: of each group


class EvidenceLayout(NamedTuple):
    """The evidence of a bundle; the bins of column c are those from `bin[c]` to `bin[c + 1]`, the last for missing."""

    edge: Ints  #: first of each column, and one more
    edges: Floats
    coded: Flags  #: whether a column's bins are codes
    bin: Ints
    raises: Flags  #: of each bin: whether it supports that a score is raised
    lowers: Flags


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """For each row the strongest groups, the strongest first; arrays of shape (n_rows, top).

    Where a row has fewer, `group` is -1.
    """

    group: Ints
    column: Ints  #: that speaks for the group
    contribution: Floats
    evidence: Ints  #: the column's bin; -1 where no evidence says the same
    fit: Floats  #: log-odds of all groups of fit, (n_rows,)
    engagement: Floats


def find_reasons(bundle: Bundle, rows: Floats, answers: Answers, top: int) -> Reasons:
    """At most `top` reasons of each row, whichever way they point."""
    rows = as_rows(rows, len(bundle.view.names))
    shape = len(rows), top
    found = Reasons(
        group=np.full(shape, NONE),
        column=np.full(shape, NONE),
        contribution=np.zeros(shape),
        evidence=np.full(shape, NONE),
        fit=np.zeros(len(rows)),
        engagement=np.zeros(len(rows)),
    )
    layouts = group_layout(bundle.groups), evidence_layout(bundle.evidence)
    outs = found.group, found.column, found.contribution, found.evidence, found.fit, found.engagement
    threads = threads_for(len(rows), WORTH_A_THREAD)
    parts = [
        (*layouts, rows[a:b], answers.contributions[a:b], *(out[a:b] for out in outs))
        for a, b in ranges(len(rows), threads)
    ]
    on_threads(_fill, parts, threads)
    return found


def group_layout(groups: Groups) -> GroupLayout:
    """The groups as flat arrays."""
    column = [c for columns in groups.columns for c in columns]
    spoken = [c in told for columns, told in zip(groups.columns, groups.spoken, strict=True) for c in columns]
    return GroupLayout(
        first=plain([0, *accumulate(map(len, groups.columns))], np.int64),
        column=plain(column, np.int64),
        spoken=plain(spoken, np.bool_),
        of_change=plain([c in groups.of_change for c in column], np.bool_),
        is_fit=plain(groups.is_fit, np.bool_),
    )


def evidence_layout(evidence: Evidence) -> EvidenceLayout:
    """The evidence as flat arrays."""
    counted = [bin_ for c in range(len(evidence.columns)) for bin_ in evidence.of_bins(c)]
    return EvidenceLayout(
        edge=plain([0, *accumulate(len(c.edges or ()) for c in evidence.columns)], np.int64),
        edges=plain([edge for c in evidence.columns for edge in c.edges or ()], np.float64),
        coded=plain([c.edges is None for c in evidence.columns], np.bool_),
        bin=plain([0, *accumulate(len(c.leads) for c in evidence.columns)], np.int64),
        raises=plain([found is not None and found.supports(1.0) for found in counted], np.bool_),
        lowers=plain([found is not None and found.supports(-1.0) for found in counted], np.bool_),
    )


@compiled
def _fill(
    groups: GroupLayout,
    evidence: EvidenceLayout,
    rows: Floats,
    contributions: Floats,
    group: Ints,
    column: Ints,
    contribution: Floats,
    bins: Ints,
    fit: Floats,
    engagement: Floats,
) -> None:
    """Fill the arrays of `Reasons`, row by row."""
    first, columns, _, _, is_fit = groups
    sums = np.zeros(len(is_fit))
    told = np.zeros(len(columns), dtype=np.bool_)
    for i in range(len(rows)):
        for g in range(len(is_fit)):
            sums[g] = 0.0
            for k in range(first[g], first[g + 1]):
                sums[g] += contributions[i, columns[k]]
            if is_fit[g]:
                fit[i] += sums[g]
            else:
                engagement[i] += sums[g]
        for r in range(_strongest(sums, group[i])):
            g = group[i, r]
            contribution[i, r] = sums[g]
            column[i, r], bins[i, r] = _speaker(groups, evidence, rows[i], contributions[i], g, sums[g], told)


@compiled
def _strongest(sums: Floats, chosen: Ints) -> int:
    """Put the groups that add or take most into `chosen`, ties in their order; how many are no weak ones."""
    count = 0
    for g in range(len(sums)):
        if sums[g] == 0.0:
            continue
        at = count
        while at > 0 and abs(sums[g]) > abs(sums[chosen[at - 1]]):
            if at < len(chosen):
                chosen[at] = chosen[at - 1]
            at -= 1
        if at < len(chosen):
            chosen[at] = g
            count = min(count + 1, len(chosen))
    kept = count
    while kept > 1 and abs(sums[chosen[kept - 1]]) < WEAK:
        kept -= 1
        chosen[kept] = NONE
    return kept


@compiled
def _speaker(
    groups: GroupLayout, evidence: EvidenceLayout, row: Floats, parts: Floats, g: int, total: float, told: Flags
) -> tuple[int, int]:
    """The column that speaks for a group and its bin of evidence, or -1; `told` is room to work in."""
    first, columns, spoken, of_change, _ = groups
    start, stop = first[g], first[g + 1]
    count = 0
    for k in range(start, stop):
        told[k] = spoken[k]
        count += spoken[k]
    for k in range(start, stop):
        if of_change[k] and row[columns[k]] == 0 and told[k] and count > 1:
            told[k] = False
            count -= 1
    strongest = _furthest(columns, parts, told, start, stop, total)
    if parts[strongest] * total <= 0:
        for k in range(start, stop):
            told[k] = True
        strongest = _furthest(columns, parts, told, start, stop, total)
    least = LEAST_PART * abs(parts[strongest])
    best, its_bin = strongest, NONE
    for k in range(start, stop):
        c = columns[k]
        signed = parts[c] if total > 0 else -parts[c]
        if told[k] and signed >= least and (its_bin == NONE or abs(parts[c]) > abs(parts[best])):
            found = _support(evidence, c, row[c], total)
            if found != NONE:
                best, its_bin = c, found
    return best, its_bin


@inlined
def _furthest(columns: Ints, parts: Floats, told: Flags, start: int, stop: int, total: float) -> int:
    """Of the columns that are told the one that goes furthest the way of the total; the first of equals."""
    best = -1
    for k in range(start, stop):
        c = columns[k]
        further = best < 0 or (parts[c] > parts[best] if total > 0 else parts[c] < parts[best])
        if told[k] and further:
            best = c
    return best


@inlined
def _support(evidence: EvidenceLayout, column: int, value: float, total: float) -> int:
    """The bin that a value falls in if it says the same as the contribution, otherwise -1."""
    edge, edges, coded, bins, raises, lowers = evidence
    missing = bins[column + 1] - bins[column] - 1
    if np.isnan(value):
        found = missing
    elif coded[column]:
        found = int(value) if 0 <= value < missing else missing
    else:
        found = 0
        while found < edge[column + 1] - edge[column] and edges[edge[column] + found] < value:
            found += 1
    at = bins[column] + found
    return found if (raises[at] if total > 0 else lowers[at]) else -1
