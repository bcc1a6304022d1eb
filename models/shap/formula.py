"""SHAP values of a leaf, in closed form, and the tables of them.

A leaf gives its value v to a row that satisfies all its conditions. Conditions on one column merge
into one: a_j is 1 where the row satisfies those on column j, else 0, and z_j is the share of
training rows that went on towards the leaf where column j was tested. If only the columns in S are
known, the leaf is expected to give v * prod(a_j, j in S) * prod(z_j, j not in S): the path-dependent
game of TreeSHAP (Lundberg et al. 2020). By the integral form of the Shapley value (Owen 1972)
column i has the part

    v * (a_i - z_i) * integral over t in (0, 1) of prod(t * a_j + (1 - t) * z_j, j other than i)

in it. The integrand is a polynomial of a degree below D, the number of columns, so ceil(D / 2)
Gauss-Legendre points, or more, integrate it exactly. A row changes the part only by D bits; so a piece's
leaves are summed once for every pattern of its bits (Yang 2021, Fast TreeSHAP, tabulates leaves).
"""

from typing import NamedTuple

import numpy as np

from features.compiled import compiled, inlined, plain
from features.threads import on_threads, ranges, threads_for
from models.arrays import Floats
from models.shap.plan import TABLE_BITS
from models.shap.program import Indices, Leaves, Pieces

LANES = 2  #: points are taken so many at a time
WORTH_A_THREAD = 200_000  #: cells of a table


class Rules(NamedTuple):
    """Gauss-Legendre points on (0, 1): those for D columns are `first[D]` to `first[D + 1]`."""

    first: Indices
    at: Floats
    weight: Floats


def rules_up_to(columns: int) -> Rules:
    """Rules that are exact for leaves of 0 to `columns` columns."""
    rules = [np.polynomial.legendre.leggauss(LANES * max(1, -(-d // (2 * LANES)))) for d in range(columns + 1)]
    return Rules(
        first=plain(np.cumsum([0, *(len(at) for at, _ in rules)]), np.int32),
        at=plain(np.concatenate([(at + 1) / 2 for at, _ in rules]), np.float64),
        weight=plain(np.concatenate([weight / 2 for _, weight in rules]), np.float64),
    )


def tabulate(pieces: Pieces, leaves: Leaves, rules: Rules) -> Floats:
    """The tables of all pieces: a row for each pattern, in it a number for each column."""
    table = np.zeros(int(pieces.table[-1]))
    threads = threads_for(len(table), WORTH_A_THREAD)
    on_threads(fill, [(table, pieces, leaves, rules, a, b) for a, b in ranges(len(pieces.bits), threads)], threads)
    return plain(table, np.float64)


@compiled
def fill(table: Floats, pieces: Pieces, leaves: Leaves, rules: Rules, first: int, stop: int) -> None:
    """Fill the tables of the pieces from `first` to `stop`."""
    starts, slots, of_piece, factors, slot = pieces.table, pieces.slot, leaves.piece, leaves.factor, leaves.slot
    weights, rule, points, all_shares = leaves.weight, rules.first, rules.at, rules.weight
    most = len(rules.first)
    parts, scratch = np.empty(most << TABLE_BITS), np.empty((most, LANES))
    for piece in range(first, stop):
        if starts[piece] == starts[piece + 1]:
            continue
        width = slots[piece + 1] - slots[piece]
        for leaf in range(of_piece[piece], of_piece[piece + 1]):
            f, n = factors[leaf], factors[leaf + 1] - factors[leaf]
            own, at, shares = weights[f : f + n], points[rule[n] : rule[n + 1]], all_shares[rule[n] : rule[n + 1]]
            for told in range(1 << n):
                parts_of(parts[told * n : (told + 1) * n], told, own, leaves.value[leaf], at, shares, scratch)
            for pattern in range((starts[piece + 1] - starts[piece]) // width):
                row, part = starts[piece] + pattern * width, told_by(pattern, leaf, leaves) * n
                for j in range(n):
                    table[row + slot[f + j]] += parts[part + j]


@inlined
def told_by(pattern: int, leaf: int, leaves: Leaves) -> int:
    """Bit j is set where the pattern satisfies the leaf's factor j."""
    factors, mask, want = leaves.factor, leaves.mask, leaves.want
    told, first = 0, factors[leaf]
    for j in range(factors[leaf + 1] - first):
        told |= int((pattern & mask[first + j]) == want[first + j]) << j
    return told


@compiled
def parts_of(
    parts: Floats, told: int, weights: Floats, value: float, at: Floats, shares: Floats, before: Floats
) -> None:
    """Write what each factor's column has in a leaf's value; `told` is as `told_by` gives it.

    `at` and `shares` are the rule for so many factors; `before` holds `LANES` numbers for each factor. Two points at
    once: each is a chain of products, and the processor works on one while it waits for the other.
    """
    n = len(parts)
    for j in range(n):
        parts[j] = 0.0
    for point in range(0, len(at), LANES):
        s, t = at[point], at[point + 1]
        a, b = shares[point] * value, shares[point + 1] * value
        for j in range(n):
            z, more = weights[j], ((told >> j) & 1) - weights[j]
            before[j, 0], before[j, 1] = a, b
            a, b = a * (z + s * more), b * (z + t * more)
        a, b = 1.0, 1.0
        for j in range(n - 1, -1, -1):
            z, more = weights[j], ((told >> j) & 1) - weights[j]
            parts[j] = parts[j] + before[j, 0] * a + before[j, 1] * b
            a, b = a * (z + s * more), b * (z + t * more)
    for j in range(n):
        parts[j] *= ((told >> j) & 1) - weights[j]
