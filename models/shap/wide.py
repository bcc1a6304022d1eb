"""Pieces that are too wide for a table: the formula itself, once for each pattern that the rows of a block show.

A piece of 13 bits has 8,192 patterns, but leads resemble each other: 2,048 of them show some 170.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiled import compiled
from models.arrays import Floats, Ints
from models.shap.formula import LANES, Rules, parts_of, told_by
from models.shap.program import Indices, Leaves, Pieces

TILE = 128  #: patterns at a time, whose numbers stay in the nearest cache
FREE = -1  #: of a seat where nobody sits
SPREAD = 0x4F1BBCDCBFA53E0B  #: 2^63 over the golden ratio: close patterns fall far apart
HIGH = 20  #: bits of the product that are passed over; the ones above hang on all bits of the pattern

Bits = npt.NDArray[np.uint16]


class Scratch(NamedTuple):
    """Memory for the work on one piece."""

    pattern: Ints  #: of each row, and of each distinct pattern
    which: Indices  #: of the distinct patterns is each row's
    seat: Indices  #: of a hash table of the distinct patterns
    sums: Floats  #: of the leaves, for each column of the piece and distinct pattern
    more: Floats  #: for each factor and pattern: what it is if the column is known, beyond what it is if not
    before: Floats  #: for each factor and pattern: the product of the factors before it
    part: Floats  #: of each factor, for each pattern
    product: Floats  #: of each pattern


@compiled
def scratch_for(rows: int, rules: Rules) -> Scratch:
    """Memory for so many rows."""
    widest, seats = len(rules.first), 2
    while seats < 2 * rows:
        seats *= 2
    return Scratch(
        np.empty(rows, dtype=np.int64),
        np.empty(rows, dtype=np.int32),
        np.empty(seats, dtype=np.int32),
        np.empty((widest, rows)),
        np.empty((widest, TILE)),
        np.empty((widest, TILE)),
        np.empty((widest, TILE)),
        np.empty(TILE),
    )


@compiled
def add_wide(
    phi: Floats,
    lefts: Bits,
    first_split: int,
    piece: int,
    pieces: Pieces,
    leaves: Leaves,
    rules: Rules,
    scratch: Scratch,
) -> None:
    """Add what a piece gives to each row; shape of `phi`: (n_columns, n_rows)."""
    columns, slot, width = pieces.column, pieces.slot[piece], pieces.slot[piece + 1] - pieces.slot[piece]
    n, sums, which = lefts.shape[1], scratch.sums, scratch.which
    match_wide(scratch.pattern[:n], lefts, first_split, piece, pieces)
    distinct = number_of_each(scratch.pattern[:n], which, scratch.seat)
    for j in range(width):
        for i in range(distinct):
            sums[j, i] = 0.0
    for leaf in range(leaves.piece[piece], leaves.piece[piece + 1]):
        for first in range(0, distinct, TILE):
            sum_leaf(first, min(distinct, first + TILE), leaf, leaves, rules, scratch)
    for j in range(width):
        part, given = phi[columns[slot + j]], sums[j]
        for r in range(n):
            part[r] += given[which[r]]


@compiled
def match_wide(pattern: Ints, lefts: Bits, first_split: int, piece: int, pieces: Pieces) -> None:
    """Set each row's pattern."""
    every = (np.int64(1) << pieces.bits[piece]) - 1
    for r in range(len(pattern)):
        pattern[r] = every
    for term in range(pieces.term[piece], pieces.term[piece + 1]):
        left, wrong = lefts[pieces.split[term] - first_split], np.uint16(pieces.right[term])
        kept = ~(np.int64(1) << pieces.bit[term])
        for r in range(len(pattern)):
            pattern[r] &= kept if left[r] == wrong else -1


@compiled
def number_of_each(patterns: Ints, which: Indices, seats: Indices) -> int:
    """Number the distinct patterns as they come, move them to the front, and tell each row's; how many there are."""
    last, distinct = len(seats) - 1, 0
    for seat in range(len(seats)):
        seats[seat] = FREE
    for r in range(len(patterns)):
        pattern = patterns[r]
        seat = ((pattern * SPREAD) >> HIGH) & last
        while seats[seat] != FREE and patterns[seats[seat]] != pattern:
            seat = (seat + 1) & last
        if seats[seat] == FREE:
            seats[seat] = distinct
            patterns[distinct] = pattern
            distinct += 1
        which[r] = seats[seat]
    return distinct


@compiled
def sum_leaf(start: int, stop: int, leaf: int, leaves: Leaves, rules: Rules, scratch: Scratch) -> None:
    """Add what a leaf gives for the patterns from `start` to `stop`: `parts_of` for many, bit for bit."""
    first, n, m = leaves.factor[leaf], leaves.factor[leaf + 1] - leaves.factor[leaf], stop - start
    weights, sums, parts = leaves.weight[first : first + n], scratch.sums, scratch.part
    more, before, product = scratch.more, scratch.before, scratch.product
    for j in range(n):
        mask, want = leaves.mask[first + j], leaves.want[first + j]
        for r in range(m):
            holds = (scratch.pattern[start + r] & mask) == want
            more[j, r] = (1.0 if holds else 0.0) - weights[j]
            parts[j, r] = 0.0
    for point in range(rules.first[n], rules.first[n + 1]):
        t, weighed = rules.at[point], rules.weight[point] * leaves.value[leaf]
        for r in range(m):
            product[r] = weighed
        for j in range(n):
            z, known, kept = weights[j], more[j], before[j]
            for r in range(m):
                kept[r] = product[r]
                product[r] *= z + t * known[r]
        for r in range(m):
            product[r] = 1.0
        for j in range(n - 1, -1, -1):
            z, known, kept, part = weights[j], more[j], before[j], parts[j]
            for r in range(m):
                part[r] += kept[r] * product[r]
                product[r] *= z + t * known[r]
    for j in range(n):
        total = sums[leaves.slot[first + j]]
        for r in range(m):
            total[start + r] += parts[j, r] * more[j, r]


@compiled
def sum_wide(made: Floats, cells: Ints, pieces: Pieces, leaves: Leaves, rules: Rules) -> None:
    """For one row: write what the pieces without a table give to their slots; `cells` turns from pattern to place."""
    rule, points, shares, width = rules.first, rules.at, rules.weight, len(rules.first)
    parts, before = np.empty(width), np.empty((width, LANES))
    slots, starts, factors = pieces.slot, leaves.piece, leaves.factor
    weights, values, places = leaves.weight, leaves.value, leaves.slot
    for piece in range(len(cells)):
        if starts[piece] == starts[piece + 1]:
            continue
        for slot in range(slots[piece], slots[piece + 1]):
            made[slot] = 0.0
        for leaf in range(starts[piece], starts[piece + 1]):
            f, n = factors[leaf], factors[leaf + 1] - factors[leaf]
            a, b, told = rule[n], rule[n + 1], told_by(cells[piece], leaf, leaves)
            parts_of(parts[:n], told, weights[f : f + n], values[leaf], points[a:b], shares[a:b], before)
            for j in range(n):
                made[slots[piece] + places[f + j]] += parts[j]
        cells[piece] = slots[piece]
