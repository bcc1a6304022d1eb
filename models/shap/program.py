"""The pieces of all trees as flat arrays, for the compiled loops."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from features.compiled import plain
from models.arrays import Floats, Ints
from models.shap.plan import Leaf, Piece
from models.tree_arrays import Tree
from models.tree_text import CATEGORICAL


class Reading(IntEnum):
    """How a column's value is read before it is compared, by LightGBM's `decision_type`."""

    ZERO = 0  #: missing counts as 0
    NAN_RIGHT = 1  #: missing goes right
    NAN_LEFT = 2
    ZERO_RIGHT = 3  #: 0 counts as missing, and goes right
    ZERO_LEFT = 4
    CODE = 5  #: of a category; a missing or negative one is in no set


DEFAULT_LEFT = 2  #: bit of decision_type
MISSING_ZERO, MISSING_NAN = 1, 2  #: its next two bits


def reading_of(kind: int) -> Reading:
    """What a split's `decision_type` says."""
    if kind & CATEGORICAL:
        return Reading.CODE
    left = bool(kind & DEFAULT_LEFT)
    if kind >> 2 == MISSING_NAN:
        return Reading.NAN_LEFT if left else Reading.NAN_RIGHT
    if kind >> 2 == MISSING_ZERO:
        return Reading.ZERO_LEFT if left else Reading.ZERO_RIGHT
    return Reading.ZERO


class Splits(NamedTuple):
    """Every split of every tree; those of tree t are `tree[t]` to `tree[t + 1]`."""

    column: Ints  #: of each input
    reading: Ints  #: of each input
    tree: Ints
    input: Ints  #: of each split
    threshold: Floats  #: left is up to here; NaN where the split is by category
    set_start: Ints  #: of the split's set among the words
    set_size: Ints  #: categories it can hold; 0 where the split compares numbers
    words: Ints  #: 32 bits each


class Pieces(NamedTuple):
    """Every piece of every tree; those of tree t are `tree[t]` to `tree[t + 1]`."""

    tree: Ints
    term: Ints  #: first of each piece, and one more
    split: Ints  #: that a term asks, counted within its tree
    right: Ints  #: 1 where the row has to go right there
    bit: Ints  #: that the term clears where the row doesn't go so
    bits: Ints  #: of each piece
    slot: Ints  #: first of each piece, and one more
    column: Ints  #: of each slot
    table: Ints  #: where each piece's table starts, and the end of all


class Leaves(NamedTuple):
    """What a table is made of: the leaves of piece p are `piece[p]` to `piece[p + 1]`."""

    piece: Ints
    value: Floats
    factor: Ints  #: first of each leaf, and one more
    slot: Ints  #: of each factor
    weight: Floats
    mask: Ints
    want: Ints


def splits_of(trees: Sequence[Tree]) -> Splits:
    """The splits of all trees, each reading one of the few inputs that there are."""
    keys = [(int(c), reading_of(int(k))) for t in trees for c, k in zip(t.column, t.kind, strict=True)]
    inputs = {key: i for i, key in enumerate(sorted(set(keys)))}
    sets = [s for tree in trees for s in tree.sets]
    first = np.cumsum([0, *(len(tree.sets) for tree in trees)])
    starts = np.cumsum([0, *map(len, sets)])
    coded = np.array([reading == Reading.CODE for _, reading in keys], dtype=bool)
    threshold = np.concatenate([tree.threshold for tree in trees])
    of_tree = np.repeat(first[:-1], [len(tree.column) for tree in trees])
    used = np.where(coded, np.where(coded, threshold, 0).astype(np.int64) + of_tree, 0)
    lengths = np.array([*map(len, sets), 0])
    return Splits(
        column=_ints(column for column, _ in inputs),
        reading=_ints(reading for _, reading in inputs),
        tree=_offsets(len(tree.column) for tree in trees),
        input=_ints(inputs[key] for key in keys),
        threshold=plain(np.where(coded, np.nan, threshold), np.float64),
        set_start=plain(np.where(coded, starts[used], 0), np.int64),
        set_size=plain(np.where(coded, lengths[used] * 32, 0), np.int64),
        words=plain(np.concatenate([*sets, np.zeros(1, dtype=np.int64)]), np.int64),
    )


def pieces_of(pieces: Sequence[Sequence[Piece]]) -> Pieces:
    """The pieces of each tree."""
    flat = [piece for some in pieces for piece in some]
    terms = [[(turn, bit) for bit, turns in enumerate(piece.bits) for turn in turns] for piece in flat]
    return Pieces(
        tree=_offsets(map(len, pieces)),
        term=_offsets(map(len, terms)),
        split=_ints(split for some in terms for (split, _), _ in some),
        right=_ints(right for some in terms for (_, right), _ in some),
        bit=_ints(bit for some in terms for _, bit in some),
        bits=_ints(len(piece.bits) for piece in flat),
        slot=_offsets(len(piece.columns) for piece in flat),
        column=_ints(column for piece in flat for column in piece.columns),
        table=_offsets(piece.cells for piece in flat),
    )


def leaves_of(pieces: Sequence[Sequence[Leaf]]) -> Leaves:
    """The leaves of each piece."""
    leaves = [leaf for piece in pieces for leaf in piece]
    factors = [factor for leaf in leaves for factor in leaf.factors]
    return Leaves(
        piece=_offsets(map(len, pieces)),
        value=plain([leaf.value for leaf in leaves], np.float64),
        factor=_offsets(len(leaf.factors) for leaf in leaves),
        slot=_ints(factor.slot for factor in factors),
        weight=plain([factor.weight for factor in factors], np.float64),
        mask=_ints(factor.mask for factor in factors),
        want=_ints(factor.want for factor in factors),
    )


def _ints(values: Iterable[int]) -> Ints:
    return plain(np.fromiter(values, dtype=np.int64), np.int64)


def _offsets(lengths: Iterable[int]) -> Ints:
    return plain(np.cumsum([0, *lengths]), np.int64)
