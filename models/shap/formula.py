"""SHAP values of a leaf, in closed form, and the tables of them.

A leaf gives its value v to a row that satisfies all its conditions. Conditions on one column merge
into one: a_j is 1 where the row satisfies those on column j, else 0, and z_j is the share of
training rows that went on towards the leaf where column j was tested. If only the columns in S are
known, the leaf is expected to give v * prod(a_j, j in S) * prod(z_j, j not in S): the path-dependent
game of TreeSHAP (Lundberg et al. 2020). By the integral form of the Shapley value (Owen 1972)
column i has the part

    v * (a_i - z_i) * integral over t in (0, 1) of prod(t * a_j + (1 - t) * z_j, j other than i)

in it. The integrand is a polynomial of a degree below D, the number of columns, so ceil(D / 2)
Gauss-Legendre points integrate it exactly. A row changes the part only by D bits; so a piece's
leaves are summed once for every pattern of its bits (Yang 2021, Fast TreeSHAP, tabulates leaves).
"""

from typing import NamedTuple

import numpy as np

from features.compiled import compiled, plain
from features.threads import on_threads, ranges, threads_for
from models.arrays import Floats, Ints
from models.shap.program import Leaves, Pieces

WORTH_A_THREAD = 200_000  #: cells of a table


class Rules(NamedTuple):
    """Gauss-Legendre points on (0, 1): those for D columns are `first[D]` to `first[D + 1]`."""

    first: Ints
    at: Floats
    weight: Floats


def rules_up_to(columns: int) -> Rules:
    """Rules that are exact for leaves of 0 to `columns` columns."""
    rules = [np.polynomial.legendre.leggauss(max(1, (d + 1) // 2)) for d in range(columns + 1)]
    return Rules(
        first=plain(np.cumsum([0, *(len(at) for at, _ in rules)]), np.int64),
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
    for piece in range(first, stop):
        width = slots[piece + 1] - slots[piece]
        for pattern in range((starts[piece + 1] - starts[piece]) // width):
            row = starts[piece] + pattern * width
            for leaf in range(of_piece[piece], of_piece[piece + 1]):
                parts = parts_of(pattern, leaf, leaves, rules)
                for j in range(len(parts)):
                    table[row + slot[factors[leaf] + j]] += parts[j]


@compiled
def parts_of(pattern: int, leaf: int, leaves: Leaves, rules: Rules) -> Floats:
    """What each factor's column has in the leaf's value, for a row of this pattern."""
    first, n = leaves.factor[leaf], leaves.factor[leaf + 1] - leaves.factor[leaf]
    told, untold = np.empty(n), leaves.weight[first : first + n]
    parts, before = np.zeros(n), np.empty(n + 1)
    for j in range(n):
        told[j] = (pattern & leaves.mask[first + j]) == leaves.want[first + j]
    for point in range(rules.first[n], rules.first[n + 1]):
        t, after = rules.at[point], 1.0
        before[0] = rules.weight[point] * leaves.value[leaf]
        for j in range(n):
            before[j + 1] = before[j] * (t * told[j] + (1 - t) * untold[j])
        for j in range(n - 1, -1, -1):
            parts[j] += before[j] * after
            after *= t * told[j] + (1 - t) * untold[j]
    for j in range(n):
        parts[j] *= told[j] - untold[j]
    return parts
