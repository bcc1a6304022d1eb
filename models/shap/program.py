"""The pieces of all trees as flat arrays, for the compiled loops."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiled import plain
from models.arrays import Floats, Ints
from models.shap.plan import Leaf, Piece
from models.tree_arrays import Tree
from models.tree_text import CATEGORICAL

Indices = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


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

    column: Indices  #: of each input
    reading: Indices  #: of each input
    tree: Indices
    input: Indices  #: of each split
    threshold: Floats  #: left is up to here; NaN where the split is by category
    coded: Indices  #: the splits by category
    set_start: Indices  #: of a split's set among the words
    set_size: Indices  #: categories that the set can hold; 0 where the split compares numbers
    words: Ints  #: 32 bits each


class Pieces(NamedTuple):
    """Every piece of every tree; those of tree t are `tree[t]` to `tree[t + 1]`."""

    tree: Indices
    term: Indices  #: first of each piece, and one more
    split: Indices  #: that a term asks
    right: Bytes  #: 1 where the row has to go right there
    bit: Bytes  #: that the term clears where the row doesn't go so
    bits: Indices  #: of each piece
    slot: Indices  #: first of each piece, and one more
    column: Indices  #: of each slot
    table: Indices  #: where each piece's table starts, and the end of all


class Leaves(NamedTuple):
    """What a table is made of: the leaves of piece p are `piece[p]` to `piece[p + 1]`."""

    piece: Indices
    value: Floats
    factor: Indices  #: first of each leaf, and one more
    slot: Indices  #: of each factor
    weight: Floats
    mask: Ints
    want: Ints


def splits_of(trees: Sequence[Tree]) -> Splits:
    """The splits of all trees, each reading one of the few inputs that there are."""
    keys = [(c, reading_of(k)) for t in trees for c, k in zip(t.column, t.kind, strict=True)]
    inputs = {key: i for i, key in enumerate(sorted(set(keys)))}
    coded = np.array([reading == Reading.CODE for _, reading in keys], dtype=bool)
    threshold = np.array([value for tree in trees for value in tree.threshold], dtype=np.float64)
    start, size, words = _sets(trees, coded, threshold)
    return Splits(
        column=_indices(column for column, _ in inputs),
        reading=_indices(reading for _, reading in inputs),
        tree=_offsets(len(tree.column) for tree in trees),
        input=_indices(inputs[key] for key in keys),
        threshold=plain(np.where(coded, np.nan, threshold), np.float64),
        coded=plain(np.flatnonzero(coded), np.int32),
        set_start=start,
        set_size=size,
        words=words,
    )


def _sets(trees: Sequence[Tree], coded: npt.NDArray[np.bool_], number: Floats) -> tuple[Indices, Indices, Ints]:
    """Where each split's set starts, its size, and the words of all; `number` counts a tree's sets from 0."""
    sets = [words for tree in trees for words in tree.sets]
    before = np.cumsum([0, *(len(tree.sets) for tree in trees)])[:-1]
    splits = [len(tree.column) for tree in trees]
    used = np.where(coded, number, 0).astype(np.int64)[coded] + np.repeat(before, splits)[coded]
    start, size = np.zeros(len(coded), dtype=np.int32), np.zeros(len(coded), dtype=np.int32)
    start[coded] = np.cumsum([0, *map(len, sets)])[used]
    size[coded] = 32 * np.array([len(words) for words in sets], dtype=np.int64)[used]
    return plain(start, np.int32), plain(size, np.int32), plain([*chain.from_iterable(sets), 0], np.int64)


def pieces_of(pieces: Sequence[Sequence[Piece]], first_split: Sequence[int]) -> Pieces:
    """The pieces of each tree, whose splits are counted from `first_split` on."""
    flat = [piece for some in pieces for piece in some]
    terms = [
        [(first + split, right, bit) for bit, turns in enumerate(piece.bits) for split, right in turns]
        for first, some in zip(first_split, pieces, strict=True)
        for piece in some
    ]
    return Pieces(
        tree=_offsets(map(len, pieces)),
        term=_offsets(map(len, terms)),
        split=_indices(split for some in terms for split, _, _ in some),
        right=plain([right for some in terms for _, right, _ in some], np.uint8),
        bit=plain([bit for some in terms for _, _, bit in some], np.uint8),
        bits=_indices(len(piece.bits) for piece in flat),
        slot=_offsets(len(piece.columns) for piece in flat),
        column=_indices(column for piece in flat for column in piece.columns),
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
        slot=_indices(factor.slot for factor in factors),
        weight=plain([factor.weight for factor in factors], np.float64),
        mask=plain([factor.mask for factor in factors], np.int64),
        want=plain([factor.want for factor in factors], np.int64),
    )


def _indices(values: Iterable[int]) -> Indices:
    return plain(np.fromiter(values, dtype=np.int32), np.int32)


def _offsets(lengths: Iterable[int]) -> Indices:
    return plain(np.cumsum([0, *lengths]), np.int32)
