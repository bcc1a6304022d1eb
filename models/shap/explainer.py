"""What turns rows into contributions: the trees as a program, made once from LightGBM's text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod

import numpy as np

from features.threads import on_threads, threads_for
from models.arrays import Floats
from models.shap.formula import Rules, rules_up_to, tabulate
from models.shap.kernel import explain_block, explain_rows
from models.shap.plan import PATTERN_BITS, TABLE_CELLS, Piece, Ways, cells, cut, piece_of, total_turns
from models.shap.program import Leaves, Pieces, Splits, leaves_of, pieces_of, splits_of
from models.tree_arrays import Tree, read_trees

LIMIT_BYTES = 64 * 2**20  #: of all tables of one model
LIMIT_TURNS = 1_000_000  #: on the ways to all splits, which bounds the time that cutting takes
FEW = 12  #: rows up to here are walked one by one
BLOCK = 4096  #: rows at most; about so many share what it takes to fetch the tables
WORTH_A_THREAD = 512  #: rows


class NoTables(Exception):
    """The trees are too deep to be cut into pieces, so LightGBM has to explain them."""


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """TreeSHAP of one model."""

    columns: int
    base_value: float  #: what the trees say on average before any column is known
    splits: Splits
    pieces: Pieces
    table: Floats
    leaves: Leaves  #: of pieces without a table
    rules: Rules

    @classmethod
    def from_text(cls, text: str, columns: int) -> "Explainer":
        """The explainer of a text that passed `check_text`.

        Raises:
            NoTables: the trees are too deep.
        """
        trees = read_trees(text)
        found = cut_to_size(trees)
        flat = list(chain.from_iterable(found))
        splits = splits_of(trees)
        laid_out = pieces_of(found, splits.tree[:-1].tolist())
        rules = rules_up_to(max((len(piece.columns) for piece in flat), default=0))
        return cls(
            columns=columns,
            base_value=_expected(trees, flat),
            splits=splits,
            pieces=laid_out,
            table=tabulate(laid_out, leaves_of([piece.leaves for piece in flat]), rules),
            leaves=leaves_of([() if piece.tabulated else piece.leaves for piece in flat]),
            rules=rules,
        )

    def contributions(self, rows: Floats) -> Floats:
        """SHAP values, shape (n_rows, n_columns), for contiguous rows of the right width."""
        out = np.empty((len(rows), self.columns))
        program = self.splits, self.pieces, self.table, self.leaves, self.rules
        if len(rows) <= FEW:
            explain_rows(rows, out, *program)
            return out
        threads = threads_for(len(rows), WORTH_A_THREAD)
        parts = [(rows[a:b], out[a:b], *program, block) for a, b, block in _blocks(len(rows), threads)]
        on_threads(explain_block, parts, threads)
        return out


def _blocks(rows: int, threads: int) -> list[tuple[int, int, int]]:
    """Ranges of rows, as many for each thread, and the size of equal blocks in each: few and large ones."""
    parts = threads * max(1, min(8, rows // (threads * BLOCK)))
    longest = -(-rows // parts)
    block = -(-longest // -(-longest // BLOCK))
    return [(rows * i // parts, rows * (i + 1) // parts, block) for i in range(parts)]


def cut_to_size(trees: Sequence[Tree]) -> list[list[Piece]]:
    """Each tree's pieces; the smallest are tabulated, as many as the memory allows.

    Raises:
        NoTables: the trees are too deep.
    """
    turns = sum(map(total_turns, trees))
    if turns > LIMIT_TURNS:
        raise NoTables(f"the ways to its splits have {turns} turns, the limit is {LIMIT_TURNS}")
    ways = [Ways.of(tree) for tree in trees]
    cuts = [list(cut(way)) for way in ways]
    fits = iter(_fits([cells(way, splits) for way, some in zip(ways, cuts, strict=True) for splits in some]))
    found = [
        [piece_of(way, splits, tabulated=next(fits)) for splits in some] for way, some in zip(ways, cuts, strict=True)
    ]
    widest = max((len(piece.bits) for piece in chain.from_iterable(found)), default=0)
    if widest > PATTERN_BITS:
        raise NoTables(f"the way to a leaf tests {widest - 1} columns, the limit is {PATTERN_BITS - 1}")
    return found


def _fits(sizes: Sequence[int]) -> list[bool]:
    """Which tables are made: the smallest first, until the memory is used up or they are too wide to be read fast."""
    fits, total = [False] * len(sizes), 0
    for i in sorted(range(len(sizes)), key=sizes.__getitem__):
        total += 8 * sizes[i]
        fits[i] = total <= LIMIT_BYTES and sizes[i] <= TABLE_CELLS
    return fits


def _expected(trees: Sequence[Tree], pieces: Sequence[Piece]) -> float:
    lone = sum(tree.leaf_value[0] for tree in trees if not tree.column)
    leaves = (leaf for piece in pieces for leaf in piece.leaves)
    return lone + sum(leaf.value * prod(factor.weight for factor in leaf.factors) for leaf in leaves)
