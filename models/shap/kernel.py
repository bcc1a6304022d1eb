"""The loops: ask each split once, form each piece's pattern, add its row of the table.

Few rows are walked one by one, many in blocks laid out by column, so that the compiler works on
several rows at once. Both add in the same order: a row gets the same bits either way.
"""

import numpy as np
import numpy.typing as npt

from features.compiled import compiled, inlined
from models.arrays import Floats, Ints
from models.shap.formula import Rules, parts_of
from models.shap.program import Leaves, Pieces, Reading, Splits

CODE, ZERO, NAN_LEFT, ZERO_RIGHT, ZERO_LEFT = (
    int(r) for r in (Reading.CODE, Reading.ZERO, Reading.NAN_LEFT, Reading.ZERO_RIGHT, Reading.ZERO_LEFT)
)
TINY = float(np.float32(1e-35))  #: LightGBM reads numbers up to here as 0 (`kZeroThreshold`)
NO_CODE = 1e15  #: in no set
ALL = np.uint16(0xFFFF)

Bits = npt.NDArray[np.uint16]


@compiled
def explain_block(
    rows: Floats, out: Floats, splits: Splits, pieces: Pieces, table: Floats, leaves: Leaves, rules: Rules, block: int
) -> None:
    """Write each row's contributions, `block` rows at a time."""
    of_tree, first_piece, first_slot = splits.tree, pieces.tree, pieces.slot
    inputs, phi = np.empty((len(splits.column), block)), np.empty((out.shape[1], block))
    lefts, pattern = np.empty((widest(of_tree), block), dtype=np.uint16), np.empty(block, dtype=np.uint16)
    for start in range(0, len(rows), block):
        n = min(block, len(rows) - start)
        read_block(rows[start : start + n], inputs, splits)
        clear(phi)
        for tree in range(len(of_tree) - 1):
            ask_block(lefts[:, :n], inputs[:, :n], splits, of_tree[tree], of_tree[tree + 1])
            for piece in range(first_piece[tree], first_piece[tree + 1]):
                if leaves.piece[piece] < leaves.piece[piece + 1]:
                    for r in range(n):
                        add_leaves(phi, r, pattern_of(lefts, r, pieces, piece), piece, pieces, leaves, rules)
                    continue
                match_block(pattern[:n], lefts, pieces, piece)
                width = first_slot[piece + 1] - first_slot[piece]
                add_block(phi, pattern[:n], table, pieces.table[piece], pieces.column, first_slot[piece], width)
        for r in range(n):
            for column in range(out.shape[1]):
                out[start + r, column] = phi[column, r]


@compiled
def explain_rows(
    rows: Floats, out: Floats, splits: Splits, pieces: Pieces, table: Floats, leaves: Leaves, rules: Rules
) -> None:
    """Write each row's contributions, one row at a time."""
    of_tree, first_piece, first_slot, columns = splits.tree, pieces.tree, pieces.slot, pieces.column
    inputs, phi = np.empty((len(splits.column), 1)), np.empty((out.shape[1], 1))
    lefts = np.empty((widest(of_tree), 1), dtype=np.uint16)
    for i in range(len(rows)):
        read_block(rows[i : i + 1], inputs, splits)
        clear(phi)
        for tree in range(len(of_tree) - 1):
            ask_row(lefts, inputs, splits, of_tree[tree], of_tree[tree + 1])
            for piece in range(first_piece[tree], first_piece[tree + 1]):
                pattern = pattern_of(lefts, 0, pieces, piece)
                if leaves.piece[piece] < leaves.piece[piece + 1]:
                    add_leaves(phi, 0, pattern, piece, pieces, leaves, rules)
                    continue
                slot, stop = first_slot[piece], first_slot[piece + 1]
                cell = pieces.table[piece] + pattern * (stop - slot)
                for j in range(stop - slot):
                    phi[columns[slot + j], 0] += table[cell + j]
        for column in range(out.shape[1]):
            out[i, column] = phi[column, 0]


@compiled
def widest(first: Ints) -> int:
    """Splits of the tree that has most."""
    most = 0
    for i in range(len(first) - 1):
        most = max(most, first[i + 1] - first[i])
    return most


@compiled
def clear(array: Floats) -> None:
    """Zero everywhere."""
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            array[i, j] = 0.0


@compiled
def read_block(rows: Floats, inputs: Floats, splits: Splits) -> None:
    """Each column as the splits on it read it, shape (n_inputs, n_rows)."""
    columns, readings = splits.column, splits.reading
    for i in range(len(columns)):
        for r in range(len(rows)):
            inputs[i, r] = read(rows[r, columns[i]], readings[i])


@inlined
def read(value: float, reading: int) -> float:
    """The value that stands left of `<=`; -inf goes left of any threshold, NaN goes right."""
    if abs(value) <= TINY:
        value = 0.0
    if reading == CODE:
        return float(np.trunc(value)) if -1.0 < value < 2.0**31 else NO_CODE
    if not (np.isnan(value) or (reading >= ZERO_RIGHT and value == 0.0)):
        return value
    if reading == ZERO:
        return 0.0
    return -np.inf if reading in (NAN_LEFT, ZERO_LEFT) else np.nan


@compiled
def ask_block(lefts: Bits, inputs: Floats, splits: Splits, first: int, stop: int) -> None:
    """Which rows go left at the splits from `first` to `stop`."""
    for split in range(first, stop):
        values, left = inputs[splits.input[split]], lefts[split - first]
        if splits.set_size[split]:
            ask_set(left, values, splits.words, splits.set_start[split], splits.set_size[split])
            continue
        threshold = splits.threshold[split]
        for r in range(len(values)):
            left[r] = values[r] <= threshold


@compiled
def ask_set(left: Bits, values: Floats, words: Ints, start: int, size: int) -> None:
    """Which categories are in the set."""
    for r in range(len(values)):
        code = np.int64(values[r])
        safe = code if code < size else 0
        left[r] = (words[start + (safe >> 5)] >> (safe & 31)) & (code < size)


@compiled
def ask_row(lefts: Bits, inputs: Floats, splits: Splits, first: int, stop: int) -> None:
    """As `ask_block` for one row, without a branch that the processor would have to guess.

    A split by category compares with NaN, one by number has a set of size 0.
    """
    which, threshold, words = splits.input, splits.threshold, splits.words
    starts, sizes = splits.set_start, splits.set_size
    for split in range(first, stop):
        value = inputs[which[split], 0]
        inside = 0.0 <= value < sizes[split]
        safe = np.int64(value) if inside else 0
        word = words[starts[split] + (safe >> 5)] >> (safe & 31)
        lefts[split - first, 0] = (value <= threshold[split]) | (word & inside)


@compiled
def match_block(pattern: Bits, lefts: Bits, pieces: Pieces, piece: int) -> None:
    """The rows' patterns, times the width of the table: where in it their rows begin."""
    for r in range(len(pattern)):
        pattern[r] = (1 << pieces.bits[piece]) - 1
    for term in range(pieces.term[piece], pieces.term[piece + 1]):
        left, wrong = lefts[pieces.split[term]], np.uint16(pieces.right[term])
        kept = np.uint16(ALL ^ (1 << pieces.bit[term]))
        for r in range(len(pattern)):
            pattern[r] &= kept if left[r] == wrong else ALL
    width = np.uint16(pieces.slot[piece + 1] - pieces.slot[piece])
    for r in range(len(pattern)):
        pattern[r] *= width


@inlined
def pattern_of(lefts: Bits, r: int, pieces: Pieces, piece: int) -> int:
    """One row's pattern."""
    splits, rights, bits = pieces.split, pieces.right, pieces.bit
    missed = 0
    for term in range(pieces.term[piece], pieces.term[piece + 1]):
        missed |= np.int64(lefts[splits[term], r] == rights[term]) << bits[term]
    whole: int = (1 << pieces.bits[piece]) - 1
    return whole & ~missed


@compiled
def add_block(phi: Floats, rows: Bits, table: Floats, start: int, columns: Ints, slot: int, width: int) -> None:
    """Add the rows of one piece's table."""
    for j in range(width):
        part, first = phi[columns[slot + j]], start + j
        for r in range(len(rows)):
            part[r] += table[first + rows[r]]


@compiled
def add_leaves(phi: Floats, r: int, pattern: int, piece: int, pieces: Pieces, leaves: Leaves, rules: Rules) -> None:
    """Add what a piece too wide for a table gives, by the formula itself."""
    for leaf in range(leaves.piece[piece], leaves.piece[piece + 1]):
        parts = parts_of(pattern, leaf, leaves, rules)
        for j in range(len(parts)):
            column = pieces.column[pieces.slot[piece] + leaves.slot[leaves.factor[leaf] + j]]
            phi[column, r] += parts[j]
