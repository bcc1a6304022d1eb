"""Cuts each tree into pieces small enough to be tabulated.

A piece is a split with some of the splits below it, and the leaves that hang on them. What its
leaves give to a row depends on few bits: one for each column tested above the piece (does the row
satisfy every condition on that column, on the way to the piece?) and one for each split in it (does
the row go left?). The fewer pieces, the less to add per row; the fewer bits, the smaller the tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from models.tree_arrays import Tree

BITS = 8  #: of a piece, unless the way to a single split has more: tables of up to 16 KiB
TABLE_BITS = 12  #: at most, of a piece that is tabulated
TABLE_CELLS = TABLE_BITS << TABLE_BITS  #: at most, of one table: where a row begins is a 16-bit number
PATTERN_BITS = 62  #: at most, of any piece: a pattern is a 64-bit number

Turn = tuple[int, bool]  #: a split, and whether the way turns right there


class Factor(NamedTuple):
    """A column's part in a leaf: it is satisfied where `pattern & mask == want`."""

    slot: int  #: of the column among the piece's columns
    weight: float  #: share of training rows that go on to the leaf at the splits on this column
    mask: int
    want: int


class Leaf(NamedTuple):
    """A leaf with a factor for each column on its way."""

    value: float
    factors: tuple[Factor, ...]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Leaves that are looked up together."""

    columns: tuple[int, ...]  #: whose contributions it holds
    bits: tuple[tuple[Turn, ...], ...]  #: each is set where the row takes all these turns
    leaves: tuple[Leaf, ...]
    tabulated: bool  #: or too wide for a table

    @property
    def cells(self) -> int:
        """Numbers in its table."""
        return len(self.columns) << len(self.bits) if self.tabulated else 0


@dataclass(kw_only=True)
class Ways:
    """How each split of a tree is reached."""

    tree: Tree
    turns: list[tuple[Turn, ...]] = field(default_factory=list)  #: from the root
    columns: list[frozenset[int]] = field(default_factory=list)  #: tested above

    @classmethod
    def of(cls, tree: Tree) -> "Ways":
        """Splits come before their children, so one pass finds all."""
        ways = cls(tree=tree, turns=[()] * len(tree.column), columns=[frozenset()] * len(tree.column))
        for split, pair in enumerate(tree.children):
            for right, child in enumerate(pair):
                if child >= 0:
                    ways.turns[child] = (*ways.turns[split], (split, bool(right)))
                    ways.columns[child] = ways.columns[split] | {tree.column[split]}
        return ways


def total_turns(tree: Tree) -> int:
    """The turns on the ways to all splits of a tree."""
    depth = [0] * len(tree.column)
    for split, pair in enumerate(tree.children):
        for child in pair:
            if child >= 0:
                depth[child] = depth[split] + 1
    return sum(depth)


def cut(ways: Ways) -> Iterator[list[int]]:
    """The splits of each piece, the top one first; a piece has `BITS` bits at most, or is a single split.

    From the bottom up: the largest subtrees that fit are taken off until nothing is left.
    """
    left = set(range(len(ways.tree.column)))
    while left:
        size, below = _sizes(ways.tree, left)
        left &= size.keys()
        fits = {s for s in left if len(ways.columns[s]) + size[s] <= BITS or size[s] == 1}
        parents = {child: s for s in left for child in below[s]}
        for top in sorted(s for s in fits if parents.get(s) not in fits):
            taken = _subtree(top, below)
            yield _narrowed(ways.tree, taken, below)
            left.difference_update(taken)


def cells(ways: Ways, splits: list[int]) -> int:
    """Numbers in the table of a piece."""
    above = ways.columns[splits[0]]
    return len(above.union(ways.tree.column[s] for s in splits)) << (len(above) + len(splits))


def _sizes(tree: Tree, left: set[int]) -> tuple[dict[int, int], dict[int, list[int]]]:
    """How many of the remaining splits lead to a leaf, below and with each; and its children among them."""
    size: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for split in sorted(left, reverse=True):
        pair = tree.children[split]
        below[split] = [child for child in pair if child in size]
        if below[split] or min(pair) < 0:
            size[split] = 1 + sum(size[child] for child in below[split])
    return size, below


def _subtree(top: int, below: dict[int, list[int]]) -> list[int]:
    found = [top]
    for split in found:
        found += below[split]
    return found


def _narrowed(tree: Tree, taken: list[int], below: dict[int, list[int]]) -> list[int]:
    """Without splits at the top that merely lead to the next: as part of the way they share a bit."""
    while min(tree.children[taken[0]]) >= 0 and len(below[taken[0]]) == 1:
        taken = taken[1:]
    return taken


def piece_of(ways: Ways, splits: list[int], *, tabulated: bool) -> Piece:
    """The piece of these splits, the top one first."""
    tree, top = ways.tree, splits[0]
    way = ways.turns[top]
    above = sorted(ways.columns[top])
    columns = sorted(ways.columns[top] | {tree.column[s] for s in splits})
    bits = [tuple(turn for turn in way if tree.column[turn[0]] == column) for column in above]
    bits += [((split, False),) for split in splits]
    place = {("column", column): i for i, column in enumerate(above)}
    place |= {("split", split): len(above) + i for i, split in enumerate(splits)}
    leaves = [
        _leaf(ways, (*ways.turns[split], (split, bool(right))), len(way), columns, place)
        for split in splits
        for right, child in enumerate(tree.children[split])
        if child < 0
    ]
    return Piece(columns=tuple(columns), bits=tuple(bits), leaves=tuple(leaves), tabulated=tabulated)


def _leaf(ways: Ways, way: tuple[Turn, ...], above: int, columns: list[int], place: dict[tuple[str, int], int]) -> Leaf:
    """The leaf at the end of a way whose first turns lie above the piece."""
    tree = ways.tree
    weights: dict[int, float] = {}
    masks: dict[int, int] = {}
    wants: dict[int, int] = {}
    child = 0
    for i, (split, right) in enumerate(way):
        column, child = tree.column[split], tree.children[split][right]
        bit = 1 << place["column", column] if i < above else 1 << place["split", split]
        masks[column] = masks.get(column, 0) | bit
        wants[column] = wants.get(column, 0) | (0 if i >= above and right else bit)
        weights[column] = weights.get(column, 1.0) * tree.count_of(child) / tree.count[split]
    factors = [Factor(slot=columns.index(c), weight=weights[c], mask=masks[c], want=wants[c]) for c in sorted(weights)]
    return Leaf(value=tree.leaf_value[-1 - child], factors=tuple(factors))
